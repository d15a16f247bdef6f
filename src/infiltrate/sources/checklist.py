"""What is left to do before a study of a country can be trusted, as a list to tick."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from infiltrate.params.facts import Fact
from infiltrate.params.registry import Registry
from infiltrate.params.study import StudyParams
from infiltrate.sources.files import find_files

_BEFORE_A_RUN = (
    "Say which units shares refer to (`universe`), the years, sectors and regions of the title.",
    "Have every licence allow what you do; note the day of retrieval of each source.",
    "Natural persons: a pattern in every column that may hold one; look at the suppliers of a new "
    "file before its tables are kept.",
    "The law: criminal data and research (in the Union, GDPR articles 10 and 89), an assessment of "
    "the impact on data protection, who may see names (`--internal`).",
    "For each list: who decides, on what ground, whom it can see at all (exposure), how long after "
    "the conduct, and whether an entry means organised crime.",
    "Have somebody who knows the country read facts and lists.",
)


def write_checklist(
    params: StudyParams,
    registry: Registry,
    data_dir: Path,
    notes: Sequence[str] = (),
    missing: Sequence[str] = (),
) -> str:
    """List what a country still needs: facts to look up, files to have, questions to answer.

    Parameters
    ----------
    params : StudyParams
        The country as it stands.
    registry : Registry
        What public data there is.
    data_dir : Path
        Folder of the raw files; a source whose files are there is ticked.
    notes, missing : sequence of str
        What else is known, and what is not, in sentences.
    """
    blocks = [
        [f"# Checklist: {params.country}, {params.title}"],
        _block("Not known yet", [_box(text) for text in missing]),
        _block("Known, and good to know", [_item(text) for text in notes]),
        _block("Facts that nobody has seen in their source", list(_facts(params))),
        _block("Lists", list(_lists(params))),
        _block("Files", list(_files(params, registry, data_dir))),
        _block("Before a run", [_box(text) for text in _BEFORE_A_RUN]),
        _block("Then", list(_commands(params.country.lower()))),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _block(title: str, items: list[str]) -> list[str]:
    return [f"## {title}", "", *items] if items else []


def _facts(params: StudyParams) -> Iterator[str]:
    for name in type(params.facts).model_fields:
        entries = getattr(params.facts, name)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Fact) and entry.status != "seen":
                about = ", ".join(str(getattr(entry, field)) for field in entry.identity)
                amount = getattr(entry, "amount", None)
                shown = f", {amount:,.0f} {getattr(entry, 'currency', '')}" if amount else ""
                yield _box(
                    f"{name}: {about}{shown}, from {entry.valid_from} ({entry.status}): "
                    f"{entry.source}"
                )


def _lists(params: StudyParams) -> Iterator[str]:
    about_crime = [item.id for item in params.lists if item.organised_crime]
    if len(about_crime) < 3:
        yield _box(
            f"{len(about_crime)} lists are about organised crime; an estimate needs three that do "
            "not copy one another. With fewer, bounds and risk are what can be said."
        )
    for item in params.lists:
        if item.status != "seen":
            yield _box(f"{item.id} ({item.status}): {item.source}")


def _files(params: StudyParams, registry: Registry, data_dir: Path) -> Iterator[str]:
    for source in params.sources:
        yield _box(f"{source.id}: {source.path}", bool(find_files(source, data_dir)))
    named = {name for source in params.sources for name in source.data_sets}
    for item in registry.of_country(params.country):
        if item.id in named or item.country == "WORLD":
            continue
        how = "infiltrate fetch --everything" if item.access == "open" else item.by_hand
        yield _box(f"{item.id} ({item.status}), {item.title}: {how}")


def _commands(name: str) -> Iterator[str]:
    commands = {
        f"infiltrate fetch params/{name}.yaml": "what may be downloaded, and what may not",
        "infiltrate profile data/FILE": "a draft of the mapping of an unknown file",
        f"infiltrate check params/{name}.yaml": "what is wrong, all at once",
        f"infiltrate run params/{name}.yaml": "tables, pages, report",
    }
    yield "```"
    yield from (f"{command:40}# {meaning}" for command, meaning in commands.items())
    yield "```"


def _box(text: str, is_done: bool = False) -> str:
    return _item(text, f"- [{'x' if is_done else ' '}] ")


def _item(text: str, mark: str = "- ") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        100,
        initial_indent=mark,
        subsequent_indent="  ",
        break_on_hyphens=False,
        break_long_words=False,
    )
