"""Residuals of accruals against NumPy's least squares, group by group."""

from __future__ import annotations

import numpy as np
import pytest

from infiltrate.indicators.accruals import FEWEST_FIRMS, fit_accruals, fit_residuals
from infiltrate.indicators.units import shared_sql
from infiltrate.tables.engine import DuckDBEngine


def draw(seed: int, firms: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    regressors = rng.normal(size=(firms, 3)) * (1e-6, 1.0, 10.0)
    explained = regressors @ (2e5, 0.3, -0.05) + rng.normal(size=firms)
    return explained, regressors, rng.integers(0, 3, firms)


def test_residuals_are_those_of_least_squares_without_a_constant() -> None:
    explained, regressors, groups = draw(1)
    found = fit_residuals(explained, regressors, groups)
    for group in range(3):
        mine = groups == group
        beta = np.linalg.lstsq(regressors[mine] * (1e6, 1, 1), explained[mine], rcond=None)[0]
        expected = explained[mine] - (regressors[mine] * (1e6, 1, 1)) @ beta
        assert found[mine] == pytest.approx(expected, abs=1e-10)
        assert regressors[mine].T @ found[mine] == pytest.approx(np.zeros(3), abs=1e-8)


def test_the_order_of_rows_changes_no_digit() -> None:
    explained, regressors, groups = draw(2)
    order = np.random.default_rng(3).permutation(len(explained))
    found = fit_residuals(explained, regressors, groups)
    again = fit_residuals(explained[order], regressors[order], groups[order])
    assert (again == found[order]).all()


def test_small_groups_and_rows_left_out_have_no_residual() -> None:
    explained, regressors, groups = draw(4, firms=FEWEST_FIRMS + 5)
    groups[:] = 0
    groups[:5] = -1
    found = fit_residuals(explained, regressors, groups)
    assert np.isnan(found[:5]).all()
    assert np.isfinite(found[5:]).all()
    groups[5] = 1
    assert np.isnan(fit_residuals(explained, regressors, groups)).all()


def test_regressors_that_do_not_vary_apart_give_no_residual() -> None:
    explained, regressors, groups = draw(5)
    regressors[:, 2] = 2 * regressors[:, 1]
    assert np.isnan(fit_residuals(explained, regressors, groups)).all()
    regressors[:, 2] = 0
    assert np.isnan(fit_residuals(explained, regressors, groups)).all()


def test_no_accounts_no_residuals() -> None:
    with DuckDBEngine(1.0, 1) as engine:
        columns = ", ".join(
            f"CAST(NULL AS {kind}) AS {name}"
            for name, kind in {
                "company_id": "VARCHAR",
                "year_end_on": "DATE",
                "account_year": "BIGINT",
                "division": "VARCHAR",
                "section": "VARCHAR",
                **dict.fromkeys(
                    ("inverse_assets", "cash_revenue", "fixed_assets", "revenue", "costs"), "DOUBLE"
                ),
                **dict.fromkeys(
                    ("aggregate_accruals", "receivables", "expense_accruals"), "DOUBLE"
                ),
            }.items()
        )
        engine.execute(f"CREATE TEMP VIEW accrual_inputs AS SELECT {columns} WHERE FALSE")
        assert fit_accruals(engine).num_rows == 0
    assert "account_years" in shared_sql("accrual_inputs")
