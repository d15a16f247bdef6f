"""Rankings drawn from a country where everything about them is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import integrate, optimize, stats

TOP_SHARES = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class RankedCountry:
    """Scores are normal; those of listed units are ``effect`` higher.

    Units come in groups of ``group``, whose scores and listings go together by ``alike``.
    """

    units: int
    listed_share: float
    effect: float
    group: int = 1
    alike: float = 0.3

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return scores, who is listed, and groups."""
        groups = np.arange(self.units) // self.group
        is_listed = self._draw_alike(groups, rng) > stats.norm.isf(self.listed_share)
        return self._draw_alike(groups, rng) + self.effect * is_listed, is_listed, groups

    def _draw_alike(self, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        own = rng.normal(size=self.units)
        if self.group == 1:
            return own
        shared = rng.normal(size=groups.max() + 1)[groups]
        return np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * own

    def truth(self) -> dict[str, float]:
        """Return every metric over all units like these."""
        listed, effect = self.listed_share, self.effect

        def found(cut: float) -> float:
            return float(stats.norm.sf(cut - effect))

        def top(cut: float) -> float:
            return listed * found(cut) + (1 - listed) * float(stats.norm.sf(cut))

        precision = integrate.quad(
            lambda z: stats.norm.pdf(z - effect) * listed * found(z) / max(top(z), 1e-300), -9, 12
        )[0]
        values = {
            "roc_auc": float(stats.norm.cdf(effect / np.sqrt(2))),
            "average_precision": precision,
            "listed_share": listed,
        }
        for share in TOP_SHARES:
            cut = optimize.brentq(lambda z, share=share: top(z) - share, -9, 12)
            at = f"at_{100 * share:g}pct"
            values |= {
                f"recall_{at}": found(cut),
                f"precision_{at}": listed * found(cut) / share,
                f"lift_{at}": found(cut) / share,
                f"specificity_{at}": float(stats.norm.cdf(cut)),
            }
        return values
