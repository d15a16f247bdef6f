import json
import re
from difflib import unified_diff
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from infiltrate.params.defaults import render_defaults
from infiltrate.params.describe import fields_of, section_names
from infiltrate.params.load import load_params, read_params
from infiltrate.params.schema import COMMAND, render_generated, render_schema, write_generated

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(render_generated()))
def test_generated_files_are_fresh(name: str):
    expected, path = render_generated()[name], ROOT / name
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = unified_diff(found.splitlines(), expected.splitlines(), name, "generated", lineterm="")
    assert found == expected, f"{name} is stale; run `{COMMAND}`\n" + "\n".join(lines)


def test_everything_generated_is_written(tmp_path: Path):
    written = write_generated(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == set(render_generated())
    assert write_generated(tmp_path) == written


def test_the_defaults_load_and_are_the_defaults(tmp_path: Path):
    path, bare = tmp_path / "_defaults.yaml", tmp_path / "bare.yaml"
    path.write_text(render_defaults())
    assert render_defaults().startswith("# yaml-language-server: $schema=schema.json\n")
    params = load_params(path)
    bare.write_text(f"country: XX\ntitle: {params.title}\ncurrency: XXX\n")
    assert load_params(bare) == params


def test_the_defaults_show_every_key_of_every_block():
    shown = set(re.findall(r"^[ #]*([a-z_]+):", render_defaults(), re.MULTILINE))
    assert {note.name for name in section_names() for note in fields_of(name)} <= shown


def test_the_examples_in_comments_load_when_uncommented(tmp_path: Path):
    path = tmp_path / "examples.yaml"
    body = render_defaults().split("\n\n", 1)[1]
    placed = re.sub(r"^( *)\w+: (\[\]|\{\})\n(?=\1# \w+:$)", "", body, flags=re.M)
    path.write_text(re.sub(r"^( *)# ((?:  )*(?:-$|# |[\w\" ]+:))", r"\1\2", placed, flags=re.M))
    reading = read_params(path)
    assert [str(problem) for problem in reading.problems] == []
    assert len(reading.params.sources) == len(reading.params.lists) == 1
    assert len(reading.params.facts.thresholds) == 1


def test_editors_accept_what_loads_and_refuse_what_does_not(sound: Path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(render_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.yaml_constructors["tag:yaml.org,2002:timestamp"] = lambda _, node: node.value
    raw = yaml.load(sound.read_text())
    assert list(validator.iter_errors(raw)) == []
    raw["choices"]["risk"]["quarantine_monhts"] = 6
    raw["facts"]["thresholds"][0].pop("source")
    assert len(list(validator.iter_errors(raw))) == 2
