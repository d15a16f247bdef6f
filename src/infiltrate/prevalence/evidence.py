"""What is known of each company beside the lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.prevalence.area_effort import read_area_effort
from infiltrate.prevalence.firm_accounts import RATIOS, read_accounts
from infiltrate.prevalence.firm_clusters import find_clusters
from infiltrate.prevalence.firm_contracts import read_contracting
from infiltrate.prevalence.firm_people import read_officers, read_owners, read_registration
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.peer_scores import is_informative, score_among_peers
from infiltrate.tables.engine import Engine


@dataclass(frozen=True, eq=False)
class FirmEvidence:
    """What is known of each company beside the lists; rows in the order of the companies.

    Attributes
    ----------
    signs : pandas.DataFrame
        Numbers that infiltration may shift; missing where not known.
    reach : pandas.DataFrame
        Numbers that make a list likelier to find an infiltrated firm, the effort of authorities
        above all; missing where not known.
    cluster : numpy.ndarray of int
        Component of the network of officers, owners and addresses; its own for a firm alone.
    """

    signs: pd.DataFrame
    reach: pd.DataFrame
    cluster: np.ndarray


@dataclass(frozen=True, eq=False)
class FirmFigures:
    """Figures of firms as they are, missing where not known; rows in the order of the firms.

    Attributes
    ----------
    signs : pandas.DataFrame
        Numbers that infiltration may shift: ratios of accounts, changes of those who run the firm,
        kinds of owners, age, neighbours at the address, contracts and bids won.
    reach : pandas.DataFrame
        ``log_size``, ``has_bank_debt`` and ``is_supplier``.
    size : pandas.DataFrame
        ``employees`` and ``revenue``, means of the last five years.
    """

    signs: pd.DataFrame
    reach: pd.DataFrame
    size: pd.DataFrame


def read_evidence(engine: Engine, params: StudyParams, lists: ListsData) -> FirmEvidence:
    """Read what the canonical tables say of the companies on the day of the study.

    The lists themselves are never read, and what measures the effort of authorities enters reach
    alone. Signs are ranks among firms of the same section of activity, as normal scores. Age is a
    sign only: that a young firm had less time to be found is for the lag of each list to say.

    Parameters
    ----------
    engine : Engine
        With companies, accounts, officers, ownership, contracts, tenders, bids, consortia, areas
        and area_years registered.
    params : StudyParams
        ``currency`` and ``choices.prevalence`` are read.
    lists : ListsData
        Gives the companies and the day; rows dated later do not exist.

    Raises
    ------
    CheckFailed
        When a measure of effort does not exist.
    """
    companies, choices = lists.companies, params.choices.prevalence
    effort = read_area_effort(engine, lists, choices.effort_measures, choices.window_years)
    figures = read_figures(engine, lists.study_day, params.currency, companies["company_id"])
    reach = pd.concat([figures.reach, effort], axis=1)
    return FirmEvidence(
        signs=score_among_peers(figures.signs, companies["section"]),
        reach=reach[[name for name in reach if is_informative(reach[name])]],
        cluster=find_clusters(engine, lists.study_day, companies["company_id"]),
    )


def read_figures(engine: Engine, day: date, currency: str, companies: pd.Series) -> FirmFigures:
    """Read figures of firms from accounts, registers, contracts and bids up to a day.

    Parameters
    ----------
    engine : Engine
        With companies, accounts, officers, ownership, contracts, tenders, bids and consortia
        registered.
    day : datetime.date
        Rows dated later do not exist.
    currency : str
        In which levels are read.
    companies : pandas.Series of str
        Ids of the firms; a firm without a figure has it missing.
    """
    accounts = _align(read_accounts(engine, day, currency), companies)
    contracting = _align(read_contracting(engine, day, currency), companies)
    signs = pd.concat(
        [
            accounts[[*RATIOS, "revenue_growth", "filed_share"]],
            _align(read_officers(engine, day), companies),
            _align(read_owners(engine, day), companies),
            _align(read_registration(engine, day), companies),
            contracting[["contract_value", "win_share"]],
        ],
        axis=1,
    )
    reach = pd.DataFrame(
        {
            "log_size": _measure_size(accounts),
            "has_bank_debt": accounts["has_bank_debt"],
            "is_supplier": contracting["is_supplier"].fillna(0.0),
        }
    )
    return FirmFigures(signs, reach, accounts[["employees", "revenue"]])


def _align(frame: pd.DataFrame, companies: pd.Series) -> pd.DataFrame:
    return frame.reindex(companies).set_axis(companies.index)


def _measure_size(accounts: pd.DataFrame) -> pd.Series:
    """Return log revenue; from employees at the usual revenue of each where there is none."""
    revenue, employees = np.log(accounts["revenue"]), np.log(accounts["employees"])
    usual = (revenue - employees).median()
    if np.isnan(usual):
        usual = 0.0
    return revenue.fillna(employees + usual)
