import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.it import iva
from stdnum.pe import ruc

from infiltrate.tables.identifiers import (
    SCHEMES,
    is_pseudonym,
    pseudonymise,
    validate_identifier,
)

KEY = b"0123456789abcdef0123456789abcdef"


def invented_ruc(serial: int) -> str:
    stem = f"20{serial:08d}"
    return stem + ruc.calc_check_digit(stem)


def invented_iva(serial: int) -> str:
    stem = f"{serial:07d}001"
    return next(stem + digit for digit in "0123456789" if iva.is_valid(stem + digit))


def test_lost_leading_zeros_come_back_where_the_check_digit_agrees():
    whole = invented_iva(4321)
    assert whole.startswith("000")
    assert validate_identifier("IT-CF", whole.lstrip("0")).id == f"IT-CF:{whole}"


def test_a_shorter_code_is_not_filled_up_to_a_number_of_another_kind():
    checked = validate_identifier("PE-RUC", "123456")
    assert (checked.valid, checked.reason) == (False, "form")


def test_a_mistyped_number_is_told_from_one_of_another_form():
    good = invented_ruc(12345)
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    assert validate_identifier("PE-RUC", good).valid
    assert validate_identifier("PE-RUC", wrong).reason == "check_digit"
    assert validate_identifier("PE-RUC", "C0001234567").reason == "form"


@pytest.mark.parametrize(
    ("scheme", "raw", "expected"),
    [
        ("GB-COH", "42", "GB-COH:00000042"),
        ("GB-COH", "sc 000042", "GB-COH:SC000042"),
        ("PE-OSCE", "123456", "PE-OSCE:123456"),
        ("XX-NEW", "  any  thing ", "XX-NEW:any thing"),
        ("IT-CF", "IT" + invented_iva(77), f"IT-CF:{invented_iva(77)}"),
    ],
)
def test_writings_of_one_number_give_one_id(scheme, raw, expected):
    assert validate_identifier(scheme, raw).id == expected


def test_empty_values_are_said_to_be_empty():
    assert validate_identifier("PE-RUC", " . ").reason == "empty"
    assert validate_identifier("XX-NEW", "  ").reason == "empty"


@given(st.integers(0, 99_999_999), st.sampled_from(["{}", " {} ", "PE-RUC:{}"]))
def test_reading_an_id_again_changes_nothing(serial, writing):
    first = validate_identifier("PE-RUC", writing.replace("{}", invented_ruc(serial)))
    assert first.valid
    assert validate_identifier("PE-RUC", first.id).id == first.id


def test_every_module_of_python_stdnum_exists():
    for code in SCHEMES:
        assert validate_identifier(code, "?").reason in ("form", "check_digit")


def test_a_pseudonym_hides_the_number_and_is_stable_under_one_key():
    number = invented_ruc(99)
    hidden = pseudonymise("PE-RUC", number, KEY)
    scheme, local = hidden.split(":")
    assert scheme == "PE-RUC-P"
    assert len(local) == 16 and set(local) <= set("0123456789abcdef")
    assert number not in hidden
    assert pseudonymise("PE-RUC", f" {number} ", KEY) == hidden
    assert pseudonymise("PE-RUC", number, KEY[::-1]) != hidden
    assert is_pseudonym(hidden) and not is_pseudonym(f"PE-RUC:{number}")
