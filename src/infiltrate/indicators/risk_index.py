"""The Corruption Risk Index: calibrated components, their mean, and how far it hangs on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.errors import NotEnoughData
from infiltrate.indicators.calibrate import (
    Calibration,
    CalibrationSettings,
    calibrate_indicator,
    render_yaml,
)
from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.contract_units import ContractUnits
from infiltrate.params.choices import Choices
from infiltrate.params.flag_choices import CriComponent

SINGLE_BID = "single_bid"
LISTED = "listed_supplier"
_SAME = 0.7
_BID_COLUMNS = ("bids.", "tenders.bids_recorded")
_INDEX_COLUMNS = ("components", "cri", "cri_low", "cri_high")


@dataclass(frozen=True, eq=False)
class RiskIndex:
    """The index of every contract and what it is made of.

    Attributes
    ----------
    outcome : str
        What cut points were held against: ``single_bid`` or ``listed_supplier``.
    reason : str
        Why that one, in a sentence.
    calibrations : tuple of Calibration
        One per indicator that was tried, by code.
    components : pandas.DataFrame
        One row per indicator, sorted: ``indicator``, ``title``, ``status`` (``validated``,
        ``given`` by the parameters, ``outcome`` for single bids themselves, ``not validated`` or
        ``repeats another``), ``direction``, ``in_index``, ``reason``, and of those in the index
        ``units`` with a level and its ``mean``.
    scores : pandas.DataFrame
        One row per contract, by ``entity_id``: ``buyer_id``, ``company_id``, ``on_date``,
        ``components`` with a level, ``cri`` (their mean, 0 to 1) and the lowest and highest it
        takes when any one component is left out, ``cri_low`` and ``cri_high``.
    levels : pandas.DataFrame
        Levels of the components in the index, missing where unknown; rows as in ``scores``.
    """

    outcome: str
    reason: str
    calibrations: tuple[Calibration, ...]
    components: pd.DataFrame
    scores: pd.DataFrame
    levels: pd.DataFrame

    def yaml(self) -> str:
        """Return the block for the country's parameters."""
        return render_yaml(self.calibrations)


def build_risk_index(
    units: ContractUnits, known: pd.Series, choices: Choices, rng: np.random.Generator
) -> RiskIndex:
    """Calibrate indicators on a study's own contracts and take the mean of their levels.

    Parameters
    ----------
    units : ContractUnits
        Contracts with the values of indicators.
    known : pandas.Series
        By ``entity_id``: 1 when the supplier was to be listed, 0 when not, missing when unknown.
    choices : Choices
        ``cri`` is read; levels given there are used as they are.
    rng : numpy.random.Generator
        Puts buyers into calibration or confirmation, the same for every indicator.

    Notes
    -----
    Fazekas and Kocsis (2020, British Journal of Political Science 50): the mean of components
    that are not missing. An indicator that fails the confirmation leaves the index, and so does
    one whose levels say what a stronger one says already. The number of components differs
    between contracts: compare contracts with like components only.
    """
    cri = choices.cri
    about = units.about.assign(known=known.reindex(units.about["entity_id"]).to_numpy())
    single = _find_single_bids(units)
    outcome, reason = _choose_outcome(about, single, choices)
    about[outcome] = about["known"] if outcome == LISTED else single
    seed = int(rng.integers(2**63))
    calibrations = [
        _calibrate(
            about.assign(**{code: units.values[code]}),
            code,
            _expect_direction(code, units.values[code], units.flags[code]),
            choices,
            outcome=outcome,
            seed=seed,
        )
        for code in _list_candidates(units, outcome, choices)
    ]
    levels = {
        found.indicator: _grade(units.values[found.indicator], _as_component(found))
        for found in calibrations
        if found.status == "validated"
    }
    for code, component in sorted(cri.levels.items()):
        if code in units.values:
            levels[code] = _grade(units.values[code], component)
    repeats = _find_repeats(levels, calibrations)
    if outcome == SINGLE_BID and single.notna().any() and not cri.levels:
        levels[_single_bid_code()] = single.to_numpy()
    kept = pd.DataFrame(
        {code: levels[code] for code in sorted(levels) if code not in repeats}, units.about.index
    )
    scores = units.about[["entity_id", "buyer_id", "company_id", "on_date"]].join(_average(kept))
    components = _tabulate(calibrations, kept, repeats, sorted(cri.levels))
    return RiskIndex(outcome, reason, tuple(calibrations), components, scores, kept)


def average_by_category(index: RiskIndex, units: ContractUnits) -> pd.DataFrame:
    """Return the mean index by kind of purchase, with an interval that knows buyers.

    Returns
    -------
    pandas.DataFrame
        One row per kind, ``all`` first: ``group``, ``units``, ``mean``, ``low``, ``high`` (95 %).
    """
    frame = index.scores.assign(category=units.about["category"]).dropna(subset=["cri"])
    parts = [("all", frame), *((str(name), part) for name, part in frame.groupby("category"))]
    rows = []
    for name, part in parts:
        mean = part["cri"].mean()
        by_buyer = (part["cri"] - mean).groupby(part["buyer_id"]).sum()
        count = len(by_buyer)
        scale = count / (count - 1) if count > 1 else np.nan
        error = np.sqrt((by_buyer**2).sum() * scale) / max(len(part), 1)
        half = stats.t.isf(0.025, count - 1) * error if count > 1 else np.nan
        ends = {"low": mean - half, "high": mean + half}
        rows.append({"group": name, "units": len(part), "mean": mean, **ends})
    return pd.DataFrame(rows)


def _single_bid_code() -> str:
    return next(item.code for item in load_catalogue().values() if item.name == SINGLE_BID)


def _find_single_bids(units: ContractUnits) -> pd.Series:
    code = _single_bid_code()
    if code not in units.flags:
        return pd.Series(np.nan, units.about.index)
    return units.flags[code]


def _say_few(listed: int, fewest: int, minimum: int) -> str:
    """Say that too few suppliers are known, without a count that is too small to be shown."""
    if not listed:
        return "no supplier was listed after a contract"
    number = f"only {listed:,}" if listed >= minimum else f"fewer than {minimum:,}"
    needed = f", fewer than {fewest:,}" if listed >= minimum else f"; {fewest:,} are needed"
    return f"{number} suppliers were to be listed{needed}"


def _choose_outcome(about: pd.DataFrame, single: pd.Series, choices: Choices) -> tuple[str, str]:
    wanted, fewest = str(choices.cri.outcome), choices.cri.fewest_listed
    listed = about.loc[about["known"] == 1, "company_id"].nunique()
    if wanted == "auto":
        wanted = LISTED if listed >= fewest or not single.notna().any() else SINGLE_BID
        why = {
            LISTED: f"{listed:,} suppliers were to be listed; {fewest:,} are enough to use them"
            if listed >= fewest
            else "no lot says how many bid",
            SINGLE_BID: _say_few(listed, fewest, choices.disclosure.minimum_listed),
        }[wanted]
    else:
        why = "the parameters ask for it"
    words = {
        LISTED: "Cut points are held against suppliers that were listed later",
        SINGLE_BID: "Cut points are held against single bids",
    }
    sentence = f"{words[wanted]}: {why}."
    if wanted == SINGLE_BID:
        sentence += (
            " Where a criminal group brings several bids of its own, single bidding is the wrong "
            "measure and may turn signs round."
        )
    return wanted, sentence


def _list_candidates(units: ContractUnits, outcome: str, choices: Choices) -> list[str]:
    """Return the indicators to calibrate: none that counts bids when bids are the outcome."""
    catalogue = load_catalogue()
    codes = [code for code in units.values if units.values[code].nunique() > 1]
    if choices.cri.components:
        codes = [code for code in codes if code in choices.cri.components]
    if outcome == SINGLE_BID:
        codes = [
            code
            for code in codes
            if not any(need.startswith(_BID_COLUMNS) for need in catalogue[code].needs)
        ]
    return sorted(code for code in codes if code not in choices.cri.levels)


def _calibrate(
    about: pd.DataFrame,
    code: str,
    expected: str,
    choices: Choices,
    *,
    outcome: str,
    seed: int,
) -> Calibration:
    cri = choices.cri
    settings = CalibrationSettings(
        bins=cri.bins,
        most_segments=cri.most_segments,
        smallest_effect=cri.smallest_effect,
        alpha=cri.alpha,
        kept_effect=cri.kept_effect,
        stable_years=cri.stable_years,
    )
    try:
        return calibrate_indicator(
            about,
            code,
            np.random.default_rng(seed),
            cri.controls,
            expected,
            outcome=outcome,
            settings=settings,
        )
    except NotEnoughData as error:
        return Calibration(code, "not validated", error.summary)


def _expect_direction(code: str, values: pd.Series, flags: pd.Series) -> str:
    """Return the direction expected of the values, which is the other one for flags at low ones."""
    expected = load_catalogue()[code].direction
    if values[flags == 1].mean() < values[flags == 0].mean():
        return {"+": "-", "-": "+"}.get(expected, expected)
    return expected


def _as_component(found: Calibration) -> CriComponent:
    ranges = [
        {
            "at_least": None if np.isnan(row["low"]) else float(row["low"]),
            "below": None if np.isnan(row["high"]) else float(row["high"]),
            "level": float(row["level"]),
        }
        for row in found.segments.to_dict("records")
    ]
    missing = None if np.isnan(found.missing_level) else float(found.missing_level)
    return CriComponent.model_validate({"ranges": ranges, "missing": missing})


def _grade(values: pd.Series, component: CriComponent) -> np.ndarray:
    number = values.to_numpy(float)
    level = np.full(len(number), np.nan)
    for part in component.ranges:
        inside = np.isfinite(number)
        if part.at_least is not None:
            inside &= number >= part.at_least
        if part.below is not None:
            inside &= number < part.below
        level[inside] = part.level
    if component.missing is not None:
        level[~np.isfinite(number)] = component.missing
    return level


def _find_repeats(
    levels: Mapping[str, np.ndarray], calibrations: list[Calibration]
) -> dict[str, str]:
    """Return components whose levels go with those of a stronger one, and which that is."""
    strength = {
        found.indicator: float(found.segments["confirmed_effect"].max())
        for found in calibrations
        if found.status == "validated"
    }
    # given levels come first: the analyst has chosen them
    order = sorted(levels, key=lambda code: (-strength.get(code, np.inf), code))
    frame = pd.DataFrame(levels)
    repeats: dict[str, str] = {}
    for place, code in enumerate(order):
        for other in order[:place]:
            if other not in repeats and frame[code].corr(frame[other], min_periods=50) >= _SAME:
                repeats[code] = other
                break
    return repeats


def _average(levels: pd.DataFrame) -> pd.DataFrame:
    """Return the mean level and its lowest and highest without one component, row by row."""
    table = levels.to_numpy(float)
    count = np.isfinite(table).sum(axis=1)
    total = np.nansum(table, axis=1)
    if not table.size:
        empty = np.full(len(levels), np.nan)
        parts = (count, empty, empty, empty)
    else:
        highest = np.where(np.isfinite(table), table, -np.inf).max(axis=1)
        lowest = np.where(np.isfinite(table), table, np.inf).min(axis=1)
        one, two = np.where(count > 0, count, np.nan), np.where(count > 1, count - 1, np.nan)
        with np.errstate(invalid="ignore"):
            parts = (count, total / one, (total - highest) / two, (total - lowest) / two)
    return pd.DataFrame(dict(zip(_INDEX_COLUMNS, parts, strict=True)), levels.index)


def _tabulate(
    calibrations: list[Calibration],
    kept: pd.DataFrame,
    repeats: Mapping[str, str],
    given: list[str],
) -> pd.DataFrame:
    found = {item.indicator: item for item in calibrations}
    codes = sorted({*found, *kept.columns, *given})
    rows = []
    for code in codes:
        status, reason, direction = _describe(code, found.get(code), repeats, given)
        level = kept[code] if code in kept else pd.Series(dtype=float)
        rows.append(
            {
                "indicator": code,
                "title": load_catalogue()[code].title if code in load_catalogue() else "",
                "status": status,
                "direction": direction,
                "in_index": code in kept,
                "units": int(level.notna().sum()),
                "mean": float(level.mean()) if level.notna().any() else np.nan,
                "reason": reason,
            }
        )
    names = ["indicator", "title", "status", "direction", "in_index", "units", "mean", "reason"]
    return pd.DataFrame(rows, columns=names)


def _describe(
    code: str, found: Calibration | None, repeats: Mapping[str, str], given: list[str]
) -> tuple[str, str, str]:
    if code in repeats:
        return "repeats another", f"says what {repeats[code]} says already", ""
    if code in given:
        return "given", "levels of the parameters", ""
    if found is None:
        return "outcome", "the outcome itself", "+"
    wrong = "; runs against the literature" if found.runs_the_wrong_way else ""
    missing = ""
    if np.isfinite(found.missing_effect):
        missing = f"; missing values {found.missing_effect:+.3f}"
    return found.status, f"{found.reason}{missing}{wrong}", found.direction
