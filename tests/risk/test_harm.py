import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import DisclosureChoices
from infiltrate.risk.harm import compare_groups, say_differences

RULES = DisclosureChoices()


def rank(n=4000, *, shift=0.0, listed_share=0.03, seed=1, probability=False):
    """Companies of two regions; ``shift`` moves those of the south up without reason."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south"], n)
    listed = rng.random(n) < listed_share
    score = rng.normal(size=n) + 1.5 * listed + shift * (region == "south")
    index = [f"C{i:05d}" for i in range(n)]
    ranked = pd.DataFrame(
        {
            "company_id": index,
            "percentile": (pd.Series(score).rank() - 0.5) / n,
            "is_listed": listed,
            "cluster": np.arange(n) // 2,
        }
    )
    if probability:
        ranked["probability"] = np.where(region == "south", 2, 1) * listed_share
    return ranked, pd.DataFrame({"region": region}, pd.Index(index, name="company_id"))


def pick(table, group, measure):
    return table.set_index(["group", "measure"]).loc[(group, measure)]


def test_rates_are_those_counted_by_hand():
    ranked, traits = rank()
    table = compare_groups(ranked, traits, RULES)
    south = (traits["region"] == "south").to_numpy()
    flagged = (ranked["percentile"] > 0.95).to_numpy()
    listed = ranked["is_listed"].to_numpy()
    row = pick(table, "south", "flagged_unlisted")
    assert row["value"] == round(flagged[south & ~listed].mean(), 3)
    assert row["elsewhere"] == round(flagged[~south & ~listed].mean(), 3)
    assert (row["n_units"], row["n_listed"]) == (south.sum(), (south & listed).sum())
    assert pick(table, "north", "recall")["value"] == round(flagged[~south & listed].mean(), 3)
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()
    assert not table["differs"].any()
    assert say_differences(table) == ()


def test_a_group_moved_up_without_reason_is_found():
    table = compare_groups(*rank(shift=1.0), RULES)
    row = pick(table, "south", "flagged_unlisted")
    assert row["differs"] and row["value"] > row["elsewhere"]
    said = say_differences(table)
    assert any(text.startswith("Region south: ") and "elsewhere" in text for text in said)


def test_probabilities_too_high_for_a_group_are_found():
    table = compare_groups(*rank(20_000, probability=True), RULES)
    assert pick(table, "south", "listed_per_expected")["value"] == pytest.approx(0.5, abs=0.1)
    assert pick(table, "north", "listed_per_expected")["value"] == pytest.approx(1, abs=0.15)
    assert pick(table, "south", "listed_per_expected")["differs"]


def test_connected_firms_make_intervals_wider():
    ranked, traits = rank(1000)
    twins = pd.concat([ranked, ranked.assign(company_id=ranked["company_id"] + "t")])
    both = pd.concat([traits, traits.rename(index=lambda name: name + "t")])
    apart = compare_groups(twins.assign(cluster=np.arange(2000)), both, RULES)
    together = compare_groups(twins, both, RULES)
    widths = [(t["high"] - t["low"])[t["measure"] == "flagged_unlisted"] for t in (apart, together)]
    assert (widths[1] > 1.2 * widths[0]).all()


def test_small_groups_are_closed_and_no_difference_gives_them_away():
    ranked, traits = rank(400, listed_share=0.2)
    traits.loc[traits.index[:4], "region"] = "island"
    table = compare_groups(ranked, traits, RULES).set_index(["group", "measure"])
    assert table.loc["island", "value"].isna().all()
    assert table.loc["island", "reason"].str.startswith("closed: too few firms").all()
    # one closed group among three could be worked out from the others
    closed = table["n_units"].isna().groupby("group").all()
    assert closed.sum() == 2


def test_few_listed_firms_close_all_but_the_share_of_unlisted_ones():
    ranked, traits = rank(400, listed_share=0.0)
    ranked.loc[traits["region"].eq("south").to_numpy().nonzero()[0][:3], "is_listed"] = True
    ranked.loc[traits["region"].eq("north").to_numpy().nonzero()[0][:9], "is_listed"] = True
    table = compare_groups(ranked, traits, RULES)
    assert pd.isna(pick(table, "south", "recall")["value"])
    assert pick(table, "south", "flagged_unlisted")["value"] >= 0
    assert table["n_listed"].isna().all()


def test_a_trait_that_nobody_differs_in_is_left_out():
    ranked, traits = rank(400)
    table = compare_groups(ranked, traits.assign(size="micro"), RULES)
    assert set(table["trait"]) == {"region"}
    assert compare_groups(ranked, traits[[]], RULES).empty


def test_row_order_and_arguments_do_not_matter():
    ranked, traits = rank(600)
    before = ranked.copy(deep=True)
    first = compare_groups(ranked, traits, RULES)
    again = compare_groups(ranked.sample(frac=1, random_state=3), traits, RULES)
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(ranked, before)


@pytest.mark.validate
def test_intervals_hold_and_alarms_are_seldom_false():
    firms = pd.concat([rank(1500, seed=seed)[0] for seed in range(300, 320)])
    truth = (firms.loc[~firms["is_listed"], "percentile"] > 0.95).mean()
    held, alarms = [], []
    for seed in range(200):
        table = compare_groups(*rank(1500, seed=seed), RULES)
        rows = table[table["measure"] == "flagged_unlisted"]
        held += ((rows["low"] <= truth) & (truth <= rows["high"])).tolist()
        alarms.append(table["differs"].any())
    print(f"held {np.mean(held):.1%}, false alarms in {np.mean(alarms):.1%} of 200")
    assert np.mean(held) > 0.92
    assert np.mean(alarms) < 0.09
