"""The research object keeps what RO-Crate 1.3 and the profiles for runs of workflows require."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runs.graph import Graph

BASE = "https://w3id.org/ro/wfrun"
PROFILES = [f"{BASE}/{name}/0.6" for name in ("process", "workflow", "provenance")]
TOOLS = {"SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"}


class Crate:
    """Entities of a metadata file by their id."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self.context = metadata["@context"]
        self.entities = {entity["@id"]: entity for entity in metadata["@graph"]}
        assert len(self.entities) == len(metadata["@graph"]), "an id stands twice"

    def of(self, entity: dict[str, Any], name: str) -> list[dict[str, Any]]:
        value = entity.get(name, [])
        found = value if isinstance(value, list) else [value]
        return [self.entities[item["@id"]] for item in found if isinstance(item, dict)]

    def kind(self, kind: str) -> list[dict[str, Any]]:
        return [entity for entity in self.entities.values() if kind in types(entity)]


def types(entity: dict[str, Any]) -> set[str]:
    value = entity["@type"]
    return set(value) if isinstance(value, list) else {value}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value.keys() == {"@id"}:
        yield value["@id"]
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@pytest.fixture(scope="module")
def crate(first: Graph) -> Crate:
    return Crate(json.loads((first.results / "ro-crate-metadata.json").read_text()))


def test_the_root_is_described_and_names_its_profiles(crate: Crate) -> None:
    descriptor, root = crate.entities["ro-crate-metadata.json"], crate.entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.3"}
    assert all(root[name] for name in ("name", "description", "datePublished", "license"))
    profiles = crate.of(root, "conformsTo")
    assert {*PROFILES, "https://w3id.org/workflowhub/workflow-ro-crate/1.1"} == {
        profile["@id"] for profile in profiles
    }
    assert all("CreativeWork" in types(profile) for profile in profiles)
    assert crate.context == [
        "https://w3id.org/ro/crate/1.3/context",
        "https://w3id.org/ro/terms/workflow-run/context",
    ]


def test_every_reference_leads_to_an_entity(crate: Crate) -> None:
    for entity in crate.entities.values():
        for name, value in entity.items():
            for target in references(value) if name != "@id" else ():
                is_term = target.startswith(("http://schema.org/", "https://w3id.org/ro/crate/"))
                assert is_term or target in crate.entities, f"{entity['@id']} {name} {target}"


def test_every_file_is_a_part_and_is_there_with_its_hash(crate: Crate, first: Graph) -> None:
    parts = {part["@id"] for part in crate.of(crate.entities["./"], "hasPart")}
    files = {entity["@id"] for entity in crate.kind("File")}
    assert parts == files
    outputs = json.loads((first.results / "manifest.json").read_text())["outputs"]
    assert files == {*outputs, "manifest.json"}
    for name, output in outputs.items():
        assert (first.results / name).is_file()
        assert crate.entities[name]["sha256"] == output["sha256"]


def test_every_action_has_a_tool_and_the_run_is_that_of_the_main_workflow(crate: Crate) -> None:
    actions = crate.kind("CreateAction")
    mentioned = {entity["@id"] for entity in crate.of(crate.entities["./"], "mentions")}
    for action in actions:
        (tool,) = crate.of(action, "instrument")
        assert types(tool) & TOOLS
        assert tool["name"]
        assert action["name"]
        assert action["@id"] in mentioned
        assert crate.of(action, "result")
    (workflow,) = crate.of(crate.entities["./"], "mainEntity")
    assert types(workflow) == {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"}
    assert [action["@id"] for action in actions if action["instrument"]["@id"] == workflow["@id"]]
    (language,) = crate.of(workflow, "programmingLanguage")
    assert types(language) == {"ComputerLanguage"}
    slots = {slot["@id"] for slot in crate.of(workflow, "input")}
    values = crate.kind("PropertyValue")
    filled = {value["exampleOfWork"]["@id"] for value in values if "exampleOfWork" in value}
    assert slots == filled
    assert "#parameter-choices.seed" in slots


def test_steps_stand_in_an_order_in_which_each_has_what_it_reads(crate: Crate) -> None:
    (workflow,) = crate.of(crate.entities["./"], "mainEntity")
    tools = {tool["@id"] for tool in crate.of(workflow, "hasPart")}
    steps = crate.of(workflow, "step")
    assert {step["workExample"]["@id"] for step in steps} == tools
    position = {step["workExample"]["@id"]: int(step["position"]) for step in steps}
    made: dict[str, int] = {}
    runs = [a for a in crate.kind("CreateAction") if a["instrument"]["@id"] in tools]
    assert len(runs) == len(steps) == 4
    for run in runs:
        for result in crate.of(run, "result"):
            made[result["@id"]] = position[run["instrument"]["@id"]]
    for run in runs:
        for used in crate.of(run, "object"):
            assert made.get(used["@id"], 0) < position[run["instrument"]["@id"]]


def test_the_engine_organises_every_step_and_results_in_the_run(crate: Crate) -> None:
    (organise,) = crate.kind("OrganizeAction")
    controls = crate.kind("ControlAction")
    assert {c["@id"] for c in crate.of(organise, "object")} == {c["@id"] for c in controls}
    (engine,) = crate.of(organise, "instrument")
    assert (engine["name"], types(engine)) == ("infiltrate", {"SoftwareApplication"})
    (run,) = crate.of(organise, "result")
    assert crate.of(run, "instrument") == crate.of(crate.entities["./"], "mainEntity")
    for control in controls:
        assert types(crate.of(control, "instrument")[0]) == {"HowToStep"}
        assert types(crate.of(control, "object")[0]) == {"CreateAction"}


def test_a_stage_says_when_it_ran_and_what_it_took(crate: Crate) -> None:
    run = crate.entities["#run-01_numbers"]
    assert run["startTime"] <= run["endTime"]
    for usage in crate.of(run, "resourceUsage"):
        assert usage["propertyID"]
        assert float(usage["value"]) >= 0


def test_data_sets_carry_publisher_and_licence_and_no_file_name(crate: Crate, first: Graph) -> None:
    source = crate.entities["#source-raw"]
    assert source["license"] == "CC0-1.0"
    assert crate.of(source, "publisher")[0]["name"] == "Nobody"
    assert "raw.csv" not in json.dumps(crate.entities)


def test_the_library_reads_it_back(first: Graph) -> None:
    from rocrate.rocrate import ROCrate

    read = ROCrate(str(first.results))
    assert read.mainEntity.id == "workflow.json"
    assert len(read.data_entities) == len(list(read.root_dataset["hasPart"]))
