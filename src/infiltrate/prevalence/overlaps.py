"""The lists side by side: what they hold, whom they share or could name, how late they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.odds_ratio import keep_two_digits, measure_odds_ratio
from infiltrate.protection.rounding import round_count

DAYS_PER_MONTH = 365.25 / 12
LAG_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def summarise_lists(data: ListsData, rules: DisclosureChoices) -> pd.DataFrame:
    """Describe what each list holds and how much of it concerns this study.

    Returns
    -------
    pandas.DataFrame
        One row per list. ``entries`` (measures) and, of these, ``annulled`` (or ended in the
        firm's favour), ``undated`` and ``match_not_stated`` (no match probability: taken as 1);
        ``subjects`` (different identifiers) and, of these, ``matched`` (companies of the study),
        ``natural_persons``, ``other`` (consortia, public bodies, dissolved or of unknown kind) and
        ``unmatched`` (not among the economic operators); ``listed``: matched with an entry that
        stands; ``first_on``, ``last_on``; coverage as the parameters state it. Counts are rounded;
        those of firms are missing when above 0 and below ``minimum_listed``, however coarse the
        rounding, here and in the other tables of lists.
    """
    rows = []
    for k, definition in enumerate(data.lists):
        entries = data.entries[data.entries["list_id"] == definition.id]
        subjects = entries.drop_duplicates("company_id")["subject"]
        counts = {
            "entries": len(entries),
            "annulled": (~entries["stands"]).sum(),
            "undated": entries["listed_on"].isna().sum(),
            "match_not_stated": (~entries["has_match_probability"].astype(bool)).sum(),
        }
        firms = {
            "subjects": len(subjects),
            "matched": (subjects == "in_scope").sum(),
            "natural_persons": (subjects == "natural_person").sum(),
            "other": subjects.isin(["other_kind", "dissolved"]).sum(),
            "unmatched": (subjects == "unknown_company").sum(),
            "listed": data.listed[:, k].sum(),
        }
        rows.append(
            {
                "list_id": definition.id,
                "title": definition.title,
                "authority": definition.authority,
                "nature": definition.nature,
                "organised_crime": definition.organised_crime,
                "exposure": definition.exposure,
                **{name: round_count(number, rules.round_to) for name, number in counts.items()},
                **{name: _show(number, rules) for name, number in firms.items()},
                "first_on": entries["listed_on"].min(),
                "last_on": entries["listed_on"].max(),
                "coverage_from": pd.Timestamp(definition.coverage_from),
                "coverage_to": pd.Timestamp(definition.coverage_to),
            }
        )
    return _typed(
        rows,
        _SUMMARY_COLUMNS,
        ["subjects", "matched", "natural_persons", "other", "unmatched", "listed"],
    )


def overlap_table(data: ListsData, rules: DisclosureChoices) -> pd.DataFrame:
    """Count companies on each combination of lists, as an UpSet plot shows them.

    Returns
    -------
    pandas.DataFrame
        One row per combination that occurs, most frequent first: one boolean column per list,
        ``lists`` (number of them) and ``companies``, rounded. Companies on no list are left
        out.
    """
    names = list(data.list_ids)
    on_any = data.listed[data.listed.any(axis=1)]
    patterns, companies = np.unique(on_any, axis=0, return_counts=True)
    table = pd.DataFrame(patterns, columns=names)
    table["lists"] = patterns.sum(axis=1)
    table["companies"] = pd.array([_show(number, rules) for number in companies], dtype="Int64")
    order = ["companies", "lists", *names]
    ascending = [False, True, *[False] * len(names)]
    return table.sort_values(order, ascending=ascending, ignore_index=True)


def pairwise_overlap(
    data: ListsData, rules: DisclosureChoices, interval: float = 0.95
) -> pd.DataFrame:
    """Compare every two lists among the companies that both could have named.

    Returns
    -------
    pandas.DataFrame
        One row per pair, ``list_a`` before ``list_b``: companies ``exposed`` to both, on
        ``listed_a``, ``listed_b`` and ``both`` of them, rounded; ``expected``
        on both if the lists were independent; ``odds_ratio`` with ``low`` and ``high``
        (see ``odds_ratio.measure_odds_ratio``), missing when fewer companies than
        ``minimum_listed`` are on both; ``interval``.

    Notes
    -----
    The odds ratio is over all companies, most of them not infiltrated: it is far above 1 even
    when two authorities work without knowing of each other, because both look for the same
    firms. It is no test of independence among infiltrated firms.
    """
    rows = []
    for j, k in combinations(range(len(data.lists)), 2):
        exposed = data.exposed[:, j] & data.exposed[:, k]
        a, b = data.listed[exposed, j], data.listed[exposed, k]
        counts = {"listed_a": a.sum(), "listed_b": b.sum(), "both": (a & b).sum()}
        rows.append(
            {
                "list_a": data.list_ids[j],
                "list_b": data.list_ids[k],
                "exposed": round_count(len(a), rules.round_to),
                **{name: _show(number, rules) for name, number in counts.items()},
                "expected": keep_two_digits(a.sum() * b.sum() / len(a)) if len(a) else np.nan,
                **measure_odds_ratio(a, b, rules, interval),
                "interval": interval,
            }
        )
    return _typed(rows, _PAIR_COLUMNS, ["listed_a", "listed_b", "both"])


def exposure_funnel(data: ListsData, rules: DisclosureChoices) -> pd.DataFrame:
    """Follow each list from all companies to those it could name and those it names.

    Returns
    -------
    pandas.DataFrame
        Four rows per list, in order: ``step`` and ``firms``, rounded. Firms listed although the
        rule says they could not be show that the exposure rule, or the matching, is not right.
    """
    rows = []
    for k, name in enumerate(data.list_ids):
        listed, exposed = data.listed[:, k], data.exposed[:, k]
        steps = {
            "companies in the sources": len(data.companies),
            "could be listed": exposed.sum(),
            "listed": (listed & exposed).sum(),
            "listed though outside the rule": (listed & ~exposed).sum(),
        }
        rows += [
            {"list_id": name, "step": step, "firms": _show(number, rules)}
            for step, number in steps.items()
        ]
    return _typed(rows, ["list_id", "step", "firms"], ["firms"]).astype({"firms": float})


def listing_lags(data: ListsData, rules: DisclosureChoices) -> pd.DataFrame:
    """Measure the months from a company's first contract in the data to its first entry.

    Returns
    -------
    pandas.DataFrame
        One row per list: ``firms`` with both dates, rounded; ``listed_before_contract``, the share
        of them listed first (a negative lag); quantiles ``p10`` to ``p90`` of the lag in whole
        months. All missing below ``minimum_listed`` firms.

    Notes
    -----
    Contracts before the data begin are not seen, so that lags are too short; firms not listed
    yet are not seen either.
    """
    first_contract = data.companies["first_contract_on"].to_numpy().astype("datetime64[D]")
    rows = []
    for k, name in enumerate(data.list_ids):
        days = (data.listed_on[:, k] - first_contract)[data.listed[:, k]]
        months = days[~np.isnat(days)].astype(float) / DAYS_PER_MONTH
        row: dict[str, object] = {"list_id": name, "firms": _show(len(months), rules)}
        if len(months) >= rules.minimum_listed:
            row["listed_before_contract"] = keep_two_digits((months < 0).mean())
            quantiles = np.quantile(months, LAG_QUANTILES).round()
            row |= {f"p{int(100 * q)}": m for q, m in zip(LAG_QUANTILES, quantiles, strict=True)}
        rows.append(row)
    columns = [f"p{int(100 * q)}" for q in LAG_QUANTILES]
    return _typed(rows, ["list_id", "firms", "listed_before_contract", *columns], ["firms"]).astype(
        dict.fromkeys(["listed_before_contract", *columns], float)
    )


_SUMMARY_COLUMNS = ["list_id", "title", "authority", "nature", "organised_crime", "exposure"]
_SUMMARY_COLUMNS += ["entries", "annulled", "undated", "match_not_stated", "subjects", "matched"]
_SUMMARY_COLUMNS += ["natural_persons", "other", "unmatched", "listed", "first_on", "last_on"]
_SUMMARY_COLUMNS += ["coverage_from", "coverage_to"]
_PAIR_COLUMNS = ["list_a", "list_b", "exposed", "listed_a", "listed_b", "both", "expected"]
_PAIR_COLUMNS += ["odds_ratio", "low", "high", "interval"]


def _show(number: int, rules: DisclosureChoices) -> int | None:
    """Round a count of firms, or keep it closed when it is small, as the floor is."""
    if 0 < number < rules.minimum_listed:
        return None
    return round_count(number, rules.round_to)


def _typed(
    rows: Sequence[Mapping[str, object]], columns: list[str], counts: list[str]
) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(counts, "Int64"))
