from datetime import date

import pytest

from infiltrate.params.document import NotYaml, read_document


def values(text: str) -> object:
    return read_document(text).data


@pytest.mark.parametrize("word", ["NO", "no", "on", "off", "yes", "y", "N", "NA", "null_", "="])
def test_norway_and_its_kin_stay_text_as_values_and_as_keys(word: str):
    assert values(f"country: {word}\n{word}: 1") == {"country": word, word: 1}


@pytest.mark.parametrize("key", ["010", "1", "true", "null", "~", "2019-01-01", "1.10", "0x1F"])
def test_keys_stay_as_written(key: str):
    assert values(f"map: {{{key}: works}}") == {"map": {key: "works"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("", None),
        ("12", 12),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("'010'", "010"),
        ("12:30:00", "12:30:00"),
        ("2019-01-31", date(2019, 1, 31)),
        ("2019-02-30", "2019-02-30"),
        ("2019-1-1", "2019-1-1"),
        ("2019-01-01 10:00:00", "2019-01-01 10:00:00"),
        ("!!str 5", "5"),
        ("!!int x", "x"),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
    ],
)
def test_values_follow_yaml_1_2(text: str, value: object):
    found = values(f"key: {text}")
    assert found == {"key": value}
    assert type(found["key"]) is type(value)


def test_every_value_knows_its_line_and_unquoted_text():
    document = read_document("a:\n  - b: 010\n    c:\n  - '5'\n")
    assert document.spots["a",].line == 1
    assert (document.spots["a", 0, "b"].line, document.spots["a", 0, "b"].text) == (2, "010")
    assert document.spots["a", 0, "c"].line == 3
    assert (document.spots["a", 1].line, document.spots["a", 1].text) == (4, "")


def test_all_keys_given_twice_are_found():
    issues = read_document("a: 1\nb: {x: 1, x: 2}\na: 2\n1: p\n'1': q\n").issues
    assert [(issue.parts, issue.found) for issue in issues] == [
        (("b", "x"), "stands twice, first on line 2"),
        (("a",), "stands twice, first on line 1"),
        (("1",), "stands twice, first on line 4"),
    ]


def test_anchors_and_merges_work_and_own_keys_win():
    text = "one: &one {a: 1, b: 2}\ntwo: {<<: *one, b: 3}\nthree: {<<: [{a: 5}, *one]}"
    data = values(text)
    assert data["two"] == {"a": 1, "b": 3}
    assert data["three"] == {"a": 5, "b": 2}


def test_an_alias_of_itself_ends_in_a_message_not_in_a_loop():
    assert "alias" in read_document("a: &a [*a]").issues[0].found


def test_a_foreign_tag_is_reported_and_never_constructed():
    document = read_document("a: !!python/object/apply:os.getcwd []\nb: !secret x")
    assert [issue.parts for issue in document.issues] == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n\tb: 2", 2, "tab"),
        ("a: 1\nb: c: d", 2, "colon"),
        ("a: 'x", 1, "quotation mark"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: 1\nb: [1, 2\n", 3, "expected"),
        ("a: 1\nb: x\x07y", 2, "unacceptable character"),
        ("%YAML 1.1\n---\ncountry: NO", 1, "YAML 1.1"),
        ("[" * 1500, 1, "nested"),
        ("a: *missing", 1, "undefined alias"),
    ],
)
def test_text_that_is_not_yaml_names_the_line(text: str, line: int, words: str):
    with pytest.raises(NotYaml) as error:
        read_document(text)
    assert error.value.line == line
    assert words in error.value.found
