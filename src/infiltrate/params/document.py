"""YAML 1.2 text to plain values, remembering the line of each and collecting what is wrong.

ruamel.yaml parses and resolves; the values are built here, because a country's codes must stay
as written: keys are always text (`NA`, `NO`, `010`), a key given twice is reported rather than
fatal, and an impossible date is left for the field that takes it to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from infiltrate.params.paths import Issue, Parts

_TAG = "tag:yaml.org,2002:"
_CONSTRUCTED = {_TAG + name for name in ("null", "bool", "int", "float")}
_TEXT = {_TAG + name for name in ("str", "value")}
_COLLECTIONS = {_TAG + name for name in ("map", "seq")}
_IN_WORDS = {
    "mapping values are not allowed here": (
        "a colon where none can stand",
        "Put text that holds a colon in quotes, or correct the indentation.",
    ),
    r"found character '\t' that cannot start any token": (
        "a tab character",
        "Indent with spaces, never with tabs.",
    ),
    "found unexpected end of stream": (
        "a quotation mark that is never closed",
        "Close the quotation mark.",
    ),
    "expected a single document in the stream": (
        "a second document, after a line with ---",
        "Keep one document per file.",
    ),
}


@dataclass(frozen=True)
class Spot:
    """Where a value stands, and the characters it was written with when unquoted."""

    line: int
    text: str = ""


@dataclass(frozen=True)
class Document:
    """A parsed file.

    Attributes
    ----------
    data : object
        Mappings, lists, text, numbers, true or false, dates and None.
    spots : mapping
        Spot of each value by its path.
    issues : tuple of Issue
        Keys given twice and what else is wrong although the text can be parsed.
    """

    data: Any
    spots: Mapping[Parts, Spot]
    issues: tuple[Issue, ...]


class NotYaml(Exception):
    """The text cannot be parsed at all."""

    def __init__(self, line: int, found: str, fix: str) -> None:
        super().__init__(found)
        self.line, self.found, self.fix = line, found, fix


def read_document(text: str) -> Document:
    """Parse YAML 1.2 (and so JSON), in which `NO`, `on` and `yes` are text.

    Raises
    ------
    NotYaml
        At the first place that cannot be parsed.
    """
    if text.lstrip("\ufeff").startswith("%YAML 1.1"):
        raise NotYaml(1, "the file asks for YAML 1.1, where NO means false", "Delete the line.")
    yaml = YAML(typ="safe", pure=True)
    builder = _Builder(yaml)
    try:
        node = yaml.compose(text)
        data = None if node is None else builder.build(node, (), node.start_mark.line + 1)
    except MarkedYAMLError as error:
        raise _explained(error) from error
    except YAMLError as error:
        before = text[: getattr(error, "position", 0) or 0]
        found = str(error).splitlines()[0]
        raise NotYaml(before.count("\n") + 1, found, "Delete the character.") from error
    except RecursionError as error:
        raise NotYaml(1, "blocks are nested too deeply", "Check the brackets.") from error
    return Document(data, builder.spots, tuple(builder.issues))


def _explained(error: MarkedYAMLError) -> NotYaml:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    for key in (error.problem, error.context):
        if key in _IN_WORDS:
            found, fix = _IN_WORDS[key]
            break
    else:
        found = " ".join(part for part in (error.context, error.problem) if part)
        fix = "Correct the YAML at this place or just before it."
    return NotYaml(line, f"column {column}: {found}", fix)


@dataclass
class _Builder:
    yaml: YAML
    spots: dict[Parts, Spot] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    open_nodes: set[int] = field(default_factory=set)

    def build(self, node: Node, parts: Parts, line: int) -> Any:
        if isinstance(node, ScalarNode):
            self.spots[parts] = Spot(line, "" if node.style else node.value)
            return self._scalar(node, parts)
        if node.tag not in _COLLECTIONS:
            self._refuse_tag(node, parts)
        if id(node) in self.open_nodes:
            self.issues.append(Issue(parts, "is an alias of the block it stands in"))
            return None
        self.open_nodes.add(id(node))
        build = self._mapping if isinstance(node, MappingNode) else self._list
        built = build(node, parts)
        self.open_nodes.discard(id(node))
        self.spots[parts] = Spot(line)
        return built

    def _list(self, node: Node, parts: Parts) -> list[Any]:
        return [
            self.build(item, (*parts, index), item.start_mark.line + 1)
            for index, item in enumerate(node.value)
        ]

    def _mapping(self, node: Node, parts: Parts) -> dict[str, Any]:
        built = self._merged(node, parts)
        own: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == _TAG + "merge":
                continue
            if not isinstance(key, ScalarNode):
                self.issues.append(Issue(parts, "a key that is itself a block", "text"))
                continue
            place = (*parts, key.value)
            built[key.value] = self.build(value, place, line)
            if key.value in own:
                found = f"stands twice, first on line {own[key.value]}"
                self.issues.append(Issue(place, found, "each key once", "Delete one of the two."))
            own.setdefault(key.value, line)
        return built

    def _merged(self, node: Node, parts: Parts) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag != _TAG + "merge":
                continue
            for part in value.value if isinstance(value, SequenceNode) else [value]:
                if isinstance(part, MappingNode):
                    built = {**self.build(part, parts, part.start_mark.line + 1), **built}
                else:
                    self.issues.append(
                        Issue((*parts, "<<"), "is not a block", "an alias of a block")
                    )
        return built

    def _scalar(self, node: ScalarNode, parts: Parts) -> Any:
        if node.tag in _CONSTRUCTED:
            try:
                return self.yaml.constructor.construct_object(node)
            except (ValueError, KeyError):
                return node.value
        if node.tag == _TAG + "timestamp":
            try:
                return date.fromisoformat(node.value) if len(node.value) == 10 else node.value
            except ValueError:
                return node.value
        if node.tag not in _TEXT:
            self._refuse_tag(node, parts)
        return node.value

    def _refuse_tag(self, node: Node, parts: Parts) -> None:
        found = f"the tag {node.tag} means nothing here"
        self.issues.append(Issue(parts, found, "", "Delete the tag."))
