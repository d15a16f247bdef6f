"""The red flags and the relations they share, read from the headers of their SQL files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML

from infiltrate.indicators.red_flags.setting import RedFlagSetting, read_red_flag_setting

LEVELS = ("process", "buyer", "procuring_entity", "tenderer")
# Relations that computing puts there itself.
_GIVEN = ("measured", "method_days")


@dataclass(frozen=True)
class Fence:
    """Values of which quartiles and fences are taken: a column of a relation, at a level.

    ``share`` names the setting, in percent, that replaces the third quartile.
    """

    level: str
    relation: str
    value: str
    share: str = ""


@dataclass(frozen=True)
class RedFlag:
    """One red flag: its definition, its reasons, and the SQL that computes it.

    Attributes
    ----------
    code, name, title : str
        Code of the Open Contracting Partnership, name of the file, title.
    levels : tuple of str
        What its rows are about: ``process``, ``buyer``, ``procuring_entity``, ``tenderer``.
    definition, why, missing, unit : str
        What is flagged, why, what a missing input means, unit of the value.
    sources, exclusions, assumptions, needs : tuple of str
        Where it comes from, what is left out, what is taken for granted, relations it reads.
    fences : tuple of Fence
        What a threshold is taken from when none is set.
    settings : mapping of str to RedFlagSetting
        What may be changed.
    sql : str
        The query, without its header.
    """

    code: str
    name: str
    title: str
    levels: tuple[str, ...]
    definition: str
    why: str
    missing: str
    unit: str
    sources: tuple[str, ...]
    exclusions: tuple[str, ...]
    assumptions: tuple[str, ...]
    needs: tuple[str, ...]
    fences: tuple[Fence, ...]
    settings: Mapping[str, RedFlagSetting]
    sql: str


@dataclass(frozen=True)
class SharedRelation:
    """A relation that several red flags read, and whose settings it uses (``settings_of``)."""

    name: str
    row: str
    needs: tuple[str, ...]
    settings_of: str
    sql: str


@cache
def load_red_flags() -> Mapping[str, RedFlag]:
    """Read every red flag of the package, by code in sorted order."""
    flags = [_read_flag(name, *parts) for name, parts in _read_folder("sql").items()]
    return MappingProxyType({flag.code: flag for flag in sorted(flags, key=lambda flag: flag.code)})


@cache
def load_shared_relations() -> Mapping[str, SharedRelation]:
    """Read every shared relation of the package, by name."""
    return MappingProxyType(
        {
            name: SharedRelation(
                name, header["row"], tuple(header["needs"]), header.get("settings_of", ""), sql
            )
            for name, (header, sql) in _read_folder("shared").items()
        }
    )


def relations_needed(codes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what red flags need: relations of the source, and shared ones in order of making.

    Shared relations that read the source come first, so that it can be given up early.
    """
    shared = load_shared_relations()
    source: set[str] = set()
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in shared:
            source.add(name)
        elif name not in order:
            for needed in shared[name].needs:
                visit(needed)
            order.append(name)

    for code in sorted(codes):
        flag = load_red_flags()[code]
        for name in [*(fence.relation for fence in flag.fences), *flag.needs]:
            visit(name)
    wanted = [name for name in order if name != "fences"]
    source -= set(_GIVEN)
    order.clear()
    for name in [name for name in wanted if source & set(shared[name].needs)]:
        visit(name)
    for name in wanted:
        visit(name)
    if any("fences" in load_red_flags()[code].needs for code in codes):
        order.append("fences")
    return sorted(source), order


def last_reader(codes: Iterable[str]) -> str:
    """Return the shared relation after which no red flag reads the source; empty when one does."""
    source, order = relations_needed(codes)
    shared = load_shared_relations()
    if any(set(source) & set(load_red_flags()[code].needs) for code in codes):
        return ""
    return [name for name in order if set(source) & set(shared[name].needs)][-1]


def _read_folder(folder: str) -> dict[str, tuple[dict[str, Any], str]]:
    files = resources.files("infiltrate.indicators.red_flags") / folder
    found = {}
    for file in sorted(files.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            header, sql = text.removeprefix("/*").split("*/", maxsplit=1)
            entry = YAML(typ="safe", pure=True).load(header)
            found[file.name.removesuffix(".sql")] = (entry, sql.strip())
    return found


def _read_flag(file_name: str, header: dict[str, Any], sql: str) -> RedFlag:
    entry = dict(header)
    settings = {
        name: read_red_flag_setting(name, fields) for name, fields in entry.pop("settings").items()
    }
    fences = tuple(Fence(**fields) for fields in entry.pop("fences"))
    texts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else str(value).strip()
        for key, value in entry.items()
    }
    name = file_name.split("_", maxsplit=1)[1]
    return RedFlag(name=name, settings=MappingProxyType(settings), fences=fences, sql=sql, **texts)
