"""What the joint latent detection model takes: firms as plain arrays, and its priors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from infiltrate.errors import CheckFailed, Problem


@dataclass(frozen=True, eq=False)
class DetectionData:
    """The firms of one country as the detection model sees them.

    With n firms and K lists:

    Attributes
    ----------
    listed : numpy.ndarray of bool, shape (n, K)
        Whether an entry stands.
    exposed : numpy.ndarray of bool, shape (n, K)
        Whether the list's own rule could have named the firm.
    match : numpy.ndarray of float, shape (n, K)
        Probability that the entry means this firm; read where listed only.
    X : numpy.ndarray of float, shape (n, p)
        Signs of infiltration, without missing values and without a constant. What measures the
        effort of an authority does not belong here.
    Z : tuple of K numpy.ndarray, shapes (n, p_k)
        What makes each list likelier to find an infiltrated firm; no columns where nothing does.
    area, section : numpy.ndarray of int, shape (n,)
        Positions in ``areas`` and ``sections``.
    weight : numpy.ndarray of float, shape (n,)
        How many firms of the country a row stands for; 1 unless the rows are a sample.
    cluster : numpy.ndarray of int, shape (n,)
        Component of the network of officers, owners and addresses; its own for a firm alone.
    areas, sections, lists : tuple of str
        Names.
    ceiling : numpy.ndarray of float, shape (n, R, K), or None
        Share of infiltrations that could be on the list by now, for R equally likely classes of
        their lag; None for 1 throughout.
    """

    listed: np.ndarray
    exposed: np.ndarray
    match: np.ndarray
    X: np.ndarray
    Z: tuple[np.ndarray, ...]
    area: np.ndarray
    section: np.ndarray
    weight: np.ndarray
    cluster: np.ndarray
    areas: tuple[str, ...]
    sections: tuple[str, ...]
    lists: tuple[str, ...]
    ceiling: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> DetectionData:
        """Return the firms at these positions."""
        return replace(
            self,
            listed=self.listed[rows],
            exposed=self.exposed[rows],
            match=self.match[rows],
            X=self.X[rows],
            Z=tuple(z[rows] for z in self.Z),
            area=self.area[rows],
            section=self.section[rows],
            weight=self.weight[rows],
            cluster=self.cluster[rows],
            ceiling=None if self.ceiling is None else self.ceiling[rows],
        )

    def keep_lists(self, columns: np.ndarray) -> DetectionData:
        """Return the same firms with the lists at these positions."""
        return replace(
            self,
            listed=self.listed[:, columns],
            exposed=self.exposed[:, columns],
            match=self.match[:, columns],
            Z=tuple(self.Z[k] for k in columns),
            lists=tuple(self.lists[k] for k in columns),
            ceiling=None if self.ceiling is None else self.ceiling[:, :, columns],
        )

    def standardise(self) -> DetectionData:
        """Return the same firms with columns of X and Z of mean 0 and standard deviation 1."""
        return replace(
            self,
            X=_standardise(self.X, self.weight),
            Z=tuple(_standardise(z, self.weight) for z in self.Z),
        )


@dataclass(frozen=True)
class DetectionPriors:
    """What is believed before the lists are seen; log-odds unless said otherwise.

    Attributes
    ----------
    false_positives : tuple of (float, float)
        Per list, both parameters of the Beta prior on the share of its entries that are wrong.
        With a first parameter under one half the share is held at its prior mean.
    infiltration_centre, infiltration_sd : float
        Normal prior on the infiltration of the average firm.
    sign_sd : float
        Standard deviation of the slope of a standardised sign of infiltration.
    detection_centre, detection_sd : float
        Normal prior on each list's detection of the average infiltrated firm.
    reach_sd : float
        Standard deviation of the slope of a standardised column of Z. Small: where overlaps say
        little, a free slope on effort takes for detection what is infiltration.
    area_sd, section_sd, effort_sd : float
        First values of the standard deviations between areas, between sections, and between areas
        in each list's detection; then estimated from the data.
    scale_weight : float
        How many effects those first values are worth when the estimates are made.
    scale_rounds : int
        How many times they are estimated; 0 keeps the first values.
    cell_sd : float
        Standard deviation of what an area and section have together beyond the sum of both.
    detectability : (float, float) or None
        Mean and standard deviation of the prior on each list's loading on a common detectability
        of firms, standard normal; None leaves the factor out. It allows for lists that follow one
        another and for firms that no list sees easily.
    factor_overlap : int
        Firms on two lists or more that it takes for the factor to enter: with fewer, the lists say
        nothing about it and its prior would only lift the answer.
    """

    false_positives: tuple[tuple[float, float], ...]
    infiltration_centre: float = -4.0
    infiltration_sd: float = 2.0
    sign_sd: float = 1.5
    detection_centre: float = -2.0
    detection_sd: float = 1.5
    reach_sd: float = 0.25
    area_sd: float = 1.2
    section_sd: float = 0.6
    effort_sd: float = 0.6
    scale_weight: float = 5.0
    scale_rounds: int = 3
    cell_sd: float = 0.3
    detectability: tuple[float, float] | None = (0.5, 0.5)
    factor_overlap: int = 100

    def keep_lists(self, columns: np.ndarray) -> DetectionPriors:
        """Return the priors of the lists at these positions."""
        return replace(self, false_positives=tuple(self.false_positives[k] for k in columns))


def check_detection_data(data: DetectionData, priors: DetectionPriors) -> None:
    """Fail when arrays do not fit together or hold values that cannot be.

    Raises
    ------
    CheckFailed
        With everything that is wrong.
    """
    n, k = data.listed.shape
    problems = []
    shapes = {
        "exposed": (data.exposed.shape, (n, k)),
        "match": (data.match.shape, (n, k)),
        "X": (data.X.shape[:1], (n,)),
        "Z": (tuple(z.shape[0] for z in data.Z), (n,) * k),
        "area": (data.area.shape, (n,)),
        "section": (data.section.shape, (n,)),
        "weight": (data.weight.shape, (n,)),
        "cluster": (data.cluster.shape, (n,)),
        "lists": ((len(data.lists),), (k,)),
        "false_positives": ((len(priors.false_positives),), (k,)),
    }
    if data.ceiling is not None:
        shapes["ceiling"] = (data.ceiling.shape[::2], (n, k))
    for name, (found, wanted) in shapes.items():
        if found != wanted:
            problems.append(Problem(f"detection data: {name}", f"shape {found}", f"{wanted}"))
    for name, array in {
        "X": data.X,
        **{f"Z of list {k}": z for k, z in enumerate(data.Z)},
    }.items():
        if not np.isfinite(array).all():
            problems.append(
                Problem(
                    f"detection data: {name}",
                    "a value is missing",
                    "finite numbers",
                    "Make missing a column of its own.",
                )
            )
    for name, codes, names in (
        ("area", data.area, data.areas),
        ("section", data.section, data.sections),
    ):
        if n and (codes.min() < 0 or codes.max() >= len(names)):
            problems.append(
                Problem(
                    f"detection data: {name}", "a code without a name", f"0 to {len(names) - 1}"
                )
            )
    if n and (~np.isfinite(data.weight) | (data.weight <= 0)).any():
        problems.append(Problem("detection data: weight", "not above 0", "above 0"))
    named = data.match[data.listed] if not problems else np.ones(1)
    if ((named <= 0) | (named > 1)).any():
        problems.append(Problem("detection data: match", "not above 0 and at most 1", "(0, 1]"))
    if any(a < 0 or b <= 0 for a, b in priors.false_positives):
        problems.append(Problem("detection priors: false_positives", "below 0", "a >= 0, b > 0"))
    if problems:
        raise CheckFailed("The detection model cannot take these data.", problems)


def _standardise(columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Centre and scale by weighted mean and standard deviation; constant columns become 0."""
    mean = np.average(columns, axis=0, weights=weight)
    spread = np.sqrt(np.average((columns - mean) ** 2, axis=0, weights=weight))
    return (columns - mean) / np.where(spread > 1e-12, spread, np.inf)
