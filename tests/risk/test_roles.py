from datetime import date

import pandas as pd
import pytest

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.params.choices import ProtectedUse, RiskChoices
from infiltrate.prevalence.firm_accounts import RATIOS
from infiltrate.risk.nearness import NEARNESS
from infiltrate.risk.roles import (
    describe_protected_use,
    is_declared,
    protected_attribute,
    role_of,
    select_features,
)

SIGNED = ProtectedUse(
    attribute="age_of_persons",
    signed_by="Data protection office",
    signed_on=date(2026, 1, 31),
    reason="Article 9 (2) j GDPR",
)


def frame(*columns):
    return pd.DataFrame(columns=list(columns))


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("C01_flagged_share", "infiltration"),
        ("age_years", "exposure"),
        ("legal_form", "infiltration"),
        ("sector_section", "infiltration"),
        ("steps_to_listed", "infiltration"),
        ("bids", "exposure"),
        ("log_value", "exposure"),
        ("buyers", "exposure"),
        ("M06_mean", "exposure"),
        ("M06_flagged_share", "infiltration"),
        ("log_size", "detection"),
        ("area", "detection"),
        ("effort_police_per_100k", "detection"),
        ("bids_among_peers", "exposure"),
        ("F47_mean_among_peers", "infiltration"),
    ],
)
def test_every_feature_has_the_role_it_was_declared_with(column, role):
    assert role_of(column) == role
    assert is_declared(column)


def test_every_number_of_accounts_and_nearness_is_declared():
    assert all(is_declared(name) for name in (*RATIOS, *NEARNESS))


def test_what_no_indicator_or_declaration_knows_is_not_declared():
    assert not any(is_declared(name) for name in ("Z99_mean", "surname_origin", "x0", "C01_extra"))


def test_only_signs_reach_learners_unless_the_parameters_let_others_in():
    features = frame("bids", "area", "win_share", "C01_flagged_share", "effort_inspections")
    assert select_features(features, RiskChoices()) == ["win_share", "C01_flagged_share"]
    more = RiskChoices(roles=["infiltration", "exposure"])
    assert select_features(features, more) == ["bids", "win_share", "C01_flagged_share"]
    every = RiskChoices(roles=["infiltration", "exposure", "detection"])
    assert select_features(features, every) == list(features)


def test_of_a_number_seen_among_peers_the_raw_one_is_left_out():
    features = frame("win_share", "win_share_among_peers", "F63_mean")
    assert select_features(features, RiskChoices()) == ["win_share_among_peers", "F63_mean"]


@pytest.mark.parametrize(
    ("column", "attribute"),
    [
        ("F10_flagged_share", "age_of_persons"),
        ("F10_mean_among_peers", "age_of_persons"),
        ("director_sex", "sex"),
        ("share of women", "sex"),
        ("mean_birth_year", "age_of_persons"),
        ("birth_country", "birthplace"),
        ("birthplace_of_owner", "birthplace"),
        ("Owner-Nationality", "nationality_of_persons"),
        ("surname_origin", "ethnicity"),
        ("religion", "religion"),
        ("win_share", ""),
        ("area", ""),
        ("sexton_share", ""),
        ("F17_mean", ""),
    ],
)
def test_protected_attributes_are_told_by_indicator_and_by_name(column, attribute):
    assert protected_attribute(column) == attribute


def test_a_protected_attribute_is_left_out_and_said_unless_signed_for():
    features = frame("win_share", "F10_flagged_share")
    assert select_features(features, RiskChoices()) == ["win_share"]
    (said,) = describe_protected_use(features, RiskChoices())
    assert "age of persons" in said
    assert "Left out" in said


def test_a_signed_attribute_is_used_and_printed_with_who_answers_for_it():
    features = frame("win_share", "F10_flagged_share")
    choices = RiskChoices(protected=[SIGNED])
    assert select_features(features, choices) == ["win_share", "F10_flagged_share"]
    (said,) = describe_protected_use(features, choices)
    assert "Data protection office" in said
    assert "2026-01-31" in said
    assert "Article 9 (2) j GDPR" in said
    (idle,) = describe_protected_use(frame("win_share"), choices)
    assert "without any feature" in idle


def test_indicators_that_read_persons_are_declared_as_protected():
    # Whatever reads the year of birth of a person must not reach the ranking unsigned.
    readers = {
        code
        for code, indicator in load_catalogue().items()
        if any(need.startswith("persons.birth") for need in indicator.needs)
    }
    assert readers
    assert all(protected_attribute(f"{code}_flagged_share") for code in readers)
