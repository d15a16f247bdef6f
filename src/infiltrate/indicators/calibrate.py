"""Cut points of an indicator found in the data, confirmed on buyers that had no part in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.errors import NotEnoughData

_FEWEST = 500
# cost of a further cut point in units of half its log likelihood ratio; tuned on invented countries
_CUT_COST = 1.3


@dataclass(frozen=True)
class CalibrationSettings:
    """How cut points are sought and what they must show.

    Attributes
    ----------
    bins : int
        Quantile bins the values are put in first.
    most_segments : int
        Segments of neighbouring bins at most; values below them all, in them, above them all.
    smallest_effect : float
        Effect on the share with the outcome that a level must have, in proportions.
    alpha : float
        Level of the tests, after control of false discoveries over segments.
    kept_effect : float
        Share of the effect that the confirmation half must show again.
    stable_years : float
        Share of years in which the sign must hold.
    """

    bins: int = 20
    most_segments: int = 4
    smallest_effect: float = 0.01
    alpha: float = 0.01
    kept_effect: float = 0.5
    stable_years: float = 0.8


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the data say about the cut points of one indicator.

    Attributes
    ----------
    indicator : str
        Its name.
    status : str
        ``validated``; ``not validated`` when nothing was found, or it was found in one half only
        or in too few years: such an indicator leaves the index.
    reason : str
        Why.
    direction : str
        ``+`` when the outcome is more frequent at high values, ``-`` at low values, ``±`` at both
        ends or in the middle, empty when not validated.
    runs_the_wrong_way : bool
        Whether the direction is the opposite of the one expected.
    segments : pandas.DataFrame
        One row per segment, in order: ``low`` and ``high`` values (the first and last are open),
        ``units``, ``rate``, ``effect`` against the reference segment with controls, ``q_value``,
        ``confirmed_effect`` in the other half, ``level`` (0, 0.5 or 1).
    bins : pandas.DataFrame
        One row per quantile bin: ``low``, ``high``, then for each half of the buyers ``units``,
        ``effect`` against the mean of its half and its standard ``error``, those of the other
        half as ``confirmed_…``: what a figure shows.
    missing_effect : float
        Effect of the value being missing, against the reference; missing when it never is.
    missing_level : float
        Level of a missing value, like that of a segment; missing when its effect is not sure in
        both halves: such a unit goes without this component.
    years : pandas.DataFrame
        One row per year: ``effect`` of levels above 0 against the reference, and its ``error``.
    """

    indicator: str
    status: str
    reason: str
    direction: str = ""
    runs_the_wrong_way: bool = False
    segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    bins: pd.DataFrame = field(default_factory=pd.DataFrame)
    missing_effect: float = np.nan
    missing_level: float = np.nan
    years: pd.DataFrame = field(default_factory=pd.DataFrame)


def calibrate_indicator(
    units: pd.DataFrame,
    indicator: str,
    rng: np.random.Generator,
    controls: Sequence[str] = (),
    expected: str = "+",
    *,
    outcome: str = "single_bid",
    settings: CalibrationSettings | None = None,
) -> Calibration:
    """Find at which values of an indicator an outcome is more frequent.

    Parameters
    ----------
    units : pandas.DataFrame
        One row per contract or lot: ``buyer_id``, ``year``, the outcome (0 or 1; missing ones
        are left out), the numeric indicator and the controls (categories).
    indicator : str
        Column to calibrate; its missing values are a bin of their own.
    rng : numpy.random.Generator
        Puts half of the buyers into calibration, the others into confirmation.
    controls : sequence of str
        Categories held fixed: value decile, type of buyer, kind of purchase, area.
    expected : str
        Direction expected: ``+``, ``-``, or anything else for none.
    outcome : str
        What red flags are held against. Where a criminal group brings many bids, single bidding
        is the wrong one (Ravenda et al. 2020): use known suppliers.
    settings : CalibrationSettings, optional
        What a cut point must show.

    Raises
    ------
    NotEnoughData
        With fewer than 500 units or four buyers.

    Notes
    -----
    After Fazekas, Toth and King (2016) and the calibration of national risk indices by the
    Government Transparency Institute, with three changes: cut points are the best contiguous
    segments by dynamic programming instead of by eye; effects are of a linear probability model
    with controls and variances that know buyers; and other buyers must show them again. What
    was confirmed is located once more on all buyers, with the number of cut points held fixed.
    """
    settings = settings or CalibrationSettings()
    frame = units[units[outcome].notna()]
    buyers = np.sort(frame["buyer_id"].unique())
    if len(frame) < _FEWEST or len(buyers) < 4:
        raise NotEnoughData(
            f"{indicator} cannot be calibrated on {len(frame)} units of {len(buyers)} buyers; "
            f"{_FEWEST} units of 4 buyers are needed."
        )
    drawn = rng.permutation(len(buyers)) < len(buyers) / 2
    in_first = frame["buyer_id"].isin(buyers[drawn]).to_numpy()
    residual = _hold_fixed(frame, outcome, [*controls, "year"])
    data = _Data(
        value=frame[indicator].to_numpy(float),
        outcome=frame[outcome].to_numpy(float),
        residual=residual,
        buyer=pd.factorize(frame["buyer_id"])[0],
        year=frame["year"].to_numpy(),
    )
    return _calibrate(data, in_first, indicator, expected, settings)


def render_yaml(calibrations: Sequence[Calibration]) -> str:
    """Write the cut points as a block for a country's parameters.

    Returns
    -------
    str
        ``choices.cri.levels`` with a key per indicator, sorted; levels are 0, 0.5 and 1, ranges
        are closed below and open above. What was not validated stands in comments, with the
        reason.
    """
    good = sorted((c for c in calibrations if c.status == "validated"), key=_name)
    bad = sorted((c for c in calibrations if c.status != "validated"), key=_name)
    lines = ["choices:", "  cri:"] + (["    levels:"] if good else ["    levels: {}"])
    for found in good:
        wrong = "; runs the wrong way" if found.runs_the_wrong_way else ""
        lines += [f"      # {found.reason}{wrong}", f"      {found.indicator}:", "        ranges:"]
        for row in found.segments.to_dict("records"):
            low, high, level = (_show(row[name]) for name in ("low", "high", "level"))
            lines.append(f"          - {{at_least: {low}, below: {high}, level: {level}}}")
        lines.append(f"        missing: {_show(found.missing_level)}")
    lines += ["    # Left out:"] if bad else []
    lines += [f"    #   {found.indicator}: {found.reason}" for found in bad]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, eq=False)
class _Data:
    value: np.ndarray
    outcome: np.ndarray
    residual: np.ndarray
    buyer: np.ndarray
    year: np.ndarray

    def take(self, rows: np.ndarray) -> _Data:
        parts = (self.value, self.outcome, self.residual, self.buyer, self.year)
        return _Data(*(part[rows] for part in parts))


def _calibrate(
    data: _Data, in_first: np.ndarray, indicator: str, expected: str, settings: CalibrationSettings
) -> Calibration:
    first, second = data.take(in_first), data.take(~in_first)
    bins = _describe_bins(first, second, _place_edges(data, settings.bins))
    edges = _place_edges(first, settings.bins)
    if not len(edges):
        return Calibration(indicator, "not validated", "the indicator hardly varies", bins=bins)
    cuts = _segment(first, edges, settings.most_segments)
    if not len(cuts):
        return Calibration(indicator, "not validated", "no cut point beyond chance", bins=bins)
    segments, reference = _grade(first, second, cuts, settings)
    found = {"bins": bins, "segments": segments}
    risky = segments["level"].to_numpy() > 0
    if not risky.any():
        return Calibration(indicator, "not validated", "no effect large and sure enough", **found)
    held = segments.loc[risky, "confirmed_effect"] >= (
        settings.kept_effect * segments.loc[risky, "effect"]
    )
    whole_first, whole_second = (_compare(part, cuts, risky, reference) for part in (first, second))
    if not held.all() or whole_second[0] < stats.norm.isf(settings.alpha) * whole_second[1]:
        return Calibration(indicator, "not validated", "not seen again in other buyers", **found)
    years = _compare_years(data, cuts, risky, reference)
    stable = float((years["effect"] > 0).mean()) if len(years) else 0.0
    if stable < settings.stable_years:
        reason = f"the sign holds in {stable:.0%} of years only"
        return Calibration(indicator, "not validated", reason, years=years, **found)
    direction = _find_direction(segments)
    smallest = float(segments.loc[risky, "effect"].min())
    missing = [_compare_missing(part, cuts, reference) for part in (first, second)]
    wrong = direction != expected and {direction, expected} == {"+", "-"}
    return Calibration(
        indicator,
        "validated",
        f"effect {whole_first[0]:+.3f}, in other buyers {whole_second[0]:+.3f}",
        direction,
        wrong,
        segments=_locate_again(data, segments, settings),
        bins=bins,
        missing_effect=missing[0][0],
        missing_level=_grade_missing(missing[0], missing[1], smallest, settings),
        years=years,
    )


def _grade(
    first: _Data, second: _Data, cuts: np.ndarray, settings: CalibrationSettings
) -> tuple[pd.DataFrame, int]:
    """Return the segments with effects and levels, and the place of the reference."""
    segments = _describe_segments(first, cuts)
    reference = int(np.argmin(segments["rate_held"]))
    segments = _measure_effects(first, second, cuts, reference, segments)
    return segments.assign(level=_set_levels(segments, reference, settings)), reference


def _locate_again(
    data: _Data, segments: pd.DataFrame, settings: CalibrationSettings
) -> pd.DataFrame:
    """Return the segments with ends found on all buyers, as many as were confirmed."""
    edges = _place_edges(data, settings.bins)
    paths, _ = _search(data, edges, len(segments))
    cuts = _follow(paths, edges, len(segments) - 1)
    if len(cuts) < len(segments) - 1:
        return segments
    again = _describe_segments(data, cuts)
    return segments.assign(**{name: again[name] for name in ("low", "high", "units", "rate")})


def _hold_fixed(frame: pd.DataFrame, outcome: str, controls: Sequence[str]) -> np.ndarray:
    """Return the outcome net of the controls' main effects, at the mean of all."""
    y = frame[outcome].to_numpy(float)
    residual = y - y.mean()
    codes = [
        pd.factorize(frame[name].astype(object), use_na_sentinel=False)[0] for name in controls
    ]
    # backfitting: the projection on several sets of dummies
    for _ in range(20):
        before = residual
        for code in codes:
            means = np.bincount(code, residual) / np.bincount(code)
            residual = residual - means[code]
        if np.abs(residual - before).max() < 1e-10:
            break
    return residual + y.mean()


def _place_edges(data: _Data, count: int) -> np.ndarray:
    """Return the inner edges of quantile bins."""
    known = np.sort(data.value[np.isfinite(data.value)])
    if len(known) == 0:
        return np.array([])
    edges = np.unique(known[(np.arange(1, count) * len(known)) // count])
    return edges[edges > known[0]]


def _describe_bins(first: _Data, second: _Data, edges: np.ndarray) -> pd.DataFrame:
    known = np.concatenate([part.value[np.isfinite(part.value)] for part in (first, second)])
    if len(known) == 0:
        return pd.DataFrame()
    table = {"low": np.r_[known.min(), edges], "high": np.r_[edges, known.max()]}
    for prefix, part in (("", first), ("confirmed_", second)):
        units, effect, error = _measure_bins(part, edges)
        table |= {f"{prefix}units": units, f"{prefix}effect": effect, f"{prefix}error": error}
    return pd.DataFrame(table)


def _measure_bins(data: _Data, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return units, effect against the mean and its error by buyer, one per bin."""
    known, size = np.isfinite(data.value), len(edges) + 1
    bin_of = np.searchsorted(edges, data.value[known], side="right")
    y, buyer = data.residual[known], pd.factorize(data.buyer[known])[0]
    units = np.bincount(bin_of, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(bin_of, y, size) / units
        left = np.bincount(buyer * size + bin_of, y - mean[bin_of], (buyer.max() + 1) * size)
        error = np.sqrt((left.reshape(-1, size) ** 2).sum(axis=0)) / units
    return units, mean - y.mean(), error


def _segment(data: _Data, edges: np.ndarray, most: int) -> np.ndarray:
    """Return the cut points of the best contiguous segments, none when chance explains them.

    Dynamic programming over bins; the number of segments by the Bayesian information criterion
    with a dearer cut point, on as many units as buyers leave independent.
    """
    paths, scores = _search(data, edges, most)
    known = np.isfinite(data.value)
    bin_of = np.searchsorted(edges, data.value[known], side="right")
    y = data.residual[known]
    inflation = _design_effect(y, data.buyer[known], bin_of)
    noise = y.var() * inflation
    penalty = _CUT_COST * np.log(len(y) / inflation)
    chosen = int(np.argmax([s / noise - penalty * k for k, s in enumerate(scores)]))
    return _follow(paths, edges, chosen)


def _search(
    data: _Data, edges: np.ndarray, most: int
) -> tuple[list[np.ndarray], list[np.floating]]:
    """Return where the last segment begins, for 1 to ``most`` segments, and what they explain."""
    known = np.isfinite(data.value)
    bin_of = np.searchsorted(edges, data.value[known], side="right")
    y, size = data.residual[known], len(edges) + 1
    units, total = np.bincount(bin_of, minlength=size), np.bincount(bin_of, y, size)
    n_sum, y_sum = np.r_[0, np.cumsum(units)], np.r_[0.0, np.cumsum(total)]
    gain = np.full((size + 1, size + 1), -np.inf)
    for low in range(size):
        n = n_sum[low + 1 :] - n_sum[low]
        gain[low, low + 1 :] = (y_sum[low + 1 :] - y_sum[low]) ** 2 / np.maximum(n, 1)
    best, path = gain[0].copy(), [np.zeros(size + 1, dtype=int)]
    scores = [best[size]]
    for _ in range(1, min(most, size)):
        options = best[:, None] + gain
        path.append(np.argmax(options, axis=0))
        best = np.max(options, axis=0)
        scores.append(best[size])
    return path, scores


def _follow(paths: list[np.ndarray], edges: np.ndarray, cuts: int) -> np.ndarray:
    """Return the cut points of the best division with so many of them, in rising order."""
    ends, end = [], len(edges) + 1
    for step in range(min(cuts, len(paths) - 1), 0, -1):
        end = int(paths[step][end])
        ends.append(end)
    return edges[np.array(sorted(ends), dtype=int) - 1] if ends else np.array([])


def _design_effect(y: np.ndarray, buyer: np.ndarray, bin_of: np.ndarray) -> float:
    """Return by how much likeness within buyers raises the variance of a contrast of bins."""
    side = np.where(bin_of > np.median(bin_of), 1.0, 0.0)
    side = side - side.mean()
    score = side * (y - y.mean())
    by_buyer = np.bincount(buyer, score)
    return float(max(1.0, (by_buyer**2).sum() / max((score**2).sum(), 1e-12)))


def _describe_segments(data: _Data, cuts: np.ndarray) -> pd.DataFrame:
    known = np.isfinite(data.value)
    segment = np.searchsorted(cuts, data.value[known], side="right")
    units = np.bincount(segment, minlength=len(cuts) + 1)
    return pd.DataFrame(
        {
            "low": np.r_[np.nan, cuts],
            "high": np.r_[cuts, np.nan],
            "units": units,
            "rate": np.bincount(segment, data.outcome[known]) / units,
            "rate_held": np.bincount(segment, data.residual[known]) / units,
        }
    )


def _measure_effects(
    first: _Data, second: _Data, cuts: np.ndarray, reference: int, segments: pd.DataFrame
) -> pd.DataFrame:
    marks = np.eye(len(segments), dtype=bool)
    found = np.array([_compare(first, cuts, mark, reference) for mark in marks])
    again = [_compare(second, cuts, mark, reference)[0] for mark in marks]
    others = np.arange(len(segments)) != reference
    z = np.divide(found[:, 0], found[:, 1], out=np.zeros(len(found)), where=found[:, 1] > 0)
    q_value = np.full(len(segments), np.nan)
    q_value[others] = stats.false_discovery_control(2 * stats.norm.sf(np.abs(z[others])))
    return segments.drop(columns="rate_held").assign(
        effect=np.where(others, found[:, 0], 0.0), q_value=q_value, confirmed_effect=again
    )


def _compare(
    data: _Data, cuts: np.ndarray, risky: np.ndarray, reference: int
) -> tuple[float, float]:
    """Return the difference in means of segments and reference, and its error by buyer."""
    segment = np.where(np.isfinite(data.value), np.searchsorted(cuts, data.value, side="right"), -1)
    high = (segment >= 0) & risky[np.maximum(segment, 0)] & (segment != reference)
    low = segment == reference
    if not high.any() or not low.any():
        return 0.0, np.inf
    above, below = data.residual[high].mean(), data.residual[low].mean()
    share = np.where(high, (data.residual - above) / high.sum(), 0.0)
    share = share - np.where(low, (data.residual - below) / low.sum(), 0.0)
    by_buyer = np.bincount(data.buyer, share)
    count = len(np.unique(data.buyer[high | low]))
    variance = (by_buyer**2).sum() * count / max(count - 1, 1)
    return float(above - below), float(np.sqrt(variance))


def _set_levels(
    segments: pd.DataFrame, reference: int, settings: CalibrationSettings
) -> np.ndarray:
    sure = (segments["effect"] >= settings.smallest_effect) & (segments["q_value"] < settings.alpha)
    sure &= np.arange(len(segments)) != reference
    if not sure.any():
        return np.zeros(len(segments))
    smallest = segments.loc[sure, "effect"].min()
    return np.where(sure, np.where(segments["effect"] >= 2 * smallest, 1.0, 0.5), 0.0)


def _compare_years(
    data: _Data, cuts: np.ndarray, risky: np.ndarray, reference: int
) -> pd.DataFrame:
    rows = []
    for year in np.unique(data.year):
        effect, error = _compare(data.take(data.year == year), cuts, risky, reference)
        if np.isfinite(error):
            rows.append({"year": year, "effect": effect, "error": error})
    return pd.DataFrame(rows, columns=["year", "effect", "error"])


def _grade_missing(
    found: tuple[float, float],
    again: tuple[float, float],
    smallest: float,
    settings: CalibrationSettings,
) -> float:
    """Return the level of a missing value, none unless both halves of the buyers show it."""
    if not np.isfinite([*found, *again]).all():
        return np.nan
    wanted = stats.norm.isf(settings.alpha)
    effect = found[0]
    sure = effect > max(wanted * found[1], settings.smallest_effect)
    if not sure or again[0] < max(settings.kept_effect * effect, wanted * again[1]):
        return np.nan
    return 1.0 if effect >= 2 * smallest else 0.5


def _compare_missing(data: _Data, cuts: np.ndarray, reference: int) -> tuple[float, float]:
    missing = ~np.isfinite(data.value)
    if not missing.any():
        return np.nan, np.nan
    # one cut above all: the missing ones beyond it, the reference below
    marked = np.where(missing, np.inf, data.value)
    segment = np.searchsorted(cuts, marked, side="right")
    two = np.where(missing, 1.0, np.where(segment == reference, 0.0, np.nan))
    whole = _Data(two, data.outcome, data.residual, data.buyer, data.year)
    return _compare(whole, np.array([0.5]), np.array([False, True]), 0)


def _find_direction(segments: pd.DataFrame) -> str:
    effect = segments["effect"].to_numpy()
    steps = np.diff(effect)
    if (steps > 0).all():
        return "+"
    return "-" if (steps < 0).all() else "±"


def _name(found: Calibration) -> str:
    return found.indicator


def _show(value: float) -> str:
    return "null" if not np.isfinite(value) else f"{value:.10g}"
