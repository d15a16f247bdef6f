import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infiltrate.errors import StoreError
from infiltrate.params.dump import dump_params, fingerprint, render_params, subset
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAME = TEXT.filter(bool)
LONG = TEXT.map(lambda text: "abc" + text)
DAY = st.dates(date(1900, 1, 1), date(2100, 1, 1))
POSITIVE = st.floats(1e-300, 1e300)
SCALAR = st.one_of(
    TEXT, st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), DAY
)
TRANSFORM = st.one_of(
    NAME,
    st.fixed_dictionaries(
        {"column": NAME},
        optional={
            "map": st.dictionaries(TEXT, TEXT, max_size=3),
            "scale": POSITIVE,
            "missing": st.lists(TEXT, max_size=2),
        },
    ),
    st.fixed_dictionaries({"constant": st.one_of(SCALAR, st.booleans())}),
)
SOURCE = st.fixed_dictionaries(
    {
        "title": NAME,
        "publisher": NAME,
        "licence": NAME,
        "path": st.just("xx/*.csv"),
        "tables": st.dictionaries(
            NAME,
            st.fixed_dictionaries(
                {"columns": st.dictionaries(TEXT, TRANSFORM, min_size=1, max_size=3)}
            ),
            min_size=1,
            max_size=2,
        ),
    },
    optional={"retrieved_on": DAY, "address": TEXT, "header": st.lists(TEXT, max_size=3)},
)
THRESHOLD = st.fixed_dictionaries(
    {"amount": POSITIVE, "currency": st.just("PEN"), "valid_from": DAY, "source": LONG},
    optional={"category": st.sampled_from(["works", "any"])},
)
SETTING = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
STUDIES = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["PE", "NO", "NA", "XX"]),
        "title": LONG,
        "currency": st.just("EUR"),
        "sources": st.lists(SOURCE, max_size=2).map(
            lambda items: [{**item, "id": f"s{i}"} for i, item in enumerate(items)]
        ),
        "facts": st.fixed_dictionaries(
            {
                "thresholds": st.lists(THRESHOLD, max_size=2).map(
                    lambda items: [{**item, "regime": f"r{i}"} for i, item in enumerate(items)]
                )
            }
        ),
        "choices": st.fixed_dictionaries(
            {},
            optional={
                "seed": st.integers(0, 2**70),
                "as_of": DAY,
                "indicators": st.dictionaries(
                    NAME,
                    st.fixed_dictionaries({"settings": st.dictionaries(TEXT, SETTING, max_size=2)}),
                    max_size=2,
                ),
            },
        ),
    }
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=STUDIES)
def test_what_is_dumped_is_read_back_the_same(tmp_path: Path, raw: dict):
    params = StudyParams.model_validate(raw)
    path = tmp_path / "params.json"
    dump_params(params, path)
    again = load_params(path)
    assert again == params
    assert render_params(again) == render_params(params)


def test_constants_keep_their_type(edited, tmp_path: Path):
    for written in ("2019-01-31", "'010'", "5", "5.0", "true", "'true'", "''", "NO"):
        params = load_params(
            edited("lot_id: {combine", f"x: {{constant: {written}}}\n          lot_id: {{combine")
        )
        dump_params(params, tmp_path / "p.json")
        value = params.sources[0].tables["bids"].columns["x"].constant
        again = load_params(tmp_path / "p.json").sources[0].tables["bids"].columns["x"].constant
        assert (again, type(again)) == (value, type(value))


def test_the_dump_is_canonical(sound: Path, tmp_path: Path):
    params = load_params(sound)
    explicit = tmp_path / "explicit.yaml"
    explicit.write_text(sound.read_text().replace("risk: {", "seed: 20260101\n  risk: {folds: 5, "))
    assert render_params(load_params(explicit)) == render_params(params)
    assert json.loads(render_params(params))["facts"]["thresholds"][0]["valid_from"] == "2018-01-01"


def test_the_order_in_which_patterns_are_tried_is_kept(sound: Path, tmp_path: Path):
    text = sound.read_text()
    old = 'lot_id: {combine: "{PROCESS}-{ITEM}"}'
    first, second = (
        load_params(
            _written(tmp_path, text.replace(old, f"lot_id: {{column: a, patterns: {order}}}"))
        )
        for order in ("{b.*: one, a.*: two}", "{a.*: two, b.*: one}")
    )
    dump_params(first, tmp_path / "p.json")
    again = load_params(tmp_path / "p.json")
    assert list(again.sources[0].tables["bids"].columns["lot_id"].patterns) == ["b.*", "a.*"]
    assert fingerprint(first, ["sources"]) != fingerprint(second, ["sources"])


def test_a_dump_that_fails_leaves_what_was_there(sound: Path, tmp_path: Path):
    params = load_params(sound)
    with pytest.raises(StoreError):
        dump_params(params, tmp_path / "no_folder" / "p.json")
    folder = tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(StoreError):
        dump_params(params, folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params", "taken"]


def test_a_subset_holds_only_the_named_blocks(sound: Path):
    params = load_params(sound)
    found = subset(params, ["facts.thresholds", "choices.risk.folds", "sources[awards].path"])
    assert list(found) == ["choices.risk.folds", "facts.thresholds", "sources[awards].path"]
    assert found["choices.risk.folds"] == 5
    assert found["sources[awards].path"] == "xx/awards.csv"
    assert found["facts.thresholds"][0]["valid_to"] == "2018-12-31"
    assert subset(params, ["choices.indicators.single_bid"]) == {
        "choices.indicators.single_bid": None
    }


@pytest.mark.parametrize("block", ["choices.riks", "facts.thresholds.x.y", "sources[nothing]", ""])
def test_a_block_that_does_not_exist_is_an_error(sound: Path, block: str):
    with pytest.raises(KeyError):
        subset(load_params(sound), [block])


def test_a_fingerprint_moves_only_with_its_blocks(sound: Path):
    before, after = load_params(sound), load_params(sound, ["choices.risk.folds=3"])
    assert fingerprint(before, ["facts", "lists"]) == fingerprint(after, ["lists", "facts"])
    assert fingerprint(before, ["choices.risk"]) != fingerprint(after, ["choices.risk"])


def _written(folder: Path, text: str) -> Path:
    path = folder / "written.yaml"
    path.write_text(text)
    return path
