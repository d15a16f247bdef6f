"""One country laid out for the joint detection model: designs, priors, what lists show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.special import logit

from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors

_NODES = 5


@dataclass(frozen=True, eq=False)
class LatentModel:
    r"""One country ready for fitting.

    Firm i is infiltrated with probability :math:`\pi_i`. If it is, list k names it with
    probability :math:`c_{irk} e_{ik}`, where c is the share of infiltrations of lag class r
    that could be on the list by now; if it is not, with probability :math:`f_k`, the
    list's error; unexposed firms are never named. What all lists share without anyone seeing it,
    the lag and the firm's detectability, makes R Q states, over which the likelihood is summed.
    The model has M linear predictors: infiltration, K detections, K loadings on the detectability
    factor when there is one, and K log-odds of the share of wrong entries. Each has a design
    matrix and a slice of theta.

    Attributes
    ----------
    designs : tuple of M scipy.sparse.csr_array, shapes (n, q_m)
        Design of each linear predictor.
    slices : tuple of M slice
        Where the coefficients of each stand in theta.
    base, slope : numpy.ndarray, shape (n, K)
        The chance of what is seen on a list is ``base + slope * chance of being named``.
    ceiling : numpy.ndarray, shape (n, R, K)
        Upper end of the chance of being named, by class of lag; classes are equally likely.
    error_scale : numpy.ndarray, shape (K,)
        Entries per exposed firm, which turns a share of entries into a chance per firm.
    nodes, node_weights : numpy.ndarray, shape (Q,)
        Gauss-Hermite rule of the detectability factor; one node at 0 without the factor.
    weight : numpy.ndarray, shape (n,)
        How many firms each row stands for.
    centre, precision : numpy.ndarray, shape (P,)
        Normal prior on theta; 0 precision where the prior is a Beta.
    beta_prior : numpy.ndarray, shape (P, 2)
        Beta prior on the logistic of theta; zeros where the prior is normal.
    groups : dict of str to numpy.ndarray of int
        Positions in theta of the effects of areas, sections and efforts.
    """

    designs: tuple[sparse.csr_array, ...]
    slices: tuple[slice, ...]
    base: np.ndarray
    slope: np.ndarray
    ceiling: np.ndarray
    error_scale: np.ndarray
    nodes: np.ndarray
    node_weights: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    precision: np.ndarray
    beta_prior: np.ndarray
    groups: dict[str, np.ndarray]

    @property
    def has_factor(self) -> bool:
        """Whether the detectability factor is in the model."""
        return len(self.nodes) > 1

    @property
    def states(self) -> np.ndarray:
        """Detectability in each state of what is not seen, shape (Q R,); lags vary fastest."""
        return np.repeat(self.nodes, self.ceiling.shape[1])

    @property
    def state_weights(self) -> np.ndarray:
        """Chance of each state, shape (Q R,)."""
        lags = self.ceiling.shape[1]
        return np.repeat(self.node_weights / lags, lags)

    @property
    def list_count(self) -> int:
        """Number of lists."""
        return self.base.shape[1]

    @cached_property
    def transposed(self) -> tuple[sparse.csr_array, ...]:
        """Every design turned over, shapes (q_m, n): kept, since each step of a fit needs them."""
        return tuple(design.T.tocsr() for design in self.designs)

    @cached_property
    def following(self) -> tuple[FollowingDesigns, ...]:
        """For each design, itself and those after it side by side."""
        return tuple(_join_designs(self.designs[m:], m) for m in range(len(self.designs)))


@dataclass(frozen=True, eq=False)
class FollowingDesigns:
    """Designs side by side, with the place of every entry.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array, shape (n, q)
        The designs.
    row, predictor : numpy.ndarray of int, shape (entries,)
        Firm and linear predictor of every entry, in the order of ``matrix.data``.
    """

    matrix: sparse.csr_array
    row: np.ndarray
    predictor: np.ndarray

    def scale(self, weight: np.ndarray, rows: slice) -> sparse.csr_array:
        """Multiply rows by a weight of each firm and predictor, shape (rows, M)."""
        start = self.matrix.indptr[rows.start]
        entries = slice(start, self.matrix.indptr[rows.stop])
        factor = weight[self.row[entries] - rows.start, self.predictor[entries]]
        return sparse.csr_array(
            (
                self.matrix.data[entries] * factor,
                self.matrix.indices[entries],
                self.matrix.indptr[rows.start : rows.stop + 1] - start,
            ),
            shape=(rows.stop - rows.start, self.matrix.shape[1]),
        )


def _join_designs(designs: tuple[sparse.csr_array, ...], first: int) -> FollowingDesigns:
    widths = [design.shape[1] for design in designs]
    matrix = sparse.hstack(designs, format="csr")
    matrix.sort_indices()
    return FollowingDesigns(
        matrix=matrix,
        row=np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)),
        predictor=np.repeat(np.arange(first, first + len(designs)), widths)[matrix.indices],
    )


def build_model(data: DetectionData, priors: DetectionPriors) -> LatentModel:
    """Lay out designs, priors and observation terms of data whose X and Z are standardised."""
    n, count = data.listed.shape
    areas, sections = (
        one_hot(data.area, len(data.areas)),
        one_hot(data.section, len(data.sections)),
    )
    ones = sparse.csr_array(np.ones((n, 1)))
    signs = sparse.csr_array(data.X)
    designs = [sparse.hstack([ones, signs, areas, sections], format="csr")]
    normal = [
        (priors.infiltration_centre, priors.infiltration_sd, 1),
        (0.0, priors.sign_sd, signs.shape[1]),
        (0.0, priors.area_sd, areas.shape[1]),
        (0.0, priors.section_sd, sections.shape[1]),
    ]
    kinds = ["", "", "area", "section"]
    for reach in data.Z:
        designs.append(sparse.hstack([ones, sparse.csr_array(reach), areas], format="csr"))
        normal += [
            (priors.detection_centre, priors.detection_sd, 1),
            (0.0, priors.reach_sd, reach.shape[1]),
            (0.0, priors.effort_sd, areas.shape[1]),
        ]
        kinds += ["", "", "effort"]
    nodes, node_weights = np.zeros(1), np.ones(1)
    if priors.detectability is not None:
        nodes, node_weights = np.polynomial.hermite_e.hermegauss(_NODES)
        node_weights = node_weights / node_weights.sum()
        designs += [ones] * count
        normal.append((*priors.detectability, count))
        kinds.append("")
    designs += [ones] * count
    error_centre, error_precision, beta_prior = _error_priors(priors)
    sizes = [width for _, _, width in normal]
    names = np.repeat(kinds, sizes)
    base, slope = _observation_terms(data)
    ends = np.cumsum([design.shape[1] for design in designs])
    return LatentModel(
        designs=tuple(designs),
        slices=tuple(
            slice(int(end - design.shape[1]), int(end))
            for end, design in zip(ends, designs, strict=True)
        ),
        base=base,
        slope=slope,
        ceiling=np.ones((n, 1, count)) if data.ceiling is None else data.ceiling,
        error_scale=_entries_per_exposed(data),
        nodes=nodes,
        node_weights=node_weights,
        weight=data.weight,
        centre=np.concatenate([np.repeat([c for c, _, _ in normal], sizes), error_centre]),
        precision=np.concatenate(
            [np.repeat([1 / sd**2 for _, sd, _ in normal], sizes), error_precision]
        ),
        beta_prior=np.vstack([np.zeros((sum(sizes), 2)), beta_prior]),
        groups={name: np.flatnonzero(names == name) for name in ("area", "section", "effort")},
    )


def _error_priors(priors: DetectionPriors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = np.array(priors.false_positives, dtype=float).reshape(-1, 2).T
    is_held = a < 0.5
    centre = logit(np.clip(a / (a + b), 1e-9, 1 - 1e-9))
    beta = np.column_stack([a, b]) * ~is_held[:, None]
    return centre, np.where(is_held, 1e6, 0.0), beta


def _observation_terms(data: DetectionData) -> tuple[np.ndarray, np.ndarray]:
    """Return base and slope of the chance of what is seen in the chance of being named.

    A doubtful entry is a mixture of being named and not being named, whose weights are the match
    probability over the share of exposed firms named, as Bayes' rule has it.
    """
    base = np.ones(data.listed.shape)
    slope = np.where(data.exposed, -1.0, 0.0)
    rate = np.clip(_entries_per_exposed(data), 1e-9, 0.5)
    for k in range(data.listed.shape[1]):
        named = data.listed[:, k] & data.exposed[:, k]
        match = data.match[named, k]
        doubt = (1 - match) / match * rate[k] / (1 - rate[k])
        base[named, k] = doubt
        slope[named, k] = 1 - doubt
    return base, slope


def _entries_per_exposed(data: DetectionData) -> np.ndarray:
    named = data.weight @ (data.match * (data.listed & data.exposed))
    return np.maximum(named, 0.5) / np.maximum(data.weight @ data.exposed, 1.0)


def one_hot(codes: np.ndarray, width: int) -> sparse.csr_array:
    """Return one column per code, 1 where the row has it."""
    n = len(codes)
    return sparse.csr_array((np.ones(n), codes, np.arange(n + 1)), shape=(n, width))
