"""The flat relations of OCDS, read from the SQL files that make them, and what each one reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from ruamel.yaml import YAML

_LIST = "[]"

Tree = dict[str, "Tree | str"]


@dataclass(frozen=True)
class OcdsRelation:
    """One flat relation over the compiled releases.

    Attributes
    ----------
    name : str
        Its name in the engine, for example ``ocds_bids``.
    row : str
        What one row is.
    reads : tuple of str
        Paths of the release it needs; ``[]`` after a name is a list, a word after the path is the
        type (text otherwise).
    sql : str
        Query over ``ocds_releases``.
    """

    name: str
    row: str
    reads: tuple[str, ...]
    sql: str


@cache
def load_relations() -> Mapping[str, OcdsRelation]:
    """Read every relation of the package, by name in sorted order."""
    files = (file.name for file in _folder().iterdir())
    names = sorted(name.removesuffix(".sql") for name in files if name.endswith(".sql"))
    return MappingProxyType({name: load_relation(name) for name in names})


@cache
def load_relation(name: str) -> OcdsRelation:
    """Read one relation of the package."""
    text = (_folder() / f"{name}.sql").read_text(encoding="utf-8")
    header, sql = text.removeprefix("/*").split("*/", maxsplit=1)
    entry = YAML(typ="safe", pure=True).load(header)
    return OcdsRelation(name, entry["row"], tuple(entry["reads"]), sql.strip())


def column_types(names: Iterable[str]) -> dict[str, str]:
    """Return the columns of a release that relations need, each with its nested type."""
    tree: Tree = {}
    for name in sorted(names):
        for read in load_relation(name).reads:
            path, _, kind = read.partition(" ")
            _grow(tree, path.split("."), kind or "VARCHAR")
    return {
        name.removesuffix(_LIST): _type_of(branch, name.endswith(_LIST))
        for name, branch in sorted(tree.items())
    }


def _grow(tree: Tree, steps: list[str], kind: str) -> None:
    first, *rest = steps
    if not rest:
        tree.setdefault(first, kind)
        return
    branch = tree.setdefault(first, {})
    assert isinstance(branch, dict), f"{first} is read both as a value and as an object"
    _grow(branch, rest, kind)


def _type_of(branch: Tree | str, is_list: bool) -> str:
    if isinstance(branch, str):
        kind = branch
    else:
        fields = (
            f'"{name.removesuffix(_LIST)}" {_type_of(inner, name.endswith(_LIST))}'
            for name, inner in sorted(branch.items())
        )
        kind = f"STRUCT({', '.join(fields)})"
    return f"{kind}[]" if is_list else kind


def _folder() -> Traversable:
    return resources.files("infiltrate.sources.ocds") / "sql"
