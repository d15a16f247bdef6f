"""Lists from which no estimator may conclude anything: a status and a reason, never a crash."""

from __future__ import annotations

import numpy as np
import pytest

from infiltrate.prevalence.chao import estimate_chao
from infiltrate.prevalence.doubly_robust import estimate_doubly_robust
from infiltrate.prevalence.latent_class import estimate_latent_class
from infiltrate.prevalence.loglinear import estimate_loglinear
from tests.prevalence.capture_examples import draw_lists
from tests.prevalence.examples import lists_data


def _make_shapes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    some = draw_lists(rng, 400, [0.3, 0.3, 0.3])
    apart = np.zeros((300, 4), dtype=bool)
    apart[np.arange(300), np.arange(300) % 4] = True
    everyone = some.copy()
    everyone[:, 0] = True
    inside = some.copy()
    inside[:, 2] = some[:, 1] & (np.arange(400) % 2 == 0)
    return {
        "no firm": np.zeros((0, 3), dtype=bool),
        "no list": np.zeros((50, 0), dtype=bool),
        "nobody listed": np.zeros((50, 4), dtype=bool),
        "one list": some[:, :1],
        "two lists": some[:, :2],
        "two lists and an empty one": np.column_stack([some[:, :2], np.zeros(400, dtype=bool)]),
        "lists that never overlap": apart,
        "a list covering everyone": everyone,
        "a list inside another": inside,
        "a list twice": np.column_stack([some[:, :2], some[:, 0]]),
        "more lists than firms": np.eye(3, 8, dtype=bool),
        "twelve lists": np.ones((5, 12), dtype=bool),
        "every firm on every list": np.ones((100, 4), dtype=bool),
    }


SHAPES = _make_shapes()


@pytest.mark.parametrize("name", SHAPES)
def test_every_estimator_rejects_in_words(name):
    data = lists_data(SHAPES[name].astype(float))
    covariates = np.zeros((len(SHAPES[name]), 1))
    rng = np.random.default_rng(0)
    posteriors = [
        *estimate_chao(data, rng, draws=50),
        estimate_loglinear(data, rng, draws=50),
        estimate_latent_class(data, rng, draws=10),
        estimate_doubly_robust(data, covariates, rng, draws=50),
    ]
    for posterior in posteriors:
        assert posterior.status == "reject", posterior.estimator
        assert posterior.draws.shape == (0, 1)
        assert np.isnan(posterior.point).all()
        assert posterior.reasons and all(reason.strip() for reason in posterior.reasons)
