"""A synthetic country as the ranking would have it: companies of a day, features, lists, groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.prevalence.lists import ListsData
from infiltrate.risk.cohorts import Cohort
from infiltrate.synth import SyntheticCountry
from infiltrate.validation.country import view_country

TRUTH = "the truth"
"""Name of the list that an oracle learns from: every infiltrated company and no other."""

_NAMES = {
    "size": "log_size",
    "uses_bank": "has_bank_debt",
    "inspections_per_1000_firms": "effort_inspections_per_1000_firms",
    "police_per_100k": "effort_police_per_100k",
}


def describe_cohort(
    country: SyntheticCountry, as_of: date | None = None, window_closes: date | None = None
) -> Cohort:
    """Put together what is known of the companies of a synthetic country on a day.

    Parameters
    ----------
    country : SyntheticCountry
        Its ``infiltrated``, ``kind``, ``wrong`` and ``effort`` are not read.
    as_of : date, optional
        Companies on a list about organised crime by this day are left out; when it is not given,
        the day before the first entry.
    window_closes : date, optional
        Last day on which an entry counts; the day of observation when it is not given.

    Returns
    -------
    Cohort
        Features are those of the day of observation on any day: a company's signature does not
        change in these countries. Columns have the names of the ranking, so that the same are
        signs, exposure and effort.
    """
    view = view_country(country)
    lists, evidence = view.lists, view.evidence
    closes = np.datetime64(window_closes or country.observed_on, "D")
    opens = np.datetime64(as_of, "D") if as_of else _day_before_entries(lists)
    is_before = (lists.listed & (lists.listed_on <= opens)).any(axis=1)
    listed = lists.listed & (lists.listed_on > opens) & (lists.listed_on <= closes)
    companies = pd.Index(country.firms["company_id"], name="company_id")
    signs = evidence.signs.drop(columns=["log_age", "sells_to_public"])
    features = pd.concat([signs, evidence.reach.rename(columns=_NAMES)], axis=1).assign(
        age_years=country.firms["age_years"],
        is_supplier=country.firms["sells_to_public"].astype(float),
        area=country.firms["region"],
        sector_section=country.firms["section"],
    )
    region = country.firms["region"].to_numpy()
    cohort = Cohort(
        as_of=pd.Timestamp(opens).date(),
        window_closes=pd.Timestamp(closes).date(),
        features=features.set_axis(companies),
        labels=pd.DataFrame({"is_listed": listed.any(axis=1), "censored": False}, companies),
        listed=pd.DataFrame(listed, companies, list(lists.list_ids)),
        exposed=pd.DataFrame(lists.exposed | listed, companies, list(lists.list_ids)),
        groups=pd.DataFrame(
            {
                "connected_group": evidence.cluster,
                "buyer_region": region,
                "first_active_on": lists.companies["incorporated_on"].to_numpy(),
            },
            companies,
        ),
        traits=pd.DataFrame({"region": region}, companies),
    )
    return cohort.take(np.flatnonzero(~is_before))


def reveal_truth(cohort: Cohort, country: SyntheticCountry) -> Cohort:
    """Return the cohort with the truth for labels: one list that names who is infiltrated."""
    infiltrated = pd.Series(country.infiltrated, country.firms["company_id"])
    truth = infiltrated.reindex(cohort.features.index).to_numpy()
    companies = cohort.features.index
    return replace(
        cohort,
        labels=pd.DataFrame({"is_listed": truth, "censored": False}, companies),
        listed=pd.DataFrame({TRUTH: truth}, companies),
        exposed=pd.DataFrame({TRUTH: True}, companies),
    )


def permute_labels(cohort: Cohort, rng: np.random.Generator) -> Cohort:
    """Return the cohort with each company's entries handed to another company."""
    order = rng.permutation(len(cohort.features))
    companies = cohort.features.index
    return replace(
        cohort,
        labels=cohort.labels.iloc[order].set_axis(companies),
        listed=cohort.listed.iloc[order].set_axis(companies),
        exposed=cohort.exposed.iloc[order].set_axis(companies),
    )


def halve_time(country: SyntheticCountry) -> tuple[Cohort, Cohort]:
    """Return the companies of two days: before the first entry, and once half of them were made.

    The window of the first closes on the second, so that its entries may be learnt from then.
    """
    lists = view_country(country).lists
    entered = np.sort(lists.listed_on[lists.listed])
    middle = entered[len(entered) // 2] if len(entered) else np.datetime64(country.observed_on)
    day = pd.Timestamp(middle).date()
    return describe_cohort(country, window_closes=day), describe_cohort(country, as_of=day)


def _day_before_entries(lists: ListsData) -> np.datetime64:
    entered = lists.listed_on[lists.listed]
    first = entered.min() if len(entered) else np.datetime64(lists.study_day)
    return first - np.timedelta64(1, "D")
