"""A ranking that can be kept, and applied to companies it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.errors import Problem
from infiltrate.params.choices import DriftLimits
from infiltrate.risk.calibration import Calibrator, fit_calibrator, why_not_calibrated
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.designs import CONNECTED
from infiltrate.risk.drift import PROFILE_COLUMNS, find_drift, profile_columns
from infiltrate.risk.features import stack_features
from infiltrate.risk.learners import FittedLearner
from infiltrate.risk.score import RiskResult

SCORE = "risk_score"
_DIGITS = 9
_MOST_NAMED = 5
_CONTRIBUTION = "contribution_"
_CURVES = ("levels", "chance", "low", "high")
_TEXTS = ("feature", "group")


@dataclass(frozen=True, eq=False)
class RankingModel:
    """A fitted ranking with what it takes to apply it elsewhere.

    Attributes
    ----------
    learner : FittedLearner
        What scores.
    as_of : date
        Day of the features of the companies ranked by the run.
    columns : tuple of str
        Features that the learner reads.
    reference : ndarray
        Scores of the companies ranked by the run, rising.
    profile : DataFrame
        What the features and scores of the companies ranked by the run look like; see
        ``drift.profile_columns``.
    calibrator : Calibrator or None
        From place among the reference to the probability of being listed in the window.
    no_probability : str
        Why there is no calibrator; empty when there is one.
    """

    learner: FittedLearner
    as_of: date
    columns: tuple[str, ...]
    reference: np.ndarray
    profile: pd.DataFrame
    calibrator: Calibrator | None
    no_probability: str

    def check(self, features: pd.DataFrame, limits: DriftLimits) -> list[Problem]:
        """Find every reason not to score companies: columns that are not there, and drift."""
        known = set(self.profile.loc[self.profile["known"] > 0, "feature"])
        absent = [name for name in self.columns if name in known and name not in features]
        problems = [Problem(name, "is not there", "a feature of every company") for name in absent]
        there = self.profile[~self.profile["feature"].isin([*absent, SCORE])]
        described = self._complete(features)
        problems += find_drift(there, described, limits)
        if not problems:
            of_scores = self.profile[self.profile["feature"] == SCORE]
            scores = pd.DataFrame({SCORE: self.learner.score(described)})
            problems += find_drift(of_scores, scores, limits)
        return problems

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score companies.

        Returns
        -------
        DataFrame
            One row per company, highest score first: ``company_id``, ``risk_score``, ``rank``
            (1 more than the number of reference companies that score higher), ``percentile``
            (share of the reference below, ties half), ``probability_listed`` with ``low`` and
            ``high`` (missing without a calibrator), and for each feature, of learners that add
            features up, ``contribution_<feature>``.
        """
        features = self._complete(features)
        risk_score = np.round(self.learner.score(features), _DIGITS)
        below = np.searchsorted(self.reference, risk_score, side="left")
        not_above = np.searchsorted(self.reference, risk_score, side="right")
        percentile = (below + not_above) / 2 / len(self.reference)
        table = pd.DataFrame(
            {
                "company_id": features.index.to_numpy(),
                SCORE: risk_score,
                "rank": 1 + len(self.reference) - not_above,
                "percentile": percentile,
                **self._probability(percentile),
            }
        )
        parts = self.learner.contributions(features)
        if parts is not None:
            parts = parts.add_prefix(_CONTRIBUTION).round(_DIGITS).reset_index(drop=True)
            table = pd.concat([table, parts], axis=1)
        return table.sort_values([SCORE, "company_id"], ascending=[False, True], ignore_index=True)

    def _complete(self, features: pd.DataFrame) -> pd.DataFrame:
        """Add the columns that the learner reads and nobody has a value of."""
        absent = [name for name in self.columns if name not in features]
        numbers = set(self.profile.loc[self.profile["upper"].notna(), "feature"])
        return features.assign(
            **{name: np.nan if name in numbers else "missing" for name in absent}
        )

    def _probability(self, percentile: np.ndarray) -> dict[str, np.ndarray]:
        names = {"probability": "probability_listed", "low": "low", "high": "high"}
        if self.calibrator is None:
            return {name: np.full(len(percentile), np.nan) for name in names.values()}
        stated = self.calibrator.probability(percentile).round(_DIGITS)
        return {name: stated[column].to_numpy() for column, name in names.items()}

    def to_parts(self) -> dict[str, object]:
        """Return what must be kept, as estimators, arrays and texts."""
        curves: Mapping[str, object] = {}
        if self.calibrator is not None:
            curves = {name: getattr(self.calibrator, name) for name in ("method", *_CURVES)}
        return {
            "learner": self.learner.name,
            "estimator": self.learner.estimator,
            "as_of": self.as_of.isoformat(),
            "columns": list(self.columns),
            "reference": self.reference,
            "profile": {
                name: self.profile[name].to_numpy(str if name in _TEXTS else float)
                for name in PROFILE_COLUMNS
            },
            "calibrator": dict(curves),
            "no_probability": self.no_probability,
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, object]) -> RankingModel:
        """Put together what ``to_parts`` took apart."""
        kept: dict = dict(parts)
        return cls(
            learner=FittedLearner(kept["learner"], kept["estimator"], {}),
            as_of=date.fromisoformat(kept["as_of"]),
            columns=tuple(kept["columns"]),
            reference=kept["reference"],
            profile=pd.DataFrame(kept["profile"]),
            calibrator=Calibrator(**kept["calibrator"]) if kept["calibrator"] else None,
            no_probability=kept["no_probability"],
        )


def keep_ranking(result: RiskResult, rng: np.random.Generator) -> RankingModel | None:
    """Put the learner of a ranking together with what it takes to apply it to other companies.

    Parameters
    ----------
    result : RiskResult
        Its places of companies held out with those they are connected to are what probabilities
        of being listed are learnt from.
    rng : numpy.random.Generator
        Of the interval of the probability.

    Returns
    -------
    RankingModel or None
        None where nobody was ranked.
    """
    learner = result.learner
    if learner is None or result.learning is None or result.scored is None:
        return None
    _, ranked = _describe(result.learning, result.scored)
    columns = _columns(learner, ranked)
    seen = ranked[list(columns)].assign(**{SCORE: learner.score(ranked)})
    calibrator, reason = _calibrate(result.rankings, learner.name, rng)
    return RankingModel(
        learner=learner,
        as_of=result.scored.as_of,
        columns=columns,
        reference=np.sort(result.scores[SCORE].to_numpy(float)),
        profile=profile_columns(seen),
        calibrator=calibrator,
        no_probability=reason,
    )


def warn_of_drift(result: RiskResult, limits: DriftLimits) -> tuple[str, ...]:
    """Say which features of the companies ranked are unlike those of the companies learnt from.

    The run ranks them all the same, on a later day; a reader must know.
    """
    learner = result.learner
    if learner is None or result.learning is None or result.scored is None:
        return ()
    learnt_from, ranked = _describe(result.learning, result.scored)
    columns = list(_columns(learner, ranked))
    problems = find_drift(profile_columns(learnt_from[columns]), ranked[columns], limits)
    if not problems:
        return ()
    named = "; ".join(f"{p.where}, {p.found}" for p in problems[:_MOST_NAMED])
    more = len(problems) - _MOST_NAMED
    return (
        f"The companies ranked as of {result.scored.as_of} differ from those learnt from, as of "
        f"{result.learning.as_of}: {named}{f'; and {more} features more' if more > 0 else ''}.",
    )


def _describe(learning: Cohort, scored: Cohort) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the features of the companies learnt from, and of those ranked, as the run did."""
    both = stack_features([learning.describe(), scored.describe()])
    return both.iloc[: len(learning.features)], both.iloc[len(learning.features) :]


def _calibrate(
    rankings: pd.DataFrame, learner: str, rng: np.random.Generator
) -> tuple[Calibrator | None, str]:
    own = rankings[(rankings["design"] == CONNECTED) & (rankings["model"] == learner)]
    listed, cluster = own["is_listed"].to_numpy(bool), own["cluster"].to_numpy()
    if reason := why_not_calibrated(listed, cluster):
        return None, reason
    return fit_calibrator(own["percentile"].to_numpy(float), listed, cluster, rng), ""


def _columns(learner: FittedLearner, features: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that a learner was given; all where it does not say."""
    given = getattr(learner.estimator, "feature_names_in_", features.columns)
    return tuple(str(name) for name in given)
