"""What public buyers pay more, or less, where suppliers are infiltrated, as an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.price_residuals import (
    FINAL,
    OVERRUN,
    PRICE,
    match_contracts,
    measure_prices,
)
from infiltrate.impact.probability_draws import draw_probabilities
from infiltrate.impact.rubin import combine_draws
from infiltrate.params.impact_choices import ImpactChoices

DESIGN = "procurement_cost"
MATCHED = "matched contracts by probability"
CONTRAST = "likely against other suppliers"
DIFFERENCE, TOTAL = "difference", "total"
"""Terms: share by which contracts of infiltrated companies differ; money over all contracts."""

LIKELY = 0.5
FEWEST_EXPECTED = 20.0
_FEWEST_ALIKE = 10
_FEWEST_COMPANIES = 20
_MUCH = 0.2
_BASE = {PRICE: "estimate", OVERRUN: "value", FINAL: "estimate"}
_UNITS = {
    PRICE: "share of the estimate",
    OVERRUN: "share of the value at signature",
    FINAL: "share of the estimate",
}
_WORDS = {PRICE: "Prices", OVERRUN: "Overruns", FINAL: "Final prices"}
_COLUMNS = [
    "company_id",
    "year",
    "category",
    "product_code",
    "procedure",
    "area",
    "currency",
    "estimate",
    "value",
    "final_value",
]


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
    add up to a draw of the pool, and the total is :math:`\Delta \sum_i b_i p_i` over contracts of
    base b (estimate, or value at signature). A mean over likely suppliers alone would be too near
    to 0, since some of them are not infiltrated; it is shown beside.

    What is assumed: probabilities are calibrated and know nothing of prices beyond what they say of
    infiltration; firms that look infiltrated and those that do not differ alike once infiltrated;
    contracts signed before a company was infiltrated are counted with it.

    References
    ----------
    Ravenda et al. (2020), https://doi.org/10.1016/j.ejpoleco.2020.101904. Carroll, Ruppert,
    Stefanski & Crainiceanu (2006), Measurement Error in Nonlinear Models, chapter 4.
    """
    absent = [name for name in _COLUMNS if name not in contracts]
    absent += [name for name in ("company_id", "probability") if name not in probabilities]
    if absent:
        raise ValueError(f"no column {', '.join(absent)}")
    nothing = pd.DataFrame(columns=list(_BASE), dtype=float)
    if probabilities.empty or not len(infiltrated):
        why = "How likely each supplier is infiltrated cannot be said, so nothing is multiplied."
        return ProcurementCost(_refuse(why), nothing, "")
    if contracts.empty:
        return ProcurementCost(_refuse("There are no contracts."), nothing, "")
    used, currency, findings = _choose_contracts(contracts, probabilities)
    suppliers, company = np.unique(used["company_id"].to_numpy(dtype=str), return_inverse=True)
    draws = draw_probabilities(
        probabilities["probability"].to_numpy(dtype=float),
        infiltrated,
        choices.draws,
        pd.Index(probabilities["company_id"]).get_indexer(suppliers),
    )
    shares, effects, totals = measure_prices(used), [], {}
    for outcome, base in _BASE.items():
        known = shares[outcome].notna().to_numpy()
        sample = _Sample(
            outcome=outcome,
            share=shares.loc[known, outcome].to_numpy(),
            group=match_contracts(used[known], _FEWEST_ALIKE),
            company=company[known],
            base=np.where(known, used[base].fillna(0.0), 0.0)[known],
            unit=currency,
        )
        found, drawn, doubts = _estimate_outcome(sample, draws, choices, rng)
        findings += doubts
        effects += found
        if found:
            totals[outcome] = drawn
    if not effects:
        why = "What contracts cost cannot be compared, for the reasons given."
        findings.insert(0, Finding("refused", DESIGN, why))
    answer = ImpactAnswer(tuple(effects), tuple(findings))
    return ProcurementCost(answer, pd.DataFrame(totals), currency)


@dataclass(frozen=True, eq=False)
class _Sample:
    """Contracts of which one share is known: n rows."""

    outcome: str
    share: np.ndarray
    group: np.ndarray
    company: np.ndarray
    base: np.ndarray
    unit: str


def _choose_contracts(
    contracts: pd.DataFrame, probabilities: pd.DataFrame
) -> tuple[pd.DataFrame, str, list[Finding]]:
    """Keep contracts of the commonest currency whose supplier has a probability."""
    findings = []
    counts = contracts["currency"].value_counts().sort_index(kind="stable")
    currency = str(counts.idxmax()) if len(counts) else ""
    of_currency = contracts["currency"] == currency
    has = contracts["company_id"].isin(probabilities["company_id"])
    for lost, why in (
        (~of_currency, f"not in {currency}"),
        (of_currency & ~has, "of suppliers of which nobody can say how likely they are"),
    ):
        if lost.mean() > _MUCH:
            findings.append(_warn(f"{lost.mean():.0%} of contracts were left out: {why}."))
    used = contracts[of_currency & has].reset_index(drop=True)
    return used, currency, findings


def _estimate_outcome(
    sample: _Sample, draws: np.ndarray, choices: ImpactChoices, rng: np.random.Generator
) -> tuple[list[Effect], np.ndarray, list[Finding]]:
    """Return effects of one outcome, its totals by draw, and what speaks against them."""
    word = _WORDS[sample.outcome]
    matched = sample.group >= 0
    mean = draws.mean(axis=0)[sample.company]
    expected = float(mean[matched].sum())
    if expected < FEWEST_EXPECTED:
        why = (
            f"{word}: fewer than {FEWEST_EXPECTED:.0f} of the contracts whose amounts are known "
            "and that have others alike are expected to be those of infiltrated companies."
        )
        return [], np.empty(0), [_warn(why)]
    companies = np.unique(sample.company[matched])
    slopes = [_fit_slope(sample, draw[sample.company], matched) for draw in draws]
    slope, variance = np.array(slopes).T
    if len(companies) < _FEWEST_COMPANIES or not np.isfinite(slope).all():
        why = f"{word}: suppliers of contracts that are alike are all as likely to be infiltrated."
        return [], np.empty(0), [_warn(why)]
    one = combine_draws(slope, variance, len(companies) - 1, choices.interval)
    exposed = draws[:, sample.company] @ sample.base
    totals = (slope + np.sqrt(variance) * rng.normal(size=len(slope))) * exposed
    tails = [(1 - choices.interval) / 2, 0.5, (1 + choices.interval) / 2]
    low, middle, high = (float(end) for end in np.quantile(totals, tails))
    rows = int(matched.sum())
    effects = [
        Effect(
            DESIGN,
            MATCHED,
            sample.outcome,
            DIFFERENCE,
            one.estimate,
            one.std_error,
            one.low,
            one.high,
            one.p_value,
            _UNITS[sample.outcome],
            rows=rows,
            units=len(companies),
            clusters=len(companies),
        ),
        Effect(
            DESIGN,
            MATCHED,
            sample.outcome,
            TOTAL,
            middle,
            float(np.std(totals, ddof=1)),
            low,
            high,
            unit=sample.unit,
            rows=len(sample.share),
            units=len(np.unique(sample.company)),
        ),
        *_contrast(sample, mean, matched, choices),
    ]
    doubts = []
    if (~matched).mean() > _MUCH:
        doubts.append(
            _warn(f"{word}: {(~matched).mean():.0%} of contracts have too few others alike.")
        )
    return effects, totals, doubts


def _fit_slope(
    sample: _Sample, probability: np.ndarray, matched: np.ndarray
) -> tuple[float, float]:
    """Return the slope of shares on probabilities within groups, and its variance by company."""
    group, company = sample.group[matched], sample.company[matched]
    share = _within(sample.share[matched], group)
    signal = _within(probability[matched], group)
    information = float(signal @ signal)
    if information < 1e-9:
        return float("nan"), float("nan")
    slope = float(signal @ share) / information
    scores = np.bincount(company, weights=signal * (share - slope * signal))
    count = len(np.unique(company))
    return slope, float(scores @ scores) / information**2 * count / max(count - 1, 1)


def _contrast(
    sample: _Sample, mean: np.ndarray, matched: np.ndarray, choices: ImpactChoices
) -> list[Effect]:
    """Compare likely suppliers with the others as if each were what it looks like."""
    likely = (mean >= LIKELY).astype(float)
    slope, variance = _fit_slope(sample, likely, matched)
    if not np.isfinite(slope) or likely[matched].sum() < FEWEST_EXPECTED:
        return []
    twice = np.array([slope, slope]), np.array([variance, variance])
    companies = len(np.unique(sample.company[matched]))
    one = combine_draws(*twice, companies - 1, choices.interval)
    return [
        Effect(
            DESIGN,
            CONTRAST,
            sample.outcome,
            DIFFERENCE,
            slope,
            one.std_error,
            one.low,
            one.high,
            one.p_value,
            _UNITS[sample.outcome],
            rows=int(matched.sum()),
            units=companies,
            clusters=companies,
        )
    ]


def _within(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Take the mean of the group from each value."""
    count = np.maximum(np.bincount(group), 1)
    return values - (np.bincount(group, weights=values) / count)[group]


def _refuse(text: str) -> ImpactAnswer:
    return ImpactAnswer((), (Finding("refused", DESIGN, text),))


def _warn(text: str) -> Finding:
    return Finding("warning", DESIGN, text)
