from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.risk.communities import find_communities, find_components
from infiltrate.risk.groups import group_companies

AS_OF = date(2019, 12, 31)


def chain_of_families(families=30, members=10):
    """Families that share a person each, neighbouring families an address: one component."""
    links = [
        {"company_id": f"C{family:02d}-{member}", "link": f"person {family}"}
        for family in range(families)
        for member in range(members)
    ]
    for family in range(families - 1):
        links += [
            {"company_id": f"C{family:02d}-0", "link": f"address {family}"},
            {"company_id": f"C{family + 1:02d}-1", "link": f"address {family}"},
        ]
    links = pd.DataFrame(links)
    return pd.Index(sorted(links["company_id"].unique())), links


def partition(companies, numbers):
    return {
        frozenset(group) for group in pd.Series(companies).groupby(np.asarray(numbers)).agg(list)
    }


def test_a_component_too_large_to_hold_out_is_cut_into_communities():
    companies, links = chain_of_families()
    assert len(np.unique(find_components(companies, links))) == 1
    numbers = find_communities(companies, links)
    sizes = np.bincount(numbers)
    assert sizes.max() <= 30
    families = pd.Series(numbers).groupby(pd.Series(companies).str[:3])
    together = families.agg(lambda numbers: numbers.value_counts().iloc[0])
    assert together.sum() >= 0.95 * len(companies)  # families are hardly torn apart


def test_components_that_can_be_held_out_stay_whole():
    companies, links = chain_of_families(families=2)  # 20 companies, all of the country
    assert len(np.unique(find_communities(companies, links))) == 1
    many = companies.union(pd.Index([f"alone {k}" for k in range(300)]))
    np.testing.assert_array_equal(find_communities(many, links), find_components(many, links))


def test_companies_without_any_link_are_groups_of_their_own():
    companies = pd.Index(["a", "b", "c"])
    nothing = pd.DataFrame({"company_id": [], "link": []}, dtype=object)
    assert find_components(companies, nothing).tolist() == [0, 1, 2]
    assert find_communities(companies, nothing).tolist() == [0, 1, 2]


def test_names_and_row_order_decide_no_community():
    rng = np.random.default_rng(4)
    hubs = np.repeat(np.arange(150), 3)
    links = pd.DataFrame(
        {
            "company_id": [f"C{k:03d}" for k in rng.integers(0, 250, len(hubs))],
            "link": [f"person {k}" for k in hubs],
        }
    ).drop_duplicates()
    companies = pd.Index(sorted(links["company_id"].unique()))
    numbers = find_communities(companies, links)
    assert len(np.unique(numbers)) > len(np.unique(find_components(companies, links)))
    shuffled = links.sample(frac=1, random_state=1)
    assert partition(companies, find_communities(companies, shuffled)) == partition(
        companies, numbers
    )
    fresh = rng.permutation([f"N{k:03d}" for k in range(len(companies))])
    names = dict(zip(companies, fresh, strict=True))
    renamed = links.assign(company_id=links["company_id"].map(names))
    new = pd.Index(sorted(names.values()))
    found = partition(new, find_communities(new, renamed))
    before = {frozenset(names[name] for name in group) for group in partition(companies, numbers)}
    # Companies that look the same from everywhere may be told apart by name.
    assert len(found & before) >= 0.9 * len(before)


@pytest.fixture
def grouped(make_store, make_params):
    def contract(name, supplier, buyer):
        return {
            "contract_id": name,
            "lot_id": "1",
            "supplier_id": supplier,
            "buyer_id": buyer,
            "signed_on": date(2019, 1, 1) if name != "C9" else date(2020, 6, 1),
            "value": 10,
            "currency": "EUR",
        }

    areas = [
        {"area_id": "XX", "level": 0},
        {"area_id": "N", "level": 1, "parent_id": "XX"},
        {"area_id": "S", "level": 1, "parent_id": "XX"},
        {"area_id": "N1", "level": 2, "parent_id": "N"},
        {"area_id": "N2", "level": 2, "parent_id": "N"},
        {"area_id": "S1", "level": 2, "parent_id": "S"},
    ]
    store = make_store(
        areas=areas,
        companies=[
            {"company_id": "Ann", "kind": "company", "area_id": "N2"},
            {"company_id": "Bob", "kind": "company", "area_id": "S1"},
            {"company_id": "Cat", "kind": "company"},
            {"company_id": "Dan", "kind": "company"},
        ],
        buyers=[
            {"buyer_id": "b1", "area_id": "N1"},
            {"buyer_id": "b2", "area_id": "N2"},
            {"buyer_id": "b3", "area_id": "S1"},
            {"buyer_id": "b4"},
        ],
        contracts=[
            contract("C1", "Ann", "b1"),
            contract("C2", "Ann", "b1"),
            contract("C3", "Ann", "b3"),
            contract("C4", "Bob", "b2"),
            contract("C5", "Cat", "b4"),
            contract("C6", "Dan", "b3"),
            contract("C9", "Bob", "b3"),
        ],
    )
    return group_companies(store, make_params(), AS_OF)


def test_buyers_are_placed_finely_and_by_region(grouped):
    groups = grouped.groups.fillna("")
    assert groups["buyer_area"].tolist() == ["N1", "N2", "", "S1"]
    assert groups["buyer_region"].tolist() == ["N", "N", "", "S"]
    assert grouped.home_region.fillna("").tolist() == ["N", "S", "", ""]


def test_regions_of_dealing_by_hand(grouped):
    assert grouped.dealt_regions.to_dict("index") == {
        "Ann": {"N": True, "S": True},
        "Bob": {"N": True, "S": False},  # the contract in the south was signed after the day
        "Cat": {"N": False, "S": False},
        "Dan": {"N": False, "S": True},
    }
