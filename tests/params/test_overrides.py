from pathlib import Path

import pytest

from infiltrate.params.load import find_problems, load_params
from infiltrate.params.overrides import override


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(sound: Path):
    params = load_params(sound, ["choices.risk.folds=3", "choices.risk.quarantine_months=9"])
    assert params.choices.risk.folds == 3
    assert params.choices.risk.quarantine_months == 9
    assert params.choices.risk.lists == ["debarments"]


def test_values_are_yaml(sound: Path):
    settings = [
        "country=NO",
        "choices.as_of=2020-05-01",
        "choices.risk.recall_at=[0.2, 1]",
        "choices.indicators.single_bid.on=false",
        "choices.engine={threads: 1}",
        "question=",
    ]
    assert find_problems(sound, settings[-1:])[1][0].found == "nothing stands there"
    params = load_params(sound, settings[:-1])
    assert params.country == "NO"
    assert params.choices.as_of is not None
    assert params.choices.risk.recall_at == [0.2, 1.0]
    assert not params.choices.indicators["single_bid"].on
    assert params.choices.engine.threads == 1


def test_an_item_of_a_list_is_named_by_its_id_or_number(sound: Path):
    by_id = load_params(sound, ["sources[awards].path=yy/a.csv"])
    by_number = load_params(sound, ["sources[0].path=yy/a.csv"])
    assert by_id == by_number
    assert by_id.sources[0].path == "yy/a.csv"


def test_blocks_are_merged_and_lists_replaced(sound: Path):
    params = load_params(sound, ["choices={risk: {folds: 3, lists: []}, seed: 1}"])
    assert params.choices.risk.quarantine_months == 6
    assert params.choices.risk.lists == []


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("choices.risk.folds", "has no ="),
        ("choices..folds=3", "is not a path"),
        ("=3", "is not a path"),
        ("choices.risk[=3", "is not a path"),
        ("sources[award].path=x", "there are: awards"),
        ("sources.path=x", "write the item in brackets"),
        ("title.short=x", "there is no block title"),
        ("title='x", "is not YAML"),
        ("choices.risk.folds=many", "'many' is text"),
        ("choices.risk.fold=3", "is not a known key"),
        ("choices.engine.threads=0", "0 is too low"),
        ("title=010", '"010"'),
    ],
)
def test_a_wrong_setting_is_a_problem_of_the_command_line(sound: Path, setting: str, words: str):
    params, problems = find_problems(sound, [setting])
    assert params is None
    assert len(problems) == 1
    assert problems[0].where.startswith("command line: ")
    assert words in str(problems[0])


def test_a_setting_can_mend_a_broken_file(sound: Path):
    sound.write_text(sound.read_text().replace("country: PE", "country: UK"))
    assert find_problems(sound)[1]
    assert load_params(sound, ["country=GB"]).country == "GB"


def test_values_of_the_file_are_left_as_they_were():
    data = {"choices": {"risk": {"folds": 5}}, "sources": [{"id": "a", "path": "x"}]}
    overlay = override(data, ["choices.risk.folds=3", "sources[a].path=y"])
    assert overlay.data == {
        "choices": {"risk": {"folds": 3}},
        "sources": [{"id": "a", "path": "y"}],
    }
    assert data == {"choices": {"risk": {"folds": 5}}, "sources": [{"id": "a", "path": "x"}]}
