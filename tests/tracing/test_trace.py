"""What stands around a company: every chain, every record, and what may not be told."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from infiltrate.errors import NotEnoughData
from infiltrate.params.facts import OwnershipThreshold
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.params.tracing_choices import TracingChoices
from infiltrate.tracing.graph import draw_up
from infiltrate.tracing.naming import Naming, name_trace
from infiltrate.tracing.scope import Scope
from infiltrate.tracing.trace import Trace, trace_company
from tests.tracing.country import (
    ANN,
    BEN,
    DAY,
    FRONT,
    LATER,
    MIDDLE,
    NEIGHBOUR,
    OTHER,
    OWNED,
    SISTER,
    TOP,
    company,
    contract,
    country,
    entry,
    opened,
    role,
    stake,
)

SCOPE = Scope()


@pytest.fixture
def trace(tmp_path) -> Trace:
    with opened(country(), tmp_path) as engine:
        return trace_company(engine, FRONT, DAY, SCOPE)


def of(rows, folder, subject=FRONT, scope=SCOPE) -> Trace:
    with opened(rows, folder) as engine:
        return trace_company(engine, subject, DAY, scope)


def chains(trace: Trace) -> list[tuple[list[str], str]]:
    return [
        ([*rows["owner_id"], rows["company_id"].iloc[-1]], rows["ends_in"].iloc[0])
        for _, rows in trace.chains.groupby("chain")
    ]


def test_chains_run_to_those_whom_nobody_owns_with_records_and_dates(trace):
    assert chains(trace) == [([BEN, FRONT], "owner"), ([ANN, TOP, MIDDLE, FRONT], "owner")]
    long = trace.chains[trace.chains["chain"] == 2]
    assert list(long["record_id"]) == [
        f"ownership:{ANN}/{TOP}/shares/2020-01-01",
        f"ownership:{TOP}/{MIDDLE}/shares/2020-01-01",
        f"ownership:{MIDDLE}/{FRONT}/shares/2020-01-01",
    ]
    assert set(long["source_id"]) == {"owners"}
    assert long["valid_to"].isna().all()


def test_shares_are_multiplied_along_chains_and_ranges_stay_ranges(trace):
    owners = trace.owners.set_index("owner_id")
    assert owners.loc[ANN, ["low", "high"]].tolist() == pytest.approx([0.4, 0.6])
    assert owners.loc[BEN, ["low", "high"]].tolist() == pytest.approx([0.2, 0.2])
    assert owners.loc[ANN, "by_share"] == "certain"
    assert owners.loc[MIDDLE, "by_control"] == "certain"
    # half of the votes is not more than half
    assert owners.loc[TOP, "by_control"] == "possible"
    assert owners.loc[BEN, ["by_share", "by_control"]].tolist() == ["no", "no"]


def test_what_it_owns_its_officers_address_and_contracts(trace):
    assert trace.owned[["company_id", "low", "by_control"]].to_numpy().tolist() == [
        [OWNED, pytest.approx(0.6), "certain"]
    ]
    assert list(trace.officers["to_id"]) == [BEN]
    assert list(trace.neighbours["to_id"]) == [
        "address:STREET 1",
        "address:STREET 1",
        OTHER,
    ]
    assert len(trace.contracts) == 2
    sums = trace.buyers.set_index("currency")[["contracts", "value", "without_value"]]
    assert sums.loc["EUR"].tolist() == [1, 100.0, 0]
    assert sums.loc["not stated"].tolist() == [1, 0.0, 1]


def test_the_shortest_path_to_a_listed_company_names_each_record(trace):
    assert list(trace.entries["company_id"]) == [SISTER, NEIGHBOUR]
    assert trace.entries["steps"].tolist() == [4, 6]
    assert trace.entries["outcome"].tolist() == ["active", "annulled"]
    assert trace.companies.set_index("company_id")["is_listed"].loc[
        [SISTER, NEIGHBOUR]
    ].tolist() == [
        True,
        False,
    ]
    path = trace.paths[trace.paths["path"] == 1]
    assert list(path["relation"]) == ["is owned by", "is owned by", "is owned by", "serves"]
    assert list(path["to_id"]) == [MIDDLE, TOP, ANN, SISTER]
    assert path["record_id"].iloc[-1] == f"officers:{SISTER}/{ANN}/director/2020-01-01"


def test_later_rows_change_nothing_and_neither_does_the_order(trace, tmp_path):
    rows = country()
    rows["ownership"] += [stake("XX-REG-P:00000000000000dd", FRONT, 1.0, 1.0, valid_from=LATER)]
    rows["officers"] += [role(FRONT, ANN, valid_from=LATER)]
    rows["list_entries"] += [entry(FRONT, "e9", listed_on=LATER)]
    rows["contracts"] += [contract("c9", FRONT, 9.0, signed_on=LATER)]
    rows = {name: given[::-1] for name, given in rows.items()}
    again = of(rows, tmp_path / "later")
    for name, frame in vars(trace).items():
        if isinstance(frame, pd.DataFrame):
            pd.testing.assert_frame_equal(getattr(again, name), frame, obj=name)


def test_circles_gaps_and_cuts_are_said(tmp_path):
    rows = country()
    rows["ownership"] = [
        stake(FRONT, MIDDLE, 0.5, 0.5),
        stake(MIDDLE, FRONT, 0.5, 0.5),
        stake(TOP, FRONT, 0.5, 0.5),
        stake(FRONT, FRONT, 0.1, 0.1),
    ]
    assert [end for _, end in chains(of(rows, tmp_path / "a"))] == ["unknown", "circle"]
    short = Scope(TracingChoices(most_chain_steps=2))
    found = of(country(), tmp_path / "b", scope=short)
    assert chains(found)[1] == ([TOP, MIDDLE, FRONT], "cut")
    none = of(country(), tmp_path / "c", subject=OTHER)
    assert "No owner of the company is on record" in none.notes[0]
    assert (draw_up(none).nodes["kind"] == "unknown").sum() == 1


def test_stakes_over_the_whole_are_said_to_be(tmp_path):
    rows = country()
    rows["ownership"] = [stake(ANN, FRONT, 0.9, 0.9), stake(BEN, FRONT, 0.9, 0.9)]
    found = of(rows, tmp_path)
    assert "more than the whole" in " ".join(found.notes)
    assert found.owners["low"].sum() <= 1 + 1e-9


def test_agents_and_nominees_are_said_and_not_followed(tmp_path):
    rows = country()
    many = [f"XX-REG:000001{number:02}" for number in range(60)]
    rows["companies"] += [company(one, address_key="STREET 1") for one in many]
    rows["officers"] += [role(one, BEN) for one in many]
    rows["list_entries"] += [entry(many[0], "e5")]
    found = of(rows, tmp_path)
    assert set(found.entries["company_id"]) == {SISTER, NEIGHBOUR}
    assert sum("more than a tie can have" in note for note in found.notes) == 2
    assert many[1] not in set(found.companies["company_id"])


def test_ten_thousand_directors_end_in_time(tmp_path):
    rows = country()
    rows["officers"] += [role(FRONT, f"XX-REG-P:1{number:015x}") for number in range(10_000)]
    found = of(rows, tmp_path)
    assert len(found.officers) == 10_001


def test_persons_and_unknown_companies_are_refused(tmp_path):
    rows = country()
    rows["companies"] += [company("XX-REG:00000099", kind="natural_person", name=None)]
    with opened(rows, tmp_path) as engine:
        with pytest.raises(NotEnoughData, match="pseudonym of a natural person"):
            trace_company(engine, ANN, DAY, SCOPE)
        with pytest.raises(NotEnoughData, match="natural person"):
            trace_company(engine, "XX-REG:00000099", DAY, SCOPE)
        with pytest.raises(NotEnoughData, match="No company"):
            trace_company(engine, "XX-REG:12121212", DAY, SCOPE)


def test_a_closed_trace_holds_no_id_and_no_name(trace):
    closed = name_trace(trace, Naming(lambda kind, unit: f"{kind} {hash(unit) % 10**9}"))
    written = " ".join(
        frame.to_csv() if isinstance(frame, pd.DataFrame) else str(frame)
        for frame in vars(closed).values()
    )
    for given in ("XX-REG", "XX-GOV", "Invented", "STREET", "e1", "c1/"):
        assert given not in written, given
    assert name_trace(trace, Naming()) is trace


def test_a_drawing_puts_holders_above_and_can_leave_out_what_would_give_away(trace):
    graph = draw_up(trace)
    layers = graph.nodes.set_index("unit_id")["layer"]
    assert layers[[OWNED, FRONT, MIDDLE, TOP, ANN, SISTER]].tolist() == [-1, 0, 1, 2, 3, 2]
    owns = graph.edges[graph.edges["relation"] == "owns"]
    assert (layers[owns["upper_id"]].to_numpy() > layers[owns["lower_id"]].to_numpy()).all()
    assert set(owns["label"]) == {"20%", "80%", "50–75%", "100%", "60%"}
    published = draw_up(trace, for_publication=True)
    assert not (published.nodes["kind"] == "buyer").any()
    assert not published.edges["record_id"].str.contains(":").any()
    assert not any("buyers" in words for words in published.left_out)


def test_a_company_counts_once_for_its_holder_whatever_ties_them(tmp_path):
    rows = country()
    held = [f"XX-REG:000001{number:02}" for number in range(4)]
    rows["companies"] += [company(one) for one in held]
    rows["ownership"] += [stake(BEN, one, 0.1, 0.1) for one in held]
    rows["ownership"] += [stake(BEN, one, 0.1, 0.1, interest="votes") for one in held]
    rows["officers"] += [role(one, BEN) for one in held]
    rows["list_entries"] += [entry(held[0], "e5")]

    def reached(most: int) -> bool:
        scope = Scope(network=NetworkChoices(most_of_holder=most))
        found = of(rows, tmp_path / f"most_{most}", scope=scope)
        return held[0] in set(found.entries["company_id"])

    assert reached(5)
    assert not reached(4)


def test_only_the_kinds_of_ties_that_count_lead_to_listed_companies(tmp_path):
    owners = Scope(network=NetworkChoices(kinds=["owner", "address"]))
    found = of(country(), tmp_path, scope=owners)
    assert found.entries.empty
    assert list(found.officers["to_id"]) == [BEN]


@pytest.mark.parametrize("kind", ["state", "unknown"])
def test_the_state_ties_nobody(tmp_path, kind):
    rows = country()
    rows["officers"] = []
    rows["ownership"] = [
        stake("XX-GOV:0001", FRONT, 0.5, 0.5, owner_kind=kind),
        stake("XX-GOV:0001", SISTER, 0.5, 0.5, owner_kind=kind),
    ]
    found = of(rows, tmp_path)
    assert found.paths.empty
    assert found.owners["owner_id"].iloc[0] == "XX-GOV:0001"


def test_the_law_of_the_companys_country_says_who_is_an_ultimate_owner(tmp_path):
    law = OwnershipThreshold(
        country="XX", share=0.1, source="Invented act", valid_from=date(2022, 1, 1)
    )
    scope = Scope(thresholds=(law,), country="XX")
    at_home, abroad = country(), country()
    abroad["companies"][0] |= {"country": "DE"}
    for rows, expected in ((at_home, "certain"), (abroad, "no")):
        found = of(rows, tmp_path / expected, scope=scope).owners.set_index("owner_id")
        assert found.loc[BEN, "by_share"] == expected
    assert scope.owner_share("XX", date(2021, 12, 31)) == 0.25


def test_an_ended_role_counts_only_so_long(tmp_path):
    rows = country()
    rows["officers"] = [
        role(SISTER, ANN, valid_to=date(2023, 6, 30)),
        role(FRONT, BEN, valid_to=date(2021, 6, 30)),
    ]
    found = of(rows, tmp_path / "a")
    assert SISTER in set(found.entries["company_id"])
    assert found.officers.empty
    strict = of(rows, tmp_path / "b", scope=Scope(network=NetworkChoices(years_after_end=0.0)))
    assert strict.entries.empty
