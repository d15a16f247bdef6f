"""Flags summed up by area or sector, with ranks that say how far they hang on the analyst."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.contract_units import ContractUnits
from infiltrate.params.flag_choices import CompositeChoices

NORMALISATIONS = ("range", "standard deviations", "ranks")
AGGREGATIONS = ("arithmetic", "geometric")
FACTORS = ("outliers cut", "normalisation", "aggregation", "indicator left out", "weights")
_MOST_CUT = 5
_LEAST_SHARE, _MOST_SHARE = 0.005, 0.6
_RANKS = ("group", "units", "index", "rank", "median_rank", "low", "high")
_SENSITIVITY = ("factor", "first", "first_error", "total", "total_error")


@dataclass(frozen=True, eq=False)
class Composite:
    """Areas or sectors by the flags of their contracts.

    Attributes
    ----------
    ranks : pandas.DataFrame
        One row per area or sector, sorted by ``median_rank``: ``group``, ``units``, ``index``
        (0 to 100) and ``rank`` with the plain choices (range, equal weights, arithmetic mean), and
        over all choices the median rank and 90 % of them from ``low`` to ``high``; 1 is riskiest.
    sensitivity : pandas.DataFrame
        One row per choice: first-order and total Sobol index of the mean absolute shift of ranks,
        with 95 % half widths.
    themes : tuple of str
        What is summed up: flags computed from the same columns are one theme.
    shift : float
        Mean absolute shift of ranks over all choices.
    reason : str
        What was done or why not, in a sentence.
    """

    ranks: pd.DataFrame
    sensitivity: pd.DataFrame
    themes: tuple[str, ...] = ()
    shift: float = np.nan
    reason: str = ""
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)


def rank_groups(
    units: ContractUnits,
    groups: pd.Series,
    rng: np.random.Generator,
    choices: CompositeChoices | None = None,
) -> Composite:
    """Rank areas or sectors by the share of contracts with each flag, and test the ranking.

    Parameters
    ----------
    units : ContractUnits
        Contracts with their flags.
    groups : pandas.Series
        Area or sector of each contract, rows as in ``units.about``; missing ones are left out.
    rng : numpy.random.Generator
        Seeds the design.
    choices : CompositeChoices, optional
        Size of the design, spread of weights, and how much data a group needs.

    Notes
    -----
    OECD and JRC (2008), Handbook on Constructing Composite Indicators; uncertainty and sensitivity
    after Saisana, Saltelli and Tarantola (2005, Journal of the Royal Statistical Society A 168):
    a Sobol design over how many outliers are cut at each end (none to five), the normalisation,
    the aggregation, which theme is left out (one or none) and every weight. A rank is of flags,
    not of crime: compare with coverage, and with the estimates on the page of sectors and regions.
    """
    choices = choices or CompositeChoices()
    shares, count = _tabulate_shares(units, groups, choices.fewest_units)
    if len(shares) < choices.fewest_rows or shares.shape[1] < 3:
        return _refuse(
            f"{len(shares)} of them have contracts enough and {shares.shape[1]} themes can be "
            f"compared; {choices.fewest_rows} and 3 are needed."
        )
    table = shares.to_numpy(float)
    prepared = [
        [_normalise(cut, how) for how in range(len(NORMALISATIONS))]
        for cut in (_cut_outliers(table, most) for most in range(_MOST_CUT + 1))
    ]
    plain = _score(prepared[0][0], 0, None, np.ones(table.shape[1]))
    rank = _rank(plain)
    drawn, problem = _draw_design(table.shape[1], choices, rng)
    ranks = np.array([_rank(_score_draw(prepared, row)) for row in drawn])
    shifts = np.abs(ranks - rank).mean(axis=1)
    low, middle, high = np.quantile(ranks, [0.05, 0.5, 0.95], axis=0)
    scaled = 100 * (plain - plain.min()) / (np.ptp(plain) or 1)
    result = pd.DataFrame(
        {
            "group": shares.index.astype(str),
            "units": count.reindex(shares.index).to_numpy(),
            "index": scaled,
            "rank": rank,
            "median_rank": middle,
            "low": low,
            "high": high,
        }
    )
    return Composite(
        result.sort_values(["median_rank", "rank", "group"], ignore_index=True),
        _analyse(problem, shifts, rng),
        tuple(shares.columns),
        float(shifts.mean()),
        f"{len(shares)} by {shares.shape[1]} themes, {len(drawn):,} sets of choices.",
        shares,
    )


def _refuse(reason: str) -> Composite:
    numbers = dict.fromkeys([*_RANKS[1:], *_SENSITIVITY[1:]], "float64")
    tables = [
        pd.DataFrame(columns=list(names)).astype(
            {name: kind for name, kind in numbers.items() if name in names}
        )
        for names in (_RANKS, _SENSITIVITY)
    ]
    return Composite(tables[0], tables[1], reason=reason)


def _tabulate_shares(
    units: ContractUnits, groups: pd.Series, fewest: int
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the flagged share of each theme by group, and the contracts of each group."""
    rates = units.flags.mean()
    useful = [code for code in units.flags if _LEAST_SHARE <= rates[code] <= _MOST_SHARE]
    flags = units.flags[useful]
    computable = flags.notna().groupby(groups).sum()
    share = flags.groupby(groups).mean().where(computable >= fewest)
    share = share[[code for code in share if share[code].notna().mean() >= 0.5]]
    share = share.loc[:, share.nunique() > 1] if len(share) else share
    # flags from the same columns would count many times over; each is put on its own range first
    scaled = (share - share.min()) / (share.max() - share.min())
    themes: dict[frozenset[str], list[str]] = {}
    for code in scaled:
        themes.setdefault(frozenset(load_catalogue()[code].needs), []).append(code)
    table = pd.DataFrame(
        {_name_theme(codes): scaled[codes].mean(axis=1) for codes in themes.values()}, share.index
    )
    table = table[table.notna().mean(axis=1) >= 0.5]
    return table.sort_index().sort_index(axis=1), groups.value_counts()


def _name_theme(codes: list[str]) -> str:
    title = load_catalogue()[codes[0]].title
    return title if len(codes) == 1 else f"{title} and {len(codes) - 1} like it"


def _draw_design(
    themes: int, choices: CompositeChoices, rng: np.random.Generator
) -> tuple[np.ndarray, dict]:
    """Return a Sobol design, one row per set of choices, and its description."""
    from SALib.sample import sobol

    spread = choices.weight_spread
    weights = [f"weight {number}" for number in range(themes)]
    problem = {
        "num_vars": 4 + themes,
        "names": [*FACTORS[:4], *weights],
        "groups": [*FACTORS[:4], *["weights"] * themes],
        "bounds": [
            [0, _MOST_CUT + 1],
            [0, len(NORMALISATIONS)],
            [0, len(AGGREGATIONS)],
            [0, themes + 1],
            *[[1 - spread, 1 + spread]] * themes,
        ],
    }
    seed = int(rng.integers(2**31))
    drawn = sobol.sample(problem, choices.draws, calc_second_order=False, seed=seed)
    return drawn, problem


def _score_draw(prepared: list[list[np.ndarray]], row: np.ndarray) -> np.ndarray:
    # the upper ends of the ranges are drawn with probability zero, but can be
    cut, normalisation = min(int(row[0]), _MOST_CUT), min(int(row[1]), len(NORMALISATIONS) - 1)
    aggregation, left = min(int(row[2]), len(AGGREGATIONS) - 1), int(row[3])
    values = prepared[cut][normalisation]
    left = min(left, values.shape[1])
    return _score(values, aggregation, left - 1 if left else None, row[4:])


def _score(
    values: np.ndarray, aggregation: int, left_out: int | None, weights: np.ndarray
) -> np.ndarray:
    """Return the composite of each row for one set of choices; missing themes carry no weight."""
    weight = np.where(np.isfinite(values), weights, 0.0)
    if left_out is not None:
        weight[:, left_out] = 0.0
    total = weight.sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    filled = np.where(np.isfinite(values), values, 1.0)
    if aggregation:
        return np.nan_to_num(np.exp((weight * np.log(filled)).sum(axis=1) / total), nan=1.0)
    return np.nan_to_num((weight * filled).sum(axis=1) / total, nan=1.0)


def _cut_outliers(table: np.ndarray, most: int) -> np.ndarray:
    """Pull in up to so many outliers of themes that are skewed with heavy tails."""
    cut = table.copy()
    for column in cut.T:
        known = column[np.isfinite(column)]
        for _ in range(most):
            if len(known) < 8 or abs(stats.skew(known)) <= 2 or stats.kurtosis(known) <= 3.5:
                break
            end, neighbour = _find_outlier(known)
            column[column == end] = neighbour
            known = column[np.isfinite(column)]
    return cut


def _find_outlier(known: np.ndarray) -> tuple[float, float]:
    distinct = np.unique(known)
    middle = np.median(known)
    if distinct[-1] - middle >= middle - distinct[0]:
        return float(distinct[-1]), float(distinct[-2])
    return float(distinct[0]), float(distinct[1])


def _normalise(table: np.ndarray, how: int) -> np.ndarray:
    """Return values above zero, so that geometric means exist, high values riskier."""
    low, high = np.nanmin(table, axis=0), np.nanmax(table, axis=0)
    width = np.where(high > low, high - low, 1.0)
    if how == 0:
        return 1 + 99 * (table - low) / width
    if how == 1:
        spread = np.nanstd(table, axis=0)
        z = (table - np.nanmean(table, axis=0)) / np.where(spread > 0, spread, 1.0)
        return np.maximum(100 + 10 * z, 1.0)
    rank = stats.rankdata(table, axis=0, nan_policy="omit")
    return 1 + 99 * (rank - 1) / np.maximum(np.nanmax(rank, axis=0) - 1, 1)


def _rank(score: np.ndarray) -> np.ndarray:
    return stats.rankdata(-np.round(score, 10))


def _analyse(problem: dict, shifts: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    from SALib.analyze import sobol

    seed = int(rng.integers(2**31))
    if shifts.std() == 0:
        nothing = np.zeros(len(FACTORS))
        found = {"S1": nothing, "S1_conf": nothing, "ST": nothing, "ST_conf": nothing}
    else:
        found = sobol.analyze(problem, shifts, calc_second_order=False, seed=seed)
    columns = ("S1", "S1_conf", "ST", "ST_conf")
    parts = dict(zip(_SENSITIVITY[1:], (np.asarray(found[name]) for name in columns), strict=True))
    table = pd.DataFrame({"factor": list(FACTORS), **parts})
    return table.sort_values(["total", "factor"], ascending=[False, True], ignore_index=True)
