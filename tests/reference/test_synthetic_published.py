"""Published synthetic controls: the Basque Country and California, reached with our own code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.comparative_case import (
    ComparativeCase,
    Comparison,
    Predictor,
    prepare_comparison,
)
from infiltrate.impact.predictor_weights import Optimum, Problem, fit_outcomes, search_optima
from infiltrate.impact.simplex import fit_simplex
from infiltrate.impact.synthetic_control import SyntheticControl, fit_synthetic_control

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data")) / "replication"
BASQUE = "Basque Country (Pais Vasco)"
SCHOOLS = ["school.illit", "school.prim", "school.med", "school.high"]
SECTORS = ["agriculture", "energy", "industry", "construction", "services.venta"]


def read(name: str, separator: str = ",") -> pd.DataFrame:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"published data not found: set INFILTRATE_DATA ({path.name} is absent)")
    return pd.read_csv(path, sep=separator)


@pytest.fixture(scope="module")
def basque() -> tuple[pd.DataFrame, ComparativeCase]:
    """Data and predictors of Abadie, Diamond and Hainmueller (2011, Journal of Stat. Software)."""
    table = read("basque.csv")
    table = table[table["regionno"] != 1].copy()
    table["school.high"] += table["school.post.high"]
    whole = table[SCHOOLS].sum(axis=1, skipna=False)
    table[SCHOOLS] = 100 * table[SCHOOLS].div(whole, axis=0)
    predictors = (
        *(Predictor(name, 1964, 1969) for name in (*SCHOOLS, "invest")),
        Predictor("gdpcap", 1960, 1969),
        *(Predictor(f"sec.{name}", 1961, 1969) for name in (*SECTORS, "services.nonventa")),
        Predictor("popdens", 1969, 1969),
    )
    case = ComparativeCase(
        "gdpcap",
        BASQUE,
        first_treated=1970,
        predictors=predictors,
        fitted=(1960, 1969),
        effect=(1975, 1997),
        unit="regionname",
    )
    return table, case


@pytest.fixture(scope="module")
def comparison(basque: tuple[pd.DataFrame, ComparativeCase]) -> Comparison:
    ready, findings = prepare_comparison(*basque)
    assert ready is not None and not findings
    return ready


@pytest.fixture(scope="module")
def problem(comparison: Comparison) -> Problem:
    fitted = comparison.outcomes[comparison.is_fitted]
    return Problem(
        comparison.predictors[comparison.donors].to_numpy(),
        comparison.predictors[BASQUE].to_numpy(),
        fitted[comparison.donors].to_numpy(),
        fitted[BASQUE].to_numpy(),
    )


@pytest.fixture(scope="module")
def average(comparison: Comparison) -> Callable[[np.ndarray], float]:
    def measure(donors: np.ndarray) -> float:
        gap = comparison.outcomes[BASQUE] - comparison.outcomes[comparison.donors] @ donors
        return float(gap.loc[1975:1997].mean())

    return measure


@pytest.fixture(scope="module")
def best(problem: Problem) -> Optimum:
    return search_optima(problem, 1e-3, 8, np.random.default_rng(1))[0]


def name(comparison: Comparison, optimum: Optimum) -> dict[str, float]:
    pairs = zip(comparison.donors, optimum.donors, strict=True)
    return {unit: weight for unit, weight in pairs if weight > 0.002}


def test_basque_weights_and_effect_as_published(
    comparison: Comparison, best: Optimum, average: Callable[[np.ndarray], float]
) -> None:
    published = {"Cataluna": 0.8508, "Madrid (Comunidad De)": 0.1492}
    assert name(comparison, best) == pytest.approx(published, abs=0.002)
    assert average(best.donors) == pytest.approx(-0.69956, abs=0.002)


@pytest.mark.parametrize(
    ("initial", "method"),
    [("ols", "Nelder-Mead"), pytest.param("equal", "BFGS", marks=pytest.mark.validate)],
)
def test_single_starts_land_on_wrong_optima(
    comparison: Comparison,
    best: Optimum,
    average: Callable[[np.ndarray], float],
    initial: str,
    method: str,
) -> None:
    from pysyncon import Synth

    fitted = comparison.outcomes[comparison.is_fitted]
    model = Synth()
    model.fit(
        X0=comparison.predictors[comparison.donors],
        X1=comparison.predictors[BASQUE],
        Z0=fitted[comparison.donors],
        Z1=fitted[BASQUE],
        optim_method=method,
        optim_initial=initial,
        optim_options={"maxiter": 1000},
    )
    assert model.loss_V > 10 * best.error
    assert abs(average(model.W) - average(best.donors)) > 0.1


def test_the_library_agrees_once_it_has_our_weights_of_predictors(
    comparison: Comparison, best: Optimum
) -> None:
    from pysyncon import Synth

    fitted = comparison.outcomes[comparison.is_fitted]
    model = Synth()
    model.fit(
        X0=comparison.predictors[comparison.donors],
        X1=comparison.predictors[BASQUE],
        Z0=fitted[comparison.donors],
        Z1=fitted[BASQUE],
        custom_V=best.predictors / best.predictors.sum(),
    )
    assert np.abs(model.W - best.donors).max() < 0.002
    assert model.loss_V == pytest.approx(best.error, rel=0.01)


@pytest.mark.validate
@pytest.mark.parametrize("seed", [1, 2])
def test_a_better_fit_needs_predictors_that_count_for_nothing(
    problem: Problem, best: Optimum, average: Callable[[np.ndarray], float], seed: int
) -> None:
    from scipy.optimize import differential_evolution

    def weigh(logs: np.ndarray) -> np.ndarray:
        return fit_simplex(problem.predictors, problem.target, 10.0 ** (logs - logs.max()))

    def search(least: float) -> np.ndarray:
        found = differential_evolution(
            lambda logs: problem.measure_error(weigh(logs)),
            [(np.log10(least), 0)] * len(problem.target),
            popsize=8,
            maxiter=300,
            rng=np.random.default_rng(seed),
            polish=False,
            tol=1e-10,
        )
        return weigh(found.x)

    # another kind of search confirms the optimum as long as every predictor counts a little
    assert problem.measure_error(search(1e-3)) == pytest.approx(best.error, rel=1e-3)
    free = search(1e-8)
    bound = problem.measure_error(fit_outcomes(problem))
    assert bound <= problem.measure_error(free) * (1 + 1e-9)
    # half the error with Baleares .22, Cataluna .63 and Madrid .15, and another effect
    assert problem.measure_error(free) == pytest.approx(0.004286, rel=1e-3)
    assert average(free) == pytest.approx(-1.025, abs=0.005)


@pytest.mark.validate
def test_the_whole_basque_answer_says_what_it_hangs_on(
    basque: tuple[pd.DataFrame, ComparativeCase],
) -> None:
    found = fit_synthetic_control(*basque, np.random.default_rng(1))
    assert found.answer.effects[0].estimate == pytest.approx(-0.69956, abs=0.002)
    texts = " ".join(finding.text for finding in found.answer.findings)
    assert "hangs on how much predictors count" in texts
    free = [one for one in found.answer.effects if one.sample == "predictors may count for nothing"]
    assert free[0].estimate < -0.9
    assert len(found.placebos) == 17


@pytest.fixture(scope="module")
def california() -> SyntheticControl:
    table = read("california_prop99.csv", ";")
    case = ComparativeCase("PacksPerCapita", "California", 1989, unit="State", time="Year")
    return fit_synthetic_control(table, case, np.random.default_rng(1))


def test_california_as_published_by_three_estimators(california: SyntheticControl) -> None:
    found = {
        effect.estimator: effect
        for effect in california.answer.effects
        if effect.term == "average" and effect.sample == "main"
    }
    synthetic = found["synthetic difference in differences"]
    assert synthetic.estimate == pytest.approx(-15.6, abs=0.05)
    # an error from placebo draws moves: 9.2 with 50 of them, 11.4 with 200 others
    assert 6 < synthetic.std_error < 15
    assert found["difference in differences"].estimate == pytest.approx(-27.35, abs=0.01)
    assert found["synthetic control"].estimate == pytest.approx(-19.48, abs=0.2)


def test_california_weights_and_rank(california: SyntheticControl) -> None:
    states = california.weights.set_index("unit")["weight"]
    # Abadie, Diamond and Hainmueller (2010) with predictors: Utah .334, Nevada .234, Montana .199
    assert set(states[states > 0.15].index) == {"Utah", "Nevada", "Montana"}
    ranks = california.placebos.reset_index().set_index("unit")["index"]
    assert ranks["California"] <= 2
