"""Contract indicators over generated awards in Parquet, against the same sums in pandas.

Ours computes every indicator of the levels contract and relation and writes each one's rows;
three of them (`SUBSET`) are computed by pandas too, from the same files, and compared: units by
state and the sum of values. pandas writes the unit, its state and its value only.
"""

from __future__ import annotations

import math
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.contracts import write_awards
from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section, peak, ratio, seconds
from benchmarks.programs import keep_program, run_program

# units and sum of values, by state, by indicator
Found = Mapping[str, Mapping[str, Sequence[float]]]

SUBSET = ("C07", "C12", "C14")
MEMORY_GIB = 2.75
# sums of ten million doubles, added in another order
_AGREEMENT = 1e-9
_OURS = """
import json, resource, sys, time
from pathlib import Path
from infiltrate.indicators.compute import plan_indicators
from infiltrate.indicators.units import register_units
from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine, quote_text
from infiltrate.tables.store import TableStore
folder, out, memory, codes = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
params = StudyParams.model_validate_json((folder / "params.json").read_text())
plan = plan_indicators(params, codes or ("contract", "relation"))
start, before = time.perf_counter(), time.process_time()
found, seconds = {}, {}
with DuckDBEngine(memory, 2, out) as engine:
    engine.execute("SET preserve_insertion_order = false")
    TableStore(folder).open(engine, TABLES)
    register_units(engine, params, {planned.indicator.level for planned in plan})
    for planned in plan:
        begun = time.perf_counter()
        code, target = planned.indicator.code, out / f"{planned.indicator.code}.parquet"
        engine.execute(
            f"COPY (SELECT * FROM ({planned.indicator.sql}) AS result) "
            f"TO {quote_text(str(target))} (FORMAT parquet)",
            planned.settings,
        )
        seconds[code] = round(time.perf_counter() - begun, 2)
    for code in seconds:
        rows = engine.query(
            "SELECT state, count(*) AS units, sum(value) AS total "
            f"FROM read_parquet({quote_text(str(out / (code + '.parquet')))}) GROUP BY state"
        ).to_pylist()
        found[code] = {row["state"]: [row["units"], row["total"] or 0.0] for row in rows}
total, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"run": [total, processor, memory], "found": found, "seconds": seconds}))
"""
_PANDAS = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
start, before = time.perf_counter(), time.process_time()
found = {}

def keep(code, entity, state, value):
    table = pd.DataFrame({"entity_id": entity, "state": state, "value": value})
    table.to_parquet(out / f"{code}.parquet")
    totals = table.groupby("state")["value"].agg(["size", "sum"])
    found[code] = {name: [int(row["size"]), float(row["sum"])] for name, row in totals.iterrows()}

columns = ["contract_id", "lot_id", "supplier_id", "buyer_id", "signed_on", "value", "currency",
           "final_value", "amendments"]
table = pq.read_table(folder / "contracts.parquet", columns=columns)
for name in ("value", "final_value"):
    place = table.column_names.index(name)
    table = table.set_column(place, name, table.column(name).cast("float64"))
contracts = table.to_pandas(date_as_object=False)
del table
entity = contracts.contract_id + "/" + contracts.lot_id + "/" + contracts.supplier_id

is_computable = (contracts.value > 0) & (contracts.final_value > 0)
# in cents, whose differences are exact
cents, final_cents = (contracts.value * 100).round(), (contracts.final_value * 100).round()
overrun = (((final_cents - cents) / 100) / (cents / 100)).where(is_computable)
del cents, final_cents
state = np.where(~is_computable, "not_computable", np.where(overrun >= 0.15, "flag", "clear"))
keep("C12", entity, state, overrun)

changes = contracts.amendments.where(contracts.amendments >= 0).astype(float)
state = np.where(changes.isna(), "not_computable", np.where(changes >= 3, "flag", "clear"))
keep("C14", entity, state, changes)
del entity

contracts["signed_year"] = contracts.signed_on.dt.year
is_priced = (contracts.value > 0) & contracts.currency.notna()
contracts["amount"] = contracts.value.where(contracts.value > 0)
contracts["priced"] = is_priced
priced_currency = contracts.currency.where(contracts.value > 0)
contracts["currency_code"] = priced_currency.astype("category").cat.codes.replace(-1, np.nan)
by = ["buyer_id", "supplier_id", "signed_year"]
relation = contracts.groupby(by, dropna=False, sort=False).agg(
    contracts=("priced", "size"), priced=("priced", "sum"), amount=("amount", "sum"),
    first=("currency_code", "min"), last=("currency_code", "max")).reset_index()
year = relation.dropna(subset=["signed_year"]).groupby(["buyer_id", "signed_year"]).agg(
    year_contracts=("contracts", "sum"), year_priced=("priced", "sum"),
    year_amount=("amount", "sum"), year_first=("first", "min"), year_last=("last", "max"))
relation = relation.merge(year.reset_index(), how="left", on=["buyer_id", "signed_year"])
firms = pq.read_table(folder / "companies.parquet", columns=["company_id", "kind"]).to_pandas()
persons = set(firms.company_id[firms.kind == "natural_person"])
is_computable = (
    relation.signed_year.notna()
    & ~relation.supplier_id.isin(persons)
    & (relation.year_contracts > 4)
    & (relation.priced >= relation.contracts)
    & (relation.year_first == relation.year_last)
    & (relation.year_priced >= 0.8 * relation.year_contracts)
)
share = (relation.amount / relation.year_amount).where(is_computable)
entity = relation.buyer_id + "|" + relation.supplier_id + "|" + relation.signed_year.map(
    lambda year: "unknown" if year != year else str(int(year)))
state = np.where(~is_computable, "not_computable", np.where(share >= 0.5, "flag", "clear"))
keep("C07", entity, state, share)
total, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"run": [total, processor, memory], "found": found}))
"""


def run_awards(rows: int, turns: int, kept: KeptRuns) -> None:
    """Compute the indicators of so many awards, and those of the subset in turns with pandas."""
    every, *keys = (award_key(rows, name) for name in ("all", "subset", "pandas"))
    missing = kept.missing(keys, turns)
    if kept.of(every) and not missing:
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder, out = Path(name) / "tables", Path(name) / "out"
        folder.mkdir()
        out.mkdir()
        write_awards(rows, folder)
        ours = (sys.executable, _OURS, folder, out, MEMORY_GIB)
        if not kept.of(every):
            keep_program(kept, every, 0, *ours)
        for turn in missing:
            told = [
                run_program(*ours, *SUBSET),
                run_program(sys.executable, _PANDAS, folder, out),
            ]
            check_equal(*(facts["found"] for _, facts in told))
            for key, (run, facts) in zip(keys, told, strict=True):
                kept.add(key, turn, run, facts)


def award_key(rows: int, what: str) -> str:
    """Return the key of kept runs."""
    return f"awards {rows} {what}"


def check_equal(ours: Found, theirs: Found) -> None:
    """Stop where units by state or sums of values differ."""
    for code in SUBSET:
        mine, other = ours[code], theirs[code]
        same = mine.keys() == other.keys() and all(
            mine[state][0] == other[state][0]
            and math.isclose(mine[state][1], other[state][1], rel_tol=_AGREEMENT)
            for state in mine
        )
        if not same:
            raise AssertionError(f"{code}: ours {mine}, pandas {other}")


def render_awards(rows: list[int], kept: KeptRuns) -> list[Section]:
    """Return a section for each number of awards that was run."""
    return [_section(number, kept) for number in rows if kept.of(award_key(number, "all"))]


def _section(rows: int, kept: KeptRuns) -> Section:
    keys = [award_key(rows, name) for name in ("all", "subset", "pandas")]
    run, ours, theirs = kept.of(keys[0])[0], kept.of(keys[1]), kept.of(keys[2])
    spent = sorted(kept.facts(keys[0])["seconds"].items())
    text = [
        f"Every indicator of the levels contract and relation, each written to Parquet: "
        f"{run.seconds:.0f} s, {run.processor:.0f} s of processor, {run.memory_gib:.2f} GiB "
        f"at most (goal: 4 GiB). {', '.join(f'{code} {one:.0f} s' for code, one in spent)}.",
        "",
        f"{', '.join(SUBSET)} beside the same in pandas, which is fed only the columns it "
        "needs and writes unit, state and value; states and sums of values are checked to be "
        "equal in every turn.",
        "",
    ]
    if not ours or not theirs:
        text.append("Not run.")
    else:
        text += [
            "| runs | ours, s | pandas, s | ratio | ratio of processor time | ours | pandas |",
            "|---:|---|---|---|---|---:|---:|",
            f"| {len(ours.keys() & theirs.keys())} | {seconds(ours)} | {seconds(theirs)} "
            f"| {ratio(ours, theirs, 'seconds')} | {ratio(ours, theirs)} "
            f"| {peak(ours)} | {peak(theirs)} |",
        ]
    return Section(f"Indicators of {rows:,} awards in Parquet", text, keys)


def _add_options(group: Options) -> None:
    group.add_argument("--rows", type=int, nargs="+", default=[10_000_000], help="contracts")
    group.add_argument("--award-runs", type=int, default=3, help="turns with pandas [3]")


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    for rows in chosen.rows:
        run_awards(rows, chosen.award_runs, kept)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    return render_awards(chosen.rows, kept)


PART = Part("awards", _add_options, _run, _render)
