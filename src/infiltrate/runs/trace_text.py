"""A trace in words: a tree for the terminal, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.tree import Tree

from infiltrate.report.wording import percent, plural
from infiltrate.tracing.stakes import NOBODY_KNOWN
from infiltrate.tracing.trace import Trace

_ENDS = {
    "owner": "ends in an owner whom nobody owns",
    "unknown": "ends in a company whose owners are not on record",
    "circle": "comes back to a company that stands in it already",
    "cut": "is cut: the owners above are not shown",
}
_RISK = (
    "Risk is not guilt. A tie says that two names stand in one record; it says nothing of what "
    "anybody did."
)


def write_tree(trace: Trace) -> Tree:
    """Return the trace as a tree; every step of every path ends with the record that shows it."""
    tree = Tree(f"{_called(trace, trace.company_id)} as of {trace.day}", highlight=False)
    _add_chains(tree, trace)
    _add_owners(tree, trace)
    _add_steps(tree, trace.officers, "Officers, and other companies they serve")
    _add_steps(tree, trace.neighbours, "Address, and other companies there")
    _add_owned(tree, trace)
    _add_contracts(tree, trace)
    _add_lists(tree, trace)
    notes = tree.add("Unknown, cut or left out")
    for note in trace.notes or ("Nothing.",):
        notes.add(note)
    tree.add(_RISK)
    return tree


def write_json(trace: Trace) -> str:
    """Return the trace as JSON: one list of rows a part, dates as ISO text."""
    parts = {
        name: _rows(value) if isinstance(value, pd.DataFrame) else value
        for name, value in vars(trace).items()
    }
    parts["note"] = _RISK
    return json.dumps(parts, indent=1, ensure_ascii=False, default=str)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value


def _add_chains(tree: Tree, trace: Trace) -> None:
    branch = tree.add(f"Chains of owners: {trace.chains['chain'].nunique()}")
    for number, chain in trace.chains.groupby("chain"):
        one = branch.add(f"chain {number} {_ENDS[chain['ends_in'].iloc[0]]}")
        for row in chain.itertuples():
            one.add(
                f"{row.step}. {_called(trace, row.owner_id)} ({_kind(row.owner_kind)}) owns "
                f"{_share(row.low, row.high)} of {_called(trace, row.company_id)}  {_record(row)}"
            )


def _add_owners(tree: Tree, trace: Trace) -> None:
    branch = tree.add("Direct and indirect shares together, and control")
    for row in trace.owners.itertuples():
        who = f"{_called(trace, row.owner_id)} ({_kind(row.owner_kind)})"
        words = "nobody on record: " if row.owner_id == NOBODY_KNOWN else f"{who}: "
        words += _share(row.low, row.high)
        if pd.notna(row.steps):
            words += f", {plural(int(row.steps), 'step')} away"
        for what, state in (("ultimate owner", row.by_share), ("controls", row.by_control)):
            if state != "no":
                words += f"; {what}: {state}"
        branch.add(words)


def _add_steps(tree: Tree, steps: pd.DataFrame, title: str) -> None:
    branch = tree.add(title)
    firsts: dict[str, Tree] = {}
    for row in steps.itertuples():
        words = f"{row.relation} {_unit(row.to_id)}  {_record(row)}"
        if row.step == 1:
            if row.record_id not in firsts:
                firsts[row.record_id] = branch.add(words)
            parent = firsts[row.record_id]
        else:
            parent.add(f"who {words}" if row.relation == "serves" else f"which {words}")
    if steps.empty:
        branch.add("None on record.")


def _add_owned(tree: Tree, trace: Trace) -> None:
    branch = tree.add(f"Companies it owns: {len(trace.owned)}")
    shares = {row.company_id: row for row in trace.owned.itertuples()}
    for _, chain in trace.owned_chains.groupby("chain"):
        last = chain["company_id"].iloc[-1]
        row = shares[last]
        control = "" if row.by_control == "no" else f"; controls: {row.by_control}"
        one = branch.add(f"{_called(trace, last)}: {_share(row.low, row.high)} in all{control}")
        for step in chain.itertuples():
            one.add(
                f"{step.step}. {_called(trace, step.owner_id)} owns {_share(step.low, step.high)} "
                f"of {_called(trace, step.company_id)}  {_record(step)}"
            )


def _add_contracts(tree: Tree, trace: Trace) -> None:
    branch = tree.add(f"Contracts: {len(trace.contracts)}")
    for row in trace.buyers.itertuples():
        without = f", {row.without_value} without a value" if row.without_value else ""
        one = branch.add(
            f"{row.buyer_id}: {plural(int(row.contracts), 'contract')}, {row.value:,.2f} "
            f"{row.currency}{without}, {_day(row.first_on)} to {_day(row.last_on)}"
        )
        currency = trace.contracts["currency"].fillna("not stated")
        own = trace.contracts[
            (trace.contracts["buyer_id"] == row.buyer_id) & (currency == row.currency)
        ]
        for contract in own.itertuples():
            value = "no value" if pd.isna(contract.value) else f"{contract.value:,.2f}"
            through = "" if pd.isna(contract.consortium_id) else ", in a consortium"
            one.add(
                f"signed {_day(contract.signed_on)}, {value}{through}  "
                f"[{contract.record_id}; source {contract.source_id}]"
            )


def _add_lists(tree: Tree, trace: Trace) -> None:
    branch = tree.add("Lists: itself, then what can be reached, nearest first")
    for number, entries in trace.entries.groupby("path"):
        company = entries["company_id"].iloc[0]
        steps = trace.paths[trace.paths["path"] == number]
        where = "the company itself" if number == 0 else plural(len(steps), "step") + " away"
        one = branch.add(f"{_called(trace, company)}, {where}")
        for row in entries.itertuples():
            ended = "" if pd.isna(row.removed_on) else f", removed {_day(row.removed_on)}"
            matched = ""
            if pd.notna(row.match_probability) and row.match_probability < 1:
                matched = f", matched with probability {row.match_probability:.2f}"
            one.add(
                f"on {row.list_id} since {_day(row.listed_on)}{ended}, {row.outcome}{matched}  "
                f"[{row.record_id}; source {row.source_id}]"
            )
        for row in steps.itertuples():
            one.add(
                f"{row.step}. {_unit(row.from_id)} {row.relation} {_unit(row.to_id)}  "
                f"{_record(row)}"
            )
    if trace.entries.empty:
        branch.add("No entry of the company or of one within reach.")


def _called(trace: Trace, unit: str) -> str:
    known = trace.companies[trace.companies["company_id"] == unit]["name"]
    name = next(iter(known), None)
    return f"{unit} {name}" if isinstance(name, str) else unit


def _unit(unit: str) -> str:
    return unit.removeprefix("address:")


def _kind(kind: str) -> str:
    return kind.replace("_", " ")


def _share(low: float, high: float) -> str:
    return percent(low) if high - low < 5e-4 else f"{percent(low)} to {percent(high)}"


def _record(row: Any) -> str:
    until = "" if pd.isna(row.valid_to) else f" until {_day(row.valid_to)}"
    return f"[{row.record_id}; source {row.source_id}; since {_day(row.valid_from)}{until}]"


def _day(day: Any) -> str:
    return "day not stated" if pd.isna(day) else f"{day:%Y-%m-%d}"


def tree_lines(tree: Tree, width: int) -> Iterator[str]:
    """Yield the lines of a tree, for an output that is no terminal."""
    from rich.console import Console

    console = Console(width=width, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(tree, soft_wrap=True)
    yield from capture.get().splitlines()
