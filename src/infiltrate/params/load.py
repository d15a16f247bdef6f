"""Reading the parameters of a study: defaults <- country file <- command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.checks import find_disagreements
from infiltrate.params.document import NotYaml, Spot, read_document
from infiltrate.params.explain import explain
from infiltrate.params.overrides import override
from infiltrate.params.paths import Issue, Parts, nearest, show_path
from infiltrate.params.study import StudyParams


@dataclass(frozen=True)
class ParamsReading:
    """A parameter file as far as it could be read.

    Attributes
    ----------
    name : str
        The file as the user named it.
    data : mapping
        Raw values, command line included, without defaults; empty when the text is not YAML.
    params : StudyParams or None
        Present when nothing is wrong.
    problems : tuple of Problem
        Everything that is wrong, in the order of the file.
    spots : mapping
        Line of each value by its path.
    overridden : tuple
        Paths that the command line set.
    """

    name: str
    data: Mapping[str, Any]
    params: StudyParams | None
    problems: tuple[Problem, ...]
    spots: Mapping[Parts, Spot]
    overridden: tuple[Parts, ...] = ()

    def where(self, *parts: str | int) -> str:
        """Name a place for a `Problem`: file, line and path, or the command line.

        Examples
        --------
        ``reading.where("sources", 0, "path")`` is ``params/pe.yaml:12: sources[osce].path``.
        """
        return _where(self.name, parts, self.data, self.spots, self.overridden)


def load_params(path: Path, overrides: Sequence[str] = ()) -> StudyParams:
    """Read one country's parameters, defaults filled in.

    Parameters
    ----------
    path : Path
        YAML 1.2, or the JSON that `dump_params` writes.
    overrides : sequence of str
        ``choices.risk.quarantine_months=6``: a path and a YAML value. Blocks are merged into
        those of the file; lists and plain values replace them.

    Raises
    ------
    ParamsError
        With every problem of the file and the overrides at once.
    """
    reading = read_params(path, overrides)
    if reading.params is None:
        count = len(reading.problems)
        raise ParamsError(
            f"{reading.name}: {count} problem{'s' * (count > 1)}; nothing was run.",
            reading.problems,
        )
    return reading.params


def find_problems(
    path: Path, overrides: Sequence[str] = ()
) -> tuple[StudyParams | None, list[Problem]]:
    """Read parameters without raising; the first is None when there are problems."""
    reading = read_params(path, overrides)
    return reading.params, list(reading.problems)


def read_params(path: Path, overrides: Sequence[str] = ()) -> ParamsReading:
    """Read parameters as far as possible, keeping raw values and lines for further checks."""
    name = Path(path).as_posix()
    try:
        document = read_document(_text(Path(path)))
    except NotYaml as error:
        where = f"{name}:{error.line}" if error.line else name
        return ParamsReading(name, {}, None, (Problem(where, error.found, "", error.fix),), {})
    if not isinstance(document.data, dict | None):
        problem = Problem(f"{name}:1", "is not a set of keys", "keys such as country: PE")
        return ParamsReading(name, {}, None, (problem,), {})
    overlay = override(document.data or {}, overrides)
    spots = {**document.spots, **overlay.spots}
    params, issues = _validate(overlay.data, spots)
    issues = [*document.issues, *issues, *find_disagreements(overlay.data)]
    issues.sort(key=lambda issue: (_is_in(issue.parts, overlay.places), _line(issue.parts, spots)))
    problems = [
        Problem(
            _where(name, issue.parts, overlay.data, spots, overlay.places),
            issue.found,
            issue.allowed,
            issue.fix,
        )
        for issue in issues
    ]
    problems += overlay.problems
    return ParamsReading(
        name,
        overlay.data,
        None if problems else params,
        tuple(problems),
        spots,
        overlay.places,
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise NotYaml(0, "there is no such file", _similar_file(path)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise NotYaml(line, found, "Save the file as UTF-8.") from error
    except OSError as error:
        raise NotYaml(0, f"cannot be read: {error.strerror}", "Name a readable file.") from error


def _similar_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent.as_posix()} either."
    names = sorted(
        file.name for file in path.parent.glob("*.yaml") if not file.name.startswith("_")
    )
    meant = nearest(path.name, names)
    if meant:
        return f"Did you mean {meant}?"
    return f"There are: {', '.join(names)}." if names else "There is no parameter file beside it."


def _validate(
    data: dict[str, Any], spots: Mapping[Parts, Spot]
) -> tuple[StudyParams | None, list[Issue]]:
    try:
        return StudyParams.model_validate(data), []
    except ValidationError as error:
        return None, explain(error.errors(include_url=False), data, spots)


def _where(
    name: str,
    parts: Parts,
    data: Any,
    spots: Mapping[Parts, Spot],
    overridden: Sequence[Parts],
) -> str:
    shown = show_path(parts, data)
    if _is_in(parts, overridden):
        return f"command line: {shown}"
    line = _line(parts, spots)
    return f"{name}:{line}: {shown}" if line else f"{name}: {shown}"


def _is_in(parts: Parts, places: Sequence[Parts]) -> bool:
    return any(parts[: len(place)] == place for place in places)


def _line(parts: Parts, spots: Mapping[Parts, Spot]) -> int:
    while parts and parts not in spots:
        parts = parts[:-1]
    return spots[parts].line if parts else 0
