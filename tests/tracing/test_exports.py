"""What is exported passes the standards' own validators and comes back the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import igraph
import pytest

from infiltrate.tables.engine import Engine
from infiltrate.tables.identifiers import pseudonymise
from infiltrate.tracing.bods import SourceFacts, bods_statements
from infiltrate.tracing.ftm import ftm_entities, ftm_id
from infiltrate.tracing.graphml import graphml_lines
from infiltrate.tracing.naming import Naming
from infiltrate.tracing.records import Records
from tests.sources.reading import KEY, make_source, read_study
from tests.tracing.country import (
    ANN,
    BEN,
    DAY,
    FRONT,
    MIDDLE,
    OWNED,
    SISTER,
    TOP,
    company,
    country,
    opened,
    stake,
)

OPEN = Naming()
CLOSED = Naming(lambda kind, unit: f"{kind.capitalize()} {abs(hash((kind, unit))) % 10**8:08}")
SOURCES = {"owners": SourceFacts("Invented registrar", DAY)}


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    rows = country()
    rows["ownership"] += [
        stake("XX-TRUST:1", TOP, None, None, owner_kind="trust", interest="influence"),
        stake("XX-REG:00000008", OWNED, 0.1, None, owner_kind="unknown", interest="votes"),
        stake("XX-GOV:0001", SISTER, 0.25, 0.5, owner_kind="state", is_beneficial=False),
        stake(ANN, SISTER, None, 0.5, is_beneficial=True),
    ]
    rows["companies"] += [company("XX-REG:00000009", name='Quotes "&" <tags> Ωμέγα Фирма شركة')]
    with opened(rows, tmp_path / "country") as found:
        yield found


def statements(engine: Engine, naming: Naming) -> list[dict[str, Any]]:
    return list(bods_statements(Records(engine, DAY), naming, SOURCES))


@pytest.fixture
def bods_problems(monkeypatch):
    """Validate with libcovebods; its list of org-id schemes would be fetched, and none is used."""
    from libcovebods import config, data_reader, jsonschemavalidate, run_tasks, schema
    from libcovebods.additionalfields import AdditionalFields
    from libcovebods.tasks.checks import legacy_checks, record_based_checks

    for module in (legacy_checks, record_based_checks):
        monkeypatch.setattr(module, "get_orgids_prefixes", list)

    def validate(path: Path) -> list[Any]:
        reader = data_reader.DataReader(str(path))
        settings = config.LibCoveBODSConfig()
        standard = schema.SchemaBODS(reader, settings)
        assert standard.schema_version == "0.4"
        broken = jsonschemavalidate.JSONSchemaValidator(standard).validate(reader)
        checked = run_tasks.process_additional_checks(
            reader, settings, standard, run_tasks.TASK_CLASSES
        )
        extra = AdditionalFields(standard).process(reader)
        return [*broken, *checked["additional_checks"], *extra]

    return validate


@pytest.mark.parametrize("naming", [OPEN, CLOSED], ids=["open", "closed"])
def test_bods_passes_its_own_validator(engine, naming, tmp_path, bods_problems):
    path = tmp_path / "statements.json"
    path.write_text(json.dumps(statements(engine, naming)), encoding="utf-8")
    assert bods_problems(path) == []


def test_the_validator_would_find_a_fault(engine, tmp_path, bods_problems):
    found = statements(engine, OPEN)
    found[-1]["recordDetails"]["subject"] = "nobody"
    path = tmp_path / "statements.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    assert bods_problems(path)


def test_bods_states_shares_exactly_or_as_ranges_and_gaps(engine):
    interests = {
        one["recordId"]: one["recordDetails"]["interests"][0]
        for one in statements(engine, OPEN)
        if one["recordType"] == "relationship" and one["recordDetails"]["interests"]
    }
    assert interests[f"ownership:{ANN}/{TOP}/shares/2020-01-01"]["share"] == {"exact": 100.0}
    ranged = interests[f"ownership:{TOP}/{MIDDLE}/shares/2020-01-01"]
    assert ranged["share"] == {"minimum": 50.0, "maximum": 75.0}
    assert "beneficialOwnershipOrControl" not in ranged
    votes = interests[f"ownership:XX-REG:00000008/{OWNED}/votes/2020-01-01"]
    assert (votes["type"], votes["share"]) == ("votingRights", {"minimum": 10.0})
    assert "share" not in interests[f"ownership:XX-TRUST:1/{TOP}/influence/2020-01-01"]
    gaps = [
        one["recordDetails"]["subject"]
        for one in statements(engine, OPEN)
        if isinstance(one["recordDetails"].get("interestedParty"), dict)
    ]
    assert gaps == ["XX-REG:00000008", "XX-TRUST:1"]


def ftm_lines(engine: Engine, naming: Naming) -> list[dict[str, Any]]:
    return list(ftm_entities(Records(engine, DAY), naming))


@pytest.mark.parametrize("naming", [OPEN, CLOSED], ids=["open", "closed"])
def test_follow_the_money_accepts_every_entity(engine, naming):
    model = pytest.importorskip(
        "followthemoney", reason="followthemoney is not installed: pip install .[followthemoney]"
    ).model
    for entity in ftm_lines(engine, naming):
        schema = model.get(entity["schema"])
        schema.validate(entity)
        for name, values in entity["properties"].items():
            kind = schema.get(name).type
            assert [kind.clean(value) for value in values] == values, (entity["id"], name)


def test_our_reader_reads_the_same_owners_back(tmp_path):
    rows = country()
    rows["ownership"] += [
        stake("XX-REG:00000008", TOP, None, None, owner_kind="trust", interest="influence"),
        stake("XX-REG:00000008", FRONT, 0.25, 0.5, owner_kind="trust"),
        stake("XX-REG:00000009", SISTER, 0.05, 0.05, owner_kind="state"),
        stake("XX-REG:00000010", OWNED, 0.1, 0.2, owner_kind="unknown", interest="votes"),
        stake(ANN, SISTER, None, None, interest="appointment"),
        stake(BEN, SISTER, 0.125, 1.0, interest="votes"),
        stake(BEN, SISTER, 1 / 3, 1 / 3),
    ]
    with opened(rows, tmp_path / "country") as engine:
        entities = ftm_lines(engine, OPEN)
    text = "".join(json.dumps(entity) + "\n" for entity in entities)
    source = make_source(
        id="ftm",
        path="entities.json",
        reader="ftm",
        ftm={"identifiers": {"registrationNumber": "XX-REG"}, "lists": {"ban": "ban"}},
    )
    del source["tables"]
    (tmp_path / "back").mkdir()
    back = read_study(tmp_path / "back", {"entities.json": text}, source, as_of=None)
    persons = {person: pseudonymise("XI-PERSON", ftm_id(person), KEY) for person in (ANN, BEN)}
    columns = ("owner_kind", "company_id", "interest", "valid_from")
    shares = {
        (
            persons.get(row["owner_id"], row["owner_id"]),
            *(row[name] for name in columns),
        ): (row["share_low"], row["share_high"])
        for row in rows["ownership"]
    }
    read = {
        (row["owner_id"], *(row[name] for name in columns)): (row["share_low"], row["share_high"])
        for row in back.rows("ownership")
    }
    assert read.keys() == shares.keys()
    for key, ends in read.items():
        assert ends == pytest.approx(shares[key], abs=1e-8), key
    assert back.rows("rejected") == []
    assert "trust" not in back.column("companies", "kind")
    listed = [row["company_id"] for row in back.rows("list_entries")]
    assert sorted(listed) == [SISTER, "XX-REG:00000007"]


@pytest.mark.parametrize("naming", [OPEN, CLOSED], ids=["open", "closed"])
def test_igraph_reads_the_graph_back(engine, naming, tmp_path):
    path = tmp_path / "graph.graphml"
    path.write_text("\n".join(graphml_lines(Records(engine, DAY), naming)), encoding="utf-8")
    graph = igraph.Graph.Read_GraphML(str(path))
    ids = {naming.name("firm", unit) for unit in (FRONT, ANN, TOP, MIDDLE)}
    assert ids <= set(graph.vs["id"])
    kinds = dict(zip(graph.vs["id"], graph.vs["kind"], strict=True))
    assert kinds[naming.name("firm", ANN)] == "natural_person"
    stakes = [edge for edge in graph.es if edge["relation"] == "shares"]
    assert sorted(edge["low"] for edge in stakes if edge["low"] == edge["low"])[-1] == 1.0
    names = {name for name in graph.vs["name"] if name}
    assert ('Quotes "&" <tags> Ωμέγα Фирма شركة' in names) == naming.is_open
    assert naming.is_open or not names


def test_nothing_closed_is_written_without_the_key(engine):
    written = json.dumps([statements(engine, CLOSED), ftm_lines(engine, CLOSED)])
    written += "".join(graphml_lines(Records(engine, DAY), CLOSED))
    for given in ("XX-REG", "XX-TRUST", "Invented 1", "Invented office", "Quotes"):
        assert given not in written, given


def test_persons_have_no_names_with_the_key_either(engine):
    persons = [one for one in ftm_lines(engine, OPEN) if one["schema"] == "Person"]
    assert {one["properties"]["name"][0] for one in persons} >= {ANN, BEN}
    assert all(set(one["properties"]) == {"name"} for one in persons)


def test_a_part_holds_only_what_ties_its_units(engine):
    records = Records(engine, DAY, {FRONT, MIDDLE})
    assert [row["unit_id"] for row in records.units()] == [FRONT, MIDDLE]
    assert [row["owner_id"] for row in records.interests()] == [MIDDLE]
    assert list(records.roles()) == []


def test_pages_join_without_a_gap_or_a_double(engine, monkeypatch):
    whole = list(Records(engine, DAY).interests())
    monkeypatch.setattr("infiltrate.tracing.records._PAGE", 2)
    assert list(Records(engine, DAY).interests()) == whole
