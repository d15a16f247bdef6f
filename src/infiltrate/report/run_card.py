"""The run card: what went into a study, so that its numbers can be had again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from infiltrate.report.markup import element, text_element
from infiltrate.report.wording import plural

_SHOWN_HASH = 12


@dataclass(frozen=True)
class DataFile:
    """One raw file of a study.

    Attributes
    ----------
    name : str
        Path inside the data folder, never an absolute one.
    sha256 : str
        Checksum of its bytes, in full; the card shows its beginning.
    size_bytes : int
        Its size.
    publisher, licence : str
        Who published it, and on what terms.
    retrieved : str
        Day it was fetched, ISO.
    """

    name: str
    sha256: str
    size_bytes: int
    publisher: str = ""
    licence: str = ""
    retrieved: str = ""


@dataclass(frozen=True)
class Fact:
    """One fact of the parameters whose source nobody has checked yet."""

    where: str
    value: str
    source: str = ""


@dataclass(frozen=True)
class RunCard:
    """What a study was made of; show it by making it the last line of a cell.

    Attributes
    ----------
    country, title : str
        Of the parameters.
    files : sequence of DataFile
        The raw files read.
    changed : mapping of str to str
        Parameters that differ from the defaults: path in the file to value.
    to_check : sequence of Fact
        Facts marked ``to_check``.
    warnings : sequence of str
        What the run found suspicious.
    versions : mapping of str to str
        Package, Python, engine, other libraries that matter.
    seed : int
        Seed of every random draw.
    """

    country: str
    title: str
    files: Sequence[DataFile] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    to_check: Sequence[Fact] = ()
    warnings: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None

    def _repr_html_(self) -> str:
        identity = {"Country": self.country, "Study": self.title}
        machine = dict(self.versions)
        if self.seed is not None:
            machine["Seed"] = str(self.seed)
        parts = [
            text_element("p", "Run card", class_="card-title"),
            _warnings(self.warnings),
            _pairs(identity),
            _fold(plural(len(self.files), "data file"), _files(self.files)),
            _fold(
                plural(len(self.changed), "parameter") + " set by this study",
                _pairs(dict(sorted(self.changed.items()))),
            ),
            _facts(self.to_check),
            _fold("Software and seed", _pairs(machine)),
        ]
        return element("section", "".join(parts), class_="run-card", aria_label="Run card")


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return text_element("p", "No warnings.", class_="quiet")
    items = "".join(text_element("li", warning) for warning in warnings)
    heading = text_element("p", plural(len(warnings), "warning"), class_="label")
    return element("div", heading + element("ul", items), class_="warnings")


def _facts(facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    mark = element("mark", "to check", class_="state to-check")
    items = [
        element(
            "li",
            f"{mark} {text_element('code', fact.where)} = {escape(fact.value, quote=False)}"
            + (text_element("span", fact.source, class_="units") if fact.source else ""),
        )
        for fact in facts
    ]
    summary = plural(len(facts), "fact") + " nobody has checked yet"
    return _fold(summary, element("ul", "".join(items), class_="facts"), is_open=len(facts) <= 8)


def _files(files: Sequence[DataFile]) -> str:
    items = []
    for file in sorted(files, key=lambda file: file.name):
        details = [
            _size(file.size_bytes),
            file.publisher,
            f"licence: {file.licence or 'not stated'}",
            f"fetched {file.retrieved}" if file.retrieved else "",
            f"sha256 {file.sha256[:_SHOWN_HASH]}",
        ]
        described = text_element("span", " · ".join(filter(None, details)), class_="units")
        items.append(element("li", text_element("code", file.name) + described))
    return element("ul", "".join(items), class_="files")


def _pairs(pairs: Mapping[str, str]) -> str:
    rows = "".join(
        element("div", text_element("dt", name) + text_element("dd", value))
        for name, value in pairs.items()
    )
    return element("dl", rows)


def _fold(summary: str, content: str, *, is_open: bool = False) -> str:
    opened = "open" if is_open else None
    return element("details", text_element("summary", summary) + content, open=opened)


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
