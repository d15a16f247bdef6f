"""The catalogue of indicators for readers: a page for each, and what a report shows of a rule.

``python -m infiltrate.indicators.render`` writes the folder ``docs/indicators`` anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from infiltrate.indicators.catalogue import LEVELS, Indicator, load_catalogue
from infiltrate.indicators.compute import plan_indicators
from infiltrate.indicators.examples import load_example, run_example
from infiltrate.indicators.setting import Setting
from infiltrate.indicators.units import relations_read, unit_sql
from infiltrate.params.study import StudyParams

_INTRODUCTION = """\
# Indicators

This folder is generated from the headers of the SQL files in `src/infiltrate/indicators/sql` and \
the examples beside them; `python -m infiltrate.indicators.render` writes it anew.

An indicator answers for every unit of its level: **flag**, **clear**, or **not computable** with \
the reason. A missing input is never a zero. A flag is a reason to look, not proof of guilt. The \
direction is only a prior; no score takes it for granted. Thresholds are inclusive unless a page \
says otherwise. Amounts are compared within one currency, or converted at the dated rates of \
`facts.exchange_rates`; without a rate the unit is not computable. Days are those of the zone that \
the source states.

The levels of risk that C40 to C45 ask for are in \
[corruption_risk_levels.md](../corruption_risk_levels.md), country by country.

Codes in the column OCP are those of the red flags of the Open Contracting Partnership that an \
indicator computes.

Companies are judged up to the day of the study, `choices.as_of` or the last day on which a source \
was fetched: by who served on that day, and by accounts filed and changes recorded until then.

A telephone number, e-mail or internet address that bidders of one tender have in common (P05) is \
not computed: no source read so far publishes them, and they are personal data of those who sign, \
which would have to be keyed before they are stored.

Settings are changed in the parameters, for example:

```yaml
choices:
  indicators:
    C04: {settings: {short_days: 10}}
    C14: {on: false}
```
"""

_LEVEL_TITLES = {
    "lot": "Lots of tenders",
    "contract": "Contracts",
    "relation": "Relations of buyer and supplier in a year",
    "buyer": "Buyers",
    "market": "Markets: product divisions in a year",
    "company": "Companies",
    "area": "Areas",
}
_MOST_ROWS = 12


def render_catalogue() -> dict[str, str]:
    """Return the folder of pages: text by file name, ``index.md`` and one page per indicator."""
    indicators = list(load_catalogue().values())
    pages = {page_name(item): _render_page(item) for item in indicators}
    return {"index.md": _render_index(indicators), **pages}


def page_name(indicator: Indicator) -> str:
    """Return the name of the page of an indicator."""
    return f"{indicator.code.lower()}_{indicator.name}.md"


def describe_indicators(params: StudyParams, selection: Sequence[str] = LEVELS) -> list[dict]:
    """Return what a report shows of each rule that ran or was turned off.

    Parameters
    ----------
    params : StudyParams
        The study; ``choices.indicators`` is read.
    selection : sequence of str
        Levels or codes.

    Returns
    -------
    list of dict
        One per indicator, by code: the fields of `Indicator` as text, lists and dicts, ``on``,
        ``settings`` (a list of dicts with the ``value`` used beside the default, and ``changed``),
        ``sql`` (the very query that ran, with the steps it shares with other indicators),
        ``unit_sql`` (what its units are) and ``shared_sql`` (the relations it reads that other
        indicators read too: queries by name).
    """
    described = []
    for planned in plan_indicators(params, selection):
        indicator = planned.indicator
        settings = [
            {
                **asdict(setting),
                "allowed": setting.allowed,
                "value": planned.settings[name],
                "changed": planned.settings[name] != setting.normalise(setting.default),
            }
            for name, setting in indicator.settings.items()
        ]
        fields = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(indicator).items()
        }
        described.append(
            {
                **fields,
                "on": planned.on,
                "settings": settings,
                "unit_sql": unit_sql(indicator.level),
                "shared_sql": relations_read(indicator.sql),
            }
        )
    return described


def _render_index(indicators: Sequence[Indicator]) -> str:
    parts = [_INTRODUCTION]
    for level in LEVELS:
        rows = [
            [f"[{item.code}]({page_name(item)})", item.title, item.definition, ", ".join(item.ocp)]
            for item in indicators
            if item.level == level
        ]
        parts += [
            f"## {_LEVEL_TITLES[level]}\n",
            _table(["Code", "Title", "Flag", "OCP"], rows),
        ]
    return "\n".join(parts)


def _render_page(indicator: Indicator) -> str:
    facts = [
        ["Name", f"`{indicator.name}`"],
        ["Level", f"{indicator.level} ({_LEVEL_TITLES[indicator.level].lower()})"],
        ["Value", indicator.unit],
        ["Direction (prior only)", indicator.direction],
        ["Open Contracting Partnership", ", ".join(indicator.ocp) or "no code"],
        ["Needs", ", ".join(f"`{column}`" for column in indicator.needs)],
    ]
    if not indicator.on:
        facts.append(["Computed", "only where the parameters turn it on"])
    parts = [
        f"# {indicator.code} {indicator.title}\n",
        f"{indicator.definition} {indicator.why}\n",
        _table(["", ""], facts),
        f"**Formula:** {indicator.formula}\n",
        f"**Not computable when:** {indicator.missing}\n",
        _render_example(indicator),
        "## Settings\n",
        _render_settings(list(indicator.settings.values())),
    ]
    for heading, sentences in (
        ("Exclusions", indicator.exclusions),
        ("Assumptions", indicator.assumptions),
        ("Sources", indicator.sources),
    ):
        if sentences:
            parts += [f"## {heading}\n", "\n".join(f"- {item}" for item in sentences) + "\n"]
    parts.append("[All indicators](index.md)\n")
    return "\n".join(parts)


def _render_example(indicator: Indicator) -> str:
    example = load_example(indicator.code)
    parts = ["## Example\n", f"{example.story}\n"]
    if example.settings:
        changed = ", ".join(f"`{name}` = {value}" for name, value in example.settings.items())
        parts.append(f"Settings: {changed}.\n")
    if example.day:
        parts.append(f"Day of the study: {example.day}.\n")
    for name, rows in example.tables.items():
        parts += [f"Table `{name}`:\n", _table_of_rows(rows)]
    for name, facts in example.facts.items():
        rows = [_without_source(fact) for fact in facts] if isinstance(facts, list) else [facts]
        parts += [f"Facts `{name}`:\n", _table_of_rows(rows)]
    verdicts = [
        [
            f"`{row['entity_id']}`",
            row["state"].replace("_", " "),
            _show(row["value"]),
            _show(row["threshold"]),
            row["detail"],
            ", ".join(f"`{record}`" for record in row["evidence"][:_MOST_ROWS]),
        ]
        for row in run_example(indicator.code)
    ]
    columns = ["Unit", "State", "Value", "Threshold", "Detail", "Evidence"]
    return "\n".join([*parts, "Computed:\n", _table(columns, verdicts[:_MOST_ROWS])])


def _without_source(fact: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if name != "source"}


def _table_of_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_show(row.get(name)) for name in names] for row in rows[:_MOST_ROWS]]
    more = len(rows) - _MOST_ROWS
    return _table(names, cells) + (f"\n... and {more} more rows alike.\n" if more > 0 else "")


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int | str | date):
        return str(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_show(item)}" for name, item in value.items())
    return ", ".join(_show(item) for item in value)


def _render_settings(settings: Sequence[Setting]) -> str:
    rows = [
        [f"`{item.name}`", f"`{item.default}`", item.unit, item.allowed, item.description]
        for item in settings
    ]
    columns = ["Setting", "Default", "Unit", "Allowed", "Meaning"]
    return _table(columns, rows) if rows else "No settings.\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
        )
        + "\n"
    )


def _write_folder() -> None:
    from pathlib import Path

    folder = Path("docs/indicators")
    folder.mkdir(exist_ok=True)
    pages = render_catalogue()
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write_folder()
