"""Contracts reached from listed firms: once each, at the nearest stage, and nothing given away."""

from __future__ import annotations

import pytest

from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.tracing.scope import Scope
from infiltrate.tracing.stages import (
    STAGES,
    ReachedContracts,
    choose_example,
    count_steps,
    describe_stages,
    protect_stages,
    reach_contracts,
)
from tests.tracing.country import (
    ANN,
    BEN,
    DAY,
    FRONT,
    MIDDLE,
    NEIGHBOUR,
    OTHER,
    OWNED,
    SISTER,
    TOP,
    contract,
    country,
    entry,
    opened,
    role,
    stake,
)

RULES = DisclosureChoices()


def reach(rows, folder, **choices) -> ReachedContracts:
    with opened(rows, folder) as engine:
        return reach_contracts(engine, DAY, Scope(network=NetworkChoices(**choices)))


def stages(found: ReachedContracts) -> dict[str, str]:
    return dict(zip(found.contracts["contract_id"], found.contracts["stage"], strict=True))


def rich():
    rows = country()
    rows["contracts"] = [
        contract(f"c{n}", firm, 10.0 * n)
        for n, firm in enumerate((SISTER, FRONT, MIDDLE, NEIGHBOUR, OTHER, OWNED, TOP), start=1)
    ]
    rows["officers"] += [role(FRONT, ANN)]
    rows["ownership"] = [
        stake(SISTER, MIDDLE, 0.6, 0.6),
        stake(MIDDLE, OWNED, 0.9, 0.9),
        stake(BEN, SISTER, 0.3, 0.3),
        stake(BEN, TOP, 0.3, 0.3),
    ]
    return rows


def test_each_contract_counts_once_at_its_nearest_stage(tmp_path):
    found = reach(rich(), tmp_path)
    assert stages(found) == {
        "c1": "listed",
        "c2": "same_officer",
        "c3": "control",
        "c4": "same_address",
        "c6": "control",
        "c7": "same_owner",
    }
    assert not found.contracts.duplicated(["contract_id", "lot_id", "supplier_id"]).any()
    steps = dict(zip(found.contracts["contract_id"], found.contracts["steps"], strict=True))
    assert steps == {"c1": 0, "c2": 2, "c3": 1, "c4": 2, "c6": 2, "c7": 2}


def test_a_path_runs_from_the_entry_to_the_contract(tmp_path):
    found = reach(rich(), tmp_path).contracts.set_index("contract_id")["path"]
    assert list(found["c6"]) == [
        f"list_entries:ban/e1/{SISTER}",
        f"ownership:{SISTER}/{MIDDLE}/shares/2020-01-01",
        f"ownership:{MIDDLE}/{OWNED}/shares/2020-01-01",
        f"contracts:c6/1/{OWNED}",
    ]
    assert list(found["c2"])[1:3] == [
        f"officers:{SISTER}/{ANN}/director/2020-01-01",
        f"officers:{FRONT}/{ANN}/director/2020-01-01",
    ]


def test_a_nearer_tie_wins_and_the_order_of_rows_changes_nothing(tmp_path):
    rows = rich()
    rows["ownership"] += [stake(BEN, FRONT, 0.1, 0.1)]
    first = reach(rows, tmp_path / "a")
    assert stages(first)["c2"] == "same_owner"
    again = reach({name: given[::-1] for name, given in rows.items()}, tmp_path / "b")
    assert again.contracts.to_csv() == first.contracts.to_csv()
    assert again.value_at_stake.equals(first.value_at_stake)


def test_consortia_are_reached_through_their_members(tmp_path):
    rows = rich()
    joint = "XX-REG:00000050"
    rows["contracts"] = [contract("c1", joint, 5.0)]
    rows["consortia"] = [
        {"consortium_id": joint, "company_id": member, "source_id": "consortia"}
        for member in (FRONT, MIDDLE)
    ]
    (row,) = reach(rows, tmp_path).contracts.to_dict("records")
    assert (row["stage"], row["steps"], row["supplier_id"]) == ("same_officer", 3, joint)
    assert row["path"][-2] == f"consortia:{joint}/{FRONT}"


def test_currencies_are_never_added(tmp_path):
    rows = rich()
    rows["contracts"] += [contract("c8", SISTER, 7.0, currency="USD"), contract("c9", SISTER, None)]
    sums = reach(rows, tmp_path).value_at_stake.set_index(["stage", "currency"])
    assert sums.loc[("listed", "USD"), "value"] == 7.0
    assert sums.loc[("listed", "EUR"), ["contracts", "value", "without_value"]].tolist() == [
        2,
        10,
        1,
    ]
    assert sums.loc[("control", "USD"), "contracts"] == 0


def test_annulled_entries_and_crowded_addresses_reach_nothing(tmp_path):
    rows = rich()
    assert stages(reach(rows, tmp_path / "a", most_at_address=2))["c4"] == "same_address"
    rows["companies"][2]["address_key"] = "STREET 2"
    assert "c4" not in stages(reach(rows, tmp_path / "b", most_at_address=2))
    rows["list_entries"] = [entry(SISTER, "e1", outcome="annulled")]
    nothing = reach(rows, tmp_path / "c")
    assert nothing.contracts.empty
    assert "No firm stands on a list" in nothing.gaps[0]
    assert choose_example(nothing.contracts) is None


def test_a_kind_of_tie_that_does_not_count_is_not_computable(tmp_path):
    found = reach(rich(), tmp_path, kinds=["owner"])
    assert set(stages(found).values()) == {"listed", "control", "same_owner"}
    known = found.value_at_stake.set_index("stage")["is_computable"]
    assert known.to_dict() == dict(zip(STAGES, (True, True, False, True, False), strict=True))
    assert sum("choices.network.kinds" in gap for gap in found.gaps) == 2


def test_a_holder_of_too_many_companies_reaches_nothing_however_it_holds_them(tmp_path):
    rows = rich()
    rows["officers"] += [role(OTHER, BEN)]
    assert stages(reach(rows, tmp_path / "a", most_of_holder=4))["c7"] == "same_owner"
    assert "c7" not in stages(reach(rows, tmp_path / "b", most_of_holder=3))


def test_the_state_is_no_common_owner(tmp_path):
    rows = rich()
    rows["ownership"] = [
        stake("XX-GOV:0001", firm, 0.3, 0.3, owner_kind="state") for firm in (SISTER, TOP)
    ]
    assert "same_owner" not in stages(reach(rows, tmp_path)).values()


def test_what_a_country_lacks_is_said(tmp_path):
    rows = rich() | {"officers": [], "ownership": []}
    found = reach(rows, tmp_path)
    said = " ".join(found.gaps)
    known = found.value_at_stake.set_index("stage")["is_computable"]
    assert known.to_dict() == dict(zip(STAGES, (True, False, False, False, True), strict=True))
    assert "no officers" in said and "no ownership" in said and "no addresses" not in said


def test_small_and_dominated_stages_are_closed_and_steps_do_not_give_them_away(tmp_path):
    rows = country()
    many = [f"XX-REG:000002{number:02}" for number in range(6)]
    rows["list_entries"] = [entry(one, f"e{n}") for n, one in enumerate(many)]
    rows["contracts"] = [contract(f"c{n}", one, 10.0) for n, one in enumerate(many)]
    rows["contracts"] += [contract("c9", OTHER, 5.0)]
    rows["officers"] += [role(OTHER, ANN), role(many[0], ANN)]
    found = reach(rows, tmp_path)
    shown = protect_stages(found.value_at_stake, RULES).set_index("stage")
    itself, officer = shown.loc[STAGES["listed"]], shown.loc[STAGES["same_officer"]]
    assert (itself["contracts"], itself["value"]) == (5, 60.0)
    assert officer["state"] == "closed" and officer[["contracts", "value"]].isna().all()
    steps = count_steps(found.contracts, found.value_at_stake, RULES).set_index("steps")
    assert steps["contracts"].isna().tolist() == [False, True]
    rows["contracts"][0] |= contract("c0", many[0], 10_000.0)
    dominated = protect_stages(reach(rows, tmp_path / "b").value_at_stake, RULES)
    assert dominated["state"].tolist()[0] == "closed"


def test_the_example_is_the_winner_reached_by_the_most_records(tmp_path):
    found = reach(rich(), tmp_path)
    assert choose_example(found.contracts) == TOP
    assert len(describe_stages()) == len(STAGES)


@pytest.mark.parametrize("lacking", ["list_entries", "contracts", "companies"])
def test_an_empty_table_is_no_error(tmp_path, lacking):
    found = reach(rich() | {lacking: []}, tmp_path)
    assert (
        protect_stages(found.value_at_stake, RULES)["state"]
        .isin(["shown", "closed", "not_computable"])
        .all()
    )
