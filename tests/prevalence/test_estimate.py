from datetime import date

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from infiltrate.prevalence.estimate import estimate_prevalence
from infiltrate.prevalence.estimate_rows import ESTIMATE_COLUMNS

RULES = {"minimum_firms": 10, "minimum_listed": 5, "round_to": 5}


def country(open_country, listed, number=1000, **more):
    """Rows of ``number`` firms of which the first, by list, are listed."""
    return open_country(
        companies=[
            *({"company_id": f"firm {i:04d}", "kind": "company"} for i in range(number)),
            *more.get("companies", []),
        ],
        list_entries=[
            {"list_id": name, "entry_id": f"{name} {i}", "company_id": f"firm {i:04d}"}
            | {"listed_on": date(2019, 1, 1), "match_probability": 1.0}
            for name, (first, last) in listed.items()
            for i in range(first, last)
        ]
        + more.get("list_entries", []),
    )


def run(engine, params, seed=1):
    return estimate_prevalence(engine, params, np.random.default_rng(seed))


def text_of(result):
    answer = result.answer
    reasons = [refusal.reason for refusal in result.refusals]
    return " ".join([answer.headline, *answer.findings, *reasons])


def row(result, estimand, estimator, list_id="organised-crime"):
    table = result.estimates
    found = table[
        (table["estimand"] == estimand)
        & (table["estimator"] == estimator)
        & (table["list_id"] == list_id)
    ]
    assert len(found) == 1
    return found.iloc[0]


CERTAIN = {"false_positives": {"a": 1e-9, "b": 1e9}}
THREE = [{"id": name, **CERTAIN} for name in ("court", "police", "prefect")]
OVERLAPPING = {"court": (0, 40), "police": (20, 60), "prefect": (30, 80)}


def test_floor_and_bounds_by_hand(open_country, make_params):
    assumed = {"detection_low": 0.2, "detection_high": 0.5, "dark_shares": [0.0, 0.5]}
    params = make_params(THREE, prevalence=assumed)
    result = run(country(open_country, OVERLAPPING), params)
    assert row(result, "listed_firms", "count", "court")["value"] == 40
    assert row(result, "listed_firms", "count")["value"] == 80
    floor = row(result, "infiltrated_share", "floor")
    assert (floor["value"], floor["low"], floor["high"]) == (approx(0.08), 0.08, 0.08)
    free = row(result, "infiltrated_share", "no_assumption")
    assert (free["low"], free["high"]) == (approx(0.08), 1)
    bound = row(result, "infiltrated_share", "detection")
    assert (bound["low"], bound["high"]) == (approx(0.16), approx(0.4))
    dark = row(result, "infiltrated_share", "detection_dark_0.5")
    assert (dark["low"], dark["high"]) == (approx(0.32), approx(0.8))


def test_three_lists_that_overlap_by_chance_give_an_estimate(open_country, make_params):
    result = run(country(open_country, OVERLAPPING), make_params(THREE))
    assert result.refusals == ()
    pool = row(result, "infiltrated_firms", "pool")
    assert 80 <= pool["low"] < pool["value"] < pool["high"] <= 1000
    share = row(result, "infiltrated_share", "pool")
    assert share["value"] == approx(pool["value"] / 1000)
    doubled = row(result, "infiltrated_firms", "pool_gamma_2")
    assert doubled["value"] > pool["value"]
    unseen = row(result, "infiltrated_firms", "pool_dark_0.5")
    seen = row(result, "infiltrated_firms", "pool_dark_0")
    assert unseen["value"] == approx(2 * seen["value"], abs=1)
    assert "80 to 80 per 1,000 of 1,000 companies seen in the sources" in text_of(result)
    assert "per 1,000 firms are infiltrated (95% interval, 3 lists" in result.answer.headline
    assert "This is a floor" in text_of(result) and "1/(1 − δ)" in text_of(result)


def test_lists_that_share_nobody_are_refused_and_the_floor_stays(open_country, make_params):
    apart = {"court": (0, 40), "police": (40, 80), "prefect": (80, 120)}
    result = run(country(open_country, apart), make_params(THREE))
    assert [refusal.code for refusal in result.refusals] == ["estimators_rejected"]
    refused = row(result, "infiltrated_share", "pool")
    assert refused["status"] == "reject" and pd.isna(refused["value"])
    assert "Fewer than 10 firms are on two or more lists" in refused["reason"]
    assert result.answer.status == "caution"
    assert result.answer.headline.startswith("By the lists, at least 120 of 1,000 firms")


def test_lists_about_something_else_say_nothing_of_infiltration(open_country, make_params):
    lists = [
        {"id": "debarred", "title": "Tribunal debarments", "nature": "debarment"},
        {"id": "fined", "title": "Contract penalties", "nature": "penalty"},
    ]
    params = make_params([{**each, "organised_crime": False, **CERTAIN} for each in lists])
    result = run(country(open_country, {"debarred": (0, 30), "fined": (10, 60)}), params)
    assert result.answer.headline.startswith("This study cannot say how far organised crime")
    assert "30 firms (30 per 1,000) are on 'Tribunal debarments'" in text_of(result)
    assert "shares of firms barred from public tenders and of firms penalised" in text_of(result)
    assert "need have no tie to organised crime" in text_of(result)
    assert "could have named" not in text_of(result), "both lists see all companies"
    assert "With fewer than three separate lists" in text_of(result)
    assert {refusal.code for refusal in result.refusals} >= {"no_organised_crime_list"}
    estimates = result.estimates
    assert set(estimates.loc[estimates["estimand"] == "rightly_listed_share", "list_id"]) == {
        "debarred",
        "fined",
    }
    infiltrated = estimates[estimates["estimand"].str.startswith("infiltrated")]
    assert not (infiltrated["status"] == "use").any()
    assert infiltrated["value"].isna().all()
    assert any("'Contract penalties' is not about organised crime" in note for note in result.notes)


def test_small_counts_are_closed_everywhere(open_country, make_params):
    lists = [{"id": "court", **CERTAIN}, {"id": "tax", "organised_crime": False, **CERTAIN}]
    params = make_params(lists, disclosure=RULES)
    result = run(country(open_country, {"court": (0, 3), "tax": (0, 4)}), params)
    about_lists = result.estimates[result.estimates["estimator"].isin(["count", "floor"])]
    assert (about_lists["status"] == "suppressed").all()
    assert about_lists[["value", "low", "high"]].isna().all(axis=None)
    assert row(result, "infiltrated_share", "no_assumption")["low"] == 0
    assert "fewer than 5 firms were on the one list about organised crime" in text_of(result)
    assert "nan" not in text_of(result)


def test_published_counts_are_rounded_and_shares_follow(open_country, make_params):
    params = make_params([{"id": "court"}], disclosure=RULES)
    result = run(country(open_country, {"court": (0, 37)}, number=998), params)
    counts = result.estimates[result.estimates["unit"] == "firms"]
    numbers = counts[["value", "low", "high"]].stack().dropna()
    assert (numbers % 5 == 0).all()
    assert row(result, "listed_share", "count", "court")["value"] == approx(35 / 1000)
    assert (result.estimates["n_units"] == 1000).all()


def test_the_official_count_is_the_denominator(open_country, make_params):
    universe = [{"firms": 8000, "valid_from": date(2019, 1, 1), "source": "Office"}]
    result = run(country(open_country, OVERLAPPING), make_params(THREE, universe))
    assert row(result, "infiltrated_share", "floor")["value"] == approx(0.01)
    assert (result.estimates["n_units"] == 8000).all()
    assert "official count" in row(result, "infiltrated_share", "floor")["definition"]
    assert "8,000 active firms by the official count" in text_of(result)


def test_notes_count_what_was_left_out(open_country, make_params):
    engine = country(
        open_country,
        {"court": (0, 40)},
        companies=[{"company_id": f"person {i}", "kind": "natural_person"} for i in range(30)],
        list_entries=[
            {"list_id": "court", "entry_id": f"gone {i}", "company_id": f"firm {900 + i:04d}"}
            | {"listed_on": date(2019, 1, 1), "outcome": "annulled", "match_probability": 1.0}
            for i in range(12)
        ]
        + [
            {"list_id": "court", "entry_id": f"who {i}", "company_id": f"nobody {i}"}
            | {"listed_on": date(2019, 1, 1), "match_probability": 1.0}
            for i in range(2)
        ],
    )
    lists = [{"id": "court", "exposure": "public_suppliers"}, {"id": "void"}]
    notes = "\n".join(run(engine, make_params(lists, disclosure=RULES)).notes)
    assert "About 30 economic operators are natural persons" in notes
    assert "About 10 entries were annulled" in notes
    assert "A few entries name somebody who is not among" in notes
    assert "About 40 firms are on 'List court' although its exposure rule" in notes
    assert "'List void' names no company of this study" in notes


def test_doubling_the_universe_keeps_shares(open_country, make_params):
    def shares(copies):
        companies = [
            {"company_id": f"firm {i} {copy}", "kind": "company"}
            for i in range(100)
            for copy in range(copies)
        ]
        entries = [
            {"list_id": "court", "entry_id": c["company_id"], "company_id": c["company_id"]}
            | {"listed_on": date(2019, 1, 1), "match_probability": 1.0}
            for c in companies[: 20 * copies]
        ]
        engine = open_country(companies=companies, list_entries=entries)
        result = run(engine, make_params([{"id": "court", **CERTAIN}])).estimates
        return result.loc[result["unit"] == "share", ["low", "value", "high"]]

    pd.testing.assert_frame_equal(shares(1), shares(2))


def test_future_rows_change_nothing(open_country, make_params):
    params = make_params(THREE)
    later = [
        {"list_id": "court", "entry_id": f"later {i}", "company_id": f"firm {i:04d}"}
        | {"listed_on": date(2021, 1, 1), "match_probability": 1.0}
        for i in range(100, 200)
    ]
    before = run(country(open_country, OVERLAPPING), params)
    after = run(country(open_country, OVERLAPPING, list_entries=later), params)
    pd.testing.assert_frame_equal(before.estimates, after.estimates)
    assert before.answer == after.answer


def test_the_same_seed_gives_the_same_table(open_country, make_params):
    params = make_params([{"id": "court"}, {"id": "police"}])
    listed = {"court": (0, 300), "police": (100, 500)}
    one = run(country(open_country, listed), params, seed=3)
    other = run(country(open_country, listed), params, seed=3)
    pd.testing.assert_frame_equal(one.estimates, other.estimates)


@pytest.mark.parametrize(
    "lists", [[], [{"id": "court"}], [{"id": "tax", "organised_crime": False}]]
)
def test_an_empty_country_gets_a_refusal_and_no_number(open_country, make_params, lists):
    result = run(open_country(), make_params(lists))
    assert list(result.estimates.columns) == ESTIMATE_COLUMNS
    assert "no_denominator" in {refusal.code for refusal in result.refusals}
    shares = result.estimates[result.estimates["unit"] == "share"]
    assert shares[["value", "low", "high"]].isna().all(axis=None)
    assert "nan" not in text_of(result)


def test_words_are_kept_apart(open_country, make_params):
    result = run(country(open_country, OVERLAPPING), make_params(THREE, disclosure=RULES))
    text = " ".join([text_of(result), *result.notes, *result.estimates["definition"]]).lower()
    assert "mafia" not in text
    assert "high risk" not in text
