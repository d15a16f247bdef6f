"""What infiltration does to revenue, to rivals and to survival, and what lists say of its day."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth.country.accounts import draw_amounts
from infiltrate.synth.country.cards import CARDS, VALIDATED
from infiltrate.synth.country.conduct import STATED_BY, state_conduct
from infiltrate.synth.country.effects import number_markets, plant_effects
from infiltrate.synth.country.tables import Draw, draw_country

CARD = CARDS["high"]
NONE = replace(CARD, revenue_effect=0.0, growth_effect=0.0, rival_effect=0.0)
FIRMS, SEED = 6_000, 3


@pytest.fixture(scope="module")
def draw() -> Draw:
    return draw_country(CARD, FIRMS, SEED)


@pytest.fixture(scope="module")
def planted(draw):
    return plant_effects(draw)


def _revenue(card) -> pd.DataFrame:
    """Return revenue, one row per firm and one column per year; missing where none is filed."""
    parts = [
        pd.DataFrame({"firm": one.rows, "year": one.year, "revenue": one.amounts["revenue"]})
        for one in draw_amounts(draw_country(card, FIRMS, SEED))
    ]
    return pd.concat(parts).pivot(index="firm", columns="year", values="revenue")


@pytest.fixture(scope="module")
def usual() -> pd.DataFrame:
    return _revenue(NONE)


def _log_ratio(card, usual: pd.DataFrame) -> pd.DataFrame:
    # amounts are whole thousands: in small ones rounding would be seen
    return np.log(_revenue(card).where(usual > 3000) / usual.where(usual > 3000))


def _is_close(found: np.ndarray, planted: np.ndarray) -> None:
    # a shell that wakes sells six times a rounded amount
    assert found == pytest.approx(planted, abs=2e-3)
    assert np.abs(found - planted).mean() < 1e-4


def test_accounts_carry_the_effect_planted_on_the_firm(draw, planted, usual):
    ratio = _log_ratio(replace(CARD, rival_effect=0.0), usual)
    own = pd.DataFrame(planted.own, columns=planted.years).loc[ratio.index]
    filled = ratio.notna().to_numpy()
    assert (own.to_numpy()[filled] != 0).sum() > 80
    _is_close(ratio.to_numpy()[filled], own.to_numpy()[filled])


def test_accounts_carry_the_effect_planted_on_rivals(planted, usual):
    ratio = _log_ratio(replace(NONE, rival_effect=CARD.rival_effect), usual)
    rivals = pd.DataFrame(planted.rivals, columns=planted.years).loc[ratio.index]
    filled = ratio.notna().to_numpy()
    _is_close(ratio.to_numpy()[filled], rivals.to_numpy()[filled])


def test_nothing_happens_before_infiltration(draw, planted, usual):
    """The growth that infiltration adds begins with it: there is no false trend before."""
    since = draw.firms["since_on"].dt.year.to_numpy()
    before = planted.years[None, :] < np.nan_to_num(since, nan=9999)[:, None]
    assert (planted.own[before] == 0).all()
    ratio = _log_ratio(replace(CARD, rival_effect=0.0), usual)
    found = ratio.to_numpy()[before[ratio.index]]
    assert (found[~np.isnan(found)] == 0).all()


def test_effects_differ_between_types_and_change_over_time(draw, planted):
    kind = draw.firms["type"].to_numpy()
    last = planted.own[:, -1]
    untouched = planted.own[:, -2:].all(axis=1)
    jump = np.log(1.08)
    assert (last[untouched & (kind == 1)] > jump).all()
    assert (last[untouched & (kind == 0)] < jump).all()
    assert last[untouched & (kind == 2)] == pytest.approx(jump)
    growing = untouched & (kind == 1)
    assert (last[growing] > planted.own[growing, -2]).all()


def test_the_effect_ends_in_the_year_after_a_court_took_the_firm(draw, planted):
    entries = draw.detection.entries
    court = entries[(entries["list_id"] == "court") & entries["correct"]]
    ended = 0
    for firm, day in zip(court["firm"], court["listed_on"], strict=True):
        later = planted.years > day.year
        assert (planted.own[firm, later] == 0).all()
        ended += later.any()
    assert ended > 20


def test_rivals_lose_one_percent_on_average_and_only_next_to_infiltrated_firms(draw, planted):
    honest = ~draw.firms["infiltrated"].to_numpy()
    middle = pd.to_datetime([f"{year}-07-01" for year in planted.years]).to_numpy()
    born, gone = (draw.firms[name].to_numpy()[:, None] for name in ("born_on", "dissolved_on"))
    alive = (born <= middle) & ~(gone <= middle)
    exposed = planted.rivals[honest][(planted.exposure[honest] > 0) & alive[honest]]
    assert exposed.mean() == pytest.approx(-0.01, rel=1e-4)
    market = number_markets(draw)
    clean = ~np.isin(market, market[~honest])
    assert clean.sum() > 20
    assert (planted.rivals[clean] == 0).all()


def test_pressure_on_rivals_moves_with_time(draw, planted):
    honest = ~draw.firms["infiltrated"].to_numpy()
    touched = planted.exposure[honest].max(axis=1) > 0
    assert (planted.exposure[honest][touched].std(axis=1) > 0).mean() > 0.9


def test_no_firm_presses_itself():
    draw = draw_country(replace(CARD, prevalence=0.001), 600, 2)
    planted = plant_effects(draw)
    market = number_markets(draw)
    infiltrated = draw.firms["infiltrated"].to_numpy()
    alone = np.flatnonzero(infiltrated)[np.bincount(market[infiltrated])[market[infiltrated]] == 1]
    assert len(alone)
    assert (planted.exposure[alone] == 0).all()


def test_the_card_without_impact_plants_none():
    draw = draw_country(CARDS["no_impact"], FIRMS, SEED)
    planted = plant_effects(draw)
    assert draw.firms["infiltrated"].mean() > 0.05
    assert not planted.own.any()
    assert not planted.rivals.any()
    assert "no_impact" not in VALIDATED


def test_infiltrated_firms_are_found_among_dissolved_ones_at_the_planted_odds():
    """The estimand: odds of being dissolved in these years, given place, sector, age and sales.

    Not a hazard from the day of infiltration on: that day is drawn within the life of the firm, so
    that those which lived long enough to be infiltrated late cannot have closed before.
    """
    import statsmodels.api as sm

    card = replace(CARDS["high"], contagion=0.0)
    draw = draw_country(card, 60_000, 11)
    firms = draw.firms
    explained = pd.DataFrame(
        {
            "infiltrated": firms["infiltrated"].astype(float),
            "place": draw.places.province_effect[firms["province"]],
            "sector": draw.places.division_effect[firms["division"]],
            "age": firms["age_years"],
            "sells": firms["sells"].astype(float),
        }
    )
    closed = (np.arange(len(firms)) >= draw.active).astype(float)
    fit = sm.Logit(closed, sm.add_constant(explained)).fit(disp=0)
    low, high = np.exp(fit.conf_int().loc["infiltrated"])
    assert low < card.exit_odds < high
    assert high / low < 1.25


@pytest.fixture(scope="module")
def stated() -> pd.DataFrame:
    draw = draw_country(CARD, 40_000, 6)
    entries = draw.detection.entries.assign(stated=state_conduct(draw))
    since = draw.firms["since_on"].to_numpy()[entries["firm"]]
    born = draw.firms["born_on"].to_numpy()[entries["firm"]]
    return entries.assign(since=since, born=born)


def test_some_entries_say_when_it_began(stated):
    shares = stated["stated"].notna().groupby(stated["list_id"]).mean()
    assert set(shares.index) == {"court", "intelligence", "interdictions", "media"}
    for name, share in shares.items():
        assert share == pytest.approx(STATED_BY.get(name, 0.0), abs=0.06)
    assert shares["media"] == 0


def test_what_entries_say_is_a_month_near_the_true_one_and_before_the_entry(stated):
    said = stated[stated["stated"].notna()]
    assert (said["stated"].dt.day == 1).all()
    assert (said["stated"] <= said["listed_on"]).all()
    right = said[said["correct"]]
    error = (right["stated"] - right["since"]).dt.days / 30.4
    assert 2 < error.std() < 6
    assert error.abs().quantile(0.9) < 9


def test_what_entries_say_depends_on_nothing_else_that_is_drawn():
    draws = [draw_country(replace(CARD, rival_effect=effect), 2_000, 8) for effect in (0.0, -0.01)]
    one, other = (state_conduct(draw) for draw in draws)
    assert (np.isnat(one) == np.isnat(other)).all()
    assert (one[~np.isnat(one)] == other[~np.isnat(other)]).all()
