"""Effects and findings as tables that later pages read and that may leave."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from infiltrate.impact.answer import ImpactAnswer, tabulate_effects, tabulate_findings
from infiltrate.params.choices import DisclosureChoices
from infiltrate.protection.rounding import round_counts

_COUNTS = ("rows", "units", "treated", "clusters")
_DIGITS = 9
_OF_AREAS = ("synthetic_control", "drivers")


def publish_effects(answers: Iterable[ImpactAnswer], rules: DisclosureChoices) -> pd.DataFrame:
    """Return one row per effect, with sample sizes that may be shown.

    Sizes are rounded where they count companies or contracts; numbers of treated companies below
    the smallest that may be shown are missing, and so are the effects that rest on them.

    Parameters
    ----------
    answers : iterable of ImpactAnswer
        In the order in which they are shown.
    rules : DisclosureChoices
        Smallest number of listed companies, and what counts are rounded to.
    """
    table = tabulate_effects(answers).round(_DIGITS)
    of_areas = table["design"].isin(_OF_AREAS).to_numpy()
    few = (table["treated"] < rules.minimum_listed).fillna(False).to_numpy(dtype=bool) & ~of_areas
    for name in _COUNTS:
        counted = table[name].notna().to_numpy() & ~of_areas
        rounded = round_counts(table.loc[counted, name].to_numpy(int), rules.round_to)
        table.loc[counted, name] = rounded
    table.loc[few, "treated"] = pd.NA
    table.loc[few, ["estimate", "std_error", "low", "high", "p_value"]] = float("nan")
    return table


def publish_findings(answers: Iterable[ImpactAnswer]) -> pd.DataFrame:
    """Return one row per finding, refusals first, each said once."""
    return tabulate_findings(answers).drop_duplicates(ignore_index=True)
