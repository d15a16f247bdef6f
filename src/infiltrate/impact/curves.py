"""Effects by years since treatment, their covariance, and their average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.matching import MatchedPanel


@dataclass(frozen=True, eq=False)
class Curve:
    """Effects of one estimator by event time.

    Attributes
    ----------
    estimator : str
        One of the names in `staggered`.
    event_times : numpy.ndarray of int, shape (n_times,)
        Years since treatment, rising, without the year of reference.
    estimates : numpy.ndarray of float, shape (n_times,)
        In units of the outcome.
    covariance : numpy.ndarray of float, shape (n_times, n_times)
        Of the estimates, clustered, times G / (G - 1) for G clusters at least.
    weights : numpy.ndarray of float, shape (n_times,)
        Of the average: from event time 0 on the shares of each event time in the rows of treated
        companies, the same for every estimator; 0 before.
    reference : int
        Event time that effects are measured from.
    average, average_error : float
        Average with these weights and its standard error.
    notes : tuple of str
        What the library warned of.
    """

    estimator: str
    event_times: np.ndarray
    estimates: np.ndarray
    covariance: np.ndarray
    weights: np.ndarray
    reference: int
    average: float
    average_error: float
    notes: tuple[str, ...] = ()


def close_curve(
    estimator: str,
    matched: MatchedPanel,
    times: np.ndarray,
    estimates: np.ndarray,
    covariance: np.ndarray,
) -> Curve:
    """Average the effects over event times from 0 on, and note those that are not there."""
    rows = matched.rows["event_time"]
    counts = rows[rows >= 0].value_counts()
    lost = sorted(set(counts.index.astype(int)) - set(times.tolist()))
    note = f"no effect can be estimated for year {', '.join(map(str, lost))} of treatment"
    weights = counts.reindex(times, fill_value=0).to_numpy(float)
    weights /= weights.sum() if weights.any() else np.nan
    return Curve(
        estimator,
        times,
        estimates,
        covariance,
        weights,
        matched.reference,
        float(weights @ estimates),
        float(np.sqrt(weights @ covariance @ weights)),
        (note,) if lost else (),
    )


def cluster_scores(scores: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Return the covariance of estimates from what each row adds to each of them, by cluster.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (n_rows, n_times)
        Contributions to the errors of the estimates.
    cluster : numpy.ndarray of int, shape (n_rows,)
        Clusters.
    """
    sums = pd.DataFrame(scores).groupby(cluster).sum().to_numpy()
    covariance: np.ndarray = sums.T @ sums * len(sums) / (len(sums) - 1)
    return covariance
