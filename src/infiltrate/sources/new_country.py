"""A parameter file for a country that nobody has studied yet: what is known, and what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from infiltrate.errors import ParamsError
from infiltrate.params.codes import COUNTRIES, CURRENCY_OF, EUROPEAN_UNION
from infiltrate.params.document import read_document
from infiltrate.params.registry import DataSet, Registry, fill_in
from infiltrate.params.study import StudyParams
from infiltrate.sources.countries import country_names
from infiltrate.sources.known_countries import (
    known_countries,
    printed_levels,
    quoted,
    single_quoted,
    write_facts,
    write_lists,
)

_KNOWN_READERS = ("ocds", "ted", "companies_house", "psc")


@dataclass(frozen=True)
class Start:
    """A country's first parameter file.

    Attributes
    ----------
    text : str
        The file, YAML.
    notes : tuple of str
        What else is known, in sentences; they stand in the checklist.
    missing : tuple of str
        What nobody knew, in sentences.
    """

    text: str
    notes: tuple[str, ...]
    missing: tuple[str, ...]


def start_country(country: str, registry: Registry, *, name: str = "", today: date) -> Start:
    """Write down what is known of a country before its first file is read.

    Currency, identifiers, dated thresholds, levels of the Corruption Risk Index, names of
    procedures, lists, and the data sets of the registry; everything that was not read in its
    source is marked ``to_check``.

    Parameters
    ----------
    country : str
        ISO 3166-1 alpha-2 code.
    registry : Registry
        What public data there is.
    name : str
        Name of the country, where it is not known here.
    today : date
        Stands for the day in the addresses of files.

    Raises
    ------
    ParamsError
        When the code is no country's.
    """
    code = _checked(country)
    known = known_countries().get(code, {})
    union = known_countries()["EU"] if code in EUROPEAN_UNION else {}
    title = name or known.get("name") or _plain_name(code)
    data_sets = registry.of_country(code)
    active = _active(data_sets)
    lines = [
        "# yaml-language-server: $schema=schema.json",
        f"# Started by `infiltrate new-country {code}`. Nothing here is settled: look at every",
        "# status that is not seen, and at the checklist beside this file.",
        f"country: {code}",
        f"title: {quoted(f'{title}: say which sectors, regions and years')}",
        f"currency: {CURRENCY_OF.get(code, 'XXX')}",
        "",
        *_numbers(known),
        *_sources(active, code, known, today),
        *_suggested([item for item in data_sets if item not in active], today),
        *_procedure_names(known, any(item.reader == "ocds" for item in active)),
        "",
        *write_facts(code, known, union),
        "",
        *write_lists(known),
    ]
    return Start(
        "\n".join(lines) + "\n",
        (*known.get("notes", ()), *union.get("notes", ())),
        tuple(_missing(code, known, union, data_sets)),
    )


def read_start(start: Start) -> StudyParams:
    """Return the parameters of a country that was just begun."""
    return StudyParams.model_validate(read_document(start.text).data)


def _checked(country: str) -> str:
    code = {"UK": "GB", "EL": "GR"}.get(country.upper(), country.upper())
    if code not in COUNTRIES:
        raise ParamsError(
            f"new-country {country}: no country; give the two letters of ISO 3166-1, such as CO."
        )
    return code


def _plain_name(code: str) -> str:
    names = [name for name, owner in country_names().items() if owner == code]
    return max(names, key=len).title() if names else code


def _active(data_sets: list[DataSet]) -> list[DataSet]:
    """Choose sources that can be read as they come: contracts once, and registers of firms."""
    ready = [
        item
        for item in data_sets
        if item.access == "open"
        and item.status == "seen"
        and item.reader in _KNOWN_READERS
        and item.country != "WORLD"
    ]
    contracts = [item for item in ready if item.reader in ("ocds", "ted")]
    first = contracts[:1]
    if first and first[0].reader == "ted":
        first = [item for item in contracts if item.reader == "ted"]
    return [*first, *(item for item in ready if item.reader not in ("ocds", "ted"))]


def _sources(
    active: list[DataSet], code: str, known: Mapping[str, Any], today: date
) -> Iterator[str]:
    if not active:
        yield "# No file of a known format may simply be fetched: map one of those below, or one of"
        yield "# your own (infiltrate profile FILE drafts the block)."
        yield "sources: []"
        return
    yield "sources:"
    done = set()
    for item in active:
        if item.reader == "ted" and "ted" in done:
            continue
        done.add(item.reader)
        together = [other.id for other in active if other.reader == item.reader]
        yield f"  - id: {item.reader if item.reader != 'ocds' else 'contracting'}"
        yield f"    title: {quoted(item.title)}"
        yield f"    publisher: {quoted(item.publisher)}"
        yield f"    licence: {quoted(item.licence)}"
        if item.page:
            yield f"    address: {item.page}"
        yield f"    data_sets: [{', '.join(together)}]"
        yield f"    path: {quoted(_glob(item, today))}"
        yield f"    reader: {item.reader}"
        yield from _reader_settings(item, code, known)
    yield ""


def _numbers(known: Mapping[str, Any]) -> Iterator[str]:
    if known.get("scheme"):
        yield f"# Numbers of firms: {{column: ..., scheme: {known['scheme']}}} in every mapping;"
        persons = known.get("persons")
        pattern = (
            f"persons: {{pattern: {single_quoted(persons)}}}"
            if persons
            else "a pattern to be found"
        )
        yield f"# those of natural persons: {pattern}. To be checked."


def _glob(item: DataSet, today: date) -> str:
    """Return the glob that finds what is fetched: members beside their archive, or the file."""
    path = fill_in(re.sub(r"\{(?:day|month)[^}]*\}|\{year\}", "*", item.path), today, "*")
    folder, _, _ = path.rpartition("/")
    return f"{folder}/{item.unpack}".lstrip("/") if item.unpack else path


def _reader_settings(item: DataSet, code: str, known: Mapping[str, Any]) -> Iterator[str]:
    scheme, persons = known.get("scheme"), known.get("persons")
    if item.reader == "ted":
        yield f"    ted: {{country: {code}}}"
    if item.reader != "ocds" or not (scheme or known.get("procedure_names")):
        return
    yield "    ocds:"
    if scheme:
        yield "      # Of identifiers that name no register; name the publisher's own in `schemes`."
        yield f"      scheme: {scheme}"
    if persons:
        yield f"      persons: {{pattern: {single_quoted(persons)}}}"
    if known.get("procedure_names"):
        yield "      # To be checked against the law."
        yield "      procedures:"
        for national, canonical in known["procedure_names"].items():
            yield f"        {quoted(national)}: {canonical}"


def _suggested(data_sets: list[DataSet], today: date) -> Iterator[str]:
    if data_sets:
        yield "# Other data sets that the registry knows (infiltrate fetch --everything). For each:"
        yield "# put the file there, run infiltrate profile on it, and add the block it drafts."
    for item in data_sets:
        how = "download" if item.access == "open" else f"by hand, {item.access}"
        yield f"#   {item.id}: {_glob(item, today)} ({how}) -> {', '.join(item.feeds) or 'facts'}"


def _procedure_names(known: Mapping[str, Any], are_used: bool) -> Iterator[str]:
    """Keep the names of procedures for the map of a mapping, where no source takes them yet."""
    if are_used or not known.get("procedure_names"):
        return
    yield "# Names of procedures, for the `map` of the column procedure; to be checked."
    for national, canonical in known["procedure_names"].items():
        yield f"#   {quoted(national)}: {canonical}"


def _missing(
    code: str, known: Mapping[str, Any], union: Mapping[str, Any], data_sets: list[DataSet]
) -> Iterator[str]:
    if code not in CURRENCY_OF:
        yield "The currency is not known: XXX stands for it."
    if not known.get("scheme"):
        yield (
            "The scheme of firms' numbers is not known: look it up at org-id.guide, and say which "
            "numbers are natural persons'."
        )
    elif not known.get("persons"):
        yield (
            f"Which numbers of {known['scheme']} are natural persons' is not known: without a "
            "pattern they would be stored as they are."
        )
    if not known.get("thresholds"):
        more = "national " if union else ""
        yield f"No {more}thresholds are known: look them up in the law, one entry a period."
    if not known.get("procedure_names"):
        yield "No names of procedures are known: map each to open, restricted, direct_award, ..."
    if not printed_levels(code):
        yield "No levels of the Corruption Risk Index: calibrate them on page 03."
    if not any(item.country == code for item in data_sets):
        yield "The registry has no data set of this country: add what you find to it."
    yield "Official counts of active firms (facts.universe), by sector and region if you can."
    yield "Exchange rates, least capitals, shares of beneficial owners, lists of jurisdictions."
    yield "Codes of areas and sectors, with their names and what lies in what."
