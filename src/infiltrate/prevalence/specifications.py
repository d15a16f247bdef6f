"""The choices a critic may ask about, one at a time and in combination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

WINDOWS = (3.0, 5.0, 8.0, None)
"""Years before the day of the study whose entries count; None for all."""

PRIOR_CENTRES = (-3.5, -2.0, -0.5)
"""Centres of the prior on the chance that a list names an infiltrated firm, in log-odds."""

WRONG_ENTRIES = (0.0, 1.0, 3.0)
"""By what the prior shares of wrong entries are multiplied."""

ALL = "all"
"""Stands for all lists or all firms."""


@dataclass(frozen=True)
class Specification:
    """One set of choices.

    Attributes
    ----------
    window : float or None
        Years before the day of the study whose entries count; None for all.
    dropped : str or None
        Id of the list left out.
    prior_centre : float
        Centre of the prior on detection, in log-odds.
    wrong_entries : float
        By what the prior shares of wrong entries are multiplied.
    universe : str
        Name of the firms counted.
    """

    window: float | None = None
    dropped: str | None = None
    prior_centre: float = -2.0
    wrong_entries: float = 1.0
    universe: str = ALL

    def in_words(self) -> dict[str, str]:
        """Return every choice in words, by name."""
        return {
            "window": "all years" if self.window is None else f"last {self.window:g} years",
            "lists": f"without {self.dropped}" if self.dropped else "all lists",
            "prior_centre": f"prior {self.prior_centre:g}",
            "wrong_entries": f"wrong entries x{self.wrong_entries:g}",
            "universe": "all firms" if self.universe == ALL else self.universe,
        }

    def differences(self, other: Specification) -> dict[str, str]:
        """Return the choices that differ from those of another, in words."""
        theirs = other.in_words()
        return {name: words for name, words in self.in_words().items() if words != theirs[name]}


def list_specifications(
    own: Specification,
    list_ids: Sequence[str],
    windows: Sequence[float | None],
    universes: Sequence[str],
) -> tuple[Specification, ...]:
    """Return what to try beside the headline's own choices, without those.

    One choice is changed at a time; lists left out, centres of the prior and wrong entries are
    also changed together, in every combination.
    """
    dropped = (None, *list_ids) if len(list_ids) > 1 else (None,)
    together = product(dropped, PRIOR_CENTRES, WRONG_ENTRIES)
    found = [
        *(replace(own, window=window) for window in windows),
        *(replace(own, universe=universe) for universe in universes),
        *(replace(own, dropped=name) for name in dropped),
        *(replace(own, prior_centre=centre) for centre in PRIOR_CENTRES),
        *(replace(own, wrong_entries=times) for times in WRONG_ENTRIES),
        *(
            replace(own, dropped=name, prior_centre=centre, wrong_entries=times)
            for name, centre, times in together
        ),
    ]
    return tuple(one for one in dict.fromkeys(found) if one != own)
