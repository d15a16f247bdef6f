"""Registers and accounts of a card's country: links, fronts, chains, ratios, planted effects."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth.country.accounts import AMOUNTS, draw_accounts
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.owners import list_owners
from infiltrate.synth.country.register import describe_register, list_officers
from infiltrate.synth.country.tables import Draw, draw_country

CARD = replace(CARDS["high"], first_year=2020, last_year=2023)


@pytest.fixture(scope="module")
def draw() -> Draw:
    return draw_country(CARD, 30_000, 5)


@pytest.fixture(scope="module")
def register(draw) -> pd.DataFrame:
    return describe_register(draw)


@pytest.fixture(scope="module")
def officers(draw, register) -> pd.DataFrame:
    return list_officers(draw, register)


@pytest.fixture(scope="module")
def owners(draw, register) -> pd.DataFrame:
    return list_owners(draw, register).to_pandas()


def _accounts(card, seed: int = 3) -> pd.DataFrame:
    parts = [table.to_pandas() for _, table in draw_accounts(draw_country(card, 6_000, seed))]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def accounts() -> pd.DataFrame:
    return _accounts(CARD)


def test_linked_firms_share_a_director(draw, register):
    size = draw.firms.groupby("group")["group"].transform("size")
    linked = register[(size > 1).to_numpy()]
    groups = draw.firms.loc[size > 1, "group"].to_numpy()
    shared = linked.groupby(groups)["director"].agg(
        lambda people: Counter(people).most_common(1)[0][1]
    )
    assert (shared > 1).mean() > 0.8


def test_persons_have_numbers_of_their_own(draw, register, officers):
    assert register["director"].between(90_000_000, 99_999_999).all()
    assert officers["officer"].between(90_000_000, 99_999_999).all()
    assert (draw.firms["number"] < 90_000_000).all()


def test_some_persons_direct_many_firms_and_most_direct_one(register):
    counts = register["director"].value_counts()
    assert counts.max() > 30
    assert (counts == 1).mean() > 0.7


def test_every_appointment_has_its_days_in_order(draw, officers):
    known = officers.dropna(subset="to_on")
    assert (known["from_on"] <= known["to_on"]).all()
    assert not officers.duplicated(["firm", "officer", "role", "from_on"]).any()
    now = officers[officers["role"].isin(["director", "sole director"]) & officers["to_on"].isna()]
    assert set(now["firm"]) == set(range(draw.active))


def test_turnover_of_directors_follows_its_feature(draw, officers):
    past = officers[(officers["role"] == "director") & officers["to_on"].notna()]
    count = past[past["firm"] < draw.active]["firm"].value_counts().reindex(range(draw.active))
    turnover = draw.firms["director_turnover"].to_numpy()[: draw.active]
    assert np.corrcoef(count.fillna(0), turnover)[0, 1] > 0.3


def test_fronts_share_nominees_and_seats_but_not_they_alone(draw, register):
    """Sharing is commoner among functional firms, and most firms that share are honest."""
    functional = (draw.firms["type"] == 0).to_numpy()
    directed = register["director"].map(register["director"].value_counts()).to_numpy() > 8
    seated = register["address"].map(register["address"].value_counts()).to_numpy() > 5
    for shares in (directed, seated):
        assert shares[functional].mean() > 1.4 * shares[~functional].mean()
        assert functional[shares].mean() < 0.35


def test_no_director_or_address_gives_the_truth_away(draw, register):
    infiltrated = draw.firms["infiltrated"]
    for column in ("director", "address", "legal_form"):
        groups = infiltrated.groupby(register[column]).agg(["mean", "size"])
        assert groups.loc[groups["size"] >= 20, "mean"].max() < 0.6, column


def test_a_phoenix_rises_from_a_firm_that_has_just_closed(draw, register):
    risen = register[register["rises_from"] >= 0]
    before = register.loc[risen["rises_from"]]
    assert len(risen) > 40
    assert (risen["director"].to_numpy() == before["director"].to_numpy()).all()
    assert (risen["address"].to_numpy() == before["address"].to_numpy()).all()
    closed = draw.firms["dissolved_on"].to_numpy()[before.index]
    gap = (draw.firms["born_on"].to_numpy()[risen.index] - closed) / np.timedelta64(1, "D")
    assert (gap > 0).all() and (gap <= 730).all()
    assert draw.firms["infiltrated"].to_numpy()[risen.index].mean() < 0.7


def test_chains_of_owners_are_up_to_six_deep(owners):
    above = owners[owners["owner_kind"] != "person"]
    parent = dict(zip(above["company"], above["register"] + ":" + above["owner"], strict=True))

    def depth(company: str) -> int:
        seen = {company}
        while (company := parent.get(company, "")) and company not in seen:
            seen.add(company)
        return len(seen)

    chained = above[above["company"].str.startswith("XX-REG") & (above["register"] != "XX-REG")]
    depths = Counter(depth(company) for company in chained["company"])
    assert depths[6] > 0
    assert max(depths) <= 8
    secret = above["register"].str.slice(0, 2).isin(["QM", "QN", "QO"])
    assert 0.2 < secret.mean() < 0.8
    assert (owners["owner_kind"] == "trust").any()


def test_two_in_a_thousand_firms_own_themselves_in_a_circle(draw, owners):
    inside = owners[(owners["register"] == "XX-REG") & (owners["owner_kind"] == "company")]
    pairs = set(zip(inside["company"], "XX-REG:" + inside["owner"], strict=True))
    circles = {company for company, owner in pairs if (owner, company) in pairs}
    assert len(circles) / len(draw.firms) == pytest.approx(0.002, rel=0.1)


def test_shares_are_banded_and_interests_unique(owners):
    assert set(owners["share"]) == {"25-50", "50-75", "75-100"}
    assert not owners.duplicated(["company", "register", "owner"]).any()
    assert (owners["company"] != owners["register"] + ":" + owners["owner"]).all()


def test_opaque_ownership_follows_its_feature(draw, owners):
    chained = owners[owners["company"].str.startswith("XX-REG") & (owners["register"] != "XX-REG")]
    opaque = draw.firms["number"].isin(chained["company"].str.slice(7).astype(int))
    feature = draw.firms["ownership_opacity"]
    assert feature[opaque].mean() > feature[~opaque].mean() + 0.5


def test_three_in_ten_active_firms_file_no_accounts(accounts):
    country = draw_country(CARD, 6_000, 3)
    filing = country.firms["number"].isin(accounts["company"].astype(int))
    active = np.arange(len(country.firms)) < 6_000
    assert filing[active].mean() == pytest.approx(0.76, abs=0.07)
    size = country.firms["size"]
    assert size[active & filing].mean() > size[active & ~filing].mean() + 0.4


def test_accounts_add_up(accounts):
    costs = accounts[["materials", "services", "personnel", "depreciation"]].sum(axis=1)
    assert (costs + accounts["ebit"] <= 1.02 * accounts["revenue"] + 4).all()
    rest = accounts["ebit"] - accounts["interest"] - accounts["tax"] - accounts["net_income"]
    assert rest.abs().max() <= 2
    assert (accounts["bank_debt"] <= accounts["debt"]).all()
    positive = [name for name in AMOUNTS if name not in ("ebit", "net_income", "equity")]
    assert (accounts[positive] >= 0).all().all()
    assert not accounts.duplicated(["company", "year_end"]).any()


def test_revenue_persists_from_year_to_year(accounts):
    log = np.log(accounts["revenue"].clip(lower=1))
    wide = log.groupby([accounts["company"], accounts["year_end"]]).first().unstack()
    assert wide.corr().iloc[0, 1] > 0.9


@pytest.mark.parametrize(
    ("feature", "numerator", "denominator", "sign"),
    [
        ("thin_payroll", "personnel", "revenue", -1),
        ("material_share", "materials", "revenue", 1),
        ("low_margin", "ebit", "revenue", -1),
        ("asset_turnover", "revenue", "assets", 1),
        ("inventory_share", "inventory", "assets", 1),
    ],
)
def test_ratios_carry_the_features_of_the_firm(accounts, feature, numerator, denominator, sign):
    country = draw_country(CARD, 6_000, 3)
    large = accounts[(accounts["revenue"] > 200) & (accounts["assets"] > 100)]
    ratio = (large[numerator] / large[denominator]).groupby(large["company"].astype(int)).mean()
    firms = country.firms.set_index("number").loc[ratio.index]
    within = ratio / ratio.groupby(firms["division"]).transform("median")
    assert sign * within.corr(firms[feature], method="spearman") > 0.6
