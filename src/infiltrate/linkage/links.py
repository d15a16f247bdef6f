"""From probabilities and verdicts to links, entries of lists, and what a person should look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.linkage.evidence import NAME_DIFFERS
from infiltrate.linkage.matching import Matches, match_records
from infiltrate.linkage.records import Sides, read_sides
from infiltrate.linkage.review import COLUMNS, Verdicts, read_verdicts, write_review
from infiltrate.params.choices import EngineChoices
from infiltrate.params.linkage_choices import LinkageChoices
from infiltrate.tables.engine import Engine

LINK_COLUMNS = pa.schema(
    [
        pa.field("record_kind", pa.string(), nullable=False),
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("company_id", pa.string(), nullable=False),
        pa.field("group_id", pa.string()),
        pa.field("record_name", pa.string()),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("decided_by", pa.string(), nullable=False),
        pa.field("verdict", pa.string()),
        pa.field("is_accepted", pa.bool_(), nullable=False),
    ]
)
"""Columns of ``company_links``: one row per record and candidate company. ``decided_by`` is
identifier (the record states this company's number, and the names do not contradict it), model or
review; ``verdict`` same, different, unsure or empty."""

LINK_KEY = ("record_kind", "record_id", "company_id")
NO_REVIEW = Verdicts({})
_LEAST_KEPT = 0.01


@dataclass(frozen=True, eq=False)
class Links:
    """What matching a study's records came to.

    Attributes
    ----------
    table : pyarrow.Table
        ``company_links``, of `LINK_COLUMNS`: candidates of at least 0.01, those whose number is
        stated, and those with a verdict.
    entries : pandas.DataFrame
        Rows of ``list_entries`` that mentions became.
    review : str
        The file for a person: uncertain pairs and earlier verdicts.
    outcomes : pandas.DataFrame
        One row per list (and for suppliers): ``group_id``, ``records``, ``by_number``,
        ``by_name``, ``by_review``, ``uncertain`` (somebody should look) and ``none``.
    check : pandas.DataFrame
        One row per bin of a tenth: ``bin``, ``pairs``, ``probability`` (mean) and ``share`` that
        is right, of pairs weighed without numbers where the record states a number of the
        register and the names do not contradict it.
    matches : Matches or None
        Candidates and parameters; None when there was nothing to match.
    notes : tuple of str
        What a reader must know.
    """

    table: pa.Table
    entries: pd.DataFrame
    review: str
    outcomes: pd.DataFrame
    check: pd.DataFrame
    matches: Matches | None
    notes: tuple[str, ...]


def link_records(
    engine: Engine,
    choices: LinkageChoices,
    machine: EngineChoices,
    reviewed: str | None = None,
) -> Links:
    """Match mentions of lists, and suppliers without a number, to companies of the register.

    Parameters
    ----------
    engine : Engine
        With companies, company_identifiers, list_mentions, contracts, bids and areas registered.
    choices : LinkageChoices
        Thresholds, cap on blocks, day of training.
    machine : EngineChoices
        How much memory and how many threads may be taken.
    reviewed : str, optional
        Content of the file of verdicts.

    Raises
    ------
    CheckFailed
        When the verdicts contradict the tables or each other.
    """
    sides = read_sides(engine)
    verdicts = NO_REVIEW
    if reviewed is not None:
        verdicts = read_verdicts(
            reviewed,
            choices.reviewed or "verdicts",
            set(sides.records["record_id"]),
            set(sides.companies["company_id"]),
        )
    if not choices.on or sides.records.empty or sides.companies.empty:
        return _nothing_linked(sides, choices)
    matches = match_records(sides, choices, machine)
    decided = decide_links(sides, matches, verdicts, choices)
    return Links(
        table=pa.Table.from_pandas(
            decided[LINK_COLUMNS.names], schema=LINK_COLUMNS, preserve_index=False
        ),
        entries=_make_entries(engine, decided),
        review=_choose_for_review(sides, decided, choices),
        outcomes=_count_outcomes(sides, decided, choices),
        check=check_with_numbers(matches),
        matches=matches,
        notes=_say_what_was_left_out(sides, matches),
    )


def decide_links(
    sides: Sides, matches: Matches, verdicts: Verdicts, choices: LinkageChoices
) -> pd.DataFrame:
    """Put verdicts over probabilities and say which links are accepted.

    A pair judged different is none of the candidates, whose probabilities then add up as before;
    one judged same is the only one. A pair whose names have nothing in common is accepted by a
    person alone, also where the number is the company's; so is a pair somebody was unsure of.
    """
    pairs = matches.pairs
    frame = pd.DataFrame(
        {
            "position": pairs["record"].to_numpy(),
            "record_kind": sides.records["record_kind"].to_numpy()[pairs["record"]],
            "record_id": sides.records["record_id"].to_numpy()[pairs["record"]],
            "company_id": sides.companies["company_id"].to_numpy()[pairs["company"]],
            "probability": pairs["probability"].to_numpy(),
            "is_stated": pairs["is_stated"].to_numpy(),
            "contradicts": (pairs["name"] == NAME_DIFFERS).to_numpy(),
        }
    )
    frame = _overrule(_add_judged(frame, sides, verdicts))
    described = sides.records.set_index("record_id")
    frame = frame.assign(
        group_id=frame["record_id"].map(described["group_id"]),
        record_name=frame["record_id"].map(described["name"]),
    )
    is_judged = frame["verdict"].isin(["same", "different"])
    by_number = frame["is_stated"] & ~frame["contradicts"]
    frame["decided_by"] = np.select(
        [is_judged, by_number], ["review", "identifier"], default="model"
    )
    may = ~frame["contradicts"] & (frame["verdict"] == "")
    frame["is_accepted"] = (frame["verdict"] == "same") | (
        may & (frame["probability"] >= choices.accept_from)
    )
    kept = (frame["probability"] >= _LEAST_KEPT) | frame["is_stated"] | (frame["verdict"] != "")
    return frame[kept].sort_values(list(LINK_KEY), ignore_index=True)


def check_with_numbers(matches: Matches) -> pd.DataFrame:
    """Hold probabilities by name alone against numbers, bin by bin; see `Links.check`."""
    pairs = matches.pairs
    trusted = pairs[pairs["is_stated"] & (pairs["name"] != NAME_DIFFERS)]["record"]
    part = pairs[pairs["record"].isin(trusted) & pairs["by_name"]]
    return bin_probabilities(part["unnumbered"].to_numpy(), part["is_stated"].to_numpy())


def bin_probabilities(probability: np.ndarray, is_right: np.ndarray) -> pd.DataFrame:
    """Return ``bin`` (lower end), ``pairs``, mean ``probability`` and ``share`` right by tenth."""
    tenth = np.minimum((10 * np.asarray(probability)).astype(int), 9)
    pairs = np.bincount(tenth, minlength=10)
    with np.errstate(invalid="ignore"):
        frame = pd.DataFrame(
            {
                "bin": np.arange(10) / 10,
                "pairs": pairs,
                "probability": np.bincount(tenth, probability, 10) / pairs,
                "share": np.bincount(tenth, is_right, 10) / pairs,
            }
        )
    return frame[frame["pairs"] > 0].reset_index(drop=True)


def _add_judged(frame: pd.DataFrame, sides: Sides, verdicts: Verdicts) -> pd.DataFrame:
    """Add verdicts to pairs, and pairs that only a person thought of."""
    judged = pd.DataFrame(
        [(*pair, verdict) for pair, verdict in verdicts.by_pair.items()],
        columns=["record_id", "company_id", "verdict"],
        dtype=object,
    )
    both = frame.merge(judged, on=["record_id", "company_id"], how="outer")
    position = pd.Series(range(len(sides.records)), index=sides.records["record_id"])
    both["position"] = both["record_id"].map(position)
    both["record_kind"] = both["position"].map(sides.records["record_kind"])
    for name in ("is_stated", "contradicts"):
        both[name] = both[name].eq(other=True)
    return both.assign(
        verdict=both["verdict"].fillna(""), probability=both["probability"].fillna(0.0)
    )


def _overrule(frame: pd.DataFrame) -> pd.DataFrame:
    same = frame.groupby("position")["verdict"].transform(lambda one: (one == "same").any())
    left = frame["probability"].where(frame["verdict"] != "different", 0.0)
    lost = (frame["probability"] - left).groupby(frame["position"]).transform("sum")
    # what was taken away goes to the others and to none in the proportions they had
    scaled = left / np.maximum(1 - lost, 1e-9)
    decided = np.where(same, (frame["verdict"] == "same").astype(float), scaled)
    return frame.assign(probability=np.clip(decided, 0.0, 1.0))


def _make_entries(engine: Engine, decided: pd.DataFrame) -> pd.DataFrame:
    mentions = engine.frame(
        "SELECT m.list_id || '|' || m.entry_id || '|' || m.mention_id AS record_id, "
        "m.list_id AS list_id, m.entry_id AS entry_id, m.listed_on AS listed_on, "
        "m.conduct_from AS conduct_from, m.removed_on AS removed_on, m.outcome AS outcome, "
        "m.reason AS reason, m.source_id AS source_id FROM list_mentions AS m"
    )
    accepted = decided[decided["is_accepted"] & (decided["record_kind"] == "list_mention")]
    accepted = accepted[["record_id", "company_id", "probability"]]
    entries = mentions.merge(accepted, on="record_id")
    entries = entries.rename(columns={"probability": "match_probability"})
    key = ["list_id", "entry_id", "company_id"]
    entries = entries.sort_values(
        [*key, "match_probability", "record_id"], ascending=[True, True, True, False, True]
    )
    # an entry that names a company twice is one entry
    return entries.drop_duplicates(key).drop(columns="record_id").reset_index(drop=True)


def _choose_for_review(sides: Sides, decided: pd.DataFrame, choices: LinkageChoices) -> str:
    settled = decided.loc[decided["is_accepted"], "record_id"]
    open_pair = ~decided["record_id"].isin(settled) & (
        (decided["probability"] >= choices.review_from) | decided["is_stated"]
    )
    pairs = decided[open_pair | (decided["verdict"] != "")]
    names = sides.companies.set_index("company_id")["name"]
    pairs = pairs.assign(company_name=pairs["company_id"].map(names))
    return write_review(pairs[list(COLUMNS)])


def _count_outcomes(sides: Sides, decided: pd.DataFrame, choices: LinkageChoices) -> pd.DataFrame:
    names = {"identifier": "by_number", "model": "by_name", "review": "by_review"}
    accepted = decided[decided["is_accepted"]]
    found = dict(zip(accepted["record_id"], accepted["decided_by"].map(names), strict=True))
    is_open = (decided["probability"] >= choices.review_from) | decided["is_stated"]
    waiting = dict.fromkeys(decided.loc[is_open, "record_id"], "uncertain")
    records = sides.records[["group_id", "record_id"]]
    state = pd.Series(
        [found.get(one, waiting.get(one, "none")) for one in records["record_id"]],
        index=records.index,
        dtype=object,
    )
    counts = pd.crosstab(records["group_id"], state)
    counts = counts.reindex(columns=[*names.values(), "uncertain", "none"], fill_value=0)
    counts.insert(0, "records", counts.sum(axis=1))
    return counts.rename_axis(index="group_id", columns=None).reset_index()


def _say_what_was_left_out(sides: Sides, matches: Matches) -> tuple[str, ...]:
    records = sides.records
    notes = []
    nameless = int(records["key"].isna().sum())
    has_pair = np.isin(np.arange(len(records)), matches.pairs["record"])
    is_crowded = np.isin(np.arange(len(records)), sorted(matches.candidates.crowded))
    alone = int((records["key"].notna().to_numpy() & ~has_pair & ~is_crowded).sum())
    crowded = len(matches.candidates.crowded)
    told = (
        (nameless, "records to match have no name to compare; only a number can place them."),
        (alone, "records to match have a name like that of no company of the register."),
        (crowded, "records have a name that more companies bear than choices.linkage.largest_block;"
         " only a number can place them."),
    )  # fmt: skip
    notes += [f"{number:,} {words}" for number, words in told if number > 0]
    if matches.parameters.reason:
        notes.append(
            "Matching uses its fixed parameters and learns nothing from the records: "
            f"{matches.parameters.reason}."
        )
    return tuple(notes)


def _nothing_linked(sides: Sides, choices: LinkageChoices) -> Links:
    empty = LINK_COLUMNS.empty_table().to_pandas()
    decided = empty.assign(is_stated=pd.Series(dtype=bool))
    notes: tuple[str, ...] = ()
    if len(sides.records):
        why = "matching is switched off" if not choices.on else "no company is registered"
        notes = (f"{len(sides.records):,} records were not matched to companies: {why}.",)
    return Links(
        table=LINK_COLUMNS.empty_table(),
        entries=pd.DataFrame(),
        review=write_review(empty.assign(company_name="")),
        outcomes=_count_outcomes(sides, decided, choices),
        check=bin_probabilities(np.zeros(0), np.zeros(0)),
        matches=None,
        notes=notes,
    )
