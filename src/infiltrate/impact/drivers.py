"""What goes with infiltration: shares of cells on measures of areas, over draws of those shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.area_measures import AreaMeasures
from infiltrate.impact.cell_regression import CellDesign, regress_cells
from infiltrate.impact.congenial_draws import condition_draws
from infiltrate.impact.driver_cells import DESIGN, DriverCells, lay_out_cells
from infiltrate.impact.rubin import Combined, combine_draws
from infiltrate.params.impact_choices import ImpactChoices

RUBIN = "fractional logit over draws"
AS_DRAWN = "fractional logit over draws as they are"
KNOWN = "fractional logit of estimates taken as known"
LISTED = "fractional logit of shares of listed firms"
"""Estimators; the first is the answer, the others show what it would be without the care."""

MAIN, WITHOUT_EFFORT, TOGETHER = "main", "without effort", "all together"
"""Samples: one driver at a time with measures of effort; one by itself; all of both."""

_MUCH = 0.5
_FAILED = 0.05
_FEWEST_DEGREES = 2


@dataclass(frozen=True, eq=False)
class Drivers:
    """Associations of infiltration with measures of areas.

    Attributes
    ----------
    answer : ImpactAnswer
        Effects in log-odds of infiltration per standard deviation between areas of the logarithm
        of a measure (``term``).
    spread : pandas.Series
        That standard deviation by measure: an effect over it is per unit of the logarithm.
    """

    answer: ImpactAnswer
    spread: pd.Series


def fit_drivers(
    cell_draws: pd.DataFrame,
    measures: AreaMeasures,
    choices: ImpactChoices,
    rng: np.random.Generator,
) -> Drivers:
    """Regress the infiltrated share of cells on measures of their areas, over draws of it.

    Parameters
    ----------
    cell_draws : pandas.DataFrame
        As of `prevalence.cell_draws.tabulate_cell_draws`.
    measures : AreaMeasures
        Drivers and measures of effort of areas, in logarithms.
    choices : ImpactChoices
        ``draws`` and ``interval`` are read.
    rng : numpy.random.Generator
        Draws areas again, given the measures.

    Returns
    -------
    Drivers
        Refused without draws, without a driver that varies, or with too few areas. These are
        associations: what makes areas unlike may go with a measure and have another cause.

    Raises
    ------
    ValueError
        When a column is missing or draws do not have the same cells.

    Notes
    -----
    Each draw is a fractional logit with effects of sectors, weighted by firms, its covariance by
    areas left out one at a time (`regress_cells`); draws are combined by Rubin's rules with the
    degrees of freedom of Barnard and Rubin. Draws are first made anew with the measures in the
    model (`condition_draws`): as they are, they hold areas for alike, and slopes of them are too
    small. Beside the answer stand the draws as they are and both shortcuts: estimates (means of
    draws) as if they were known, and listed shares. Drivers are read one at a time, for a country
    has few areas and its measures move together; all together stand beside, with the measures of
    effort, whose associations are a sign of what the lists still leave in the estimates.
    """
    cells, doubts = lay_out_cells(cell_draws, measures, choices.draws)
    if cells is None:
        return Drivers(ImpactAnswer((), doubts), pd.Series(dtype=float))
    findings, effects = list(doubts), []
    for sample, used in _variants(cells):
        design = cells.choose(used)
        terms = {}
        if design.degrees >= _FEWEST_DEGREES:
            again = condition_draws(cells.draws, design, rng)
            terms = _combine(again, used, design, choices.interval)
        if not terms:
            why = f"{' and '.join(used)} cannot be fitted to {len(cells.standard)} areas."
            findings.append(_warn(why))
            continue
        findings += _doubt_terms(terms, cells) if sample == MAIN else []
        effects += _tabulate(RUBIN, sample, terms, cells)
        for estimator, draws in _shortcuts(cells, sample):
            careless = _combine(draws, used, design, choices.interval)
            effects += _tabulate(estimator, sample, careless, cells)
    if not effects:
        why = "No regression of infiltrated shares on measures of areas could be fitted."
        findings.insert(0, Finding("refused", DESIGN, why))
    return Drivers(ImpactAnswer(tuple(effects), tuple(findings)), cells.spread)


def _variants(cells: DriverCells) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in cells.drivers:
        yield MAIN, (name, *cells.effort)
        if cells.effort:
            yield WITHOUT_EFFORT, (name,)
    if len(cells.drivers) > 1:
        yield TOGETHER, (*cells.drivers, *cells.effort)


def _combine(
    draws: np.ndarray, used: Sequence[str], design: CellDesign, interval: float
) -> dict[str, Combined]:
    """Regress every draw, and combine by measure; nothing where hardly a draw could be fitted."""
    fits = [regress_cells(draw / design.firms, design) for draw in draws]
    coefficients, variances = (np.array(part) for part in zip(*fits, strict=True))
    good = np.isfinite(coefficients).all(axis=1) & np.isfinite(variances).all(axis=1)
    if (~good).mean() > _FAILED or good.sum() < 2:
        return {}
    return {
        name: combine_draws(
            coefficients[good, place], variances[good, place], design.degrees, interval
        )
        for place, name in enumerate(used)
    }


def _shortcuts(cells: DriverCells, sample: str) -> Iterator[tuple[str, np.ndarray]]:
    if sample == MAIN:
        yield AS_DRAWN, cells.draws
    # the mean is what a model gives as its estimate; medians of small cells are 0, which steepens
    # slopes by about as much as drawing areas together flattens them, and nobody should rely on it
    for estimator, firms in ((KNOWN, cells.draws.mean(axis=0)), (LISTED, cells.listed)):
        # twice the same draw has no variance between draws
        yield estimator, np.stack([firms, firms])


def _doubt_terms(terms: Mapping[str, Combined], cells: DriverCells) -> list[Finding]:
    """Say what part of the answer is lost because infiltration is estimated."""
    return [
        _warn(
            f"{terms[name].missing_share:.0%} of what could be known of the association with "
            f"{name} is lost because infiltration is estimated and not seen."
        )
        for name in cells.drivers
        if name in terms and terms[name].missing_share > _MUCH
    ]


def _tabulate(
    estimator: str, sample: str, terms: Mapping[str, Combined], cells: DriverCells
) -> list[Effect]:
    """Return one effect per driver; of the fullest answer, per measure of effort as well."""
    fullest = TOGETHER if len(cells.drivers) > 1 else MAIN
    is_full = estimator == RUBIN and sample == fullest
    wanted = (*cells.drivers, *cells.effort) if is_full else cells.drivers
    return [
        Effect(
            design=DESIGN,
            estimator=estimator,
            outcome="infiltrated share",
            term=name,
            estimate=one.estimate,
            std_error=one.std_error,
            low=one.low,
            high=one.high,
            p_value=one.p_value,
            unit="log-odds per standard deviation",
            rows=len(cells.firms),
            units=len(cells.standard),
            clusters=len(cells.standard),
            sample=sample,
        )
        for name, one in terms.items()
        if name in wanted
    ]


def _warn(text: str) -> Finding:
    return Finding("warning", DESIGN, text)
