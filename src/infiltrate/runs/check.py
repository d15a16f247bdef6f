"""Everything that can be wrong before a run, found together; or what the run would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from infiltrate.errors import ParamsError, Problem, SourceError
from infiltrate.indicators.catalogue import check_indicator_choices, load_catalogue
from infiltrate.params.choices import IndicatorChoice
from infiltrate.params.linkage_choices import LinkageChoices
from infiltrate.params.load import ParamsReading, read_params
from infiltrate.params.section import Section
from infiltrate.params.sources import Source
from infiltrate.params.study import StudyParams
from infiltrate.sources.check import check_sources
from infiltrate.sources.readers import parts_of
from infiltrate.sources.reviewed import read_reviewed
from infiltrate.tables.engine import check_engine

Kind = TypeVar("Kind", bound=Section)


def check_study(params_file: Path, data_dir: Path, overrides: Sequence[str] = ()) -> StudyParams:
    """Return the parameters of a study if it can be run.

    Parameters
    ----------
    params_file : Path
        The country's YAML file.
    data_dir : Path
        Folder of the raw files.
    overrides : sequence of str
        ``path=value`` settings of the command line.

    Raises
    ------
    ParamsError
        With every problem at once: of the file, of the raw files it names, and of the
        indicators it sets. A part that is wrong does not hide what is wrong elsewhere.
    SourceError
        When the parameters are sound and only the raw files are not what they say.
    EngineError
        When everything else is sound and the query engine is not installed.
    """
    reading = read_params(params_file, overrides)
    of_params = [*reading.problems, *_indicator_problems(reading)]
    of_sources = list(_source_problems(reading, data_dir))
    if reading.params is not None and not of_params and not of_sources:
        check_engine(reading.params.choices.engine)
        return reading.params
    problems = [*of_params, *of_sources]
    kind = ParamsError if of_params else SourceError
    raise kind(
        f"{reading.name}: {len(problems)} problem{'s' * (len(problems) != 1)}; nothing was run.",
        problems,
    )


def summarise_study(params: StudyParams, data_dir: Path) -> str:
    """Say in a few lines what a run would read, compute and predict."""
    files = sum(len(list(data_dir.glob(source.path))) for source in params.sources)
    parts = [part for source in params.sources for part in parts_of(source).values()]
    tables = sorted({name.split("/")[0] for part in parts for name in part.tables})
    codes = load_catalogue()
    off = [code for code, choice in params.choices.indicators.items() if not choice.on]
    about_crime = [definition.id for definition in params.lists if definition.organised_crime]
    unchecked = sum(fact.status == "to_check" for fact in params.facts.thresholds)
    unchecked += sum(definition.status == "to_check" for definition in params.lists)
    lines = [
        f"{params.country}: {params.title}",
        f"  reads       {len(params.sources)} sources, {files} files -> {', '.join(tables)}",
        f"  computes    {len(codes) - len(off)} of {len(codes)} indicators",
        f"  lists       {', '.join(d.id for d in params.lists) or 'none'}; about organised crime: "
        f"{', '.join(about_crime) or 'none'}",
        f"  thresholds  {len(params.facts.thresholds)}; marked to_check: {unchecked}",
        f"  seed        {params.choices.seed}",
        "Nothing is wrong.",
    ]
    return "\n".join(lines)


def _source_problems(reading: ParamsReading, data_dir: Path) -> Iterator[Problem]:
    if reading.params is not None:
        yield from check_sources(reading.params, data_dir)
        yield from _verdict_problems(reading.params.choices.linkage, data_dir)
        return
    sound = [source for item in _items(reading.data, "sources") if (source := _sound(Source, item))]
    yield from check_sources(StudyParams.model_construct(sources=sound), data_dir)


def _verdict_problems(choices: LinkageChoices, data_dir: Path) -> Iterator[Problem]:
    try:
        read_reviewed(choices, data_dir)
    except SourceError as error:
        where, _, found = error.summary.partition(": ")
        yield Problem(where, found)


def _indicator_problems(reading: ParamsReading) -> list[Problem]:
    choices = reading.data.get("choices")
    named = choices.get("indicators") if isinstance(choices, Mapping) else None
    if not isinstance(named, Mapping):
        return []
    sound = {
        str(code): choice
        for code, item in named.items()
        if (choice := _sound(IndicatorChoice, item))
    }
    return check_indicator_choices(sound, reading.where("choices", "indicators"))


def _items(data: Mapping[str, Any], block: str) -> list[Any]:
    items = data.get(block)
    return items if isinstance(items, list) else []


def _sound(kind: type[Kind], item: Any) -> Kind | None:
    try:
        return kind.model_validate(item)
    except ValidationError:
        return None
