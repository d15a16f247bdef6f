"""A synthetic country as an analyst would have it: what is published, never who is infiltrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.params.lists import ListDefinition
from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.lists import Denominator, ListsData
from infiltrate.synth import SyntheticCountry
from infiltrate.validation.variants import AS_STATED, state_lists

EFFORT_MEASURES = ("inspections_per_1000_firms", "police_per_100k")
"""Published measures of the effort of authorities, by region and year."""

_FROM_ACCOUNTS = (
    "thin_payroll",
    "asset_turnover",
    "material_share",
    "low_margin",
    "revenue_growth",
    "inventory_share",
)


@dataclass(frozen=True, eq=False)
class AnalystView:
    """What estimators are given of a country."""

    lists: ListsData
    evidence: FirmEvidence


def view_country(country: SyntheticCountry, change: str = AS_STATED) -> AnalystView:
    """Put together the lists and the evidence of a synthetic country.

    Parameters
    ----------
    country : SyntheticCountry
        Its ``infiltrated``, ``kind``, ``wrong`` and ``effort`` are not read.
    change : str
        What the analyst states wrongly of the lists, one of `variants.CHANGES`.

    Notes
    -----
    Priors on wrong entries are those stated in the country's parameters, not the rates the entries
    were drawn with. Ratios of accounts are missing for firms that file none.
    """
    definitions = state_lists(country.lists, change)
    return AnalystView(_view_lists(country, definitions), _view_evidence(country))


def _view_lists(country: SyntheticCountry, definitions: Sequence[ListDefinition]) -> ListsData:
    firms = country.firms
    companies = pd.DataFrame(
        {
            "company_id": firms["company_id"],
            "area_id": firms["region"],
            "section": firms["section"],
            "incorporated_on": _incorporation(country),
            "first_contract_on": pd.NaT,
        }
    )
    sells = firms["sells_to_public"].to_numpy(dtype=bool)
    exposed = np.column_stack([sells | (d.exposure == "all_companies") for d in definitions])
    return ListsData(
        study_day=country.observed_on,
        lists=tuple(definitions),
        companies=companies,
        listed=country.listed,
        match=country.match,
        exposed=exposed,
        listed_on=country.listed_on,
        entries=pd.DataFrame({"list_id": pd.Series(dtype=object)}),
        denominator=Denominator(len(firms), "active firms of the synthetic country", True),
        out_of_scope={},
    ).organised_crime


def _incorporation(country: SyntheticCountry) -> pd.Series:
    days = (country.firms["age_years"] * 365.25).round()
    return pd.Timestamp(country.observed_on) - pd.to_timedelta(days, unit="D")


def _view_evidence(country: SyntheticCountry) -> FirmEvidence:
    firms = country.firms
    signs = firms[list(country.features)].assign(
        log_age=np.log(firms["age_years"]), sells_to_public=firms["sells_to_public"].astype(float)
    )
    signs.loc[~country.files_accounts, list(_FROM_ACCOUNTS)] = np.nan
    reach = pd.DataFrame({"size": firms["size"], "uses_bank": firms["uses_bank"].astype(float)})
    measures = country.area_years[country.area_years["measure"].isin(EFFORT_MEASURES)]
    effort = measures.groupby(["measure", "area"])["value"].mean()
    for measure in EFFORT_MEASURES:
        reach[measure] = firms["region"].map(effort[measure]).to_numpy(dtype=float)
    return FirmEvidence(signs, reach, pd.factorize(firms["group"])[0])
