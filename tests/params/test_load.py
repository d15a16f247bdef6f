import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.choices import RiskChoices
from infiltrate.params.load import find_problems, load_params, read_params

TEN_MISTAKES = """\
country: UK
titel: Ten mistakes
currency: EUR
currency: EUR
sources:
  - id: awards
    title: Awards
    publisher: Authority
    licence: CC0-1.0
    path: /home/me/awards.csv
    tables:
      bids:
        columns:
          tender_id: {column: a, constant: b}
facts:
  thresholds:
    - {regime: direct_award, amount: 1, currency: EUR, valid_from: 2019-02-30, source: "Law 1"}
    - {regime: eu_notice, amount: 1, currency: EUR, valid_from: 2019-01-01}
lists:
  - {id: tax, title: T, authority: A, legal_basis: L, nature: taxes, organised_crime: false,
     source: abc}
choices:
  risk: {quarantine_months: 500, lists: [tce]}
"""


def problems_of(path: Path, *overrides: str) -> list[Problem]:
    params, problems = find_problems(path, overrides)
    assert (params is None) == bool(problems)
    return problems


def the_problem(path: Path, *overrides: str) -> Problem:
    problems = problems_of(path, *overrides)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_defaults_are_filled_in_and_integers_become_numbers(sound: Path):
    params = load_params(sound)
    assert params.choices.risk.quarantine_months == 6
    assert params.choices.risk.horizon_months == 36
    assert params.facts.thresholds[0].amount == 33600.0
    assert params.facts.thresholds[0].valid_from == date(2018, 1, 1)
    assert params.sources[0].tables["bids"].columns["tender_id"] == "PROCESS"


def test_ten_mistakes_are_ten_problems_at_once(write: Callable[..., Path]):
    problems = problems_of(write(TEN_MISTAKES))
    assert [problem.where for problem in problems] == [
        "params/xx.yaml:1: country",
        "params/xx.yaml:2: titel",
        "params/xx.yaml:4: currency",
        "params/xx.yaml:10: sources[awards].path",
        "params/xx.yaml:14: sources[awards].tables.bids.columns.tender_id",
        "params/xx.yaml:17: facts.thresholds[0].valid_from",
        "params/xx.yaml:18: facts.thresholds[1].source",
        "params/xx.yaml:20: lists[tax].nature",
        "params/xx.yaml:23: choices.risk.quarantine_months",
        "params/xx.yaml:23: choices.risk.lists[0]",
    ]


def test_load_raises_all_problems_together(write: Callable[..., Path]):
    with pytest.raises(ParamsError) as error:
        load_params(write(TEN_MISTAKES))
    assert error.value.exit_code == 2
    assert len(error.value.problems) == 10
    assert error.value.summary == "params/xx.yaml: 10 problems; nothing was run."
    assert str(error.value).count("\n") == 10


def test_messages_speak_no_pydantic(write: Callable[..., Path]):
    text = "\n".join(str(problem) for problem in problems_of(write(TEN_MISTAKES)))
    for word in ("pydantic", "http", "Input should", "Extra inputs", "type=", "NoneType", "str"):
        assert word not in re.sub("strptime", "", text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "quarantine_months: 6",
            "quarantine_months: 500",
            (
                "choices.risk.quarantine_months",
                "500 is too high",
                "a whole number from 0 to 120, in months",
                "Leave it out to use the default, 12.",
            ),
        ),
        (
            "quarantine_months: 6",
            "quarantine_monhts: 6",
            (
                "choices.risk.quarantine_monhts",
                "is not a known key",
                ", ".join(RiskChoices.model_fields),
                "Did you mean `quarantine_months`?",
            ),
        ),
        (
            "quarantine_months: 6",
            "quarantine_months: six",
            (
                "choices.risk.quarantine_months",
                "'six' is text",
                "a whole number from 0 to 120, in months",
                "Leave it out to use the default, 12.",
            ),
        ),
        (
            "quarantine_months: 6",
            "quarantine_months: '6'",
            (
                "choices.risk.quarantine_months",
                "'6' is text",
                "a whole number from 0 to 120, in months",
                "Write it without quotes, and with no mark but a decimal point: 6.",
            ),
        ),
        (
            "organised_crime: false",
            "organised_crime: no",
            ("lists[debarments].organised_crime", "'no' is text", "true or false", "Write false."),
        ),
        (
            "title: A small study",
            "title: 010",
            (
                "title",
                "010 is a number",
                "text of 3 characters or more",
                'Put it in quotes: "010".',
            ),
        ),
        (
            "title: A small study",
            "title:",
            ("title", "nothing stands there", "text of 3 characters or more", "Write a value."),
        ),
        (
            "nature: debarment",
            "nature: debarrment",
            (
                "lists[debarments].nature",
                "'debarrment' is not one of the values",
                "one of court_final, court_provisional, admin_preventive, tax, debarment, "
                "penalty, sanction, intelligence, media, research",
                "Did you mean debarment?",
            ),
        ),
        (
            "valid_to: 2018-12-31",
            "valid_to: 2018-12-32",
            (
                "facts.thresholds[0].valid_to",
                "2018-12-32 is not a day of the calendar",
                "a date (YYYY-MM-DD)",
                "",
            ),
        ),
        (
            "valid_to: 2018-12-31",
            "valid_to: 31/12/2018",
            (
                "facts.thresholds[0].valid_to",
                "'31/12/2018' is not a date",
                "a date (YYYY-MM-DD)",
                "",
            ),
        ),
        (
            "valid_to: 2018-12-31",
            "valid_to: 2017-12-31",
            (
                "facts.thresholds[0]",
                "valid_to 2017-12-31 is before valid_from 2018-01-01",
                "",
                "Swap or correct the dates; leave valid_to out while the fact holds.",
            ),
        ),
        (
            'source: "Budget law 2019"',
            "status: seen",
            (
                "facts.thresholds[1].source",
                "is missing; a fact without a source cannot be used",
                "text of 3 characters or more",
                "Add `source`: Law, article, publication or page it was read in.",
            ),
        ),
        (
            "currency: PEN\nsources",
            "currency: pen\nsources",
            (
                "currency",
                "'pen' is no currency code",
                "three capital letters of ISO 4217, or XXX for an invented currency",
                "Did you mean PEN?",
            ),
        ),
        (
            "lists: [debarments]",
            "lists: debarments",
            (
                "choices.risk.lists",
                "'debarments' is text",
                "a list, each item text",
                "Write it as a list: ['debarments'].",
            ),
        ),
    ],
)
def test_a_message_says_what_is_there_what_may_be_and_what_to_do(
    edited: Callable[[str, str], Path], old: str, new: str, message: tuple[str, ...]
):
    problem = the_problem(edited(old, new))
    where = re.sub(r"^params/xx\.yaml:\d+: ", "", problem.where)
    assert (where, problem.found, problem.allowed, problem.fix) == message


@pytest.mark.parametrize(
    ("written", "meant"), [("33,600", "33600"), ("1,234,567.5", "1234567.5"), ("12,5", "12.5")]
)
def test_an_amount_with_marks_is_told_how_it_is_written(
    write: Callable[..., Path], sound: Path, written: str, meant: str
):
    text = sound.read_text().replace("33600", f"'{written}'", 1)
    assert the_problem(write(text)).fix.endswith(f"a decimal point: {meant}.")


def test_a_key_in_the_wrong_block_is_told_its_place(write: Callable[..., Path]):
    text = "country: XX\ntitle: abc\ncurrency: EUR\nquarantine_months: 5\nthreads: 2\n"
    fixes = [problem.fix for problem in problems_of(write(text))]
    assert fixes == ["It belongs under choices.risk.", "It belongs under choices.engine."]


def test_a_misspelt_required_key_is_one_mistake(edited: Callable[[str, str], Path]):
    problem = the_problem(edited("legal_basis: Law 1", "legal_bases: Law 1"))
    assert problem.fix == "Did you mean `legal_basis`?"


def test_the_usual_other_name_is_understood(edited: Callable[[str, str], Path]):
    path = edited("valid_from: 2019-01-01", "from: 2019-01-01")
    assert the_problem(path).fix == "Did you mean `valid_from`?"


def test_norway_is_a_country(edited: Callable[[str, str], Path]):
    assert load_params(edited("country: PE", "country: NO")).country == "NO"


def test_a_wrong_choice_among_several_types_is_one_problem(edited: Callable[[str, str], Path]):
    path = edited("{constant: debarments}", "{constant: [debarments]}")
    assert the_problem(path).allowed.startswith("text or a number or true or false or a date")


def test_an_empty_file_misses_what_is_required(write: Callable[..., Path]):
    for text in ("", "# nothing yet\n"):
        found = [problem.where for problem in problems_of(write(text))]
        assert found == [f"params/xx.yaml: {name}" for name in ("country", "title", "currency")]


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "5\n"])
def test_a_file_that_is_not_a_set_of_keys_is_refused(write: Callable[..., Path], text: str):
    assert the_problem(write(text)).found == "is not a set of keys"


def test_text_that_is_not_yaml_is_one_problem_with_line_and_column(write: Callable[..., Path]):
    problem = the_problem(write("country: PE\ntitle: a: b\n"))
    assert problem.where == "params/xx.yaml:2"
    assert problem.found == "column 9: a colon where none can stand"


def test_a_missing_file_names_the_nearest(sound: Path, write: Callable[..., Path]):
    write("country: PE", "peru.yaml")
    assert the_problem(Path("params/prus.yaml")).fix == "Did you mean peru.yaml?"
    assert "no folder" in the_problem(Path("nowhere/peru.yaml")).fix


def test_a_folder_and_a_file_in_another_encoding_are_refused(sound: Path):
    assert "cannot be read" in the_problem(Path("params")).found
    sound.write_bytes(b"country: PE\ntitle: Espa\xf1a\n")
    problem = the_problem(sound)
    assert (problem.where, problem.fix) == ("params/xx.yaml:2", "Save the file as UTF-8.")


def test_a_byte_order_mark_does_no_harm(sound: Path):
    sound.write_bytes(b"\xef\xbb\xbf" + sound.read_bytes())
    assert load_params(sound).country == "PE"


def test_a_broken_file_can_still_be_looked_into(write: Callable[..., Path]):
    reading = read_params(write(TEN_MISTAKES))
    assert reading.params is None
    assert reading.data["sources"][0]["path"] == "/home/me/awards.csv"
    assert reading.where("sources", 0, "path") == "params/xx.yaml:10: sources[awards].path"
    assert reading.where("sources", 0, "encoding") == "params/xx.yaml:6: sources[awards].encoding"
    assert reading.where("choices", "seed") == "params/xx.yaml:22: choices.seed"
