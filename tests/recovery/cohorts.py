"""Companies drawn from a country where the chance of each to be listed is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sklearn.base import clone

from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.encoding import explain_columns
from infiltrate.risk.logistic import build_logistic

_MANY = 60_000


@dataclass(frozen=True)
class ScoredCountry:
    """The first feature drives listing by ``effect`` per standard deviation, a legal form too.

    ``by_form`` is what the legal form B takes from the log-odds. Companies come in groups of
    ``group``, alike in their features and in being listed. Two lists name them by lot: three in
    ten are on the court's alone, as many on the press's, the rest on both.
    """

    companies: int
    listed_share: float
    effect: float
    features: int = 3
    group: int = 1
    by_form: float = 0.5

    def draw(self, rng: np.random.Generator, companies: int | None = None) -> Cohort:
        number = companies or self.companies
        group = np.arange(number) // self.group
        values = rng.normal(size=(number, self.features))
        hidden = np.zeros(number)
        if self.group > 1:
            shared = rng.normal(size=(group.max() + 1, self.features + 1))[group]
            values, hidden = np.sqrt(0.5) * (values + shared[:, :-1]), shared[:, -1]
        form = rng.choice(["A", "B", "missing"], number, p=[0.6, 0.3, 0.1]).astype(object)
        odds = self.effect * values[:, 0] - self.by_form * (form == "B") + hidden
        base = np.log(self.listed_share / (1 - self.listed_share)) - 0.35 * self.effect**2
        is_listed = rng.random(number) < 1 / (1 + np.exp(-base - odds))
        values[rng.random(number) < 0.1, 1] = np.nan
        index = pd.Index([f"XX:{n:06d}" for n in range(number)], name="company_id")
        columns = [f"x{n}" for n in range(self.features)]
        labels = pd.DataFrame({"is_listed": is_listed, "censored": False}, index)
        lot = rng.random(number)
        listed = {"court": is_listed & (lot < 0.7), "press": is_listed & (lot > 0.3)}
        groups = {
            "connected_group": group,
            "buyer_region": rng.choice(list("ABCDEFGHIJKLMNO"), number).astype(object),
            "first_active_on": pd.Timestamp("2015-01-01")
            + pd.to_timedelta(rng.integers(0, 1000, number), "D"),
        }
        return Cohort(
            as_of=date(2018, 12, 31),
            window_closes=date(2022, 12, 31),
            features=pd.DataFrame(values, index, columns).assign(legal_form=form),
            labels=labels,
            listed=pd.DataFrame(listed, index),
            exposed=pd.DataFrame(True, index, list(listed)),
            traits=pd.DataFrame(index=index),
            groups=pd.DataFrame(groups, index),
        )

    def know_all(self) -> PenalisedTruth:
        """Return what the penalised model would be if all companies like these were known."""
        rng = np.random.default_rng(99)
        country = self.draw(rng, _MANY)
        is_listed = country.labels["is_listed"].to_numpy(bool)
        pipeline = build_logistic(country.features).fit(country.features, is_listed)
        encoder, regression = pipeline[0], pipeline[-1]
        # each of the many weighs little, so that the penalty weighs what it does in the sample
        weights = np.full(_MANY, self.companies / _MANY)
        matrix = encoder.transform(country.features)
        refit = clone(regression).fit(matrix, is_listed, sample_weight=weights)
        terms = explain_columns(encoder)["term"]
        return PenalisedTruth(encoder, dict(zip(terms, refit.coef_[0], strict=True)))


@dataclass(frozen=True)
class PenalisedTruth:
    """Coefficients by term, and how features become columns."""

    encoder: object
    coefficients: dict[str, float]

    def rank(self, features: pd.DataFrame) -> pd.Series:
        """Return the place of each company among these."""
        matrix = self.encoder.transform(features)
        score = pd.Series(matrix @ list(self.coefficients.values()), features.index)
        return score.round(9).rank(method="min", ascending=False)
