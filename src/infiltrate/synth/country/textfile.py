"""Large text files written in parts, with dirt; memory holds one part at a time."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from infiltrate.synth.rawfile import RawFile, can_spoil, spoil_row
from infiltrate.synth.scenario import DirtRates

_TRIES = 40
"""Rows looked at for each row to be spoilt: not every row has what dirt needs."""


@dataclass(frozen=True, eq=False)
class WrittenText:
    """A finished file: one row of ``dirt`` for each spoilt line (counted from 1)."""

    path: str
    rows: int
    sha256: str
    dirt: pd.DataFrame


class TextWriter:
    """One raw file, written part by part.

    Parameters
    ----------
    layout : RawFile
        The path and how it is written; its rows are not used, only their column names.
    folder : Path
        Folder of the country.
    rates : DirtRates
        How often rows are spoilt.
    rng : numpy.random.Generator
        Chooses them; the same parts in the same order give the same file.
    """

    def __init__(
        self, layout: RawFile, folder: Path, rates: DirtRates, rng: np.random.Generator
    ) -> None:
        self._layout, self._rates, self._rng = layout, rates, rng
        self._columns = list(layout.rows.columns)
        target = folder / layout.path
        target.parent.mkdir(parents=True, exist_ok=True)
        self._file = target.open("wb")
        self._hash = hashlib.sha256()
        self._places: list[tuple[str, int, str]] = []
        header = [layout.delimiter.join(self._columns)] if layout.has_header else []
        self._lines = len(header) + len(layout.titles)
        self._before = self._lines
        text = "".join(f"{line}\n" for line in [*layout.titles, *header])
        self._put(text.encode(layout.encoding))

    def append(self, table: pa.Table) -> None:
        """Write the rows of a table; text, whole numbers, and days as ISO dates."""
        if not table.num_rows:
            return
        text = _to_text(table.select(self._columns), self._layout.delimiter)
        ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
        parts, done = [], 0
        for row, kind in self._choose_rows(text, ends).items():
            start = int(ends[row - 1]) + 1 if row else 0
            line = text[start : int(ends[row])].decode()
            spoilt = spoil_row(kind, self._split(line), self._layout, self._rng)
            again = f"{spoilt}\n" if kind == "duplicate" else ""
            self._places.append((self._layout.path, self._lines + row + 1 + bool(again), kind))
            self._lines += bool(again)
            changed = f"{again}{spoilt}\n".encode(errors="surrogateescape")
            parts += [text[done:start], changed]
            done = int(ends[row]) + 1
        self._put(self._encode(b"".join([*parts, text[done:]])))
        self._lines += len(ends)

    def close(self) -> WrittenText:
        """End the file and say what is in it."""
        self._file.close()
        dirt = pd.DataFrame(self._places, columns=["file", "line", "kind"])
        rows = self._lines - self._before
        return WrittenText(self._layout.path, rows, self._hash.hexdigest(), dirt)

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._hash.update(content)

    def _encode(self, content: bytes) -> bytes:
        encoding = self._layout.encoding
        # the mark that begins a file is written with its header
        return content if encoding.startswith("utf") else content.decode().encode(encoding)

    def _split(self, line: str) -> dict[str, str]:
        return dict(zip(self._columns, line.split(self._layout.delimiter), strict=True))

    def _choose_rows(self, text: bytes, ends: np.ndarray) -> dict[int, str]:
        chosen: dict[int, str] = {}
        count = len(ends)
        for kind in (item.name for item in fields(DirtRates)):
            rate = getattr(self._rates, kind) * self._layout.dirt
            wanted = int(rate * count + self._rng.random())
            if not wanted:
                continue
            tries = self._rng.choice(count, min(count, wanted * _TRIES), replace=False)
            for row in (int(row) for row in tries):
                if not wanted:
                    break
                start = int(ends[row - 1]) + 1 if row else 0
                values = self._split(text[start : int(ends[row])].decode())
                if row not in chosen and can_spoil(kind, values, self._layout):
                    chosen[row] = kind
                    wanted -= 1
        return dict(sorted(chosen.items()))


def write_text(
    layout: RawFile, table: pa.Table, folder: Path, rates: DirtRates, rng: np.random.Generator
) -> WrittenText:
    """Write a file that is made in one part."""
    writer = TextWriter(layout, folder, rates, rng)
    writer.append(table)
    return writer.close()


def number_text(numbers: np.ndarray | pd.Series, width: int) -> pa.Array:
    """Return whole numbers as text of a fixed width; missing where masked or negative."""
    values = pa.array(np.asarray(numbers).astype(np.int64))
    text = pc.utf8_lpad(values.cast(pa.string()), width, "0")
    return pc.if_else(pc.less(values, 0), pa.scalar(None, pa.string()), text)


def join_text(*parts: pa.Array | str) -> pa.Array:
    """Return texts put together, row by row; missing where a part is."""
    texts = [part if isinstance(part, str) else part.cast(pa.string()) for part in parts]
    return pc.binary_join_element_wise(*texts, "")


def day_text(days: np.ndarray | pd.Series, date_format: str = "%Y-%m-%d") -> pa.Array:
    """Return days as text, missing where there is none."""
    values = pa.array(np.asarray(days).astype("datetime64[D]"))
    return pc.strftime(values, format=date_format)


def _to_text(table: pa.Table, delimiter: str) -> bytes:
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(
        include_header=False, delimiter=delimiter, quoting_style="none", batch_size=65536
    )
    pa_csv.write_csv(table, buffer, options)
    return buffer.getvalue()
