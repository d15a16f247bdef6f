"""The panel of companies and years that studies of effects start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Finding, find_refusals
from infiltrate.impact.matching_cells import MatchingCells, assign_cells
from infiltrate.impact.treatment_days import (
    choose_treating_lists,
    date_treatment,
    first_treated_year,
    last_treated_year,
)
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.study import StudyParams
from infiltrate.protection.rounding import round_count
from infiltrate.tables.engine import Engine

NOT_STATED = "not stated"
_COMPANIES = """
SELECT c.company_id AS company_id, c.area_id AS area_id, c.sector_id AS sector_id,
  x.section AS section, c.dissolved_on AS dissolved_on
FROM companies AS c LEFT JOIN sectors AS x ON x.sector_id = c.sector_id
WHERE c.kind = 'company'
ORDER BY c.company_id
"""
_ACCOUNTS = """
SELECT a.company_id AS company_id, a.year_end_on AS year_end_on, {items}
FROM accounts AS a
WHERE a.currency = $currency AND a.year_end_on <= $day
  AND coalesce(a.filed_on, a.year_end_on) <= $day
ORDER BY a.company_id, a.year_end_on
"""
_KEY = ["company_id", "year"]


@dataclass(frozen=True, eq=False)
class FirmPanel:
    """Companies by year, and what did not get in.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row per company and calendar year, from the company's first accounts to its end or the
        last year of the panel, sorted by ``company_id`` and ``year``: one float column per
        outcome (log; missing where not filed, zero or below), ``first_treated`` and
        ``treated_until`` (Int64 years; missing = on no list, and = to the end), ``cell`` (what
        controls share), ``market`` (sector and area), ``cluster`` (the company: what is treated
        is a company), ``closed`` (dissolved in this year) and ``has_stated_date``. A financial
        year is that of the calendar in which most of it lies.
    outcomes : tuple of str
        Columns of the outcomes, the main one first.
    groups : pandas.DataFrame
        One row per group: ``group`` in words and ``companies``, rounded, missing where too few.
    findings : tuple of Finding
        Refused without accounts or without a dated listed company; warnings otherwise.
    matched_on : str
        What controls share, in words.
    """

    rows: pd.DataFrame
    outcomes: tuple[str, ...]
    groups: pd.DataFrame
    findings: tuple[Finding, ...]
    matched_on: str

    @property
    def is_refused(self) -> bool:
        """Whether there is nothing to study."""
        return bool(find_refusals(self.findings))


def build_firm_panel(engine: Engine, params: StudyParams) -> FirmPanel:
    """Put annual accounts of listed companies and of those on no list into one panel.

    A company is treated from the first year of which at least half lies after its first day of
    infiltration (see `date_treatment`), until the last year that ended before a measure. Left
    out, and counted: companies on a list in any other way (another list, an entry set aside, a
    doubtful match), for they are neither; those listed whose day nobody states; those with a
    year in which the main outcome is zero or below, which has no logarithm.

    Parameters
    ----------
    engine : Engine
        With companies, sectors, areas, accounts and list_entries registered.
    params : StudyParams
        ``lists``, ``choices.impact``, ``choices.disclosure`` and the day of the study are read.

    Raises
    ------
    ValueError
        When ``choices.impact.lists`` names a list that the study does not have.
    """
    choices, rules = params.choices.impact, params.choices.disclosure
    outcomes = tuple(f"log_{item}" for item in choices.outcomes)
    accounts = _read_accounts(engine, params)
    if accounts.empty:
        return _refuse(outcomes, "No company has filed accounts in the currency of the study.")
    treatment = date_treatment(
        engine.query("SELECT * FROM list_entries").to_pandas(),
        choose_treating_lists(params),
        choices,
    )
    companies = _read_companies(engine, params).merge(treatment, on="company_id", how="left")
    companies, groups = _sort_out(companies, accounts, choices.outcomes[0])
    findings = _warn(groups, choices.outcomes[0], rules)
    kept = companies[companies["group"].isin(("treated", "on no list"))]
    if not (kept["group"] == "treated").any():
        return _refuse(
            outcomes,
            "No company with accounts is on a list of the study on a day that can be told.",
            _tabulate(groups, rules),
        )
    findings += _judge_days(kept, rules)
    rows = _spread(kept, accounts, choices.outcomes)
    areas = engine.frame(
        "SELECT a.area_id AS area_id, a.level AS level, a.parent_id AS parent_id FROM areas AS a"
    )
    cells = assign_cells(_describe(rows, kept, outcomes[0]), areas, choices.matched_on)
    rows["cell"] = rows["company_id"].map(cells.names)
    findings += _judge_cells(cells, rules)
    columns = [*_KEY, *outcomes, "first_treated", "treated_until", "cell", "market", "cluster"]
    return FirmPanel(
        rows[[*columns, "closed", "has_stated_date"]],
        outcomes,
        _tabulate(groups, rules),
        findings,
        cells.shared,
    )


def _read_accounts(engine: Engine, params: StudyParams) -> pd.DataFrame:
    """Return one row per company and calendar year: the last financial year of it."""
    outcomes = params.choices.impact.outcomes
    items = ", ".join(f"CAST(a.{item} AS DOUBLE) AS {item}" for item in outcomes)
    day = params.day or pd.Timestamp("2200-01-01").date()
    accounts = engine.frame(
        _ACCOUNTS.format(items=items), {"currency": params.currency, "day": day}
    )
    middle = pd.to_datetime(accounts["year_end_on"]) - pd.DateOffset(months=6)
    accounts["year"] = middle.dt.year
    return accounts.drop_duplicates(_KEY, keep="last")[[*_KEY, *outcomes]]


def _read_companies(engine: Engine, params: StudyParams) -> pd.DataFrame:
    companies = engine.frame(_COMPANIES)
    ended = pd.to_datetime(companies["dissolved_on"])
    if params.day is not None:
        ended = ended.where(ended <= pd.Timestamp(params.day))
    places = companies[["area_id", "sector_id", "section"]].fillna(NOT_STATED)
    return companies.assign(end_year=ended.dt.year.astype("Int64"), **places)


def _sort_out(
    companies: pd.DataFrame, accounts: pd.DataFrame, item: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Say of each company why it is in the panel or not; the first reason that applies counts."""
    listed = companies["is_treated"].notna()
    treated = companies["is_treated"].fillna(False).astype(bool)
    # text is looked up value by value: each company once
    has_accounts = companies["company_id"].isin(accounts["company_id"].unique())
    empty = accounts.loc[accounts[item] <= 0, "company_id"]
    is_empty = companies["company_id"].isin(empty)
    group = np.select(
        [
            ~has_accounts & treated,
            ~has_accounts,
            listed & ~treated,
            treated & companies["treated_on"].isna(),
            treated & is_empty,
            is_empty,
            treated,
        ],
        [
            "treated without accounts",
            "others without accounts",
            "listed in another way",
            "treated on an unknown day",
            "treated with an empty year",
            "others with an empty year",
            "treated",
        ],
        "on no list",
    )
    return companies.assign(group=group), pd.Series(group).value_counts()


def _spread(kept: pd.DataFrame, accounts: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    """Return every year from a company's first accounts to its end, filled where it filed."""
    known = accounts[accounts["company_id"].isin(kept["company_id"])]
    spans = known.groupby("company_id")["year"].agg(["min", "max"]).reset_index()
    spans = spans.merge(kept, on="company_id")
    last = spans["end_year"].fillna(int(known["year"].max())).astype(int)
    last = np.maximum(np.minimum(last, int(known["year"].max())), spans["max"])
    number = (last - spans["min"] + 1).to_numpy()
    rows = spans.loc[spans.index.repeat(number)].reset_index(drop=True)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(number) - number, number)
    rows["year"] = (rows["min"] + step).astype(int)
    rows = rows.merge(known, on=_KEY, how="left")
    for item in items:
        filled = rows[item].astype(float)
        rows[f"log_{item}"] = np.log(filled.where(filled > 0))
    return rows.assign(
        first_treated=first_treated_year(rows["treated_on"]),
        treated_until=last_treated_year(rows["ends_on"]),
        market=rows["sector_id"] + ", " + rows["area_id"],
        cluster=rows["company_id"],
        closed=(rows["year"] == rows["end_year"]).fillna(False).astype(bool),
        has_stated_date=rows["has_stated_date"].fillna(False).astype(bool),
    ).sort_values(_KEY, ignore_index=True)


def _describe(rows: pd.DataFrame, kept: pd.DataFrame, outcome: str) -> pd.DataFrame:
    first = rows.dropna(subset=[outcome]).groupby("company_id")[outcome].first()
    return kept[["company_id", "section", "area_id"]].assign(
        size=kept["company_id"].map(first).to_numpy(dtype=float),
        is_treated=(kept["group"] == "treated").to_numpy(),
    )


def _refuse(
    outcomes: tuple[str, ...], reason: str, groups: pd.DataFrame | None = None
) -> FirmPanel:
    whole = {"year": "int64", "first_treated": "Int64", "treated_until": "Int64"}
    kinds = {"company_id": "object", **whole, **dict.fromkeys(outcomes, "float64")}
    kinds |= dict.fromkeys(["cell", "market", "cluster"], "object")
    kinds |= dict.fromkeys(["closed", "has_stated_date"], "bool")
    rows = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    if groups is None:
        groups = pd.DataFrame(
            {"group": pd.Series(dtype=object), "companies": pd.Series(dtype=float)}
        )
    findings = tuple(Finding("refused", design, reason) for design in ("event_study", "spillover"))
    return FirmPanel(rows, outcomes, groups, findings, "")


def _warn(groups: pd.Series, item: str, rules: DisclosureChoices) -> tuple[Finding, ...]:
    texts = {
        "treated with an empty year": "listed companies have a year in which their "
        f"{item} is zero or below and are left out: what infiltration does to companies that it "
        "empties is not in the effect.",
        "treated without accounts": "listed companies filed no accounts and are left out.",
        "treated on an unknown day": "listed companies are left out, for no list states from when "
        "they were infiltrated.",
    }
    return tuple(
        Finding("warning", "event_study", f"{_write_count(int(groups[group]), rules)} {text}")
        for group, text in texts.items()
        if groups.get(group, 0) > 0
    )


def _judge_cells(cells: MatchingCells, rules: DisclosureChoices) -> tuple[Finding, ...]:
    texts = []
    if cells.is_nationwide:
        texts.append(
            "No level of areas leaves enough companies beside the listed ones: controls are from "
            "the whole country, and what happens in one area alone is not taken away."
        )
    if cells.without_controls > 0:
        texts.append(
            f"{_write_count(cells.without_controls, rules)} listed companies have nobody beside "
            f"them on no list that shares {cells.shared}: no control stands for them."
        )
    return tuple(Finding("warning", "event_study", text) for text in texts)


def _judge_days(kept: pd.DataFrame, rules: DisclosureChoices) -> tuple[Finding, ...]:
    worked_out = (kept["group"] == "treated") & kept["has_stated_date"].ne(other=True)
    if not worked_out.any():
        return ()
    text = (
        f"{_write_count(int(worked_out.sum()), rules)} listed companies are dated by the usual lag "
        "of their list, for no entry states since when they were infiltrated. Many were before, so "
        "that years under treatment pass for years before it: in invented countries this hid half "
        "of a known effect or more."
    )
    return (Finding("warning", "event_study", text),)


def _tabulate(groups: pd.Series, rules: DisclosureChoices) -> pd.DataFrame:
    words = {
        "treated": "Listed, in the study",
        "on no list": "On no list, in the study",
        "treated without accounts": "Listed, without accounts",
        "treated with an empty year": "Listed, with a year of zero or less",
        "treated on an unknown day": "Listed, from an unknown day",
        "listed in another way": "Listed in another way, left out",
        "others with an empty year": "On no list, with a year of zero or less",
        "others without accounts": "On no list, without accounts",
    }
    shown = [(text, int(groups.get(group, 0))) for group, text in words.items()]
    least = rules.minimum_listed
    return pd.DataFrame(
        {
            "group": [text for text, _ in shown],
            "companies": [
                float(round_count(number, rules.round_to)) if number >= least else np.nan
                for _, number in shown
            ],
        }
    )


def _write_count(number: int, rules: DisclosureChoices) -> str:
    if number < rules.minimum_listed:
        return f"Fewer than {rules.minimum_listed}"
    return f"About {round_count(number, rules.round_to):,}"
