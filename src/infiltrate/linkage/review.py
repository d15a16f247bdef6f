"""Verdicts of a person on pairs, read from and written to a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from infiltrate.errors import CheckFailed, Problem

VERDICTS = ("same", "different", "unsure")
COLUMNS = (
    "record_kind",
    "record_id",
    "company_id",
    "record_name",
    "company_name",
    "probability",
    "verdict",
)
_NEEDED = ("record_id", "company_id", "verdict")
_MOST_SHOWN = 50


@dataclass(frozen=True)
class Verdicts:
    """What a person decided.

    Attributes
    ----------
    by_pair : dict
        Verdict by (record id, company id); pairs without one are absent.
    """

    by_pair: Mapping[tuple[str, str], str]


def read_verdicts(
    text: str, name: str, records: Collection[str], companies: Collection[str]
) -> Verdicts:
    """Read a file of verdicts and check it.

    Parameters
    ----------
    text : str
        Content of the file: a header, then one line a pair.
    name : str
        How the file is called in messages.
    records, companies : collection of str
        The ids there are.

    Raises
    ------
    CheckFailed
        With everything that is wrong: columns missing, words that are no verdict, ids that do not
        exist, two verdicts on one pair, a record that is said to be two companies.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [column for column in _NEEDED if column not in (reader.fieldnames or ())]
    if missing:
        raise CheckFailed(
            f"{name}: the verdicts cannot be read.",
            [
                Problem(
                    f"{name}, first line",
                    f"no column {', '.join(missing)}",
                    ", ".join(COLUMNS),
                    "Start from the match_review.csv of a run, and save it with commas.",
                )
            ],
        )
    verdicts: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for row in reader:
        where = f"{name}, line {reader.line_num}"
        record, company, verdict = ((row[column] or "").strip() for column in _NEEDED)
        verdict = verdict.lower()
        if not verdict:
            continue
        if verdict not in VERDICTS:
            allowed = f"{', '.join(VERDICTS)}, or empty"
            problems.append(Problem(where, f"verdict '{verdict}'", allowed))
        problems += _find_strangers(where, "record to match", record, records)
        problems += _find_strangers(where, "company of the register", company, companies)
        earlier = verdicts.setdefault((record, company), verdict)
        if earlier != verdict:
            problems.append(
                Problem(
                    where,
                    f"'{verdict}', and '{earlier}' in an earlier line on the same pair",
                    fix="Keep one of the two lines.",
                )
            )
    problems += _find_twice_same(verdicts, name)
    if problems:
        more = len(problems) - _MOST_SHOWN
        shown = problems[:_MOST_SHOWN] + (
            [Problem(name, f"{more} more problems of the same kinds")] if more > 0 else []
        )
        raise CheckFailed(f"{name}: the verdicts contradict the tables or each other.", shown)
    return Verdicts(verdicts)


def write_review(pairs: pd.DataFrame) -> str:
    """Return the review file: uncertain pairs, the most probable first within a record.

    Parameters
    ----------
    pairs : pandas.DataFrame
        With the columns `COLUMNS`.
    """
    ordered = pairs.sort_values(
        ["record_kind", "record_id", "probability", "company_id"],
        ascending=[True, True, False, True],
    )
    ordered = ordered.assign(probability=ordered["probability"].map("{:.3f}".format))
    return str(ordered[list(COLUMNS)].to_csv(index=False, lineterminator="\n"))


def _find_strangers(where: str, what: str, one: str, every: Collection[str]) -> Iterator[Problem]:
    if one not in every:
        yield Problem(where, f"'{one}' is no {what}", fix="Delete the line or mend the id.")


def _find_twice_same(verdicts: Mapping[tuple[str, str], str], name: str) -> list[Problem]:
    same: dict[str, list[str]] = {}
    for (record, company), verdict in verdicts.items():
        if verdict == "same":
            same.setdefault(record, []).append(company)
    return [
        Problem(
            f"{name}, record {record}",
            f"'same' as {len(companies)} companies: {', '.join(sorted(companies))}",
            "one company at most",
            "Keep 'same' for one of them.",
        )
        for record, companies in sorted(same.items())
        if len(companies) > 1
    ]
