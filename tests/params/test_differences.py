from pathlib import Path

from infiltrate.params.differences import differences_from_defaults
from infiltrate.params.load import load_params


def test_only_what_differs_is_listed_with_its_default(sound: Path):
    params = load_params(
        sound,
        [
            "question=Is it so?",
            "choices.risk.folds=5",
            "choices.as_of=2020-01-01",
            "choices.indicators.single_bid.on=false",
            "choices.indicators.splitting.settings.days=90",
            "choices.indicators.overrun.on=true",
        ],
    )
    found = {path: (value, default) for path, value, default in differences_from_defaults(params)}
    assert {path: str(pair[0]) for path, pair in found.items()} == {
        "question": "Is it so?",
        "choices.as_of": "2020-01-01",
        "choices.indicators.single_bid.on": "False",
        "choices.indicators.splitting.settings.days": "90",
        "choices.risk.lists": "['debarments']",
        "choices.risk.quarantine_months": "6",
    }
    assert found["choices.risk.quarantine_months"] == (6, 12)
    assert found["choices.indicators.splitting.settings.days"] == (90, None)


def test_a_study_at_the_defaults_differs_in_nothing(write):
    params = load_params(write("country: XX\ntitle: abc\ncurrency: XXX\n"))
    assert differences_from_defaults(params) == []
