"""The registry of public data sets: who publishes what, under which terms, and how it is had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ValidationError, model_validator

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.codes import COUNTRIES, EUROPEAN_UNION
from infiltrate.params.document import NotYaml, read_document
from infiltrate.params.facts import Status
from infiltrate.params.paths import show_path
from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import Id, Name, RelativePath

_PLACES = ("part", "day", "month", "year")
_NEEDS_A_PERSON = ("page", "interface", "login", "request")


def _is_area(value: str) -> str:
    if value not in COUNTRIES and value not in ("EU", "WORLD"):
        refuse(
            f"'{value}' is no country", "two capital letters of ISO 3166-1, EU, or WORLD for all"
        )
    return value


def _is_web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        refuse(f"'{value}' is no web address", "an address that begins with https://")
    return value


def _is_sha256(value: str) -> str:
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        refuse(f"'{value}' is no SHA-256", "64 hexadecimal digits in small letters")
    return value


def _stays_in_its_place(value: str) -> str:
    if not value or value.startswith("/") or ".." in value:
        refuse(f"part '{value}' leaves its folder", "a year, a month, a name")
    return value


WebAddress = Annotated[str, AfterValidator(_is_web_address)]
Sha256 = Annotated[str, AfterValidator(_is_sha256)]
Part = Annotated[str, AfterValidator(_stays_in_its_place)]


class _Closed(BaseModel):
    """As strict as a block of parameters; no part of a study's file, though."""

    model_config = Section.model_config


class DataSet(_Closed):
    """One public data set and how it is had."""

    id: Id = required("Short name, unique in the registry.", examples=["it_anac_ocds"])
    country: Annotated[str, AfterValidator(_is_area)] = required(
        "Country it is about, EU for the Union, WORLD for all.", examples=["IT"]
    )
    title: Name = required("What its publisher calls it.", examples=["Contracts awarded"])
    publisher: Name = required("Who publishes it.", examples=["Procurement authority"])
    licence: Name = required("Terms of use, in words or as an SPDX identifier.")
    access: Literal["open", "page", "interface", "login", "request"] = parameter(
        "open",
        "How it is had: a file anyone may fetch, a page to choose on, an interface to query, a "
        "login, or a request to the publisher.",
    )
    page: WebAddress | None = parameter(None, "Page for people that describes it.")
    address: WebAddress | None = parameter(
        None,
        "Address of the file; {part}, {year}, {month:%Y-%m-%d} (first day of the month) and "
        "{day:%Y-%m-%d} are filled in.",
    )
    parts: list[Part] = parameter([], "What {part} stands for: one file each, such as years.")
    by_hand: str = parameter("", "What a person does to have it, where no file can be fetched.")
    format: Name = required("Format as published.", examples=["CSV in ZIP"])
    reader: Name = parameter("delimited", "Reader of `sources` that reads it.")
    path: RelativePath = required(
        "Where the fetched file goes below the data folder; takes the same words in braces.",
        examples=["it/anac/{part}.jsonl.gz"],
    )
    unpack: str = parameter(
        "", "Names of the members taken out of a ZIP, such as *.csv; they go beside it."
    )
    sha256: dict[Name, Sha256] = parameter(
        {}, "Checksum by the path below the data folder, where a file never changes.", key="PATH"
    )
    pin: str = parameter(
        "", "Where files change: how a later reader knows that it has the same one."
    )
    feeds: list[Name] = parameter([], "Tables it feeds.")
    natural_persons: bool = parameter(
        True, "Whether it holds data of natural persons; taken for granted until looked at."
    )
    note: str = parameter("", "What whoever uses it should know.")
    source: str = required("Where this was read.", min_length=3)
    status: Status = parameter(
        "to_check",
        "seen when the address was read where it is used; nothing here was fetched by the project.",
    )

    @model_validator(mode="after")
    def _can_be_had(self) -> Self:
        if self.access == "open" and self.address is None:
            refuse("is open and has no address", fix="Give the address, or say how it is had.")
        if self.access in _NEEDS_A_PERSON and not self.by_hand:
            refuse(f"access is {self.access} and by_hand is empty", fix="Say what a person does.")
        if not self.sha256 and not self.pin:
            refuse("has neither sha256 nor pin", fix="Give a checksum, or say how it is pinned.")
        return self

    @model_validator(mode="after")
    def _words_in_braces_are_known(self) -> Self:
        for name, template in (("address", self.address or ""), ("path", self.path)):
            try:
                fields = {field for _, field, _, _ in Formatter().parse(template) if field}
            except ValueError as error:
                refuse(f"{name} '{template}' has unbalanced braces: {error}")
            for field in sorted(fields - set(_PLACES)):
                refuse(f"{name} has {{{field}}}", f"{{{'}, {'.join(_PLACES)}}}")
            if template and ("part" in fields) != bool(self.parts):
                found = "has no {part} though there are parts" if self.parts else "has no parts"
                refuse(f"{name} {found}", fix="Give both or neither.")
        return self

    def applies_to(self, country: str) -> bool:
        """Whether a study of the country may use it."""
        union = self.country == "EU" and country in EUROPEAN_UNION
        return self.country in (country, "WORLD") or union


class Registry(_Closed):
    """All data sets that are known."""

    data_sets: list[DataSet] = required("The data sets.")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        seen: set[str] = set()
        for data_set in self.data_sets:
            if data_set.id in seen:
                refuse(f"two data sets are called {data_set.id}", fix="Rename one of them.")
            seen.add(data_set.id)
        return self

    def named(self, name: str) -> DataSet | None:
        """Return a data set by its id."""
        return next((item for item in self.data_sets if item.id == name), None)

    def of_country(self, country: str) -> list[DataSet]:
        """Return what a study of a country may use: its own first, then of the Union, of all."""
        rank = {country: 0, "EU": 1, "WORLD": 2}
        found = [item for item in self.data_sets if item.applies_to(country)]
        return sorted(found, key=lambda item: (rank[item.country], item.id))


def default_registry() -> Path:
    """Return the registry of the working folder, else the one that comes with the repository."""
    here = Path("data") / "registry.yaml"
    return here if here.is_file() else Path(__file__).parents[3] / "data" / "registry.yaml"


def load_registry(path: Path | None = None) -> Registry:
    """Read a registry.

    Parameters
    ----------
    path : Path, optional
        YAML; that of `default_registry` when none is given.

    Raises
    ------
    ParamsError
        With everything that is wrong.
    """
    file = path or default_registry()
    name = file.name
    try:
        document = read_document(file.read_text(encoding="utf-8"))
    except NotYaml as error:
        problem = Problem(f"{name}:{error.line}", error.found, "", error.fix)
        raise ParamsError("The registry cannot be read.", [problem]) from error
    except OSError as error:
        problem = Problem(file.as_posix(), "cannot be read", fix="Name another one: --registry")
        raise ParamsError("The registry cannot be read.", [problem]) from error
    problems = [
        Problem(f"{name}: {show_path(issue.parts, document.data)}", issue.found, issue.allowed)
        for issue in document.issues
    ]
    try:
        registry = Registry.model_validate(document.data or {})
    except ValidationError as error:
        problems += [_problem(item, name, document.data) for item in error.errors()]
    if problems:
        raise ParamsError(f"{name}: {len(problems)} problems.", problems)
    return registry


def fill_in(template: str, day: date, part: str = "") -> str:
    """Fill in the words in braces of an address or a path.

    Examples
    --------
    >>> fill_in("snapshot-{month:%Y-%m-%d}.zip", date(2025, 6, 17))
    'snapshot-2025-06-01.zip'
    """
    return template.format(part=part, day=day, month=day.replace(day=1), year=day.year)


def _problem(error: Mapping[str, Any], name: str, data: Any) -> Problem:
    where = f"{name}: {show_path(tuple(error['loc']), data)}"
    context = error.get("ctx", {})
    if error["type"] == "refused":
        return Problem(where, context["found"], context["allowed"], context["fix"])
    return Problem(where, error["msg"])
