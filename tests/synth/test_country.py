"""What is true of the invented country: rates, enforcement, signs of infiltration."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth.enforcement import simulate_lists
from infiltrate.synth.population import simulate_population
from infiltrate.synth.procurement import simulate_procurement
from infiltrate.synth.scenario import Scenario, logistic, solve_intercept

# large enough for every rate to be seen sharply, small enough for a second or two
SCENARIO = Scenario(firms=30_000, seed=5)


@pytest.fixture(scope="module")
def population():
    return simulate_population(SCENARIO)


@pytest.fixture(scope="module")
def procurement(population):
    return simulate_procurement(population, SCENARIO)


@pytest.fixture(scope="module")
def is_supplier(population, procurement):
    return np.isin(np.arange(len(population.firms)), procurement.contracts["firm"])


@pytest.fixture(scope="module")
def entries(population, is_supplier):
    return simulate_lists(population, is_supplier, SCENARIO)


def _within(successes: float, trials: int, share: float, *, spread: float = 4.0) -> bool:
    """Whether a count is within ``spread`` binomial standard deviations of what is expected."""
    return abs(successes - trials * share) <= spread * np.sqrt(trials * share * (1 - share))


def test_prevalence_and_types_are_as_set(population):
    companies = population.firms[~population.firms["is_person"]]
    infiltrated = companies[companies["infiltrated"]]
    assert len(companies) == SCENARIO.firms
    assert _within(len(infiltrated), len(companies), SCENARIO.prevalence)
    for kind, share in zip(
        ("functional", "competitive", "relational"), SCENARIO.type_shares, strict=True
    ):
        assert _within((infiltrated["type"] == kind).sum(), len(infiltrated), share)
    assert (companies.loc[~companies["infiltrated"], "type"] == "").all()
    assert infiltrated["since"].notna().all()
    assert (infiltrated["since"] >= infiltrated["incorporated_on"]).all()


def test_infiltration_follows_provinces_and_sectors(population):
    companies = population.firms[~population.firms["is_person"]]
    by_area = companies.groupby("area")["infiltrated"].mean()
    assert by_area.corr(population.area_effects, method="spearman") > 0.7
    effects = pd.Series({sector.division: sector.effect for sector in SCENARIO.sectors})
    by_sector = companies.groupby("sector")["infiltrated"].mean()
    assert by_sector.corr(effects, method="spearman") > 0.7


def test_natural_persons_are_never_infiltrated_nor_listed(population, entries):
    persons = population.firms["is_person"]
    assert persons.any()
    assert not population.firms.loc[persons, "infiltrated"].any()
    assert not persons.to_numpy()[entries["firm"]].any()


@pytest.mark.parametrize("design", SCENARIO.lists, ids=lambda design: design.id)
def test_each_list_covers_what_it_should(design, population, entries, is_supplier):
    firms = population.firms
    infiltrated = firms["infiltrated"].to_numpy()
    exposed = infiltrated & (is_supplier | (not design.suppliers_only))
    own = entries[entries["list_id"] == design.id]
    correct = own[own["is_correct"]]
    assert _within(infiltrated[correct["firm"]].sum(), int(exposed.sum()), design.coverage)
    wrong = len(own) - len(correct)
    assert wrong == round(len(correct) * design.false_share / (1 - design.false_share))
    assert not own["firm"].duplicated().any()
    if design.suppliers_only:
        assert is_supplier[own["firm"]].all()
    if design.fraud_coverage:
        fraud = firms["invoice_fraud"].to_numpy()
        assert _within(fraud[correct["firm"]].sum(), int(fraud.sum()), design.fraud_coverage)


def test_lists_together_see_about_two_in_five(population, entries):
    infiltrated = population.firms["infiltrated"].to_numpy()
    listed = np.isin(np.arange(len(infiltrated)), entries["firm"])
    assert 0.30 < listed[infiltrated].mean() < 0.50
    relational = (population.firms["type"] == "relational").to_numpy()
    assert listed[relational].mean() < 0.8 * listed[infiltrated].mean()


def test_entries_come_after_conduct_and_within_the_years_covered(population, entries):
    since = population.firms["since"].to_numpy()[entries["firm"]]
    known = entries["is_correct"] & ~pd.isna(since)
    assert (
        entries["listed_on"].to_numpy()[known].astype("datetime64[Y]")
        >= since[known].astype("datetime64[Y]")
    ).all()
    assert entries["listed_on"].min() >= pd.Timestamp(SCENARIO.lists_from)
    assert entries["listed_on"].max() <= pd.Timestamp(SCENARIO.observed_on)
    lifted = entries.dropna(subset="removed_on")
    assert (lifted["removed_on"] > lifted["listed_on"]).all()
    assert ((entries["outcome"] == "annulled") == entries["removed_on"].notna()).all()


def test_a_shock_of_effort_shows_in_its_province_and_year(population, is_supplier):
    busy = pd.concat(
        simulate_lists(population, is_supplier, replace(SCENARIO, seed=seed)) for seed in range(5)
    )
    prefect = busy[busy["list_id"] == "interdictions"]
    year = prefect["listed_on"].dt.year
    there = (population.firms["area"] == "NA").to_numpy()[prefect["firm"]]
    assert (year[there] == 2024).mean() > 1.4 * (year[~there] == 2024).mean()


def test_lists_depend_on_each_other(population, entries):
    infiltrated = np.flatnonzero(population.firms["infiltrated"])
    on = {name: np.isin(infiltrated, part["firm"]) for name, part in entries.groupby("list_id")}
    assert on["media"][on["court"]].mean() > 1.3 * on["media"][~on["court"]].mean()


def _awards(procurement) -> pd.DataFrame:
    lots = procurement.lots.loc[procurement.contracts["lot"]].reset_index(drop=True)
    awards = procurement.contracts.assign(
        procedure=lots["procedure"],
        bids=lots["bids_recorded"],
        rebate=1 - procurement.contracts["value"] / lots["estimate"],
        overrun=procurement.contracts["final_value"] / procurement.contracts["value"] - 1,
        is_late=procurement.contracts["final_end_on"] > procurement.contracts["end_on"],
        works=lots["category"] == "works",
    )
    return awards[awards["procedure"] == "open"]


@pytest.mark.parametrize(
    ("measure", "sign"), [("bids", 1), ("rebate", 1), ("overrun", 1), ("is_late", -1)]
)
def test_infiltrated_winners_show_the_published_signs(procurement, measure, sign):
    """Ravenda et al. (2020): more bids, bigger rebates, more overruns, fewer delays."""
    awards = _awards(procurement)
    for _, part in awards.groupby("works"):
        yes, no = part.loc[part["infiltrated"], measure], part.loc[~part["infiltrated"], measure]
        error = np.sqrt(yes.var() / len(yes) + no.var() / len(no))
        assert sign * (yes.mean() - no.mean()) > 2 * error
        # the sign is there, but modest: nobody could tell one contract from another by it
        assert abs(yes.mean() - no.mean()) < 0.8 * part[measure].astype(float).std()


def test_colluding_buyers_bunch_below_the_threshold_and_others_do_not(procurement):
    lots = procurement.lots
    colluding = procurement.buyers["colluding"].to_numpy()[lots["buyer"]]
    ratio = (lots["estimate"] / lots["threshold"]).to_numpy()

    def below_to_above(chosen: np.ndarray) -> float:
        return ((ratio >= 0.9) & (ratio < 1) & chosen).sum() / (
            (ratio >= 1) & (ratio < 1.1) & chosen
        ).sum()

    assert below_to_above(colluding) > 1.4
    assert 0.9 < below_to_above(~colluding) < 1.25
    assert _within(procurement.buyers["colluding"].sum(), len(procurement.buyers), 0.12)


def test_red_flags_are_raised_by_innocent_buyers_too(procurement):
    lots, buyers = procurement.lots, procurement.buyers
    careless = buyers["careless"].to_numpy()[lots["buyer"]]
    honest = ~careless & ~buyers["colluding"].to_numpy()[lots["buyer"]]
    called = lots["has_call"].to_numpy()
    hurried = (lots["window"] < 15).to_numpy()
    assert hurried[called & careless].mean() > 2 * hurried[called & honest].mean()


def test_every_lot_has_at_most_one_winner_and_every_bidder_exists_on_the_day(
    population, procurement
):
    bids, lots, firms = procurement.bids, procurement.lots, population.firms
    assert not bids.duplicated(["lot", "firm"]).any()
    winners = bids[bids["is_winner"]]
    assert not winners["lot"].duplicated().any()
    assert (winners["status"] == "valid").all()
    assert len(procurement.contracts) == len(winners)
    day = lots["started_on"].to_numpy()[bids["lot"]]
    assert (firms["incorporated_on"].to_numpy()[bids["firm"]] <= day).all()
    gone = firms["dissolved_on"].to_numpy()[bids["firm"]]
    assert (pd.isna(gone) | (gone > day)).all()
    single = lots.loc[lots["procedure"] == "open", "bids_recorded"] == 1
    assert 0.1 < single.mean() < 0.3


def test_direct_awards_stay_below_the_threshold(procurement):
    direct = procurement.lots[procurement.lots["procedure"] == "direct_award"]
    assert (direct["estimate"] < direct["threshold"]).all()
    assert (direct["bids_recorded"] <= 1).all()


def test_a_new_step_moves_no_other_numbers():
    first = SCENARIO.generator("lots").random(3)
    SCENARIO.generator("a step added later").random(100)
    assert (SCENARIO.generator("lots").random(3) == first).all()
    assert (SCENARIO.generator("bids").random(3) != first).all()


@pytest.mark.parametrize("shape", [(4000,), (4000, 6)])
def test_intercept_gives_the_mean_probability_asked_for(shape):
    linear = np.random.default_rng(1).normal(0, 1, shape)
    chance = logistic(linear + solve_intercept(linear, 0.07))
    if chance.ndim == 2:
        chance = 1 - np.prod(1 - chance, axis=1)
    assert chance.mean() == pytest.approx(0.07, abs=1e-6)
    assert logistic(np.array([-np.inf]))[0] == 0
