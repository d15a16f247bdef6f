"""What every estimator says of one synthetic country, beside what is so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from infiltrate.params.choices import PrevalenceChoices
from infiltrate.prevalence.estimators import CountryEstimate, estimate_country
from infiltrate.prevalence.scar import estimate_scar
from infiltrate.synth import SyntheticCountry, simulate_tables
from infiltrate.validation.country import view_country
from infiltrate.validation.variants import Variant

POOL, FLOOR = "pool", "floor"
_SCAR = ("scar_best_bin", "scar_elkan_noto", "scar_em")
COMPARATORS = ("chao_equal_lists", *_SCAR)
"""Those whose assumptions selection by authorities makes false; shown to fail, never pooled."""
ESTIMATORS = (
    *COMPARATORS,
    "chao_list_effects",
    "doubly_robust",
    "joint_detection",
    "latent_class",
    "loglinear_bic",
    POOL,
)
"""Estimators that give the number of infiltrated firms."""
WITH_DETECTION = ("joint_detection", POOL)
"""Those whose chance of detection is held against the truth as well."""
ALL = "all"

_SCAR_DRAWS = 50
_LEVELS = (0.5, 0.25, 0.75, 0.05, 0.95, 0.025, 0.975)


class RecoveryRow(NamedTuple):
    """One number of one country: what is so, and an estimator's draws of it.

    Numbers are firms, but for ``detection_any_list``: the share of infiltrated firms on a list.
    ``sector_id`` and ``area_id`` are "all" for totals. Quantiles are missing when the estimator
    was rejected. ``reason`` stands on the row of the country alone. ``firms`` and ``listed`` count
    the firms of the cell; ``effort`` is the effort of the region as it was drawn, in log-odds.
    """

    scenario: str
    seed: int
    estimator: str
    estimand: str
    sector_id: str
    area_id: str
    truth: float
    median: float
    lo50: float
    hi50: float
    lo90: float
    hi90: float
    lo95: float
    hi95: float
    status: str
    reason: str
    firms: int
    listed: int
    effort: float


COLUMNS = RecoveryRow._fields
TEXT = ("scenario", "estimator", "estimand", "sector_id", "area_id", "status", "reason")
"""Columns of words."""


def recover_country(
    variant: Variant,
    firms: int,
    seed: int,
    choices: PrevalenceChoices,
    estimators: Collection[str] = ESTIMATORS,
) -> pd.DataFrame:
    """Draw a country, estimate it as an analyst would, and hold each estimate against the truth.

    Parameters
    ----------
    variant : Variant
        Card, and what is stated wrongly of its lists.
    firms : int
        Active firms of the country.
    seed : int
        Seed of the country and, in a stream of its own, of the estimators; variants of one card
        share both, so that they differ by what is stated alone.
    choices : PrevalenceChoices
        As in a country's parameters.
    estimators : collection of str
        Whose rows to keep; the pool is always that of all of them.

    Returns
    -------
    pandas.DataFrame
        Rows of `RecoveryRow`, sorted by estimator, estimand, sector and area.
    """
    country = simulate_tables(variant.scenario, firms, seed)
    view = view_country(country, variant.change)
    rng = np.random.default_rng([seed, 1])
    estimate = estimate_country(view.lists, view.evidence, choices, rng)
    if not set(_SCAR).isdisjoint(estimators):
        compared = estimate_scar(
            view.lists, view.evidence, np.random.default_rng([seed, 2]), _SCAR_DRAWS
        )
        posteriors = {**estimate.posteriors, **{one.estimator: one for one in compared}}
        estimate = replace(estimate, posteriors=posteriors)
    facts = _count_facts(country)
    parts = [_recover_floor(estimate, facts)]
    for answer in _answers(estimate):
        if answer.estimator in estimators:
            parts += list(_recover_answer(answer, estimate.floor, facts, rng))
    rows = pd.concat(parts, ignore_index=True).assign(scenario=variant.name, seed=seed)
    order = ["estimator", "estimand", "sector_id", "area_id"]
    return rows[list(COLUMNS)].sort_values(order, ignore_index=True)


class _Answer(NamedTuple):
    """An estimator's draws, of the country and of cells where it has them."""

    estimator: str
    status: str
    reasons: tuple[str, ...]
    draws: np.ndarray
    cells: pd.DataFrame
    cell_draws: np.ndarray


class _Facts(NamedTuple):
    """What is so: counts by section and region, and the effort of each region."""

    cells: pd.DataFrame
    rightly_listed: int
    effort: pd.Series


def _answers(estimate: CountryEstimate) -> Iterator[_Answer]:
    for name, posterior in estimate.posteriors.items():
        has_cells = len(posterior.cells) > 1 and len(posterior.draws) > 0
        yield _Answer(
            name,
            posterior.status,
            posterior.reasons,
            posterior.total(),
            posterior.cells if has_cells else posterior.cells.head(0),
            posterior.draws,
        )
    pool = estimate.pool
    yield _Answer(POOL, pool.status, pool.reasons, pool.draws, pool.cells, pool.cell_draws)


def _count_facts(country: SyntheticCountry) -> _Facts:
    on_any = country.listed.any(axis=1)
    marked = country.firms[["section", "region"]].assign(
        firms=1, listed=on_any, infiltrated=country.infiltrated
    )
    cells = marked.groupby(["section", "region"])[["firms", "listed", "infiltrated"]].sum()
    effort = country.effort.groupby("region")["log_odds"].mean()
    return _Facts(cells, int((on_any & country.infiltrated).sum()), effort)


def _recover_floor(estimate: CountryEstimate, facts: _Facts) -> pd.DataFrame:
    rows = _tabulate(FLOOR, FLOOR, estimate.floor[:, None], facts.cells.sum().to_frame().T)
    return rows.assign(truth=float(facts.rightly_listed), status="use")


def _recover_answer(
    answer: _Answer, floor: np.ndarray, facts: _Facts, rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    name, country = answer.estimator, facts.cells.sum().to_frame().T
    national = _tabulate(name, "infiltrated_firms", answer.draws[:, None], country)
    yield national.assign(status=answer.status, reason=" ".join(answer.reasons))
    if name in WITH_DETECTION:
        found = rng.choice(floor, len(answer.draws)) / np.maximum(answer.draws, 1.0)
        share = facts.rightly_listed / max(float(country["infiltrated"].iloc[0]), 1.0)
        shares = np.minimum(found, 1.0)[:, None]
        rows = _tabulate(name, "detection_any_list", shares, country)
        has_meaning = country["infiltrated"].iloc[0] > 0
        yield rows.assign(truth=share if has_meaning else np.nan, status=answer.status)
    if len(answer.cells):
        keys = pd.MultiIndex.from_frame(answer.cells[["section", "area_id"]])
        cells = facts.cells.reindex(keys, fill_value=0)
        rows = _tabulate(name, "cell_infiltrated_firms", answer.cell_draws, cells)
        yield _place(rows, keys.get_level_values(0), keys.get_level_values(1), facts, answer)
        code, areas = pd.factorize(answer.cells["area_id"], sort=True)
        by_area = answer.cell_draws @ np.eye(len(areas))[code]
        counts = facts.cells.groupby(level="region").sum().reindex(areas, fill_value=0)
        rows = _tabulate(name, "infiltrated_firms", by_area, counts)
        yield _place(rows, pd.Index([ALL] * len(areas)), pd.Index(areas), facts, answer)


def _tabulate(
    estimator: str, estimand: str, draws: np.ndarray, counts: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per column of draws, shape (n_draws, n_rows), and row of counts."""
    quantiles = np.full((len(_LEVELS), len(counts)), np.nan)
    if len(draws):
        quantiles = np.quantile(draws, _LEVELS, axis=0)
    rows = pd.DataFrame(quantiles.T, columns=list(COLUMNS[7:14]))
    return rows.assign(
        estimator=estimator,
        estimand=estimand,
        sector_id=ALL,
        area_id=ALL,
        truth=counts["infiltrated"].to_numpy(dtype=float),
        firms=counts["firms"].to_numpy(dtype=int),
        listed=counts["listed"].to_numpy(dtype=int),
        reason="",
        effort=np.nan,
    )


def _place(
    rows: pd.DataFrame, sectors: pd.Index, areas: pd.Index, facts: _Facts, answer: _Answer
) -> pd.DataFrame:
    return rows.assign(
        sector_id=sectors,
        area_id=areas,
        effort=facts.effort.reindex(areas).to_numpy(),
        status=answer.status,
    )
