"""Distance, walks and neighbours, held against direct computations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csgraph

from infiltrate.errors import NotEnoughData
from infiltrate.network.paths import paths_to_listed
from infiltrate.network.proximity import measure_proximity
from infiltrate.network.shrinkage import shrink_shares
from infiltrate.params.network_choices import NetworkChoices


def adjacency(ties):
    dense = (ties.incidence @ ties.members).toarray() > 0
    np.fill_diagonal(dense, False)
    return dense


def measured(ties, listed, **choices):
    return measure_proximity(ties, listed, NetworkChoices(**choices)).set_index("company_id")


def test_steps_are_counted_from_company_to_company(tie_up):
    found = measured(tie_up("abc cd de", alone="z"), ["A"])
    expected = {"B": 1, "C": 1, "D": 2, "E": 3}
    assert found["steps"].drop(["A", "Z"]).to_dict() == expected
    assert np.isnan(found.loc["Z", "steps"])


def test_a_listed_company_is_measured_to_another_one(tie_up):
    found = measured(tie_up("ab bc cd", alone="z"), ["A", "D", "Z"])
    assert found.loc[["A", "D"], "steps"].tolist() == [3, 3]
    assert np.isnan(found.loc["Z", "steps"])


@pytest.mark.parametrize("field", ["steps", "walks", "near_listed"])
def test_own_listing_tells_nothing(tie_up, field):
    ties = tie_up("ab bc de")
    alone, beside = measured(ties, ["A"]), measured(ties, [])
    assert alone.loc["A", field] == pytest.approx(beside.loc["A", field], nan_ok=True)
    assert alone.loc["D", field] == pytest.approx(beside.loc["D", field], nan_ok=True)


@pytest.mark.parametrize("seed", range(6))
def test_steps_are_those_of_all_shortest_paths(tie_at_random, seed):
    ties = tie_at_random(60, 25, seed)
    rng = np.random.default_rng(seed)
    listed = rng.choice(60, 5, replace=False)
    distance = csgraph.shortest_path(adjacency(ties), unweighted=True)[listed]
    distance[np.arange(5), listed] = np.inf
    expected = distance.min(axis=0)
    found = measured(ties, ties.companies[listed])["steps"].to_numpy()
    np.testing.assert_array_equal(np.where(np.isnan(found), np.inf, found), expected)


@pytest.mark.parametrize("seed", range(4))
def test_walks_are_those_of_a_dense_solve_without_the_own_one(tie_at_random, seed):
    ties = tie_at_random(50, 22, seed)
    listed = np.random.default_rng(seed).choice(50, 6, replace=False)
    m = ties.incidence.toarray().astype(float)
    hubs_of, sizes = np.maximum(m.sum(axis=1), 1), m.sum(axis=0)
    step = (m / hubs_of[:, None]) @ (m / sizes).T
    ranks = 0.2 * np.linalg.inv(np.eye(50) - 0.8 * step)[listed]
    ranks[m[listed].sum(axis=1) == 0] = 0
    ranks[np.arange(6), listed] = 0
    found = measured(ties, ties.companies[listed], restart=0.2, tolerance=1e-10)["walks"]
    exact = ranks.sum(axis=0)
    others = np.setdiff1d(np.arange(50), listed)
    np.testing.assert_allclose(found.iloc[others], exact[others], atol=1e-9)
    # what comes back to a listed company itself is followed less far
    np.testing.assert_allclose(found.iloc[listed], exact[listed], atol=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_within_two_steps_count_once(tie_at_random, seed):
    ties = tie_at_random(60, 30, seed)
    near = adjacency(ties).astype(int)
    near = (near + near @ near) > 0
    np.fill_diagonal(near, False)
    listed = np.zeros(60, dtype=bool)
    listed[::7] = True
    found = measured(ties, ties.companies[listed])
    np.testing.assert_array_equal(found["near"], near.sum(axis=1))
    np.testing.assert_array_equal(found["near_listed"], (near & listed).sum(axis=1))


def test_own_listing_hardly_moves_what_is_usual(tie_at_random):
    ties = tie_at_random(2000, 900, 5)
    listed = ties.companies[::20]
    chosen = listed[3]
    others = listed[listed != chosen]
    with_own, without = (measured(ties, ids).loc[chosen, "near_share"] for ids in (listed, others))
    assert with_own == pytest.approx(without, rel=0.05)


def test_names_of_companies_and_the_order_of_rows_decide_nothing(tie_at_random, tie_up):
    one, other = tie_up("abc cd de fg", alone="z"), tie_up("gf ed dc cba", alone="z")
    pd.testing.assert_frame_equal(measured(one, ["A", "G"]), measured(other, ["G", "A"]))


def test_nothing_listed_and_nothing_tied(tie_up):
    nobody = measured(tie_up("ab"), [])
    assert nobody["steps"].isna().all()
    assert (nobody[["walks", "near_listed", "near_share"]] == 0).all(axis=None)
    empty = measured(tie_up("", alone="xyz"), ["X"])
    assert empty["near_share"].isna().all()
    assert (empty["walks"] == 0).all()


def test_a_shared_share_is_drawn_to_what_is_usual_and_less_so_with_more_neighbours():
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 40, 20_000)
    truth = rng.beta(0.4, 7.6, len(sizes))
    counts = rng.binomial(sizes, truth)
    shrunk = shrink_shares(counts, sizes)
    raw = counts / sizes
    assert ((shrunk - truth) ** 2).mean() < 0.5 * ((raw - truth) ** 2).mean()
    # the best that knows the true prior
    best = (counts + 0.4) / (sizes + 8)
    assert ((shrunk - truth) ** 2).mean() < 1.02 * ((best - truth) ** 2).mean()
    assert shrunk.mean() == pytest.approx(0.05, abs=0.004)
    assert np.isnan(shrink_shares(np.zeros(1, int), np.zeros(1, int))).all()


def test_a_path_names_each_step_with_its_records_and_dates(tie_up):
    found = paths_to_listed(tie_up("ab bc cd"), "D", ["A"])
    assert list(found["from_id"]) == ["D", "C", "B"]
    assert list(found["to_id"]) == ["C", "B", "A"]
    assert found["from_record_id"].iloc[0] == "officers:D/P:002/director/2015-01-01"
    assert found["to_record_id"].iloc[2] == "officers:A/P:000/director/2015-01-01"
    assert found["from_source_id"].eq("register").all()
    assert found["to_valid_from"].eq(pd.Timestamp("2015-01-01")).all()
    assert found["paths_in_all"].eq(1).all()


@pytest.mark.parametrize("seed", range(6))
def test_paths_are_as_short_as_the_steps_and_all_there(tie_at_random, seed):
    ties = tie_at_random(40, 22, seed)
    listed = ties.companies[::9]
    steps = measured(ties, listed)["steps"]
    dense = (ties.incidence @ ties.members).toarray()
    np.fill_diagonal(dense, 0)
    for company in ties.companies:
        found = paths_to_listed(ties, company, listed, most_paths=1000)
        if np.isnan(steps[company]):
            assert found.empty
            continue
        assert found.groupby("path").size().eq(steps[company]).all()
        start = np.flatnonzero(ties.companies == company)[0]
        ends = np.flatnonzero(np.isin(ties.companies, listed) & (ties.companies != company))
        # as a shortest path never comes back, walks of that length are paths
        walks = np.linalg.matrix_power(dense.astype(int), int(steps[company]))[start, ends].sum()
        assert found["paths_in_all"].iloc[0] == walks == found["path"].nunique()


def test_more_paths_than_asked_for_are_counted_not_written(tie_up):
    found = paths_to_listed(tie_up("ab ac bd cd"), "A", ["D"], most_paths=1)
    assert found["path"].nunique() == 1
    assert found["paths_in_all"].iloc[0] == 2


def test_a_company_that_is_not_there_is_said_to_be(tie_up):
    with pytest.raises(NotEnoughData, match="Q is not among"):
        paths_to_listed(tie_up("ab"), "Q", ["A"])
