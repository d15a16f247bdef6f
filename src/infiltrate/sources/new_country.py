"""A parameter file for a country that nobody has studied yet: what is known, and what is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from infiltrate.errors import ParamsError
from infiltrate.params.codes import COUNTRIES, CURRENCY_OF, EUROPEAN_UNION
from infiltrate.params.document import read_document
from infiltrate.params.registry import DataSet, Registry, fill_in
from infiltrate.params.study import StudyParams
from infiltrate.sources.countries import country_names

_GRADED = ("open", "restricted", "negotiated_with_publication", "negotiated_without_publication")
_PROCEDURES_SOURCE = (
    "Government Transparency Institute, ProACT, CRI definitions of December 2020; procedures as we "
    "place them"
)
_KNOWN_READERS = ("ocds", "ted", "companies_house", "psc")
_LEVELS_PAGE = Path(__file__).parents[3] / "docs" / "corruption_risk_levels.md"


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
        f"title: {_quoted(f'{title}: say which sectors, regions and years')}",
        f"currency: {CURRENCY_OF.get(code, 'XXX')}",
        "",
        *_numbers(known),
        *_sources(active, code, known, today),
        *_suggested([item for item in data_sets if item not in active], today),
        *_procedure_names(known, any(item.reader == "ocds" for item in active)),
        "",
        *_facts(code, known, union),
        "",
        *_lists(known),
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


@cache
def known_countries() -> dict[str, Any]:
    """Return what is known of each country, by code; EU holds what its members share."""
    folder = resources.files("infiltrate.sources") / "knowledge"
    return read_document((folder / "countries.yaml").read_text("utf-8")).data


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
        yield f"    title: {_quoted(item.title)}"
        yield f"    publisher: {_quoted(item.publisher)}"
        yield f"    licence: {_quoted(item.licence)}"
        if item.page:
            yield f"    address: {item.page}"
        yield f"    data_sets: [{', '.join(together)}]"
        yield f"    path: {_quoted(_glob(item, today))}"
        yield f"    reader: {item.reader}"
        yield from _reader_settings(item, code, known)
    yield ""


def _numbers(known: Mapping[str, Any]) -> Iterator[str]:
    if known.get("scheme"):
        yield f"# Numbers of firms: {{column: ..., scheme: {known['scheme']}}} in every mapping;"
        persons = known.get("persons")
        pattern = (
            f"persons: {{pattern: {_single(persons)}}}" if persons else "a pattern to be found"
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
        yield f"      persons: {{pattern: {_single(persons)}}}"
    if known.get("procedure_names"):
        yield "      # To be checked against the law."
        yield "      procedures:"
        for national, canonical in known["procedure_names"].items():
            yield f"        {_quoted(national)}: {canonical}"


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
        yield f"#   {_quoted(national)}: {canonical}"


def _facts(code: str, known: Mapping[str, Any], union: Mapping[str, Any]) -> Iterator[str]:
    thresholds = [*known.get("thresholds", ()), *union.get("thresholds", ())]
    levels = [*_printed_levels(code), *_procedure_levels(known.get("procedure_levels", {}))]
    yield "facts:" if thresholds or levels else "facts: {}"
    if thresholds:
        yield "  thresholds:"
    for threshold in sorted(thresholds, key=lambda item: (item["regime"], item["valid_from"])):
        for category, amount in threshold["amounts"].items():
            yield f"    - regime: {threshold['regime']}"
            yield f"      category: {category}"
            yield f"      amount: {amount}"
            yield f"      currency: {threshold['currency']}"
            yield f"      valid_from: {threshold['valid_from']}"
            if threshold["valid_to"]:
                yield f"      valid_to: {threshold['valid_to']}"
            yield f"      source: {_quoted(threshold['source'])}"
            yield f"      status: {threshold['status']}"
    if levels:
        yield "  # Levels of the Corruption Risk Index, calibrated on tenders of 2009 to 2020: hold"
        yield "  # them against your own data (page 03) before they are used."
        yield "  risk_levels:"
        yield from levels


@cache
def _printed_levels(code: str) -> tuple[str, ...]:
    """Return the block of the country in docs/corruption_risk_levels.md, where that is at hand."""
    try:
        page = _LEVELS_PAGE.read_text(encoding="utf-8")
    except OSError:
        return ()
    block = re.search(rf"^## {code}\n+```yaml\nfacts:\n  risk_levels:\n(.*?)```", page, re.M | re.S)
    return tuple(block[1].rstrip("\n").split("\n")) if block else ()


def _procedure_levels(levels: Mapping[str, Any]) -> Iterator[str]:
    if not levels:
        return
    graded = {name: 0.0 for name in _GRADED}
    graded |= dict.fromkeys(levels["half"], 0.5) | dict.fromkeys(levels["full"], 1.0)
    yield "    - component: procedure"
    yield "      procedures:"
    yield from (f"        {name}: {level}" for name, level in graded.items())
    if "missing" in levels:
        yield f"      missing_level: {levels['missing']}"
    note = f"; {levels['note']}" if "note" in levels else ""
    yield "      valid_from: 2009-01-01"
    yield f"      source: {_quoted(_PROCEDURES_SOURCE + note)}"
    yield "      status: assumed"


def _lists(known: Mapping[str, Any]) -> Iterator[str]:
    lists = known.get("lists", ())
    if not lists:
        yield "# Three separate lists about organised crime are needed for an estimate."
        yield "lists: []"
        return
    yield "# Define a list when there is a file of its entries. None of these was looked at."
    yield "lists: []"
    for item in lists:
        for at, (key, value) in enumerate(item.items()):
            shown = str(value).lower() if isinstance(value, bool) else _quoted(value)
            yield f"#  {'- ' if at == 0 else '  '}{key}: {shown}"
        yield '#    source: "from general knowledge, to be checked"'
        yield "#    status: to_check"


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
    if not _printed_levels(code):
        yield "No levels of the Corruption Risk Index: calibrate them on page 03."
    if not any(item.country == code for item in data_sets):
        yield "The registry has no data set of this country: add what you find to it."
    yield "Official counts of active firms (facts.universe), by sector and region if you can."
    yield "Exchange rates, least capitals, shares of beneficial owners, lists of jurisdictions."
    yield "Codes of areas and sectors, with their names and what lies in what."


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
