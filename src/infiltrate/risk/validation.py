"""Rankings of companies by models that never saw them, under several designs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.comparators import COMPARATORS, NOTHING_KNOWN, score_comparators
from infiltrate.risk.design_rows import DesignRows, stack_rows
from infiltrate.risk.designs import DESIGNS, Design, Fold, build_designs
from infiltrate.risk.features import stack_features
from infiltrate.risk.learners import LearningRows, fit_learner, why_not

_COLUMNS = ["design", "model", "company_id", "fold", "held_out"]
_COLUMNS += ["percentile", "is_listed", "cluster"]
_WORDS = ("design", "model", "held_out")
_UNKNOWN = 0.5  # on days of which a simple ranking knows nothing


@dataclass(frozen=True)
class Validation:
    """What the designs gave.

    Attributes
    ----------
    designs : tuple of Design
        All of them, with the reason of those that could not be run.
    rankings : DataFrame
        One row per design, model, fold and company ranked: ``design``, ``model``,
        ``company_id``, ``fold``, ``held_out`` (see ``designs.Fold``), ``percentile`` (place among
        the companies of the same fold, from 0 to 1: scores of different folds are not on one
        scale), ``is_listed``, ``cluster``. Forward in time a company is ranked once for each day,
        and on a list left out once for each list.
    models : tuple of str
        Learners and, where comparators were wanted, simple rankings; those that never could be
        made included.
    refused : mapping of (str, str) to str
        By design and model: why the model has no ranking although the design was run. One that
        cannot be fitted in a single fold has none: it would be compared on other companies.
    """

    designs: tuple[Design, ...]
    rankings: pd.DataFrame
    models: tuple[str, ...] = ()
    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)


def validate_models(
    cohorts: Sequence[Cohort],
    choices: RiskChoices,
    rng: np.random.Generator,
    *,
    comparators: bool = False,
    wanted: Collection[str] = DESIGNS,
) -> Validation:
    """Rank companies out of fold, under every design.

    No company, and under all designs but the random one no group, is ever in training and test at
    once. Features about listed neighbours are made anew for every fold, as if the companies
    tested had no entry.

    Parameters
    ----------
    cohorts : sequence of Cohort
        By day, rising; the last one is ranked, earlier ones train the designs that go forward in
        time, and are ranked by what came before them.
    choices : RiskChoices
        Learners, and folds wanted; fewer are made when there are fewer groups or listed companies.
    rng : numpy.random.Generator
    comparators : bool
        Rank the same companies by ``comparators.COMPARATORS`` too, which learn from no label.
    wanted : collection of str
        Names of the designs to run.
    """
    rows = stack_rows(cohorts)
    features = stack_features([c.features for c in cohorts])
    described = _Described(tuple(cohorts), features, rows, pd.Categorical(rows.company))
    designs = build_designs(rows, choices.folds, rng)
    designs = tuple(design for design in designs if design.name in wanted)
    simple = described.compare(choices, rng) if comparators else {}
    rankings: list[pd.DataFrame] = []
    refused: dict[tuple[str, str], str] = {}
    for design in designs:
        for model, parts in _rank_out_of_fold(described, design, choices, simple, rng).items():
            if isinstance(parts, str):
                refused[design.name, model] = parts
            else:
                rankings += parts
    models = (*choices.learners, *(COMPARATORS if comparators else ()))
    return Validation(designs, _stack(rankings), models, refused)


@dataclass(frozen=True, eq=False)
class _Described:
    cohorts: tuple[Cohort, ...]
    features: pd.DataFrame
    rows: DesignRows
    company: pd.Categorical

    def compare(self, choices: RiskChoices, rng: np.random.Generator) -> Mapping[str, np.ndarray]:
        """Return scores that learn from no label, made day by day; none where no day gives any."""
        by_day = pd.concat([score_comparators(c.features, choices, rng) for c in self.cohorts])
        return {
            name: by_day[name].fillna(_UNKNOWN).to_numpy() if name in by_day else np.array([])
            for name in COMPARATORS
        }

    def describe_test(self, fold: Fold, design: Design) -> pd.DataFrame:
        """Return what is said of each company ranked, but its place."""
        rows = self.rows
        clusters = rows.region if design.clusters == "buyer_region" else pd.Series(rows.group)
        return pd.DataFrame(
            {
                # words that millions of rows share are kept once
                "company_id": pd.Categorical.from_codes(
                    self.company.codes[fold.test], dtype=self.company.dtype
                ),
                "held_out": fold.held_out,
                "is_listed": rows.is_listed[fold.test],
                "cluster": clusters.iloc[fold.test].to_numpy(),
            }
        )

    def split(self, fold: Fold) -> tuple[LearningRows, pd.DataFrame]:
        """Return whom to learn from, and those tested as if they had no entry."""
        features, rows = self._describe(fold), self.rows
        lists = rows.listed.columns.drop(fold.without_list or [])
        train = LearningRows(
            features.iloc[fold.train],
            rows.labels(fold.without_list)[fold.train],
            rows.listed[lists].iloc[fold.train],
            rows.exposed[lists].iloc[fold.train],
            rows.group[fold.train],
        )
        return train, features.iloc[fold.test]

    def _describe(self, fold: Fold) -> pd.DataFrame:
        if all(cohort.nearness is None for cohort in self.cohorts):
            return self.features
        held_out = np.unique(self.rows.company[fold.test])
        near = pd.concat(
            [
                cohort.nearness.columns(cohort.features.index, held_out)
                if cohort.nearness
                else pd.DataFrame(index=cohort.features.index)
                for cohort in self.cohorts
            ]
        )
        return pd.concat([self.features, near], axis=1)


def _rank_out_of_fold(
    described: _Described,
    design: Design,
    choices: RiskChoices,
    simple: Mapping[str, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, list[pd.DataFrame] | str]:
    """Return the rankings of each model, fold by fold, or why it has none in one of them."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in (*choices.learners, *simple)}
    refused = {name: NOTHING_KNOWN for name, scores in simple.items() if not len(scores)}
    for number, fold in enumerate(design.folds):
        about = described.describe_test(fold, design).assign(
            design=design.name, fold=np.int16(number)
        )
        for name in [name for name in simple if name not in refused]:
            parts[name].append(_place(about, name, simple[name][fold.test]))
        train, test = described.split(fold)
        refused |= {
            name: why for name in choices.learners if (why := why_not(name, train, choices))
        }
        for name in [name for name in choices.learners if name not in refused]:
            scores = fit_learner(name, train, choices, rng).score(test)
            parts[name].append(_place(about, name, scores))
    return {**parts, **refused}


def _place(about: pd.DataFrame, model: str, scores: np.ndarray) -> pd.DataFrame:
    place = (pd.Series(scores).rank() - 0.5) / len(scores)
    return about.assign(model=model, percentile=place.to_numpy())


def _stack(rankings: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put rankings under one another; words that many rows share are kept once."""
    if not rankings:
        return pd.DataFrame(columns=_COLUMNS)
    words = {
        name: pd.CategoricalDtype(dict.fromkeys(part[name].iloc[0] for part in rankings))
        for name in _WORDS
    }
    stacked = pd.concat([part.astype(words) for part in rankings], ignore_index=True)
    return stacked[_COLUMNS]
