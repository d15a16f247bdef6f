"""The page of results, of which a run replaces only the sections of the parts it ran.

A section starts with its heading (``## ...``) and names its part in a comment below it, then the
command, day, machine and load of its runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kept import KeptRuns
from benchmarks.part import Section
from infiltrate.errors import InfiltrateError, Problem

PREAMBLE = """\
# Benchmarks

Every run is a process of its own, timed inside after its imports; tools take turns. Three numbers \
are minimum / median / maximum. Each section names its command, day, machine and load. With a load \
above about 0.5 the machine was busy with something else too, and ratios of processor time say \
more than those of the clock.
"""
_TITLE = "# Benchmarks\n"
_MARKER = re.compile(r"^<!-- part: (.*) -->$", re.MULTILINE)
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


class PageError(InfiltrateError):
    """The page is none that sections can be replaced in."""

    exit_code = 2


@dataclass(frozen=True)
class Page:
    """The text before the first section, and each section's part and text, in order."""

    preamble: str
    sections: tuple[tuple[str, str], ...]

    def replace(self, fresh: Mapping[str, Sequence[str]], parts: Sequence[str]) -> Page:
        """Return the page with the sections of some parts replaced, in the order of parts.

        A part that has no fresh section keeps what it has; so does every other part.
        """
        texts = {part: [text for name, text in self.sections if name == part] for part in parts}
        texts |= {part: list(sections) for part, sections in fresh.items() if sections}
        return Page(self.preamble, tuple((part, text) for part in parts for text in texts[part]))

    def text(self) -> str:
        """Return the Markdown, with one empty line between sections."""
        parts = [self.preamble, *(text for _, text in self.sections)]
        return "\n\n".join(part.strip() for part in parts) + "\n"


def read_page(path: Path, parts: Sequence[str]) -> Page:
    """Read the page, or begin one where there is none.

    Raises
    ------
    PageError
        Where the file is no such page, or a section does not name one of the parts.
    """
    if not path.exists():
        return Page(PREAMBLE, ())
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken([Problem(str(path), str(error), "a page in UTF-8")]) from None
    problems = []
    if not text.startswith(_TITLE):
        problems.append(Problem(str(path), "another first line", repr(_TITLE.strip())))
    if _CONFLICT.search(text):
        problems.append(Problem(str(path), "marks of a merge that was not finished"))
    preamble, *texts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    sections = []
    for section in texts:
        named = _MARKER.findall(section)
        if len(named) == 1 and named[0] in parts:
            sections.append((named[0], section))
            continue
        found = f"names {' and '.join(named)} as its part" if named else "names no part"
        where = f"{path}: {section.splitlines()[0]}"
        fix = "Write <!-- part: NAME --> below the heading."
        problems.append(Problem(where, found, f"one of {', '.join(parts)}", fix))
    if problems:
        raise _broken(problems)
    return Page(preamble, tuple(sections))


def write_page(path: Path, page: Page) -> None:
    """Write the page whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(page.text(), encoding="utf-8")
    beside.replace(path)


def render_section(part: str, section: Section, command: str, kept: KeptRuns) -> str:
    """Return the Markdown of a section, which says how, when and where its runs were made."""
    known = kept.circumstances(section.keys)
    days = sorted({one.day for one in known})
    machines = sorted({one.machine for one in known})
    loads = [one.load for one in known]
    told = [f"`{command}`", " to ".join(dict.fromkeys([*days[:1], *days[-1:]])), *machines]
    if loads:
        ends = dict.fromkeys(f"{load:.1f}" for load in (min(loads), max(loads)))
        told.append(f"load of the machine as runs ended {' to '.join(ends)}")
    else:
        told.append("day, machine and load were not kept")
    lines = [
        f"## {section.heading}",
        "",
        f"<!-- part: {part} -->",
        "",
        ", ".join(word for word in told if word) + ".",
        "",
        *section.lines,
    ]
    return "\n".join(lines).strip() + "\n"


def _broken(problems: Sequence[Problem]) -> PageError:
    return PageError("The page of results cannot be brought up to date.", problems)
