"""Prevalence from a published test: the share flagged, corrected for errors of the test."""

from __future__ import annotations

import numpy as np

from infiltrate.prevalence.national_posterior import national_posterior
from infiltrate.prevalence.posterior import Posterior

_NAME = "rogan_gladen"


def estimate_rogan_gladen(
    flagged: int,
    firms: int,
    sensitivity: tuple[float, float],
    specificity: tuple[float, float],
    *,
    rng: np.random.Generator,
    draws: int = 4000,
) -> Posterior:
    r"""Correct the share of flagged firms for the sensitivity and specificity of the flag.

    .. math:: \pi = \frac{p + \text{specificity} - 1}{\text{sensitivity} + \text{specificity} - 1}

    (Rogan and Gladen 1978, https://doi.org/10.1093/oxfordjournals.aje.a112510), with p the share
    flagged. The flag must be the one that was validated, at the same cut-off, and firms of each
    kind must look as they did where it was: that is the transport assumption.

    Parameters
    ----------
    flagged, firms : int
        Firms flagged, out of how many.
    sensitivity, specificity : tuple of float
        Parameters a and b of the Beta distribution of each: with 76 of 100 infiltrated firms
        flagged in the validation, (76, 24).
    rng : numpy.random.Generator
        Source of the draws.
    draws : int
        How many.

    Returns
    -------
    Posterior
        Family transport. Rejected when the flag is no better than chance in a draw of twenty, or
        when nothing is known of the firms.
    """
    cautions, rejections = _judge(flagged, firms, specificity)
    sensitive, specific = rng.beta(*sensitivity, size=draws), rng.beta(*specificity, size=draws)
    if np.mean(sensitive + specific <= 1) > 0.05:
        rejections.append("The flag may be no better than chance: it says nothing of prevalence.")
    if rejections:
        return national_posterior(
            _NAME,
            "transport",
            firms,
            np.zeros(0),
            np.nan,
            cautions=cautions,
            rejections=rejections,
        )
    share = rng.beta(flagged + 0.5, firms - flagged + 0.5, size=draws)
    gain = np.maximum(sensitive + specific - 1, 1e-6)
    prevalence = (share + specific - 1) / gain
    below = float(np.mean(prevalence <= 0))
    if below > 0.05:
        cautions.append(
            f"In {below:.0%} of the draws wrong flags alone account for every flag: the data are "
            "compatible with no infiltrated firm."
        )
    return national_posterior(
        _NAME,
        "transport",
        firms,
        rng.binomial(firms, np.clip(prevalence, 0, 1)).astype(float),
        np.nan,
        diagnostics={"share_flagged": flagged / firms, "share_of_draws_at_zero": below},
        cautions=["Takes over error rates measured elsewhere, which may not hold here.", *cautions],
    )


def _judge(
    flagged: int, firms: int, specificity: tuple[float, float]
) -> tuple[list[str], list[str]]:
    cautions, rejections = [], []
    if firms <= 0:
        rejections.append("There is no firm to flag.")
    elif not 0 <= flagged <= firms:
        rejections.append(f"{flagged} of {firms} firms flagged cannot be.")
    wrong_flags = 1 - specificity[0] / sum(specificity)
    if firms > 0 and wrong_flags * firms > flagged * 0.5:
        cautions.append(
            "Most flags are expected to be wrong: the estimate is a small difference of large "
            "numbers and moves with any error in the specificity."
        )
    return cautions, rejections
