"""What the page about bidding says in tables: groups and thresholds, nobody named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from infiltrate.report.figures.thresholds import name_threshold
from infiltrate.report.labels import section_label
from infiltrate.report.markup import Panel
from infiltrate.report.tables import show_table
from infiltrate.report.wording import chance, enumerate_words, interval, percent, plural


def tabulate_groups(groups: pd.DataFrame, most: int = 15) -> pd.DataFrame:
    """Return the groups that most exceed chance, under numbers of this page, without companies."""
    rows = groups.sort_values(["q_value", "p_value", "group_id"]).head(most)
    return pd.DataFrame(
        {
            "group": [f"Group\u00a0{number}" for number in range(1, len(rows) + 1)],
            "bidders": rows["members"].to_numpy(),
            "tenders": rows["lots"].to_numpy(),
            "cohesion": rows["cohesion"].to_numpy(),
            "exclusivity": rows["exclusivity"].to_numpy(),
            "p value": [chance(p) for p in rows["p_value"]],
            "q value": [chance(q) for q in rows["q_value"]],
            "wins in turn": rows["alternation"].to_numpy(),
            "p value of turns": [_known(chance, p) for p in rows["rotation_p_value"]],
            "state": rows["state"].to_numpy(),
        }
    )


def show_thresholds(tests: pd.DataFrame) -> Panel:
    """Return the table of thresholds that can be tested, and the others in a sentence."""
    table = tabulate_thresholds(tests)
    is_known = table["state"] != "not_computable"
    unknown = table.loc[~is_known, "threshold"].tolist()
    note = "Too many: share of the contracts in the window below that the rest does not explain."
    if unknown:
        note += (
            f" Not computable for {plural(len(unknown), 'threshold')}, with fewer than 20 "
            "contracts on either side, of its kind and time: "
            f"{enumerate_words(unknown)}."
        )
    return show_table(
        table[is_known],
        caption="Legal thresholds: jump of the density, and contracts too many just below",
        formats={"contracts": "count"},
        note=note,
        empty=note,
    )


def tabulate_thresholds(tests: pd.DataFrame) -> pd.DataFrame:
    """Return one row per threshold: contracts, jump, excess with interval, buyers flagged."""
    whole = tests[tests["buyer_id"].isna()].sort_values("contracts", ascending=False, kind="stable")
    alone = tests[tests["buyer_id"].notna()]
    keys = ["regime", "category", "valid_from"]
    tested = alone[alone["state"] != "not_computable"].groupby(keys)["buyer_id"].count()
    flagged = alone[alone["state"] == "flag"].groupby(keys)["buyer_id"].count()
    places = pd.MultiIndex.from_frame(whole[keys])
    return pd.DataFrame(
        {
            "threshold": [name_threshold(row) for row in whole.itertuples()],
            "contracts": whole["contracts"].to_numpy(),
            "p value of the jump": [_known(chance, p) for p in whole["jump_p_value"]],
            "too many just below": [
                interval(row.share, row.low, row.high, _signed) if pd.notna(row.share) else None
                for row in whole.itertuples()
            ],
            "buyers tested": tested.reindex(places).fillna(0).astype(int).to_numpy(),
            "of these flagged": flagged.reindex(places).fillna(0).astype(int).to_numpy(),
            "state": whole["state"].to_numpy(),
        }
    )


def section_names(composite: Any) -> dict[str, str]:
    """Return the name of each section of activity that is ranked."""
    return {str(group): section_label(str(group)) for group in composite.ranks["group"]}


def stack_ranks(parts: Mapping[str, Any]) -> pd.DataFrame:
    """Return the ranks of several composites in one table, by what they rank."""
    tables = [composite.ranks.assign(ranked=name) for name, composite in sorted(parts.items())]
    table = pd.concat([part for part in tables if len(part)] or tables[:1], ignore_index=True)
    return table[["ranked", *[name for name in table if name != "ranked"]]]


def _known(write: Callable[[float], str], number: float) -> str | None:
    return None if pd.isna(number) else write(number)


def _signed(share: float) -> str:
    return f"−{percent(-share)}" if share < 0 else percent(share)
