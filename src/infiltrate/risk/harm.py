"""Whether a ranking errs more about some kinds of firms than about others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.params.choices import DisclosureChoices
from infiltrate.risk.study_box import FLAGGED_SHARE

MEASURES = ("flagged_unlisted", "recall", "listed_per_expected")
"""What is compared: the share of unlisted firms that are flagged, the share of listed firms that
are, and listed firms for each one expected where the firms have a probability."""

_UNKNOWN = "unknown"
_TAIL = 0.025
_FALSE_ALARMS = 0.05
_LEAST_EXPECTED = 5
_FEW_FIRMS = "closed: too few firms"
_COLUMNS = [
    "trait",
    "group",
    "measure",
    "n_units",
    "n_listed",
    "value",
    "low",
    "high",
    "elsewhere",
    "q_value",
    "differs",
    "reason",
]
NO_ERROR_RATES = pd.DataFrame(columns=_COLUMNS)
"""What is known where nothing was ranked."""


def compare_groups(
    ranked: pd.DataFrame,
    traits: pd.DataFrame,
    disclosure: DisclosureChoices,
    *,
    share: float = FLAGGED_SHARE,
) -> pd.DataFrame:
    """Compare the errors of a ranking between kinds of firms, on firms it did not learn from.

    An unlisted firm is not known to be clean: a high share of flagged ones may be an error of the
    ranking or of the lists. A difference is a reason to look, not a proof of harm; none found is
    no proof of its absence.

    Parameters
    ----------
    ranked : DataFrame
        One row per firm of one design and learner: ``company_id``, ``percentile``, ``is_listed``,
        ``cluster``; with ``probability`` of being listed, expected and listed firms are compared
        too.
    traits : DataFrame
        One row per firm, indexed by ``company_id``; one column of text per trait.
    disclosure : DisclosureChoices
        Groups with fewer firms have no numbers, those with fewer listed firms none but the share
        of unlisted ones flagged; where that would close one group of a trait alone, the next
        smallest is closed with it.
    share : float
        Share of the ranking that counts as flagged.

    Returns
    -------
    DataFrame
        One row per trait, group and measure of ``MEASURES``, sorted by them: ``n_units`` firms
        and ``n_listed`` of them listed (missing when closed), ``value`` with its 95 % interval
        ``low`` to ``high``, ``elsewhere`` (the value of all other firms), ``q_value`` of the
        difference between the two, ``differs`` and ``reason`` (why there is no value or no test).

    Notes
    -----
    Intervals are Wilson's, with the number of firms that as many unconnected ones would be worth
    (Korn and Graubard 1998); tests are those of two shares of clustered firms, made where either
    side expects five cases or more. ``q_value`` is corrected for the number of tests made
    (Benjamini and Hochberg 1995); a group differs when it is below .05.
    """
    firms = ranked.sort_values("company_id", ignore_index=True)
    flagged = (firms["percentile"] > 1 - share).to_numpy()
    listed = firms["is_listed"].to_numpy(bool)
    cluster = pd.factorize(firms["cluster"])[0]
    counted = {
        "flagged_unlisted": (flagged & ~listed, (~listed).astype(float)),
        "recall": (flagged & listed, listed.astype(float)),
    }
    if "probability" in firms:
        counted["listed_per_expected"] = (listed, firms["probability"].to_numpy(float))
    rows = []
    for trait in sorted(traits):
        values = firms["company_id"].map(traits[trait]).astype(object).fillna(_UNKNOWN).to_numpy()
        if len(np.unique(values.astype(str))) < 2:
            continue
        closed = _close(values, listed, disclosure)
        for group in sorted(closed):
            about: dict[str, object] = {"trait": trait, "group": group, "reason": closed[group]}
            inside = values == group
            if not closed[group]:
                about |= {"n_units": int(inside.sum()), "n_listed": int((inside & listed).sum())}
            for name, (cases, of) in counted.items():
                is_open = not closed[group] or (
                    name == "flagged_unlisted" and closed[group] != _FEW_FIRMS
                )
                numbers = _compare(name, cases, of, inside, cluster) if is_open else {}
                rows.append(about | {"measure": name} | numbers)
    table = pd.DataFrame(rows, columns=[*_COLUMNS[:9], "p_value", *_COLUMNS[9:]])
    tested = table["p_value"].notna().to_numpy()
    table["q_value"] = np.nan
    if tested.any():
        p_values = table.loc[tested, "p_value"].to_numpy(float)
        table.loc[tested, "q_value"] = stats.false_discovery_control(p_values)
    table["differs"] = table["q_value"] < _FALSE_ALARMS
    counts = table[["n_units", "n_listed"]].astype("Int64")
    rates = table[["value", "low", "high", "elsewhere", "q_value"]].astype(float).round(3)
    # more digits of a share would give away the counts behind it
    table = table.assign(**counts, **rates)
    return table[_COLUMNS]


def say_differences(table: pd.DataFrame) -> tuple[str, ...]:
    """Return one sentence per group about which the ranking errs more, or less, than elsewhere."""
    return tuple(
        f"{str(row.trait).replace('_', ' ').capitalize()} {row.group}: "
        f"{_WORDS[row.measure].format(value=row.value, elsewhere=row.elsewhere)}."
        for row in table[table["differs"]].itertuples()
    )


_WORDS = {
    "flagged_unlisted": "{value:.1%} of the unlisted firms are flagged, {elsewhere:.1%} elsewhere",
    "recall": "{value:.0%} of the listed firms are found, {elsewhere:.0%} elsewhere",
    "listed_per_expected": "{value:.2f} listed firms for each one expected, {elsewhere:.2f} "
    "elsewhere",
}


def _close(
    values: np.ndarray, listed: np.ndarray, disclosure: DisclosureChoices
) -> Mapping[str, str]:
    """Return, for each group, why it has no numbers; empty when it has."""
    sizes = pd.DataFrame({"group": values, "listed": listed}).groupby("group")["listed"]
    counts = sizes.agg(["size", "sum"]).sort_values(["size"], kind="stable")
    few_firms = counts["size"] < disclosure.minimum_firms
    few_listed = (counts["sum"] > 0) & (counts["sum"] < disclosure.minimum_listed)
    reason = pd.Series("", counts.index)
    reason[few_listed] = f"closed: fewer than {disclosure.minimum_listed} listed firms"
    reason[few_firms] = _FEW_FIRMS
    if (reason != "").sum() == 1:
        # the others, taken from all firms, would give it away
        reason[counts.index[(reason == "").to_numpy()][0]] = "closed: would give another one away"
    return {str(group): why for group, why in reason.items()}


@dataclass(frozen=True, eq=False)
class _Ratio:
    """Cases for each one counted among some firms.

    ``influence`` is by how much each firm moves the ratio; ``cluster`` the group it belongs to.
    """

    cases: float
    total: float
    influence: np.ndarray
    cluster: np.ndarray

    @property
    def value(self) -> float:
        return self.cases / self.total

    @property
    def variance(self) -> float:
        return float(np.sum(np.bincount(self.cluster, self.influence) ** 2))

    def interval(self, is_share: bool) -> tuple[float, float]:
        """Return the 95 % interval of a share, or of a number of cases over those expected."""
        quantile = float(stats.norm.isf(_TAIL))
        if is_share:
            worth = self.total
            if 0 < self.cases < self.total and self.variance > 0:
                worth = min(worth, self.value * (1 - self.value) / self.variance)
            centre = (self.value + quantile**2 / (2 * worth)) / (1 + quantile**2 / worth)
            half = self.value * (1 - self.value) / worth + quantile**2 / (4 * worth**2)
            half = quantile * np.sqrt(half) / (1 + quantile**2 / worth)
            return float(max(centre - half, 0)), float(min(centre + half, 1))
        if not self.cases:
            return 0.0, float(stats.chi2.isf(_TAIL, 2) / 2 / self.total)
        factor = np.exp(quantile * np.sqrt(self.variance) / self.value)
        return float(self.value / factor), float(self.value * factor)


def _ratio(cases: np.ndarray, of: np.ndarray, inside: np.ndarray, cluster: np.ndarray) -> _Ratio:
    counted, total = float(cases[inside].sum()), float(of[inside].sum())
    value = counted / total if total else 0.0
    influence = np.where(inside, cases - value * of, 0.0) / (total or 1.0)
    return _Ratio(counted, total, influence, cluster)


def _compare(
    name: str,
    cases: np.ndarray,
    of: np.ndarray,
    inside: np.ndarray,
    cluster: np.ndarray,
) -> dict[str, object]:
    """Return the numbers of a group, and the chance of so large a difference from all others."""
    here, elsewhere = (_ratio(cases, of, part, cluster) for part in (inside, ~inside))
    if not here.total:
        return {"measure": name, "reason": "no such firms"}
    low, high = here.interval(is_share=name != "listed_per_expected")
    numbers: dict[str, object] = {"measure": name, "value": here.value, "low": low, "high": high}
    if not elsewhere.total:
        return numbers | {"reason": "not tested: no such firms elsewhere"}
    numbers["elsewhere"] = elsewhere.value
    together = (here.cases + elsewhere.cases) / (here.total + elsewhere.total)
    if min(here.total, elsewhere.total) * together < _LEAST_EXPECTED:
        return numbers | {"reason": f"not tested: fewer than {_LEAST_EXPECTED} expected"}
    sums = np.bincount(cluster, here.influence - elsewhere.influence)
    distance = abs(here.value - elsewhere.value) / np.sqrt(np.sum(sums**2))
    return numbers | {"p_value": float(2 * stats.norm.sf(distance)), "reason": ""}
