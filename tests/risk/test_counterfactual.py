from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from infiltrate.risk.counterfactual import MOST_CHANGES, remove_flags


@dataclass(frozen=True)
class Weights:
    """Adds up weighted columns; what is missing adds nothing."""

    by_column: dict[str, float]

    def score(self, features):
        return sum(
            weight * features[name].fillna(0).to_numpy() for name, weight in self.by_column.items()
        )


def companies(n=40, **columns):
    rng = np.random.default_rng(1)
    index = pd.Index([f"C{i:02d}" for i in range(n)], name="company_id")
    frame = pd.DataFrame({"noise": rng.random(n) / 100}, index)
    return frame.assign(**{name: 0.0 for name in columns}).assign(**columns)


def flag(*rows, n=40):
    values = np.zeros(n)
    values[list(rows)] = 1.0
    return values


WEIGHTS = {
    "noise": 1.0,
    "C01_flagged_share": 3.0,
    "C02_flagged_share": 2.0,
    "F30_flagged_share": 3.5,
    "F33_mean": 1.0,
}


def test_the_smallest_set_is_found_by_hand():
    features = companies(
        C01_flagged_share=flag(0, 1),
        C02_flagged_share=flag(1),
        F30_flagged_share=flag(1),
        F33_mean=np.full(40, 5.0),
    )
    found = remove_flags(Weights(WEIGHTS), features, 2 / 40)
    assert found.companies["company_id"].tolist() == ["C00", "C01"]
    # those without a flag stand at 5 and a little; C00 at 8, C01 at 13.5 with three flags
    assert found.companies["changes"].tolist() == [1, 3]
    assert found.companies["signs"].tolist() == ["C01", "F30, C01, C02"]
    assert (found.companies["score_after"] < found.cut).all()
    assert found.avoided_by(1) == 0.5 and found.avoided_by(3) == 1


def test_the_flag_stays_when_nothing_that_can_change_holds_it():
    features = companies(age_years=flag(0), F01_mean=flag(0), C01_unknown_share=flag(0))
    weights = Weights({"noise": 1.0, "age_years": 5.0, "F01_mean": 5.0, "C01_unknown_share": 5.0})
    found = remove_flags(weights, features, 1 / 40)
    assert found.companies["changes"].isna().all()
    assert found.companies["signs"].tolist() == [""]
    assert not {"F01", "age_years", "C01"} & set(found.signs["sign"])
    assert found.avoided_by(5) == 0


def test_signs_that_speak_for_a_company_are_not_taken_away():
    features = companies(C01_flagged_share=flag(0), C02_flagged_share=flag(0))
    weights = Weights({"noise": 1.0, "C01_flagged_share": 3.0, "C02_flagged_share": -1.0})
    found = remove_flags(weights, features, 1 / 40)
    assert found.companies["signs"].tolist() == ["C01"]


def test_what_is_not_known_stays_unknown_and_no_argument_changes():
    values = flag(0)
    values[1] = np.nan
    features = companies(C01_flagged_share=values)
    before = features.copy(deep=True)
    remove_flags(Weights({"noise": 1.0, "C01_flagged_share": 3.0}), features, 1 / 40)
    pd.testing.assert_frame_equal(features, before)


def test_no_more_than_a_few_signs_are_taken_away():
    columns = {f"C{i:02d}_flagged_share": flag(0) for i in range(1, MOST_CHANGES + 3)}
    weights = Weights({"noise": 1.0, **dict.fromkeys(columns, 1.0)})
    found = remove_flags(weights, companies(**columns), 1 / 40)
    assert found.companies["changes"].isna().all()


@pytest.mark.parametrize("column", ["steps_to_listed", "director_changes"])
def test_a_measure_of_the_firm_is_a_sign_too(column):
    found = remove_flags(Weights({"noise": 1, column: 3}), companies(**{column: flag(0)}), 1 / 40)
    assert found.signs["sign"].iloc[0] == column
    assert found.signs["alone"].iloc[0] == 1
