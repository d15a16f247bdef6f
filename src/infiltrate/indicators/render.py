"""The catalogue of indicators for readers: a Markdown page, and what a report shows of a rule.

``python -m infiltrate.indicators.render > docs/indicators.md`` writes the page anew.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict

from infiltrate.indicators.catalogue import LEVELS, Indicator, Setting, load_catalogue
from infiltrate.indicators.compute import plan_indicators
from infiltrate.indicators.units import unit_sql
from infiltrate.params.study import StudyParams

_INTRODUCTION = """\
# Indicators

This page is generated from the headers of the SQL files in `src/infiltrate/indicators/sql`; \
`python -m infiltrate.indicators.render > docs/indicators.md` writes it anew.

An indicator answers for every unit of its level: **flag**, **clear**, or **not computable** with \
the reason. A missing input is never a zero. A flag is a reason to look, not proof of guilt. The \
direction is only a prior; no score takes it for granted. Thresholds are inclusive. Amounts are \
compared within one currency.

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
    "company": "Companies",
}


def render_catalogue() -> str:
    """Return the whole catalogue as one Markdown page, by level and code."""
    indicators = load_catalogue().values()
    parts = [_INTRODUCTION, _contents_table(list(indicators))]
    for level in LEVELS:
        parts.append(f"## {_LEVEL_TITLES[level]}\n")
        parts += [_render_indicator(item) for item in indicators if item.level == level]
    return "\n".join(parts)


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
        ``sql`` (the very query that ran) and ``unit_sql`` (what its units are).
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
        changed = {"on": planned.on, "settings": settings, "unit_sql": unit_sql(indicator.level)}
        described.append({**fields, **changed})
    return described


def _contents_table(indicators: Sequence[Indicator]) -> str:
    rows = [
        f"| [{item.code}](#{_anchor(item)}) | {item.title} | {item.level} | {item.definition} |"
        for item in indicators
    ]
    return "\n".join(["| Code | Title | Level | Flag |", "|---|---|---|---|", *rows, ""])


def _anchor(indicator: Indicator) -> str:
    return f"{indicator.code} {indicator.title}".lower().replace(" ", "-")


def _render_indicator(indicator: Indicator) -> str:
    facts = [
        f"### {indicator.code} {indicator.title}\n",
        f"{indicator.definition} {indicator.why}\n",
        f"- **Name:** `{indicator.name}`",
        f"- **Value:** {indicator.unit}",
        f"- **Direction (prior only):** {indicator.direction}",
        f"- **Needs:** {', '.join(f'`{column}`' for column in indicator.needs)}",
        f"- **Not computable when:** {indicator.missing}",
    ]
    for heading, sentences in (
        ("Exclusions", indicator.exclusions),
        ("Assumptions", indicator.assumptions),
        ("Sources", indicator.sources),
    ):
        if sentences:
            facts += [f"- **{heading}:**", *(f"  - {sentence}" for sentence in sentences)]
    return "\n".join([*facts, "", _render_settings(list(indicator.settings.values()))])


def _render_settings(settings: Sequence[Setting]) -> str:
    if not settings:
        return "No settings.\n"
    rows = [
        f"| `{item.name}` | `{item.default}` | {item.unit} | {item.allowed} | {item.description} |"
        for item in settings
    ]
    head = ["| Setting | Default | Unit | Allowed | Meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    sys.stdout.write(render_catalogue())
