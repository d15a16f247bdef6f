"""The same question under other choices: windows, lists, priors, wrong entries, universes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from infiltrate.errors import CheckFailed, Problem
from infiltrate.params.choices import PrevalenceChoices
from infiltrate.params.lists import FalsePositivePrior
from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.detection_sample import sample_unlisted
from infiltrate.prevalence.estimators import (
    CountryEstimate,
    read_detection_priors,
    read_pool_choices,
)
from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.floor import draw_rightly_listed
from infiltrate.prevalence.joint_detection import estimate_joint_detection
from infiltrate.prevalence.lists import Denominator, ListsData
from infiltrate.prevalence.loglinear import estimate_loglinear
from infiltrate.prevalence.pool import Pool, triangulate
from infiltrate.prevalence.posterior import Posterior
from infiltrate.prevalence.specifications import (
    ALL,
    WINDOWS,
    Specification,
    list_specifications,
)

HEADLINE, REFITTED = "headline", "refitted"
"""Ids of the headline, and of its own choices with the estimators refitted here."""

_DRAWS = 200
_UNLISTED = 5_000
_LARGEST_WRONG_SHARE = 0.9
_HARDLY_ANY = 1e-6


def vary_specifications(
    lists: ListsData,
    evidence: FirmEvidence,
    choices: PrevalenceChoices,
    rng: np.random.Generator,
    base: CountryEstimate | None = None,
    *,
    universes: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Estimate prevalence again under every choice a critic may ask about.

    Parameters
    ----------
    lists : ListsData
        Lists that all mean organised crime, with the entries of all years: the window of
        ``choices`` is applied here.
    evidence : FirmEvidence
        Of the same companies.
    choices : PrevalenceChoices
        Those of the headline.
    rng : numpy.random.Generator
        All specifications use the same random numbers, so that they differ by their choices only.
    base : CountryEstimate, optional
        The headline; an estimator it rejects is left out everywhere. When left out, the refit of
        the headline's own choices takes its place.
    universes : mapping of str to numpy.ndarray of bool, optional
        Other sets of firms to count, shape (N,), by a name in words: "limited companies".

    Returns
    -------
    pandas.DataFrame
        One row per specification: first the headline, then one choice changed at a time and the
        full product of list left out, centre of the prior and wrong entries.
        ``specification`` (unique, in words), ``changed`` (choices that differ from the
        headline's, joined by commas), ``window``, ``lists`` ("all lists" or "without ..."),
        ``prior_centre``, ``wrong_entries``, ``universe``, ``n_listed`` and ``firms`` (of the
        universe), ``median``, ``low`` and ``high`` (95 %; **shares** of ``firms``), ``status``,
        ``reason``, and ``inside_headline``: whether the median lies in the headline's interval.

    Raises
    ------
    CheckFailed
        When a universe does not have one value per company.

    Notes
    -----
    Refitted are the joint detection model, without its checks and on a weighted sample of 5,000
    unlisted firms, and the log-linear model, 200 draws each; the headline may pool other
    estimators too. The row "refitted" has the headline's choices and shows what that alone
    changes. Windows and universes that change nothing have no row. Specifications are no sample
    of anything: the share inside says how far the answer hangs on choices (Simonsohn, Simmons &
    Nelson 2020, https://doi.org/10.1038/s41562-020-0912-z).
    """
    _check_universes(universes or {}, len(lists.companies))
    study = _Study(lists, evidence, choices, int(rng.integers(2**32)), base, dict(universes or {}))
    own = Specification(choices.window_years, prior_centre=choices.priors.detection_centre)
    windows = [years for years in WINDOWS if study.is_other_window(years)]
    others = list_specifications(
        own, study.lists_within(own.window).list_ids, windows, study.other_universes()
    )
    refitted = study.estimate(own)
    rows = [refitted if base is None else replace(refitted, pool=base.pool), refitted]
    rows += [study.estimate(one) for one in others]
    frame = pd.DataFrame([_tabulate(row, own) for row in rows])
    frame.loc[[0, 1], "specification"] = [HEADLINE, REFITTED]
    frame = frame.drop(index=1) if base is None else frame
    inside = frame["median"].between(frame["low"].iloc[0], frame["high"].iloc[0])
    return frame.assign(inside_headline=inside).reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Refit:
    """What the pool says under one specification."""

    specification: Specification
    pool: Pool
    listed: int
    firms: int


@dataclass(frozen=True, eq=False)
class _Study:
    """What every specification is a variation of, and what two of them have in common."""

    lists: ListsData
    evidence: FirmEvidence
    choices: PrevalenceChoices
    seed: int
    base: CountryEstimate | None
    universes: Mapping[str, np.ndarray]
    prepared: dict[tuple, tuple[ListsData, DetectionData]] = field(default_factory=dict)
    overlaps: dict[tuple, Posterior] = field(default_factory=dict)

    def lists_within(self, window: float | None) -> ListsData:
        """Return the lists that still name somebody within a window."""
        return self.lists.within(window).organised_crime

    def is_other_window(self, window: float | None) -> bool:
        """Whether a window changes who is listed."""
        own = self.lists.within(self.choices.window_years).listed
        return bool((self.lists.within(window).listed != own).any())

    def other_universes(self) -> list[str]:
        """Return the names of universes that leave out some firm, but not all."""
        return [name for name, mask in self.universes.items() if mask.any() and not mask.all()]

    def estimate(self, one: Specification) -> _Refit:
        """Refit under one specification."""
        key = (one.window, one.universe)
        if key not in self.prepared:
            self.prepared[key] = self._prepare(*key)
        lists, data = self.prepared[key]
        kept = [k for k, name in enumerate(lists.list_ids) if name != one.dropped]
        lists = _multiply_wrong_entries(
            lists.select(lists.list_ids[k] for k in kept), one.wrong_entries
        )
        posteriors = []
        if self._is_admitted("joint_detection"):
            priors = read_detection_priors(lists, self.choices)
            posteriors.append(
                estimate_joint_detection(
                    data.keep_lists(np.array(kept, dtype=np.int64)),
                    replace(priors, detection_centre=one.prior_centre),
                    self._generator(),
                    _DRAWS,
                    with_checks=False,
                )
            )
        if self._is_admitted("loglinear_bic"):
            posteriors.append(self._estimate_overlaps(one, lists))
        pool = triangulate(
            [self._carry_over(posterior) for posterior in posteriors],
            draw_rightly_listed(lists, self._generator()),
            lists.denominator.firms,
            self._generator(),
            read_pool_choices(self.choices),
        )
        listed = int(lists.listed.any(axis=1).sum())
        return _Refit(one, pool, listed, lists.denominator.firms)

    def _prepare(self, window: float | None, universe: str) -> tuple[ListsData, DetectionData]:
        lists, evidence = self.lists_within(window), self.evidence
        if universe != ALL:
            rows = np.flatnonzero(self.universes[universe])
            lists = lists.keep_companies(rows, Denominator(len(rows), universe, False))
            evidence = FirmEvidence(
                evidence.signs.iloc[rows], evidence.reach.iloc[rows], evidence.cluster[rows]
            )
        data = build_detection_data(
            lists,
            evidence.signs,
            dict.fromkeys(lists.list_ids, evidence.reach),
            evidence.cluster,
            with_lag=self.choices.allow_for_lag,
        )
        if (~data.listed.any(axis=1)).sum() > _UNLISTED:
            data = sample_unlisted(data, _discriminate(data), _UNLISTED, self._generator())
        return lists, data

    def _estimate_overlaps(self, one: Specification, lists: ListsData) -> Posterior:
        key = (one.window, one.universe, one.dropped, one.wrong_entries)
        if key not in self.overlaps:
            self.overlaps[key] = estimate_loglinear(lists, self._generator(), _DRAWS)
        return self.overlaps[key]

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _is_admitted(self, estimator: str) -> bool:
        return self.base is None or self.base.posteriors[estimator].status != "reject"

    def _carry_over(self, posterior: Posterior) -> Posterior:
        """Hold against a refit what the checks of the headline found."""
        if self.base is None or posterior.status != "use":
            return posterior
        checked = self.base.posteriors[posterior.estimator]
        return replace(posterior, status=checked.status, reasons=checked.reasons)


def _check_universes(universes: Mapping[str, np.ndarray], companies: int) -> None:
    problems = [
        Problem(f"universe '{name}'", f"shape {np.shape(mask)}", f"({companies},), one per company")
        for name, mask in universes.items()
        if np.shape(mask) != (companies,)
    ]
    if problems:
        raise CheckFailed("Universes do not fit the companies.", problems)


def _multiply_wrong_entries(lists: ListsData, times: float) -> ListsData:
    """Multiply the prior mean of each list's wrong entries; the prior stays worth as much."""
    changed = []
    for definition in lists.lists:
        a, b = definition.false_positives.a, definition.false_positives.b
        mean = float(np.clip(times * a / (a + b), _HARDLY_ANY, _LARGEST_WRONG_SHARE))
        prior = FalsePositivePrior(a=mean * (a + b), b=(1 - mean) * (a + b))
        changed.append(
            definition if times == 1 else definition.model_copy(update={"false_positives": prior})
        )
    return replace(lists, lists=tuple(changed))


def _discriminate(data: DetectionData) -> np.ndarray | None:
    """Rank firms by how much they look like listed ones: Fisher's linear discriminant."""
    listed = data.listed.any(axis=1)
    if not data.X.shape[1] or not listed.any():
        return None
    X = data.standardise().X
    spread = np.cov(X, rowvar=False).reshape(X.shape[1], -1) + 0.1 * np.eye(X.shape[1])
    return X @ np.linalg.solve(spread, X[listed].mean(axis=0))


def _tabulate(refit: _Refit, own: Specification) -> dict[str, object]:
    one, pool, firms = refit.specification, refit.pool, max(refit.firms, 1)
    changed = one.differences(own)
    low, high = pool.intervals[0.95]
    return {
        "specification": ", ".join(changed.values()),
        "changed": ", ".join(changed),
        **one.in_words(),
        "prior_centre": one.prior_centre,
        "wrong_entries": one.wrong_entries,
        "n_listed": refit.listed,
        "firms": refit.firms,
        "median": pool.median / firms,
        "low": low / firms,
        "high": high / firms,
        "status": pool.status,
        "reason": " ".join(pool.reasons),
    }
