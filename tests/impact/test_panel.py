"""Panel regressions: known coefficients, one correction of errors, refusals instead of numbers."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.answer import ImpactAnswer, tabulate_effects
from infiltrate.impact.mundlak import compare_random_with_fixed
from infiltrate.impact.panel import fit_panel
from infiltrate.impact.panel_estimators import estimate_panel
from infiltrate.impact.panel_model import PanelModel

MODEL = PanelModel(
    "log_revenue", ("listed", "size"), effects=("company_id", "year"), cluster=("company_id",)
)
POOLED = replace(MODEL, estimator="pooled", effects=())
RANDOM = replace(MODEL, estimator="random effects", effects=())


def make_panel(companies: int = 240, years: int = 7, sorting: float = 0.8) -> pd.DataFrame:
    """Companies with effects of which the regressors know by ``sorting``; a tenth left out."""
    rng = np.random.default_rng(11)
    company = np.repeat(np.arange(companies), years)
    year = np.tile(np.arange(years), companies)
    own = rng.normal(size=companies)[company]
    listed = (rng.normal(size=len(company)) + sorting * own > 0.5).astype(float)
    size = rng.normal(size=len(company)) + sorting * own + 0.1 * year
    noise = rng.normal(size=len(company)) * (1 + 0.5 * listed) + rng.normal(size=40)[company % 40]
    panel = pd.DataFrame(
        {
            "company_id": [f"XX:{number:04d}" for number in company],
            "year": 2000 + year,
            "listed": listed,
            "size": size,
            "region": [f"R{number % 40}" for number in company],
            "market": [f"M{number}" for number in rng.integers(0, 35, len(company))],
            "log_revenue": 0.5 * listed + 0.2 * size + own + 0.3 * year + noise,
            "contracts": rng.poisson(np.exp(0.4 * listed + 0.1 * size + 0.3 * own)),
        }
    )
    return panel.loc[rng.random(len(panel)) > 0.1].reset_index(drop=True)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return make_panel()


def estimates(answer: ImpactAnswer) -> np.ndarray:
    return np.array([effect.estimate for effect in answer.effects])


def errors(answer: ImpactAnswer) -> np.ndarray:
    return np.array([effect.std_error for effect in answer.effects])


def texts(answer: ImpactAnswer) -> list[str]:
    return [finding.text for finding in answer.findings]


def test_one_tidy_table_for_all_estimators(panel: pd.DataFrame) -> None:
    answers = [
        fit_panel(panel, model)
        for model in (
            POOLED,
            MODEL,
            RANDOM,
            replace(MODEL, estimator="absorbed effects", effects=("company_id", "market")),
            replace(MODEL, estimator="poisson", outcome="contracts", measure="log points"),
        )
    ]
    table = tabulate_effects(answers)
    assert table["term"].tolist() == ["listed", "size"] * 5
    assert table["estimator"].nunique() == 5
    assert table[["estimate", "std_error", "low", "high", "p_value"]].notna().all(axis=None)
    assert (table["low"] < table["estimate"]).all()
    assert (table["units"] <= 240).all()
    assert (table["clusters"] == 240).all()
    poisson = table.iloc[-2]
    assert poisson["low"] < 0.4 < poisson["high"]
    assert poisson["unit"] == "log points"


def test_fixed_effects_find_what_pooling_misses(panel: pd.DataFrame) -> None:
    within, pooled = fit_panel(panel, MODEL), fit_panel(panel, POOLED)
    for effect, planted in zip(within.effects, (0.5, 0.2), strict=True):
        assert abs(effect.estimate - planted) < 3 * effect.std_error
    assert pooled.effects[0].low > 0.5
    assert within.effects[0].rows == len(panel)


@pytest.mark.parametrize("effects", [("company_id",), ("year",), ("company_id", "year")])
@pytest.mark.parametrize(
    "cluster",
    [(), ("company_id",), ("region",), ("market",), ("company_id", "market"), ("region", "market")],
)
def test_two_libraries_agree_under_one_correction(
    panel: pd.DataFrame, effects: tuple[str, ...], cluster: tuple[str, ...]
) -> None:
    ours = replace(MODEL, effects=effects, cluster=cluster)
    linearmodels = fit_panel(panel, ours)
    pyfixest = fit_panel(panel, replace(ours, estimator="absorbed effects"))
    assert estimates(pyfixest) == pytest.approx(estimates(linearmodels), rel=1e-8)
    assert errors(pyfixest) == pytest.approx(errors(linearmodels), rel=1e-6)


def test_the_correction_is_what_the_libraries_call_theirs(panel: pd.DataFrame) -> None:
    from linearmodels.panel import PanelOLS
    from pyfixest import feols

    one_way = replace(MODEL, effects=("company_id",), cluster=("region",))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        fixest = feols(
            "log_revenue ~ listed + size | company_id + year", panel, vcov={"CRV1": "region"}
        )
    assert errors(fit_panel(panel, replace(MODEL, cluster=("region",)))) == pytest.approx(
        fixest.se().to_numpy(), rel=1e-6
    )
    index = panel.set_index(["company_id", "year"])
    stata = PanelOLS(index["log_revenue"], index[["listed", "size"]], entity_effects=True).fit(
        cov_type="clustered",
        clusters=pd.DataFrame({"region": pd.factorize(index["region"])[0]}, index.index),
        group_debias=True,
    )
    # linearmodels counts no constant where the effects are nested, Stata and fixest do
    rows = len(panel)
    assert errors(fit_panel(panel, one_way)) == pytest.approx(
        stata.std_errors.to_numpy() * np.sqrt((rows - 2) / (rows - 3)), rel=1e-6
    )


def test_without_clusters_errors_are_those_of_white(panel: pd.DataFrame) -> None:
    x = np.column_stack([panel[["listed", "size"]], np.ones(len(panel))])
    y = panel["log_revenue"].to_numpy()
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ (bread @ x.T @ y)
    white = bread @ (x.T * residual**2) @ x @ bread * len(x) / (len(x) - 3)
    answer = fit_panel(panel, replace(POOLED, cluster=()))
    assert errors(answer) == pytest.approx(np.sqrt(np.diag(white))[:2], rel=1e-9)


def test_rows_in_any_order_and_other_names_give_the_same(panel: pd.DataFrame) -> None:
    renamed = panel.sample(frac=1, random_state=2)
    renamed["company_id"] = [f"ZZ {hash_}" for hash_ in renamed["company_id"].str[::-1]]
    for model in (MODEL, RANDOM, replace(MODEL, estimator="absorbed effects")):
        before, after = fit_panel(panel, model), fit_panel(renamed, model)
        assert estimates(after) == pytest.approx(estimates(before), rel=1e-9)
        assert errors(after) == pytest.approx(errors(before), rel=1e-9)


def test_mundlaks_regression_has_the_coefficients_of_fixed_effects() -> None:
    balanced = make_panel().groupby("company_id").filter(lambda rows: len(rows) == 7)
    tested = compare_random_with_fixed(balanced, RANDOM)
    assert tested is not None
    assert tested.regressors == 2
    assert tested.p_value < 1e-4
    wide = balanced.assign(
        **{
            f"mean {name}": balanced.groupby("company_id")[name].transform("mean")
            for name in MODEL.regressors
        }
    )
    means = ("mean listed", "mean size")
    mundlak = estimate_panel(wide, replace(RANDOM, regressors=MODEL.regressors + means))
    within = fit_panel(balanced, replace(MODEL, effects=("company_id",)))
    assert mundlak.coefficients[:2] == pytest.approx(estimates(within), rel=1e-8)


def test_random_effects_say_when_they_are_at_odds_with_fixed_effects(panel: pd.DataFrame) -> None:
    assert any("Mundlak's test" in text for text in texts(fit_panel(panel, RANDOM)))
    assert not any("Mundlak" in text for text in texts(fit_panel(make_panel(sorting=0), RANDOM)))


def test_few_clusters_take_the_wild_bootstrap(panel: pd.DataFrame) -> None:
    few = panel.assign(country=panel["region"].str[-1])
    model = replace(MODEL, cluster=("country",))
    plain = fit_panel(few, model)
    wild = fit_panel(few, model, np.random.default_rng(1))
    assert estimates(wild) == pytest.approx(estimates(plain))
    assert [effect.low for effect in wild.effects] != [effect.low for effect in plain.effects]
    assert any("wild cluster bootstrap" in text for text in texts(wild))
    assert not any("wild cluster bootstrap" in text for text in texts(plain))
    # ten clusters are dealt out in all 1024 ways: no chance is left
    again = fit_panel(few, model, np.random.default_rng(2))
    assert [e.low for e in again.effects] == pytest.approx([e.low for e in wild.effects])
    for effect in wild.effects:
        assert effect.low < effect.estimate < effect.high


def test_the_wild_bootstrap_does_not_know_the_clusters_names() -> None:
    few = make_panel(companies=64, years=4)
    few["country"] = (few["region"].str[1:].astype(int) % 14).astype(str)
    renamed = few.assign(country=few["country"].map(lambda name: f"{99 - int(name)}"))
    model = replace(MODEL, cluster=("country",))
    first = fit_panel(few, model, np.random.default_rng(1)).effects
    other = fit_panel(renamed, model, np.random.default_rng(1)).effects
    assert [e.p_value for e in first] == [e.p_value for e in other]


def test_treated_units_are_counted(panel: pd.DataFrame) -> None:
    start = np.where(panel["company_id"] < "XX:0030", 2003, np.nan)
    treated = panel.assign(first_treated=pd.array(start, dtype="Float64").astype("Int64"))
    answer = fit_panel(treated, replace(MODEL, treated="first_treated"))
    assert answer.effects[0].treated == 30
    treated.loc[treated["company_id"] >= "XX:0001", "first_treated"] = pd.NA
    refused = fit_panel(treated, replace(MODEL, treated="first_treated"))
    assert refused.is_refused
    assert refused.effects == ()


def test_poisson_leaves_out_what_tells_nothing_and_says_so(panel: pd.DataFrame) -> None:
    silent = panel.assign(contracts=panel["contracts"].where(panel["company_id"] > "XX:0019", 0))
    answer = fit_panel(silent, replace(MODEL, estimator="poisson", outcome="contracts"))
    assert any("`contracts` can only be 0 in them; left out." in text for text in texts(answer))
    assert not any("separation" in text for text in texts(answer))
    assert answer.effects[0].rows < len(panel) - 100
    assert answer.effects[0].units <= 220


def test_poisson_equals_that_of_statsmodels(panel: pd.DataFrame) -> None:
    import statsmodels.api as sm

    model = PanelModel("contracts", ("listed", "size"), "poisson", cluster=("region",))
    x = sm.add_constant(panel[["listed", "size"]])
    fitted = sm.GLM(panel["contracts"], x, family=sm.families.Poisson()).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(panel["region"])[0], "use_correction": True},
    )
    answer = fit_panel(panel, model)
    assert estimates(answer) == pytest.approx(fitted.params[["listed", "size"]], rel=1e-6)
    assert errors(answer) == pytest.approx(fitted.bse[["listed", "size"]], rel=1e-6)


@pytest.mark.parametrize(
    ("changed", "model", "said"),
    [
        ({"contracts": -1.0}, replace(MODEL, estimator="poisson", outcome="contracts"), "vary"),
        ({"size": 3.0}, MODEL, "`size` is the same in all rows"),
        ({"region": "one"}, replace(MODEL, cluster=("region",)), "in one cluster"),
    ],
)
def test_what_cannot_be_estimated_is_refused_without_numbers(
    panel: pd.DataFrame, changed: dict[str, object], model: PanelModel, said: str
) -> None:
    answer = fit_panel(panel.assign(**changed), model)
    assert answer.is_refused
    assert answer.effects == ()
    assert any(said in text for text in texts(answer))


def test_negative_counts_are_refused(panel: pd.DataFrame) -> None:
    worse = panel.assign(contracts=panel["contracts"] - 1)
    answer = fit_panel(worse, replace(MODEL, estimator="poisson", outcome="contracts"))
    assert "below zero" in texts(answer)[-1]
    assert answer.effects == ()


def test_too_few_rows_are_refused(panel: pd.DataFrame) -> None:
    tiny = panel.groupby("company_id").head(2).iloc[:6]
    assert fit_panel(tiny, MODEL).is_refused
    one_each = panel.groupby("company_id").head(1)
    assert any("too few to tell" in text for text in texts(fit_panel(one_each, RANDOM)))


@pytest.mark.parametrize(
    "settings",
    [
        {"regressors": ()},
        {"effects": ()},
        {"effects": ("market",)},
        {"estimator": "pooled"},
        {"cluster": ("company_id", "year", "region")},
    ],
)
def test_models_that_contradict_themselves_are_errors(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"needs|takes|effects|two"):
        replace(MODEL, **settings)


def test_three_clusters_give_no_bounds_rather_than_narrow_ones(panel: pd.DataFrame) -> None:
    few = panel.assign(country=(panel["region"].str[1:].astype(int) % 3).astype(str))
    answer = fit_panel(few, replace(MODEL, cluster=("country",)), np.random.default_rng(1))
    # of eight ways to deal the signs, two always agree with what is seen
    assert all(effect.p_value >= 0.25 for effect in answer.effects)
    assert all(not effect.low > 0 for effect in answer.effects)


@pytest.mark.validate
def test_the_wild_bootstrap_keeps_its_level_with_few_clusters() -> None:
    draws, plain, wild = 200, 0, 0
    model = replace(POOLED, regressors=("exposed",), cluster=("region",))
    rng = np.random.default_rng(21)
    for _ in range(draws):
        # ten regions of unequal size, a third of them exposed; nothing happens to them
        region = np.repeat(np.arange(10), rng.integers(5, 60, 10))
        shock = rng.normal(size=10)[region]
        rows = pd.DataFrame(
            {
                "company_id": np.arange(len(region)),
                "year": 2000,
                "region": region,
                "exposed": (region < 3).astype(float),
                "log_revenue": shock + rng.normal(size=len(region)),
            }
        )
        plain += fit_panel(rows, model).effects[0].p_value < 0.05
        wild += fit_panel(rows, model, rng).effects[0].p_value < 0.05
    print(f"rejected at 5 %: t of clusters {plain / draws:.3f}, wild bootstrap {wild / draws:.3f}")
    assert wild / draws < 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
    assert plain > wild
