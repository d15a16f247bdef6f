"""Every record with its candidates and their probabilities, before anybody decides."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from infiltrate.linkage.blocking import Candidates, find_candidates
from infiltrate.linkage.evidence import COMPARISONS, compare_pairs, rates_of_chance
from infiltrate.linkage.records import Sides
from infiltrate.linkage.weighing import (
    LinkParameters,
    Weighed,
    apply_parameters,
    weigh_pairs,
)
from infiltrate.params.choices import EngineChoices
from infiltrate.params.linkage_choices import LinkageChoices

_DIGITS = 9
"""Probabilities are rounded: the last digits of a sum hang on the machine."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Candidates of every record.

    Attributes
    ----------
    pairs : pandas.DataFrame
        One row per pair compared, by record and company (positions): levels by comparison,
        ``is_stated`` (the record states this company's number), ``by_name`` (a key of the name
        brought the two together), ``probability``, and ``unnumbered``: what the probability were,
        did the record state no number (missing where only the number made the pair).
    numbers : numpy.ndarray of str
        By record: none, known or unknown to the register.
    parameters : LinkParameters
        What levels and numbers were worth.
    candidates : Candidates
        What was compared and what was left out.
    """

    pairs: pd.DataFrame
    numbers: np.ndarray
    parameters: LinkParameters
    candidates: Candidates


def match_records(sides: Sides, choices: LinkageChoices, engine: EngineChoices) -> Matches:
    """Compare every record with its candidates and weigh them.

    The same rows in any order give the same result.

    Parameters
    ----------
    sides : Sides
        Records and companies, sorted by their ids.
    choices : LinkageChoices
        ``largest_block`` and ``trained_until`` are read.
    engine : EngineChoices
        How much of the machine may be taken.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET memory_limit = '{int(engine.memory_gib * 1024)}MiB'")
        connection.execute(f"SET threads = {engine.threads}")
        candidates = find_candidates(
            connection, sides.records, sides.companies, choices.largest_block
        )
        pairs = _add_stated(candidates.pairs, sides)
        compared = compare_pairs(connection, sides.records, sides.companies, pairs)
    compared = compared.merge(pairs, on=["record", "company"], how="left")
    numbers = _know_numbers(sides)
    teaching = _teaching(sides, choices)
    chance = rates_of_chance(sides.records[teaching], sides.companies)
    size = len(sides.companies)
    weighed = weigh_pairs(compared, numbers, size, teaching, chance)
    unnumbered = _forget_numbers(compared, weighed, size, len(sides.records))
    compared = compared.assign(
        probability=np.round(weighed.pair, _DIGITS), unnumbered=np.round(unnumbered, _DIGITS)
    )
    kept = ["record", "company", *COMPARISONS, "is_stated", "by_name", "probability", "unnumbered"]
    return Matches(compared[kept], numbers, weighed.parameters, candidates)


def _add_stated(pairs: pd.DataFrame, sides: Sides) -> pd.DataFrame:
    """Add the companies whose numbers are stated to those that a name brings together."""
    records = pd.Index(sides.records["record_id"])
    companies = pd.Index(sides.companies["company_id"])
    stated = pd.DataFrame(
        {
            "record": records.get_indexer(sides.stated["record_id"]),
            "company": companies.get_indexer(sides.stated["company_id"]),
            "is_stated": True,
        }
    )
    both = pairs.assign(by_name=True).merge(stated, on=["record", "company"], how="outer")
    flags = {name: both[name].notna() for name in ("is_stated", "by_name")}
    return both.assign(**flags).sort_values(["record", "company"], ignore_index=True)


def _know_numbers(sides: Sides) -> np.ndarray:
    states = sides.records["stated_id"].notna().to_numpy()
    is_known = sides.records["record_id"].isin(sides.stated["record_id"]).to_numpy()
    return np.where(is_known, "known", np.where(states, "unknown", "none"))


def _teaching(sides: Sides, choices: LinkageChoices) -> np.ndarray:
    named = sides.records["key"].notna().to_numpy()
    if choices.trained_until is None:
        return named
    seen = pd.to_datetime(sides.records["seen_on"])
    return named & (seen <= pd.Timestamp(choices.trained_until)).to_numpy()


def _forget_numbers(
    compared: pd.DataFrame, weighed: Weighed, companies: int, records: int
) -> np.ndarray:
    """Weigh pairs that a name made as if no record stated a number."""
    by_name = compared["by_name"].to_numpy()
    part = compared[by_name].assign(is_stated=False)
    blank = np.full(records, "none", dtype="<U7")
    values = np.full(len(compared), np.nan)
    values[by_name] = apply_parameters(part, blank, companies, weighed.parameters)
    return values
