"""The latent learner tells what makes a company suspicious from what makes it visible."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from infiltrate.risk.latent import LatentClassifier
from infiltrate.risk.latent_design import Places

AREAS = ("north", "south", "east", "west")
AREA_EFFECTS = np.array([-0.8, 1.2, 0.0, 0.0])


@dataclass(frozen=True)
class Country:
    """Companies with a sign, something that only makes them visible, and noise."""

    features: pd.DataFrame
    named: pd.DataFrame
    exposed: pd.DataFrame
    infiltrated: np.ndarray
    detection: np.ndarray


def simulate(n: int = 8_000, seed: int = 5) -> Country:
    rng = np.random.default_rng(seed)
    sign, seen, noise = rng.normal(size=(3, n))
    area = rng.integers(4, size=n)
    infiltrated = rng.random(n) < expit(-3.6 + 1.0 * sign + AREA_EFFECTS[area])
    chance = expit(np.array([-0.8, -1.0, -0.6]) + 1.2 * seen[:, None])
    exposed = np.ones((n, 3), bool)
    exposed[: n // 4, 2] = False
    listed = infiltrated[:, None] & (rng.random((n, 3)) < chance) & exposed
    companies = pd.Index([f"XX:{number:06d}" for number in range(n)], name="company_id")
    features = pd.DataFrame({"sign": sign, "noise": noise, "contracts": seen}, companies)
    features["area"] = np.array(AREAS, dtype=object)[area]
    lists = ["court", "police", "tribunal"]
    named = pd.DataFrame(np.where(exposed, listed, np.nan).astype(float), companies, lists)
    return Country(
        features,
        named,
        pd.DataFrame(exposed, companies, lists),
        infiltrated,
        1 - np.prod(1 - chance * exposed, axis=1),
    )


@pytest.fixture(scope="module")
def country() -> Country:
    return simulate()


@pytest.fixture(scope="module")
def latent(country: Country) -> LatentClassifier:
    return LatentClassifier(["contracts"]).fit(country.features, country.named)


def test_it_finds_unlisted_infiltrated_companies_better_than_labels_do(
    country: Country, latent: LatentClassifier
) -> None:
    is_listed = (country.named == 1).any(axis=1).to_numpy()
    numbers = country.features[["sign", "noise", "contracts"]]
    by_label = LogisticRegression().fit(numbers, is_listed).decision_function(numbers)
    truth = country.infiltrated[~is_listed]
    labels = roc_auc_score(truth, by_label[~is_listed])
    ours = roc_auc_score(truth, latent.decision_function(country.features)[~is_listed])
    best = roc_auc_score(
        truth,
        (
            country.features["sign"]
            + country.features["area"].map(dict(zip(AREAS, AREA_EFFECTS, strict=True)))
        )[~is_listed],
    )
    assert ours > labels + 0.1
    assert ours == pytest.approx(best, abs=0.02)


def test_slopes_are_those_of_infiltration(latent: LatentClassifier) -> None:
    slopes = dict(zip(latent.signs_.features_, latent.coef_, strict=True))
    assert slopes["sign"] == pytest.approx(1.0, abs=0.25)
    assert slopes["noise"] == pytest.approx(0.0, abs=0.2)
    assert set(slopes) == {"sign", "noise"}
    effects = dict(zip(latent.areas_.names_, latent.area_effects_, strict=True))
    assert effects["south"] - effects["north"] == pytest.approx(2.0, abs=0.6)


def test_chance_of_being_found_is_recovered(country: Country, latent: LatentClassifier) -> None:
    found = latent.detection_chance(country.features, country.exposed)
    assert np.corrcoef(found, country.detection)[0, 1] > 0.95
    assert np.abs(found - country.detection).mean() < 0.1
    nobody = country.exposed & False
    assert (latent.detection_chance(country.features, nobody) == 0).all()


def test_contributions_add_up_to_the_score(country: Country, latent: LatentClassifier) -> None:
    some = country.features.iloc[:50]
    parts = latent.contributions(some)
    assert list(parts) == ["area", "noise", "sector_section", "sign"]
    np.testing.assert_allclose(
        parts.sum(axis=1) + latent.intercept_, latent.decision_function(some), atol=1e-9
    )
    everyone = latent.contributions(country.features).mean()
    np.testing.assert_allclose(everyone, 0.0, atol=1e-9)


def test_what_only_makes_visible_moves_no_score(country: Country, latent: LatentClassifier) -> None:
    hidden = country.features.assign(contracts=-3.0)
    np.testing.assert_array_equal(
        latent.decision_function(hidden), latent.decision_function(country.features)
    )


def test_an_area_never_seen_is_as_if_nothing_were_known_of_it(
    country: Country, latent: LatentClassifier
) -> None:
    abroad = country.features.iloc[:3].assign(area="islands")
    missing = country.features.iloc[:3].assign(area=None)
    scores = latent.decision_function(abroad)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, latent.decision_function(missing))
    effects = dict(zip(latent.areas_.names_, latent.area_effects_, strict=True))
    assert effects["north"] < effects["other"] < effects["south"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda named: named[["court"]], "only one list"),
        (lambda named: named * 0, "no list"),
        (lambda named: named.where(named.cumsum(axis=1) < 2, 0), "more than one list"),
        (lambda named: named.assign(police=1.0), "names 100%"),
    ],
)
def test_it_says_why_lists_do_not_allow_it(
    country: Country, spoil: Callable[[pd.DataFrame], pd.DataFrame], reason: str
) -> None:
    reasons = LatentClassifier(["contracts"]).refuse(country.features, spoil(country.named))
    assert reason in " ".join(reasons)


def test_lists_that_allow_it_are_not_refused(country: Country) -> None:
    assert not LatentClassifier(["contracts"]).refuse(country.features, country.named)
    two = country.named[["court", "police"]]
    assert not LatentClassifier(["contracts"]).refuse(country.features, two)
    assert LatentClassifier().refuse(country.features[["sign"]], two)


def test_repeated_and_constant_columns_change_nothing(
    country: Country, latent: LatentClassifier
) -> None:
    more = country.features.assign(again=country.features["sign"], same=1.0, unknown=np.nan)
    again = clone(latent).fit(more, country.named)
    np.testing.assert_array_equal(
        again.decision_function(more), latent.decision_function(country.features)
    )


def test_many_signs_that_say_nothing_do_not_drown_one_that_does(
    country: Country, latent: LatentClassifier
) -> None:
    rng = np.random.default_rng(6)
    idle = rng.normal(size=(len(country.features), 30))
    more = country.features.assign(**{f"idle{number}": idle[:, number] for number in range(30)})
    fit = clone(latent).fit(more, country.named)
    assert fit.sign_sd_ < latent.sign_sd_
    is_listed = (country.named == 1).any(axis=1).to_numpy()
    truth = country.infiltrated[~is_listed]
    few = roc_auc_score(truth, latent.decision_function(country.features)[~is_listed])
    assert roc_auc_score(truth, fit.decision_function(more)[~is_listed]) > few - 0.03


def test_a_sample_of_the_unlisted_gives_nearly_the_same_ranking(
    country: Country, latent: LatentClassifier
) -> None:
    few = LatentClassifier(["contracts"], most_unlisted=1_500).fit(country.features, country.named)
    scores = few.decision_function(country.features)
    full = latent.decision_function(country.features)
    assert np.corrcoef(scores, full)[0, 1] > 0.97
    assert few.intercept_ == pytest.approx(latent.intercept_, abs=0.4)


def test_age_that_lets_lists_find_is_no_sign(country: Country) -> None:
    rng = np.random.default_rng(3)
    age = rng.normal(size=len(country.features))
    is_old_enough = rng.random(country.named.shape) < expit(2 * age)[:, None]
    named = country.named.where(country.named.isna() | is_old_enough, 0)
    features = country.features.assign(age_years=age)
    as_sign = LatentClassifier(["contracts"]).fit(features, named)
    as_both = LatentClassifier(["contracts"], ["age_years"]).fit(features, named)
    slopes = [
        dict(zip(fit.signs_.features_, fit.coef_, strict=True))["age_years"]
        for fit in (as_sign, as_both)
    ]
    assert slopes[0] > 0.5
    assert abs(slopes[1]) < slopes[0] / 2


def test_of_many_places_the_smallest_are_one() -> None:
    names = [f"p{number:03d}" for number in range(150) for _ in range(2 if number < 90 else 1)]
    places = Places("area").fit(pd.DataFrame({"area": names}))
    assert len(places.names_) == 101
    codes = places.transform(pd.DataFrame({"area": ["p000", "p149", "nowhere", None]}))
    assert codes.tolist() == [0, 100, 100, 100]
