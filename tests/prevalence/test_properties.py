"""What must hold of every country: order, names, copies and the future change no number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from infiltrate.params.choices import PrevalenceChoices
from infiltrate.prevalence.bounds import scale_hidden
from infiltrate.prevalence.capture_patterns import count_patterns
from infiltrate.prevalence.cell_counts import ALL
from infiltrate.prevalence.cells import estimate_cells
from infiltrate.prevalence.chao import bound_with_list_effects, estimate_chao
from infiltrate.prevalence.detection_fit import fit_detection_model
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.detection_likelihood import evaluate_firms
from infiltrate.prevalence.estimators import estimate_country, read_detection_priors
from infiltrate.prevalence.evidence import FirmEvidence, read_evidence
from infiltrate.prevalence.floor import estimate_floor
from infiltrate.prevalence.lists import Denominator, ListsData, build_exposure
from infiltrate.prevalence.loglinear import compare_choices, estimate_loglinear
from infiltrate.prevalence.poisson_models import build_model_space
from infiltrate.prevalence.pool import POOLED_FAMILIES, PoolChoices, triangulate
from infiltrate.prevalence.posterior import Posterior
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.prevalence.conftest import STUDY_DAY
from tests.prevalence.countries import random_country

CHOICES = PrevalenceChoices(draws=200)
NO_FURTHER_DOUBT = PoolChoices(dark_share=None, gamma_log_sd=0.0, n_draws=500)
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def examples(number: int) -> settings:
    """Draw this many examples, always the same ones, however long they take."""
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        database=None,
        # a smaller failing country takes minutes to find and says no more
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=SUPPRESSED,
    )


Country = tuple[ListsData, FirmEvidence]


class Recipe(NamedTuple):
    """How to draw a country; short enough to read in a failed test."""

    seed: int
    firms: int
    chances: tuple[float, ...]
    share: float

    def draw(self) -> Country:
        lists, evidence, _ = random_country(self.seed, self.firms, self.chances, self.share)
        return lists, evidence


def recipes(most: int = 500) -> st.SearchStrategy[Recipe]:
    """Draw countries of 200 to 800 firms with three to five lists."""
    return st.builds(
        Recipe,
        seed=st.integers(0, 10_000),
        firms=st.integers(200, most),
        chances=st.lists(st.floats(0.15, 0.5), min_size=3, max_size=5).map(tuple),
        share=st.floats(0.1, 0.4),
    )


def take(country: Country, rows: np.ndarray) -> Country:
    lists, evidence = country
    kept = lists.keep_companies(rows, Denominator(len(rows), "firms", False))
    return kept, FirmEvidence(
        evidence.signs.iloc[rows].reset_index(drop=True),
        evidence.reach.iloc[rows].reset_index(drop=True),
        evidence.cluster[rows],
    )


def reorder_lists(lists: ListsData, order: np.ndarray) -> ListsData:
    return replace(
        lists,
        lists=tuple(lists.lists[k] for k in order),
        listed=lists.listed[:, order],
        match=lists.match[:, order],
        exposed=lists.exposed[:, order],
        listed_on=lists.listed_on[:, order],
    )


def rename(lists: ListsData, prefix: str) -> ListsData:
    """Give lists, firms, areas and sections other names, in the same order."""
    companies = lists.companies.assign(
        **{name: prefix + lists.companies[name] for name in ("company_id", "area_id", "section")}
    )
    definitions = tuple(d.model_copy(update={"id": f"{prefix}{d.id}"}) for d in lists.lists)
    return replace(lists, companies=companies, lists=definitions)


def points(lists: ListsData) -> dict[str, float]:
    """Return what the lists alone say, without any random draw."""
    table = count_patterns(lists.listed, lists.exposed, lists.list_ids, lists.match)
    models = compare_choices(build_model_space(table), table.counts)
    rng = np.random.default_rng(0)
    return {
        "floor": estimate_floor(lists, 0.95, rng).value,
        "chao": bound_with_list_effects(table).total,
        **{f"loglinear {model.choice}": model.total for model in models},
    }


def fit_detection(country: Country) -> float:
    """Return the expected number of infiltrated firms at the mode of the detection model."""
    lists, evidence = country
    data = build_detection_data(
        lists, evidence.signs, dict.fromkeys(lists.list_ids, evidence.reach), evidence.cluster
    )
    priors = read_detection_priors(lists, CHOICES)
    fit = fit_detection_model(data, priors, np.random.default_rng(0))
    return float(fit.sample.weight @ evaluate_firms(fit.model, fit.theta).infiltrated)


@given(recipe=recipes(most=300))
@examples(5)
def test_no_estimator_falls_below_the_floor_and_the_pool_stays_within_its_members(recipe):
    lists, evidence = recipe.draw()
    result = estimate_country(lists, evidence, CHOICES, np.random.default_rng(0))
    floor = np.median(result.floor)
    for posterior in result.posteriors.values():
        if posterior.status != "reject":
            assert np.median(posterior.total()) >= floor - 1, posterior.estimator
            assert np.quantile(posterior.total(), 0.05) >= np.quantile(result.floor, 0.001) - 1
    members = [
        p.total()
        for p in result.posteriors.values()
        if p.family in POOLED_FAMILIES and p.status != "reject"
    ]
    if not members:
        assert result.pool.status == "reject"
        return
    assert np.median(result.pool.draws) >= floor - 1
    certain = triangulate(
        list(result.posteriors.values()),
        result.floor,
        len(lists.companies),
        np.random.default_rng(0),
        NO_FURTHER_DOUBT,
    )
    everything = np.concatenate(members)
    assert everything.min() - 1e-9 <= certain.draws.min()
    assert certain.draws.max() <= everything.max() + 1e-9


@given(recipe=recipes(most=800), seed=st.integers(0, 100))
@examples(12)
def test_order_and_names_of_lists_and_firms_change_no_number(recipe, seed):
    country = recipe.draw()
    lists, _ = country
    rng = np.random.default_rng(seed)
    before = points(lists)
    shuffled = reorder_lists(lists, rng.permutation(len(lists.lists)))
    renamed = rename(lists, "zz ")
    firms, _ = take(country, rng.permutation(len(lists.companies)))
    for other in (shuffled, renamed, firms):
        assert points(other) == pytest.approx(before, rel=1e-6, nan_ok=True)


@given(recipe=recipes(most=400), seed=st.integers(0, 100))
@examples(4)
def test_the_detection_model_does_not_see_order_or_names(recipe, seed):
    country = recipe.draw()
    lists, evidence = country
    rng = np.random.default_rng(seed)
    before = fit_detection(country)
    order = rng.permutation(len(lists.companies))
    assert fit_detection(take(country, order)) == pytest.approx(before, rel=1e-4)
    assert fit_detection((rename(lists, "zz "), evidence)) == pytest.approx(before, rel=1e-9)
    swapped = reorder_lists(lists, rng.permutation(len(lists.lists)))
    assert fit_detection((swapped, evidence)) == pytest.approx(before, rel=1e-3)


@given(recipe=recipes(most=300), place=st.integers(0, 5))
@examples(3)
def test_a_list_that_names_nobody_changes_no_draw(recipe, place):
    lists, evidence = recipe.draw()
    number = len(lists.lists)
    nobody = lists.lists[0].model_copy(update={"id": "nobody", "authority": "Nobody"})
    at = min(place, number)
    nothing = np.zeros((len(lists.companies), 1))
    more = replace(
        lists,
        lists=(*lists.lists[:at], nobody, *lists.lists[at:]),
        listed=np.insert(lists.listed, [at], nothing > 0, axis=1),
        match=np.insert(lists.match, [at], nothing, axis=1),
        exposed=np.insert(lists.exposed, [at], nothing == 0, axis=1),
        listed_on=np.insert(
            lists.listed_on, [at], np.full(nothing.shape, np.datetime64("NaT", "D")), axis=1
        ),
    )
    before = estimate_country(lists, evidence, CHOICES, np.random.default_rng(1))
    after = estimate_country(more, evidence, CHOICES, np.random.default_rng(1))
    for name, posterior in before.posteriors.items():
        np.testing.assert_allclose(
            after.posteriors[name].draws, posterior.draws, rtol=1e-9, err_msg=name
        )
        assert after.posteriors[name].status == posterior.status
    np.testing.assert_allclose(after.pool.draws, before.pool.draws, rtol=1e-9)


@given(recipe=recipes(most=400))
@examples(4)
def test_twice_the_country_has_the_same_prevalence(recipe):
    country = recipe.draw()
    lists, _ = country
    number = len(lists.companies)
    twice, copies = take(country, np.tile(np.arange(number), 2))
    own_groups = copies.cluster + np.repeat([0, copies.cluster.max() + 1], number)
    once, double = points(lists), points(twice)
    assert double["floor"] == pytest.approx(2 * once["floor"])
    assert double["loglinear main_effects"] == pytest.approx(
        2 * once["loglinear main_effects"], rel=1e-4
    )
    # unlisted firms are 4 z z / (2 f + 1) instead of 2 z z / (f + 1)
    on_two = int((lists.listed.sum(axis=1) == 2).sum())
    named = int(lists.listed.any(axis=1).sum())
    unlisted = 2 * (once["chao"] - named) * (2 * on_two + 2) / (2 * on_two + 1)
    assert double["chao"] == pytest.approx(2 * named + unlisted)
    fitted = fit_detection((twice, replace(copies, cluster=own_groups)))
    assert fitted == pytest.approx(2 * fit_detection(country), rel=0.25)


@given(recipe=recipes(most=500), draws=st.integers(1, 400))
@examples(10)
def test_without_gamma_or_dark_share_the_pool_of_one_is_that_one(recipe, draws):
    lists, _ = recipe.draw()
    posterior = estimate_loglinear(lists, np.random.default_rng(0), draws)
    floor = np.full(10, float(lists.listed.any(axis=1).sum()))
    pool = triangulate(
        [posterior], floor, len(lists.companies), np.random.default_rng(1), NO_FURTHER_DOUBT
    )
    if posterior.status == "reject":
        assert pool.status == "reject"
        return
    base = np.unique(posterior.total())
    nearest = np.abs(pool.draws[:, np.newaxis] - base).min(axis=1)
    assert nearest.max() < 1e-6
    np.testing.assert_allclose(scale_hidden(floor[0], base, 1.0), base, rtol=1e-12)


@given(
    members=st.lists(
        st.tuples(
            st.sampled_from(POOLED_FAMILIES),
            st.lists(st.floats(0, 500), min_size=1, max_size=30),
            st.sampled_from(["use", "caution", "reject"]),
        ),
        max_size=5,
    ),
    listed=st.floats(0, 600),
)
@examples(60)
def test_a_pool_lies_within_the_hull_of_its_members(members, listed):
    posteriors = [
        Posterior(
            f"estimator {at}",
            family,
            pd.DataFrame({"section": ["all"], "area_id": ["all"], "firms": [500]}),
            np.array(draws)[:, np.newaxis] if status != "reject" else np.empty((0, 1)),
            np.zeros(1),
            {},
            status,
            () if status == "use" else ("A reason.",),
        )
        for at, (family, draws, status) in enumerate(members)
    ]
    pool = triangulate(
        posteriors, np.array([listed]), 500, np.random.default_rng(0), NO_FURTHER_DOUBT
    )
    used = [p.total() for p in posteriors if p.status != "reject"]
    assert (pool.status == "reject") == (not used)
    if used:
        everything = np.concatenate(used)
        assert everything.min() - 1e-9 <= pool.draws.min()
        assert pool.draws.max() <= everything.max() + 1e-9
        assert pool.intervals[0.95][0] <= pool.median <= pool.intervals[0.95][1]


@given(recipe=recipes(most=800))
@examples(10)
def test_chao_draws_hold_the_firms_rightly_listed(recipe):
    lists, _ = recipe.draw()
    with_effects, _ = estimate_chao(lists, np.random.default_rng(0), 200)
    if with_effects.status != "reject":
        low = estimate_floor(lists, 0.999, np.random.default_rng(0)).low
        assert np.quantile(with_effects.total(), 0.05) >= low - 1


# the future

COUNTRY_LISTS = [{"id": "court"}, {"id": "media"}, {"id": "tax"}]


def tables_of(seed: int, firms: int = 60) -> dict[str, list[dict]]:
    """Draw companies with entries, accounts, officers and contracts of the past ten years."""
    rng = np.random.default_rng(seed)
    names = [f"C{i:03d}" for i in range(firms)]
    days = [STUDY_DAY - timedelta(days=int(n)) for n in rng.integers(1, 3650, firms)]
    tables: dict[str, list[dict]] = {
        "areas": [{"area_id": f"A{k}", "level": 1} for k in range(3)],
        "sectors": [{"sector_id": f"S{k}", "section": "FGH"[k]} for k in range(3)],
        "companies": [
            {
                "company_id": name,
                "kind": "company",
                "area_id": f"A{i % 3}",
                "sector_id": f"S{i % 3}",
                "incorporated_on": date(2005, 1, 1) + timedelta(days=i),
            }
            for i, name in enumerate(names)
        ],
    }
    tables["list_entries"] = [
        entry(name, listed["id"], days[i])
        for i, name in enumerate(names)
        for listed in COUNTRY_LISTS
        if rng.random() < 0.3
    ]
    tables["accounts"] = [
        account(name, year, int(rng.integers(10, 900)))
        for name in names
        for year in (2017, 2018)
        if rng.random() < 0.8
    ]
    tables["officers"] = [
        officer(name, f"P{rng.integers(0, firms)}", days[i]) for i, name in enumerate(names)
    ]
    tables["contracts"] = [
        contract(name, days[i], int(rng.integers(1, 500))) for i, name in enumerate(names) if i % 2
    ]
    return tables


def entry(company: str, list_id: str, day: date) -> dict:
    return {
        "list_id": list_id,
        "entry_id": f"{company} {day}",
        "company_id": company,
        "listed_on": day,
    }


def account(company: str, year: int, revenue: int) -> dict:
    return {
        "company_id": company,
        "year_end_on": date(year, 12, 31),
        "filed_on": date(year + 1, 6, 30),
        "currency": "XXX",
        "revenue": revenue,
        "assets": 2 * revenue,
        "personnel": revenue // 3,
        "employees": 3.0,
    }


def officer(company: str, person: str, day: date) -> dict:
    return {
        "company_id": company,
        "officer_id": person,
        "role": "director",
        "valid_from": day,
    }


def contract(company: str, day: date, value: int) -> dict:
    return {
        "contract_id": f"{company} {day}",
        "lot_id": "1",
        "supplier_id": company,
        "buyer_id": "B",
        "signed_on": day,
        "value": value,
        "currency": "XXX",
    }


FUTURE: dict[str, Callable[[str, date, int], dict]] = {
    "list_entries": lambda company, day, number: entry(company, "court", day),
    "accounts": lambda company, day, number: account(company, day.year, number),
    "officers": lambda company, day, number: officer(company, f"P{number}", day),
    "contracts": contract,
    "companies": lambda company, day, number: {
        "company_id": f"new {company} {number}",
        "kind": "company",
        "area_id": "A0",
        "sector_id": "S0",
        "incorporated_on": day,
    },
}


def drop_repeated(table: str, rows: list[dict]) -> list[dict]:
    return list({tuple(row.get(key) for key in TABLES[table].key): row for row in rows}.values())


def read_country(folder, make_params, tables: dict[str, list[dict]], as_of: bool) -> Country:
    store = TableStore(folder)
    for name, rows in tables.items():
        columns = TABLES[name].column_names
        frame = pd.DataFrame([{"source_id": "invented", **row} for row in rows])
        store.write(name, frame.reindex(columns=columns), TABLES[name].key)
    with DuckDBEngine(memory_gib=0.5, threads=1) as engine:
        if as_of:
            open_as_of(store, engine, STUDY_DAY, TABLES)
        else:
            store.open(engine, TABLES)
        params = make_params(COUNTRY_LISTS)
        lists = build_exposure(engine, params).organised_crime
        return lists, read_evidence(engine, params, lists)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(sorted(FUTURE)),
            st.integers(0, 59),
            st.integers(1, 2000),
            st.integers(1, 400),
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[:3],
    ),
    seed=st.integers(0, 50),
    as_of=st.booleans(),
)
@examples(8)
def test_the_future_changes_neither_lists_nor_evidence(
    rows, seed, as_of, tmp_path_factory, make_params
):
    now = tables_of(seed)
    later = {name: list(own) for name, own in now.items()}
    for table, company, days, number in rows:
        # a view as of a day keeps all companies and hides their dates: who existed is not told
        if as_of and table == "companies":
            continue
        day = STUDY_DAY + timedelta(days=days)
        later[table].append(FUTURE[table](f"C{company:03d}", day, number))
    later = {name: drop_repeated(name, own) for name, own in later.items()}
    folder = tmp_path_factory.mktemp("country")
    lists, evidence = read_country(folder / "now", make_params, now, as_of)
    after, evidence_after = read_country(folder / "later", make_params, later, as_of)
    pd.testing.assert_frame_equal(after.companies, lists.companies)
    np.testing.assert_array_equal(after.listed, lists.listed)
    np.testing.assert_array_equal(after.listed_on, lists.listed_on)
    pd.testing.assert_frame_equal(evidence_after.signs, evidence.signs)
    pd.testing.assert_frame_equal(evidence_after.reach, evidence.reach)
    np.testing.assert_array_equal(evidence_after.cluster, evidence.cluster)
    assert len(evidence.signs.columns) and lists.listed.any()


# what is closed stays closed

RULES = {"minimum_firms": 10, "minimum_listed": 5, "round_to": 1}


def companies_in(blocks: list[tuple[int, int, int, int]]) -> dict[str, list[dict]]:
    """Turn blocks of (firms, listed, area, section) into tables; 3 regions of 2 areas each."""
    areas = [{"area_id": "XX", "level": 0}]
    areas += [{"area_id": f"0{i}", "level": 1, "parent_id": "XX"} for i in range(3)]
    areas += [
        {"area_id": f"0{i}{j}", "level": 2, "parent_id": f"0{i}"}
        for i in range(3)
        for j in range(2)
    ]
    companies, entries = [], []
    for at, (firms, listed, area, section) in enumerate(blocks):
        for i in range(firms):
            name = f"{at:02d}-{i:04d}"
            companies.append(
                {
                    "company_id": name,
                    "kind": "company",
                    "area_id": f"0{area // 2}{area % 2}",
                    "sector_id": f"S{section}",
                }
            )
            if i < listed:
                entries.append(entry(name, "court", date(2019, 1, 1)) | {"match_probability": 1.0})
    sectors = [{"sector_id": f"S{k}", "section": "ACF"[k]} for k in range(3)]
    return {
        "areas": areas,
        "companies": companies,
        "list_entries": entries,
        "sectors": sectors,
    }


def find_equations(cells: pd.DataFrame) -> np.ndarray:
    """Return how the cells add up, as any reader of the table can tell."""
    sector, area = cells["sector_id"].to_numpy(), cells["area_id"].to_numpy()
    parent = cells["parent_id"].to_numpy()
    rows = []
    for i in range(len(cells)):
        inside = (sector == sector[i]) & (parent == area[i]) & (area != ALL)
        sectors = (area == area[i]) & (sector != ALL) & (sector[i] == ALL)
        for parts in (inside, sectors):
            if parts.any():
                row = parts.astype(float)
                row[i] -= 1.0
                rows.append(row)
    return np.array(rows)


def derive(
    shown: np.ndarray, equations: np.ndarray, highest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how low and how high each closed count can be for a reader of the others."""
    closed = np.flatnonzero(np.isnan(shown))
    given = np.nan_to_num(shown)
    ends = []
    for sign in (1.0, -1.0):
        found = []
        for place in range(len(closed)):
            objective = np.zeros(len(closed))
            objective[place] = sign
            answer = linprog(
                objective,
                A_eq=equations[:, closed],
                b_eq=-equations @ given,
                bounds=np.column_stack([np.zeros(len(closed)), highest[closed]]),
            )
            assert answer.status == 0, "what is shown does not contradict itself"
            found.append(sign * answer.fun)
        ends.append(np.array(found))
    return ends[0], ends[1]


@given(
    blocks=st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 25), st.integers(0, 5), st.integers(0, 2)).map(
            lambda b: (b[0], min(b[1], b[0]), b[2], b[3])
        ),
        min_size=4,
        max_size=14,
    )
)
@examples(10)
def test_no_closed_cell_can_be_worked_out_by_linear_programming(blocks, open_country, make_params):
    engine = open_country(**companies_in(blocks))
    params = make_params([{"id": "court"}], disclosure=RULES)
    cells = estimate_cells(engine, params, np.random.default_rng(0))
    if cells.empty:
        return
    firms = cells["firms"].to_numpy(dtype=float, na_value=np.nan)
    listed = cells["listed"].to_numpy(dtype=float, na_value=np.nan)
    equations = find_equations(cells)
    assert not (firms < RULES["minimum_firms"]).any()
    assert not (listed < RULES["minimum_listed"]).any()
    everybody = float(sum(block[0] for block in blocks)) + 1000
    low, high = derive(firms, equations, np.full(len(cells), everybody))
    assert (high - low >= RULES["minimum_firms"] - 1e-6).all()
    most = np.where(np.isnan(firms), everybody, firms)
    low, high = derive(listed, equations, most)
    needed = np.minimum(RULES["minimum_listed"], most[np.isnan(listed)])
    assert (high - low >= needed - 1e-6).all()
