"""What public buyers pay more, or less, where suppliers are infiltrated, as an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.price_residuals import FINAL, OVERRUN, PRICE
from infiltrate.impact.price_samples import BASE, PriceSample, PriceSamples, gather_prices
from infiltrate.impact.probability_draws import draw_probabilities
from infiltrate.impact.rubin import combine_draws
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.prevalence.posterior import equal_tails

DESIGN = "procurement_cost"
MATCHED = "matched contracts by probability"
CONTRAST = "likely against other suppliers"
DIFFERENCE, TOTAL = "difference", "total"
"""Terms: share by which contracts of infiltrated companies differ; money over all contracts."""

LIKELY = 0.5
FEWEST_EXPECTED = 20.0
_FEWEST_COMPANIES = 20
_MUCH = 0.2
_UNITS = {
    PRICE: "share of the estimate",
    OVERRUN: "share of the value at signature",
    FINAL: "share of the estimate",
}
_WORDS = {PRICE: "Prices", OVERRUN: "Overruns", FINAL: "Final prices"}


@dataclass(frozen=True, eq=False)
class ProcurementCost:
    """What infiltration of suppliers costs public buyers.

    Attributes
    ----------
    answer : ImpactAnswer
        For each outcome (``price``, ``overrun``, ``final_price``) the ``difference`` and the
        ``total`` in money over the contracts in the data. Below 0: infiltrated companies are
        cheaper. They may well be cheaper at signature and dearer in the end (Ravenda et al. 2020).
    totals : pandas.DataFrame
        One row per draw: the total of each outcome, in ``currency``.
    currency : str
        Of the contracts used.
    """

    answer: ImpactAnswer
    totals: pd.DataFrame
    currency: str


def estimate_procurement_cost(
    contracts: pd.DataFrame,
    probabilities: pd.DataFrame,
    infiltrated: np.ndarray,
    choices: ImpactChoices,
    rng: np.random.Generator,
) -> ProcurementCost:
    r"""Estimate what the infiltration of suppliers adds to, or takes from, what buyers pay.

    Parameters
    ----------
    contracts : pandas.DataFrame
        As of `read_contract_prices`.
    probabilities : pandas.DataFrame
        Table ``infiltration_probabilities``: ``company_id`` and ``probability``.
    infiltrated : numpy.ndarray
        Draws of the number of infiltrated firms (table ``pool_draws``).
    choices : ImpactChoices
        ``draws`` and ``interval`` are read.
    rng : numpy.random.Generator
        Draws the differences within their standard errors.

    Returns
    -------
    ProcurementCost
        Refused, by outcome, without probabilities or prices, with fewer than 20 contracts expected
        to be those of infiltrated companies, or where likely and unlikely suppliers share no group
        of contracts that are alike.

    Raises
    ------
    ValueError
        When a column is missing.

    Notes
    -----
    Nobody knows which supplier is infiltrated, only with what probability p. If p is right, the
    mean share y of contracts that are alike rises by the difference :math:`\Delta` from p = 0 to
    p = 1, so that :math:`\Delta` is the slope of y on p within groups (regression calibration:
    Carroll et al. 2006), with standard errors clustered by company. In each draw the probabilities
    add up to a draw of the pool, and the total is :math:`\Delta` times a draw of what contracts of
    infiltrated companies amount to, of mean :math:`\sum_i b_i p_i` over contracts of base b
    (estimate, or value at signature). A mean over likely suppliers alone would be too near to 0,
    since some of them are not infiltrated; it is shown beside.

    What is assumed: probabilities are calibrated and know nothing of prices beyond what they say of
    infiltration; firms that look infiltrated and those that do not differ alike once infiltrated;
    contracts signed before a company was infiltrated are counted with it.

    References
    ----------
    Ravenda et al. (2020), https://doi.org/10.1016/j.ejpoleco.2020.101904. Carroll, Ruppert,
    Stefanski & Crainiceanu (2006), Measurement Error in Nonlinear Models, chapter 4.
    """
    absent = [name for name in ("company_id", "probability") if name not in probabilities]
    if absent:
        raise ValueError(f"probabilities: no column {', '.join(absent)}")
    if probabilities.empty or not len(infiltrated):
        why = "How likely each supplier is infiltrated cannot be said, so nothing is multiplied."
        return _refuse(why)
    if contracts.empty:
        return _refuse("There are no contracts.")
    prices = gather_prices(contracts, probabilities["company_id"])
    draws = draw_probabilities(
        probabilities["probability"].to_numpy(dtype=float),
        infiltrated,
        choices.draws,
        pd.Index(probabilities["company_id"]).get_indexer(prices.suppliers),
    )
    effects, totals, findings = [], {}, _doubt_contracts(prices)
    for sample in prices.samples:
        found, drawn, doubts = _estimate_outcome(sample, draws, prices.currency, choices, rng)
        findings += doubts
        effects += found
        if found:
            totals[sample.outcome] = drawn
    if not effects:
        why = "What contracts cost cannot be compared, for the reasons given."
        findings.insert(0, Finding("refused", DESIGN, why))
    answer = ImpactAnswer(tuple(effects), tuple(findings))
    return ProcurementCost(answer, pd.DataFrame(totals), prices.currency)


def _doubt_contracts(prices: PriceSamples) -> list[Finding]:
    parts = (
        (prices.in_other_currency, f"not in {prices.currency}"),
        (
            prices.without_probability,
            "of suppliers of which nobody can say how likely they are infiltrated",
        ),
    )
    return [
        _warn(f"{share:.0%} of contracts were left out: {why}.")
        for share, why in parts
        if share > _MUCH
    ]


def _estimate_outcome(
    sample: PriceSample,
    draws: np.ndarray,
    currency: str,
    choices: ImpactChoices,
    rng: np.random.Generator,
) -> tuple[list[Effect], np.ndarray, list[Finding]]:
    """Return effects of one outcome, its totals by draw, and what speaks against them."""
    word, nothing = _WORDS[sample.outcome], np.empty(0)
    mean = draws.mean(axis=0)[sample.company]
    if mean[sample.matched].sum() < FEWEST_EXPECTED:
        why = (
            f"{word}: fewer than {FEWEST_EXPECTED:.0f} of the contracts whose amounts are known "
            "and that have others alike are expected to be those of infiltrated companies."
        )
        return [], nothing, [_warn(why)]
    slope, variance = np.array([_fit_slope(sample, draw[sample.company]) for draw in draws]).T
    if sample.suppliers < _FEWEST_COMPANIES or not np.isfinite(slope).all():
        why = f"{word}: suppliers of contracts that are alike are all as likely to be infiltrated."
        return [], nothing, [_warn(why)]
    totals = slope + np.sqrt(variance) * rng.normal(size=len(slope))
    totals *= _draw_amounts(sample, draws, rng)
    effects = [
        _difference(sample, MATCHED, slope, variance, choices),
        _total(sample, totals, currency, choices),
    ]
    likely = (mean >= LIKELY).astype(float)
    if likely[sample.matched].sum() >= FEWEST_EXPECTED:
        twice = np.array([_fit_slope(sample, likely)] * 2).T
        effects.append(_difference(sample, CONTRAST, twice[0], twice[1], choices))
    alone = 1 - sample.matched.mean()
    doubts = [_warn(f"{word}: {alone:.0%} of contracts have too few others alike.")]
    return effects, totals, doubts if alone > _MUCH else []


def _draw_amounts(sample: PriceSample, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw what contracts of infiltrated companies amount to: which they are is not known either.

    A gamma variable of the right mean and variance stands for a toss of each company, so that no
    order of companies matters.
    """
    amount = np.bincount(sample.company, weights=sample.base, minlength=draws.shape[1])
    mean = np.maximum(draws @ amount, 1e-9)
    variance = np.maximum((draws * (1 - draws)) @ amount**2, 1e-9)
    return rng.gamma(mean**2 / variance, variance / mean)


def _fit_slope(sample: PriceSample, probability: np.ndarray) -> tuple[float, float]:
    """Return the slope of shares on probabilities within groups, and its variance by company."""
    group, company = sample.group[sample.matched], sample.company[sample.matched]
    share = _within(sample.share[sample.matched], group)
    signal = _within(probability[sample.matched], group)
    information = float(signal @ signal)
    if information < 1e-9:
        return float("nan"), float("nan")
    slope = float(signal @ share) / information
    scores = np.bincount(company, weights=signal * (share - slope * signal))
    correction = sample.suppliers / max(sample.suppliers - 1, 1)
    return slope, float(scores @ scores) / information**2 * correction


def _difference(
    sample: PriceSample,
    estimator: str,
    slope: np.ndarray,
    variance: np.ndarray,
    choices: ImpactChoices,
) -> Effect:
    one = combine_draws(slope, variance, sample.suppliers - 1, choices.interval)
    return Effect(
        design=DESIGN,
        estimator=estimator,
        outcome=sample.outcome,
        term=DIFFERENCE,
        estimate=one.estimate,
        std_error=one.std_error,
        low=one.low,
        high=one.high,
        p_value=one.p_value,
        unit=_UNITS[sample.outcome],
        rows=int(sample.matched.sum()),
        units=sample.suppliers,
        clusters=sample.suppliers,
    )


def _total(
    sample: PriceSample, totals: np.ndarray, currency: str, choices: ImpactChoices
) -> Effect:
    low, middle, high = equal_tails(totals, choices.interval)
    return Effect(
        design=DESIGN,
        estimator=MATCHED,
        outcome=sample.outcome,
        term=TOTAL,
        estimate=middle,
        std_error=float(np.std(totals, ddof=1)),
        low=low,
        high=high,
        unit=currency,
        rows=len(sample.share),
        units=len(np.unique(sample.company)),
    )


def _within(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Take the mean of the group from each value."""
    count = np.maximum(np.bincount(group), 1)
    return values - (np.bincount(group, weights=values) / count)[group]


def _refuse(text: str) -> ProcurementCost:
    answer = ImpactAnswer((), (Finding("refused", DESIGN, text),))
    return ProcurementCost(answer, pd.DataFrame(columns=list(BASE), dtype=float), "")


def _warn(text: str) -> Finding:
    return Finding("warning", DESIGN, text)
