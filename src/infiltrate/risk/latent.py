"""Rank companies by infiltration that nobody observes: the joint detection model as a learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors
from infiltrate.prevalence.detection_fit import DetectionFit, fit_detection_model
from infiltrate.prevalence.detection_lists import refuse_detection
from infiltrate.risk.columns import thin_unlisted
from infiltrate.risk.encoding import sum_by_feature
from infiltrate.risk.latent_design import Places, StandardisedColumns

_CHECKED_UNLISTED = 5_000
# As wide as that of signs: what a slope on reach takes from the level of infiltration, which counts
# where firms are counted, moves no company past another.
_REACH_SD = 1.5
_SIGN_SD, _SIGN_WEIGHT = 0.1, 5.0


class LatentClassifier(ClassifierMixin, BaseEstimator):
    """Infiltration and each list's detection at once, learnt from who is on which list.

    A company is infiltrated or not, which nobody sees; each list finds infiltrated companies with a
    chance of its own, and names a few others by error. Signs, area and section say how likely
    infiltration is; reach and area say how likely a list is to find it. So what makes a company
    visible is told apart from what makes it suspicious, which a learner of labels mixes. The score
    is the log-odds of infiltration before the lists are looked at.

    Parameters
    ----------
    reach : sequence of str
        Columns that make lists likelier to find an infiltrated company and are no signs.
    shared : sequence of str
        Signs that also change how likely lists find a company, as age does: an old company had
        longer to be found, so that listed ones are older than the infiltrated are.
    area, section : str
        Columns whose effects are drawn towards zero as far as the data allow; a place never seen
        has none. A frame may lack them. Of more than a hundred the smallest are taken together.
    wrong_entries : (float, float)
        Beta prior on the share of each list's entries that are wrong.
    most_unlisted : int
        Unlisted companies learnt from; they stand for all.
    random_state : int
        Draws them.

    Attributes
    ----------
    signs_, reach_ : StandardisedColumns
        Make columns of the signs and of the reach.
    areas_, sections_ : Places
        Make codes of area and section.
    intercept_ : float
        Log-odds of infiltration of the average company.
    coef_ : ndarray
        What each column of the signs adds.
    area_effects_, section_effects_ : ndarray
        What each area and section adds, less their mean.
    detection_intercept_, detection_coef_, detection_area_ : ndarray
        Log-odds that a list finds an infiltrated company, shapes (K,), (K, columns of the reach)
        and (K, areas), of the lists ``lists_``.
    loading_, nodes_, node_weights_ : ndarray
        What a common detectability adds for each list, and a rule to take its mean.
    lists_ : tuple of str
        The K lists that add something.
    sign_sd_ : float
        Standard deviation of the slopes of signs, estimated: small where most signs say nothing.
    """

    def __init__(
        self,
        reach: Sequence[str] = (),
        shared: Sequence[str] = (),
        *,
        area: str = "area",
        section: str = "sector_section",
        wrong_entries: tuple[float, float] = (1.0, 99.0),
        most_unlisted: int = 20_000,
        random_state: int = 0,
    ) -> None:
        self.reach = reach
        self.shared = shared
        self.area = area
        self.section = section
        self.wrong_entries = wrong_entries
        self.most_unlisted = most_unlisted
        self.random_state = random_state

    def fit(
        self, X: pd.DataFrame, Y: pd.DataFrame, sample_weight: np.ndarray | None = None
    ) -> Self:
        """Fit to companies and lists.

        Parameters
        ----------
        X : DataFrame, n rows
            Signs, area, section and reach; numbers, or text where a category.
        Y : DataFrame of float, shape (n, K)
            One column per list: 1 where it names the company, 0 where it could have and does not,
            missing where its own rule excludes the company.
        sample_weight : ndarray of float, shape (n,), optional
            How many companies each row stands for.

        Raises
        ------
        NotEnoughData
            When no list names any company.
        """
        rng = np.random.default_rng(self.random_state)
        data = self._lay_out(X, Y, sample_weight, self.most_unlisted, rng)
        priors = DetectionPriors(
            (self.wrong_entries,) * len(data.lists),
            sign_sd=_SIGN_SD,
            reach_sd=_REACH_SD,
            scale_rounds=1,
        )
        fit = _fit_all(data, priors, rng)
        priors = replace(
            priors,
            scale_rounds=0,
            sign_sd=_estimate_sign_sd(fit),
            area_sd=fit.scales["area"],
            section_sd=fit.scales["section"],
            effort_sd=fit.scales["effort"],
        )
        fit = _fit_all(data, priors, rng, fit.theta)
        self.sign_sd_ = fit.priors.sign_sd
        self._read(fit, data)
        self.classes_ = np.array([False, True])
        return self

    def refuse(self, X: pd.DataFrame, Y: pd.DataFrame) -> tuple[str, ...]:
        """Say, before anything is fitted, why these lists do not allow it; nothing if they do."""
        rng = np.random.default_rng(self.random_state)
        return refuse_detection(self._lay_out(X, Y, None, _CHECKED_UNLISTED, rng))

    def decision_function(self, X: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of infiltration, shape (n,)."""
        check_is_fitted(self, "coef_")
        signs = self.intercept_ + self.signs_.transform(X) @ self.coef_
        return signs + sum(self._place_effects(X).values())

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the chances of not being and of being infiltrated, shape (n, 2).

        They order companies. Their level is no better than the lists' power to say what they
        miss, which prevalence judges.
        """
        chance = expit(self.decision_function(X))
        return np.column_stack([1 - chance, chance])

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return whether infiltration is likelier than not, which it hardly ever is."""
        return self.decision_function(X) > 0

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return what each feature adds to the log-odds of the average company learnt from.

        One row per company, one column per feature; with ``intercept_`` they add up to the score.
        """
        check_is_fitted(self, "coef_")
        effects = self._place_effects(X)
        parts = np.column_stack([self.signs_.transform(X) * self.coef_, *effects.values()])
        return sum_by_feature(parts, [*self.signs_.features_, *effects], X.index)

    def detection_chance(self, X: pd.DataFrame, exposed: pd.DataFrame) -> np.ndarray:
        """Return the chance that some list names each company if it is infiltrated, shape (n,).

        ``exposed`` has a column of booleans per list: whether its own rule lets it.
        """
        check_is_fitted(self, "coef_")
        linear = self.detection_intercept_ + self.reach_.transform(X) @ self.detection_coef_.T
        linear += self.detection_area_.T[self.areas_.transform(X)]
        could = exposed[list(self.lists_)].to_numpy(bool)
        missed = np.zeros(len(X))
        for node, share in zip(self.nodes_, self.node_weights_, strict=True):
            missed += share * np.prod(1 - could * expit(linear + node * self.loading_), axis=1)
        return 1 - missed

    def _place_effects(self, X: pd.DataFrame) -> dict[str, np.ndarray]:
        return {
            self.area: self.area_effects_[self.areas_.transform(X)],
            self.section: self.section_effects_[self.sections_.transform(X)],
        }

    def _lay_out(
        self,
        X: pd.DataFrame,
        Y: pd.DataFrame,
        sample_weight: np.ndarray | None,
        most_unlisted: int,
        rng: np.random.Generator,
    ) -> DetectionData:
        named = Y.to_numpy(dtype=float)
        rows, weight = thin_unlisted((named == 1).any(axis=1), most_unlisted, rng)
        weight = weight if sample_weight is None else weight * sample_weight[rows]
        X, named = X.iloc[rows], named[rows]
        elsewhere = {self.area, self.section, *self.reach}
        signs = X[[name for name in X if name not in elsewhere]]
        reach = X[[name for name in X if name in {*self.reach, *self.shared}]]
        self.signs_ = StandardisedColumns().fit(signs, weight)
        self.reach_ = StandardisedColumns().fit(reach, weight)
        self.areas_, self.sections_ = Places(self.area).fit(X), Places(self.section).fit(X)
        return DetectionData(
            listed=named == 1,
            exposed=~np.isnan(named),
            match=np.ones(named.shape),
            X=self.signs_.transform(signs),
            Z=(self.reach_.transform(reach),) * named.shape[1],
            area=self.areas_.transform(X),
            section=self.sections_.transform(X),
            weight=weight,
            cluster=np.arange(len(X)),
            areas=self.areas_.names_,
            sections=self.sections_.names_,
            lists=tuple(str(name) for name in Y),
        )

    def _read(self, fit: DetectionFit, data: DetectionData) -> None:
        """Keep of a fit what scoring needs."""
        model, theta = fit.model, fit.theta
        count, areas = model.list_count, len(data.areas)
        infiltration = theta[model.slices[0]]
        self.coef_ = infiltration[1 : 1 + data.X.shape[1]]
        area, section = np.split(infiltration[1 + data.X.shape[1] :], [areas])
        share = data.weight / data.weight.sum()
        area_mean, section_mean = share @ area[data.area], share @ section[data.section]
        self.intercept_ = float(infiltration[0] + area_mean + section_mean)
        self.area_effects_, self.section_effects_ = area - area_mean, section - section_mean
        detection = np.stack([theta[model.slices[1 + k]] for k in range(count)])
        self.detection_intercept_ = detection[:, 0]
        self.detection_coef_ = detection[:, 1:-areas]
        self.detection_area_ = detection[:, -areas:]
        self.loading_ = theta[-2 * count : -count] if model.has_factor else np.zeros(count)
        self.nodes_, self.node_weights_ = model.nodes, model.node_weights
        self.lists_ = fit.data.lists


def _fit_all(
    data: DetectionData,
    priors: DetectionPriors,
    rng: np.random.Generator,
    start: np.ndarray | None = None,
) -> DetectionFit:
    everyone = len(data.weight)
    return fit_detection_model(data, priors, rng, max_unlisted=everyone, start=start, robust=False)


def _estimate_sign_sd(fit: DetectionFit) -> float:
    """Return the scale of the slopes of signs under which the lists are likeliest.

    MacKay's (1992) update: the sum of squares over the number of slopes that the lists determine.
    A first value counts as five slopes.
    """
    signs = slice(1, 1 + fit.data.X.shape[1])
    variance = np.diag(fit.covariance)[signs]
    determined = np.clip(1 - variance / fit.priors.sign_sd**2, 0, 1).sum()
    squares = (fit.theta[signs] ** 2).sum() + _SIGN_WEIGHT * _SIGN_SD**2
    return float(np.sqrt(squares / (determined + _SIGN_WEIGHT)))
