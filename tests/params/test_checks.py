from collections.abc import Callable
from pathlib import Path

import pytest

from infiltrate.params.load import find_problems

FACT = "- {regime: direct_award, category: goods, amount: 1, currency: PEN, source: Law"


def messages(path: Path) -> list[str]:
    return [str(problem) for problem in find_problems(path)[1]]


@pytest.mark.parametrize("block", ["sources", "lists"])
def test_ids_are_unique(sound: Path, block: str):
    text = sound.read_text()
    item = text[text.index(f"{block}:\n") + len(block) + 2 :]
    item = item[: item.index("facts:" if block == "sources" else "choices:")]
    sound.write_text(text.replace(item, item + item))
    (message,) = messages(sound)
    assert f"{block}[1].id: " in message
    assert f"is already the id of {block}[0]" in message


def test_lists_that_are_named_must_exist(sound: Path):
    text = sound.read_text().replace("lists: [debarments]", "lists: [debarment, nothing_like_it]")
    text = text.replace("constant: debarments", "column: KIND, map: {A: debarments, B: penalties}")
    sound.write_text(text)
    first, second, third = messages(sound)
    assert "list_id.map.B: there is no list 'penalties'" in first
    assert "there is no list 'debarment'" in second
    assert second.endswith("Did you mean debarments?")
    assert third.endswith("Define it under lists.")


def test_facts_about_the_same_thing_may_not_overlap(edited: Callable[[str, str], Path]):
    (message,) = messages(edited("valid_to: 2018-12-31", "valid_to: 2019-01-01"))
    assert "facts.thresholds[1]: holds at the same time as facts.thresholds[0]" in message
    assert "direct_award, goods: 2018-01-01 to 2019-01-01" in message


def test_facts_about_different_things_may_overlap(sound: Path):
    text = sound.read_text().replace("category: goods, amount", "category: works, amount", 1)
    sound.write_text(text.replace("valid_to: 2018-12-31", "valid_to: 2020-12-31"))
    assert messages(sound) == []


def test_the_own_currency_has_no_rate(edited: Callable[[str, str], Path]):
    rate = "{currency: PEN, rate: 1, valid_from: 2019-01-01, source: Bank}"
    (message,) = messages(edited("facts:\n", f"facts:\n  exchange_rates: [{rate}]\n"))
    assert "'PEN' is the study's own currency" in message


def test_lists_that_follow_cases_must_exist(edited: Callable[[str, str], Path]):
    network = "  network: {contagion: {case_linked_lists: [debarment]}}"
    (message,) = messages(edited("choices:\n", f"choices:\n{network}\n"))
    assert "case_linked_lists" in message
    assert "there is no list 'debarment'" in message
    assert "Did you mean debarments?" in message


def test_disagreements_are_found_even_when_other_fields_are_wrong(sound: Path):
    text = sound.read_text().replace("country: PE", "country: Peru").replace("seen}", "sure}")
    sound.write_text(text.replace("lists: [debarments]", "lists: [tax]"))
    found = messages(sound)
    assert len(found) == 3
    assert "there is no list 'tax'" in found[-1]
