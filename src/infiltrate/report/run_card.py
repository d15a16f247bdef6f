"""The run card: what went into a study, so that its numbers can be had again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from infiltrate.report.markup import caption_element, element, scrolling, text_element
from infiltrate.report.wording import plural

_SHOWN_HASH = 12
_FEW = 12
_SHORT = 10


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
    changed : mapping of str to (str, str)
        Parameters that differ from the defaults: path in the file to value and default.
    to_check : sequence of Fact
        Facts marked ``to_check``.
    warnings : mapping of str to sequence of str
        What each step of the run found suspicious, by the title of its page.
    versions : mapping of str to str
        Package, Python, engine, other libraries that matter.
    seed : int
        Seed of every random draw.
    """

    country: str
    title: str
    files: Sequence[DataFile] = ()
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    to_check: Sequence[Fact] = ()
    warnings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None

    def _repr_html_(self) -> str:
        identity = {"Country": self.country, "Study": self.title}
        machine = dict(self.versions)
        if self.seed is not None:
            machine["Seed"] = str(self.seed)
        parts = [
            _pairs(identity),
            _facts(self.to_check),
            _warnings(self.warnings),
            _fold(
                plural(len(self.files), "data file"),
                _files(self.files),
                is_open=len(self.files) <= _FEW,
            ),
            _fold(
                plural(len(self.changed), "parameter") + " set by this study",
                _changes(self.changed),
                is_open=len(self.changed) <= _FEW,
            ),
            _fold("Software and seed", _pairs(machine)),
        ]
        return element("section", "".join(parts), class_="run-card", aria_label="Run card")


def _warnings(warnings: Mapping[str, Sequence[str]]) -> str:
    given = {step: texts for step, texts in warnings.items() if texts}
    if not given:
        return text_element("p", "No warnings.", class_="quiet")
    total = sum(len(texts) for texts in given.values())
    steps = [
        _fold(
            f"{step}: {plural(len(texts), 'warning')}",
            element("ul", "".join(text_element("li", text) for text in texts)),
        )
        for step, texts in given.items()
    ]
    heading = text_element("p", plural(total, "warning") + " of the run, by step", class_="label")
    return element("div", heading + "".join(steps), class_="warnings")


def _facts(facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    mark = element("mark", "to check", class_="state to-check")
    rows = [
        [
            mark + " " + escape(fact.where, quote=False),
            escape(fact.value, quote=False),
            escape(fact.source, quote=False),
        ]
        for fact in facts
    ]
    caption = plural(len(facts), "fact") + " whose source nobody has checked yet"
    return _table(caption, ["fact", "value", "source named"], rows)


def _changes(changed: Mapping[str, tuple[str, str]]) -> str:
    rows = [
        [text_element("code", path), escape(value, quote=False), escape(default, quote=False)]
        for path, (value, default) in sorted(changed.items())
    ]
    return _table(
        "Parameters that differ from the defaults", ["parameter", "value", "default"], rows
    )


def _files(files: Sequence[DataFile]) -> str:
    rows = [
        [
            text_element("code", file.name),
            escape(file.publisher, quote=False),
            escape(file.licence or "not stated", quote=False),
            escape(file.retrieved, quote=False),
            escape(_size(file.size_bytes), quote=False),
            text_element("code", file.sha256[:_SHOWN_HASH], title=file.sha256),
        ]
        for file in sorted(files, key=lambda file: file.name)
    ]
    heads = ["file", "publisher", "licence", "fetched", "size", "SHA-256 begins"]
    return _table("Raw files that were read", heads, rows)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = element("tr", "".join(text_element("th", name, scope="col") for name in heads))
    body = "".join(
        element(
            "tr",
            element("th", row[0], scope="row")
            + "".join(element("td", cell, class_=_kind(cell)) for cell in row[1:]),
        )
        for row in rows
    )
    content = caption_element(caption) + element("thead", head) + element("tbody", body)
    table = element("table", content)
    return element("div", scrolling(table, "Table"), class_="table")


def _kind(cell: str) -> str | None:
    return "date" if len(cell) <= _SHORT else None


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
