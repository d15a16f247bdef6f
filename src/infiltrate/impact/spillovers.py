"""What treated companies do to their rivals: same market, on no list."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer, find_refusals
from infiltrate.impact.curve_effects import add_interval, describe_curve, describe_sample
from infiltrate.impact.matching import match_controls
from infiltrate.impact.panel_checks import check_panel
from infiltrate.impact.staggered import GARDNER, estimate_curve
from infiltrate.params.impact_choices import ImpactChoices

_DESIGN = "spillover"
_CONTINUOUS = (
    ("any", "any treated company in the market", "log points"),
    ("share", "share of the market held by treated companies", "log points for all of it"),
)
_COLUMNS = ("company_id", "year", "first_treated", "treated_until", "market")
_FOREVER = np.iinfo(np.int32).max


def fit_spillovers(
    panel: pd.DataFrame,
    outcome: str,
    choices: ImpactChoices,
    *,
    linked: Collection[str] = (),
    smallest_shown: int = 5,
) -> ImpactAnswer:
    """Estimate what the presence of treated companies does to the others of their market.

    Parameters
    ----------
    panel : pandas.DataFrame
        One row per company and year: ``company_id``, ``year``, ``first_treated``,
        ``treated_until``, ``market``, the outcome and perhaps ``log_revenue``.
    outcome : str
        Column that is explained, in logarithms.
    choices : ImpactChoices
        Fewest treated units (here: markets), years after, coverage of intervals.
    linked : collection of str
        Companies that share officers or owners with treated ones: no rivals, left out like these.
    smallest_shown : int
        Smaller numbers are not written out.

    Returns
    -------
    ImpactAnswer
        ``average``: change of rivals' outcome while a treated company is in their market for the
        first time, by Gardner's two stages, which let effects differ between markets and
        years. Beside it, with effects of companies and years: the same as one coefficient while
        a treated company is there, and the coefficient of the share of revenue that treated
        companies hold. All are clustered by market.

    Raises
    ------
    ValueError
        A column is missing from the panel.

    Notes
    -----
    Shares rest on each company's first revenue on record, so that what happens to rivals' own
    revenue does not move them; without ``log_revenue`` they count companies. Companies that are
    infiltrated and on no list count as rivals, and markets with only such companies as markets
    without any: both move effects towards 0.
    """
    missing = [name for name in (*_COLUMNS, outcome) if name not in panel.columns]
    if missing:
        raise ValueError(f"the panel has no column {', '.join(missing)}")
    exposed = panel.merge(_measure_exposure(panel), on=["market", "year"], validate="many_to_one")
    rivals = exposed[exposed["first_treated"].isna() & ~exposed["company_id"].isin(set(linked))]
    checked = check_panel(
        rivals[list(dict.fromkeys(["company_id", "year", "market", outcome, "any", "share"]))],
        unit="company_id",
        time="year",
        outcome=outcome,
        cluster=["market"],
        design=_DESIGN,
        smallest_shown=smallest_shown,
    )
    refusals = [*_judge(rivals, choices.fewest_treated)] if not checked.is_refused else []
    if checked.is_refused or refusals:
        return ImpactAnswer((), (*checked.findings, *refusals))
    staggered, findings = _fit_staggered(rivals, outcome, choices, smallest_shown)
    effects = (*staggered, *_fit_two_way(checked.rows, outcome, choices.interval))
    return ImpactAnswer(effects, tuple(dict.fromkeys((*checked.findings, *findings))))


def _measure_exposure(panel: pd.DataFrame) -> pd.DataFrame:
    """Return ``any``, ``share`` and the first spell of presence by market and year.

    The spell is ``exposed_from`` (missing: never) to ``exposed_until`` (missing: to the end).
    """
    spans = _spread_companies(panel)
    year, until = spans["year"], spans["treated_until"].fillna(_FOREVER)
    active = (year >= spans["first_treated"]) & (year <= until)
    sums = (
        spans.assign(active=active, held=spans["revenue"].where(active, 0))
        .groupby(["market", "year"], as_index=False)
        .agg(present=("active", "max"), held=("held", "sum"), revenue=("revenue", "sum"))
    )
    year, market = sums["year"], sums["market"]
    start = year.where(sums["present"]).groupby(market).transform("min")
    end = (year - 1).where(~sums["present"] & (year > start)).groupby(market).transform("min")
    return sums.assign(
        any=sums["present"].astype(float),
        share=(sums["held"] / sums["revenue"]).fillna(0.0),
        exposed_from=start.astype("Int64"),
        exposed_until=end.astype("Int64"),
    ).drop(columns=["present", "held", "revenue"])


def _spread_companies(panel: pd.DataFrame) -> pd.DataFrame:
    """Return every company in all years from its first row to its last, with its first revenue."""
    ordered = panel.sort_values(["company_id", "year"])
    known = ordered.get("log_revenue", pd.Series(0.0, ordered.index))
    companies = (
        ordered.assign(
            revenue=np.exp(known),
            **{
                name: ordered[name].astype("float64") for name in ("first_treated", "treated_until")
            },
        )
        .groupby("company_id")
        .agg(
            market=("market", "first"),
            revenue=("revenue", "first"),
            first_treated=("first_treated", "first"),
            treated_until=("treated_until", "first"),
            start=("year", "min"),
            end=("year", "max"),
        )
        .fillna({"revenue": 0.0})
    )
    years = (companies["end"] - companies["start"] + 1).to_numpy()
    spread = companies.loc[companies.index.repeat(years)]
    step = np.arange(years.sum()) - np.repeat(years.cumsum() - years, years)
    return spread.assign(year=spread["start"].to_numpy() + step)


def _judge(rivals: pd.DataFrame, fewest: int) -> Iterator[Finding]:
    markets = rivals.groupby("market")["any"].agg(["min", "max"])
    changing = int((markets["max"] > markets["min"]).sum())
    never = int((markets["max"] == 0).sum())
    if changing < fewest:
        text = (
            f"A treated company comes into or leaves fewer than {fewest} markets: rivals cannot be "
            "seen before and after."
        )
        yield Finding("refused", _DESIGN, text)
    elif not never:
        text = "Every market has a treated company: there are no rivals to compare with."
        yield Finding("refused", _DESIGN, text)


def _fit_staggered(
    rivals: pd.DataFrame, outcome: str, choices: ImpactChoices, smallest: int
) -> tuple[tuple[Effect, ...], tuple[Finding, ...]]:
    # all years are held against those of rivals in markets that never have a treated company
    panel = rivals.assign(
        first_treated=rivals["exposed_from"],
        treated_until=rivals["exposed_until"],
        cell="all",
        cluster=rivals["market"],
    )
    matched = match_controls(
        panel, outcome, lags=choices.lags, fewest_treated=2, smallest_shown=smallest
    )
    findings = tuple(
        Finding("warning", _DESIGN, finding.text) for finding in find_refusals(matched.findings)
    )
    if matched.is_refused:
        return (), findings
    curve = estimate_curve(matched, GARDNER, choices.leads)
    sample = describe_sample(matched, _DESIGN, outcome, "main")
    return tuple(describe_curve(curve, sample, choices.interval)), findings


def _fit_two_way(rows: pd.DataFrame, outcome: str, level: float) -> Iterator[Effect]:
    from pyfixest import MapDemeaner, feols

    for column, term, unit in _CONTINUOUS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit: Any = feols(
                f"{outcome} ~ {column} | company_id + year",
                rows,
                vcov={"CRV1": "market"},
                demeaner=MapDemeaner(fixef_tol=1e-12),
            )
        effect = Effect(
            _DESIGN,
            "two-way fixed effects",
            outcome,
            term,
            float(fit._beta_hat[0]),
            unit=unit,
            rows=int(fit._N),
            units=int(rows["company_id"].nunique()),
            treated=int(rows.loc[rows["any"] > 0, "company_id"].nunique()),
            clusters=int(rows.loc[rows["any"] > 0, "market"].nunique()),
        )
        yield add_interval(effect, float(np.sqrt(fit._vcov[0, 0])), level)
