"""Who is linked to whom, on a register small enough to check by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from infiltrate.errors import CheckFailed
from infiltrate.linkage.certainty import least_probability
from infiltrate.linkage.links import Links
from infiltrate.linkage.publish import publish_links
from infiltrate.linkage.review import COLUMNS
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.linkage.conftest import accepted, company, mention, register

Link = Callable[..., Links]

REGISTER = [
    company(1, "Tolvane Haulage"),
    company(2, "Brisk Water Systems", "R2"),
    company(3, "Amber Hill Roads", "R1"),
    company(4, "Amber Hill Roads", "R2"),
    *(company(100 + n, f"Filler{chr(97 + n % 26)}{n:03} Works", "R3") for n in range(200)),
]


def review(*rows: tuple[str, str, str]) -> str:
    lines = [f"list_mention,{record},{one},,,,{verdict}" for record, one, verdict in rows]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def test_names_find_their_company_and_strangers_none(link: Link) -> None:
    links = link(
        {
            "companies": REGISTER,
            "list_mentions": [
                mention("a", "TOLVANE HAULAGE LTD."),
                mention("b", "Water Systems Brisk", area="R2"),
                mention("c", "Tolvnae Haulage"),
                mention("d", "Nobody Knows This"),
                mention("e", None),
            ],
        }
    )
    assert accepted(links) == {
        "court|a|1": "XX-REG:00000001",
        "court|b|1": "XX-REG:00000002",
        "court|c|1": "XX-REG:00000001",
    }
    (row,) = links.outcomes.to_dict("records")
    assert (row["records"], row["by_name"], row["none"]) == (5, 3, 2)
    assert any("no name" in note for note in links.notes)
    assert any("fixed parameters" in note and "5" not in note[:3] for note in links.notes)
    assert set(links.entries["entry_id"]) == {"a", "b", "c"}
    assert links.entries["match_probability"].between(0.9, 1).all()


def test_namesakes_share_the_probability_and_the_place_tells_them_apart(link: Link) -> None:
    links = link(
        {
            "companies": REGISTER,
            "list_mentions": [
                mention("where", "Amber Hill Roads", area="R2"),
                mention("nowhere", "Amber Hill Roads", area=None),
            ],
        }
    )
    assert accepted(links) == {"court|where|1": "XX-REG:00000004"}
    table = links.table.to_pandas().set_index(["record_id", "company_id"])["probability"]
    pair = table.loc["court|nowhere|1"]
    assert len(pair) == 2 and pair.nunique() == 1 and 0.4 < pair.iloc[0] <= 0.5
    assert links.review.count("court|nowhere|1") == 2


def test_the_candidates_of_a_record_are_one_company_at_most(link: Link) -> None:
    mentions = [mention(str(n), "Amber Hill Roads", area=None) for n in range(3)]
    table = link({"companies": REGISTER, "list_mentions": mentions}).table.to_pandas()
    assert (table.groupby("record_id")["probability"].sum() <= 1 + 1e-6).all()


def test_a_number_decides_unless_the_names_contradict_it(link: Link) -> None:
    links = link(
        {
            "companies": REGISTER,
            "list_mentions": [
                mention("right", "Amber Hill Roads", 3, area=None),
                mention("contradicted", "Brisk Water Systems", 1, area="R2"),
                mention("alone", None, 2),
                mention("unheard", "Nobody Knows This", 2),
                mention("typed wrong", "Tolvane Haulage", 99_999_999),
            ],
        }
    )
    found = accepted(links)
    assert found["court|right|1"] == "XX-REG:00000003"
    assert found["court|alone|1"] == "XX-REG:00000002"
    assert found.get("court|contradicted|1") != "XX-REG:00000001"
    assert "court|unheard|1" not in found
    assert "court|unheard|1,XX-REG:00000002" in links.review
    table = links.table.to_pandas().set_index(["record_id", "company_id"])
    assert table.loc[("court|right|1", "XX-REG:00000003"), "decided_by"] == "identifier"
    assert found["court|typed wrong|1"] == "XX-REG:00000001"
    assert table.loc[("court|typed wrong|1", "XX-REG:00000001"), "decided_by"] == "model"


def test_a_second_number_of_a_company_is_its_number_too(link: Link) -> None:
    other = {"company_id": "XX-REG:00000002", "other_id": "XI-LEI:ABC", "source_id": "lei"}
    named = mention("a", "Brisk Water", area=None) | {"stated_id": "XI-LEI:ABC"}
    tables = {"companies": REGISTER, "company_identifiers": [other], "list_mentions": [named]}
    assert accepted(link(tables)) == {"court|a|1": "XX-REG:00000002"}


def test_a_company_founded_after_the_entry_is_not_the_one(link: Link) -> None:
    young = company(5, "Larch Vale Roads", incorporated_on=date(2022, 1, 1))
    old = company(6, "Larch Vale Roads")
    tables = {
        "companies": [*REGISTER, young, old],
        "list_mentions": [mention("a", "Larch Vale Roads")],
    }
    assert accepted(link(tables)) == {"court|a|1": "XX-REG:00000006"}


def test_verdicts_win_over_the_model(link: Link) -> None:
    tables = {
        "companies": REGISTER,
        "list_mentions": [
            mention("a", "Tolvane Haulage"),
            mention("b", "Amber Hill Roads", area=None),
            mention("c", "Brisk Water Systems", area="R2"),
            mention("d", "Nobody Knows This"),
        ],
    }
    verdicts = review(
        ("court|a|1", "XX-REG:00000001", "different"),
        ("court|b|1", "XX-REG:00000003", "SAME"),
        ("court|c|1", "XX-REG:00000002", "unsure"),
        ("court|d|1", "XX-REG:00000101", "same"),
    )
    links = link(tables, verdicts, reviewed="verdicts.csv")
    assert accepted(links) == {
        "court|b|1": "XX-REG:00000003",
        "court|d|1": "XX-REG:00000101",
    }
    table = links.table.to_pandas().set_index(["record_id", "company_id"])
    assert table.loc[("court|a|1", "XX-REG:00000001"), "probability"] == 0
    assert table.loc[("court|b|1", "XX-REG:00000003"), "probability"] == 1
    assert table.loc[("court|c|1", "XX-REG:00000002"), "probability"] > 0.9
    assert ("court|b|1", "XX-REG:00000004") not in table.index
    for row in verdicts.lower().splitlines()[1:]:
        record, one, verdict = (row.split(",")[place] for place in (1, 2, 6))
        assert any(
            line.lower().split(",")[1:3] == [record, one] and line.endswith(verdict)
            for line in links.review.splitlines()
        ), row
    # the file of one run is the next run's verdicts
    again = link(tables, links.review, reviewed="verdicts.csv")
    assert again.table.equals(links.table) and again.review == links.review


def test_wrong_verdicts_are_reported_together(link: Link) -> None:
    tables = {"companies": REGISTER, "list_mentions": [mention("a", "Tolvane Haulage")]}
    verdicts = review(
        ("court|a|1", "XX-REG:00000001", "same"),
        ("court|a|1", "XX-REG:00000001", "different"),
        ("court|a|1", "XX-REG:00000002", "same"),
        ("court|a|1", "XX-REG:00000003", "perhaps"),
        ("court|zzz|1", "XX-REG:00000003", "same"),
        ("court|a|1", "XX-REG:77777777", "different"),
        ("court|a|1", "XX-REG:00000101", ""),
    )
    with pytest.raises(CheckFailed) as caught:
        link(tables, verdicts, reviewed="verdicts.csv")
    said = str(caught.value)
    assert len(caught.value.problems) == 5
    for part in ("line 3", "'perhaps'", "court|zzz|1", "XX-REG:77777777", "2 companies"):
        assert part in said
    with pytest.raises(CheckFailed, match="no column"):
        link(tables, "a;b;c\n", reviewed="verdicts.csv")


def test_the_order_of_rows_changes_nothing(link: Link) -> None:
    mentions = [mention(f"{n:03}", f"Filler{chr(97 + n % 26)}{n:03} Wroks") for n in range(150)]
    one = link({"companies": REGISTER, "list_mentions": mentions})
    other = link({"companies": REGISTER[::-1], "list_mentions": mentions[::-1]})
    assert one.table.equals(other.table)
    assert one.review == other.review and one.entries.equals(other.entries)
    assert one.matches is not None and one.matches.parameters.records == 150


def test_later_records_change_nothing_when_training_ends_before(link: Link) -> None:
    mentions = [mention(f"{n:03}", f"Filler{chr(97 + n % 26)}{n:03} Wroks") for n in range(150)]
    later = [
        mention(f"x{n:03}", f"Filler{chr(97 + n % 26)}{n:03}", listed_on=date(2024, 1, 1))
        for n in range(120)
    ]
    choices = {"trained_until": date(2021, 1, 1)}
    before = link({"companies": REGISTER, "list_mentions": mentions}, **choices).table.to_pandas()
    after = link({"companies": REGISTER, "list_mentions": [*mentions, *later]}, **choices)
    kept = after.table.to_pandas()
    kept = kept[~kept["record_id"].str.contains("x")].reset_index(drop=True)
    assert kept.equals(before)


def test_fifty_thousand_companies_of_one_name_do_not_blow_up(link: Link) -> None:
    many = [company(1000 + n, "Common Services", f"R{n % 5}") for n in range(50_000)]
    links = link(
        {
            "companies": [*REGISTER, *many],
            "list_mentions": [
                mention("a", "Common Services"),
                mention("b", "Comon Services", 1500),
                mention("c", "Tolvane Haulage"),
            ],
        }
    )
    assert accepted(links) == {
        "court|b|1": "XX-REG:00001500",
        "court|c|1": "XX-REG:00000001",
    }
    assert links.matches is not None and len(links.matches.pairs) < 2_000
    assert links.matches.candidates.left_out > 0
    assert any("largest_block" in note for note in links.notes)


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"companies": REGISTER},
        {"list_mentions": [mention("a", "Tolvane Haulage")]},
        {"companies": [company(1, None)], "list_mentions": [mention("a", None)]},
    ],
)
def test_nothing_to_match_gives_empty_links(link: Link, tables: dict[str, list]) -> None:
    links = link(tables)
    assert links.table.num_rows == 0 and accepted(links) == {}
    assert least_probability(links.table).num_rows == 0


def test_matching_can_be_switched_off_and_says_so(link: Link) -> None:
    tables = {"companies": REGISTER, "list_mentions": [mention("a", "Tolvane Haulage")]}
    links = link(tables, on=False)
    assert links.table.num_rows == 0
    assert any("switched off" in note for note in links.notes)


SUPPLIERS = [
    company(0, "Tolvane Haulage SRL", company_id="XX-PAY:77", in_registry=False),
    company(0, "Brisk Water Systems", "R2", company_id="XX-PAY:78", in_registry=False),
    company(0, "Never Seen Before", company_id="XX-PAY:79", in_registry=False),
    company(9, "Amber Hill Roads", "R2", in_registry=False),
    company(0, None, company_id="XX-REG-P:0011", kind="natural_person", in_registry=False),
]
CONTRACTS = [
    {"contract_id": contract, "lot_id": "1", "supplier_id": supplier, "buyer_id": "XX-GOV:1"}
    | {"source_id": "contracts"}
    for contract, supplier in (
        ("C1", "XX-PAY:77"),
        ("C2", "XX-REG:00000001"),
        ("C3", "XX-PAY:78"),
        ("C3", "XX-REG:00000002"),
        ("C4", "XX-PAY:79"),
        ("C5", "XX-REG:00000009"),
    )
]


def test_suppliers_carry_the_register_s_number_and_the_link_keeps_their_own(tmp_path) -> None:
    from infiltrate.linkage.links import link_records
    from infiltrate.params.linkage_choices import LinkageChoices
    from tests.linkage.conftest import MACHINE

    store = TableStore(tmp_path)
    tables = {"companies": [*REGISTER, *SUPPLIERS], "contracts": CONTRACTS}
    with DuckDBEngine() as engine:
        register(engine, tables)
        for name in tables:
            store.write(name, engine.query(f"SELECT * FROM {name}"))
        store.open(engine, TABLES)
        links = link_records(engine, LinkageChoices(), MACHINE)
        publish_links(engine, store, links)
    found = accepted(links)
    assert found == {"XX-PAY:77": "XX-REG:00000001", "XX-PAY:78": "XX-REG:00000002"}
    rows = {(row["contract_id"], row["supplier_id"]) for row in store.read("contracts").to_pylist()}
    assert rows == {
        ("C1", "XX-REG:00000001"),
        ("C2", "XX-REG:00000001"),
        ("C3", "XX-PAY:78"),  # the company signed it under its own number as well
        ("C3", "XX-REG:00000002"),
        ("C4", "XX-PAY:79"),
        ("C5", "XX-REG:00000009"),
    }
    left = set(store.read("companies").to_pandas()["company_id"])
    assert "XX-PAY:77" not in left and {"XX-PAY:78", "XX-PAY:79", "XX-REG-P:0011"} <= left
    names = {row["record_id"]: row["record_name"] for row in links.table.to_pylist()}
    assert names["XX-PAY:77"] == "Tolvane Haulage SRL"
    certainty = store.read("company_certainty").to_pylist()
    assert [row["company_id"] for row in certainty] == ["XX-REG:00000001", "XX-REG:00000002"]
    assert all(0.9 <= row["least_probability"] <= 1 for row in certainty)
