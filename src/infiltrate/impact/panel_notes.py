"""Findings about a panel as they come, with small numbers of units closed."""

from __future__ import annotations

from infiltrate.impact.answer import Finding, find_refusals


class PanelNotes:
    """Findings of one design.

    Parameters
    ----------
    design : str
        As in `Finding`.
    smallest_shown : int
        Smaller numbers are not written out.
    """

    def __init__(self, design: str, smallest_shown: int = 5) -> None:
        self._design, self._smallest = design, smallest_shown
        self._findings: list[Finding] = []

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, in order."""
        return tuple(self._findings)

    @property
    def is_refused(self) -> bool:
        """Whether any finding is a refusal."""
        return bool(find_refusals(self._findings))

    def say(self, number: int, what: str) -> str:
        """Return a number of things in words that may be shown."""
        if number < self._smallest:
            return f"fewer than {self._smallest} {what}"
        return f"{number:,} {what}"

    def warn(self, text: str) -> None:
        """Add what makes a number doubtful."""
        self._findings.append(Finding("warning", self._design, text))

    def refuse(self, text: str) -> None:
        """Add why no number is given."""
        self._findings.append(Finding("refused", self._design, text))

    def leave_out(self, number: int, what: str, why: str) -> None:
        """Add that so many were left out, where any were."""
        if number:
            said = self.say(number, what)
            self.warn(f"{said[0].upper()}{said[1:]} {why}; left out.")
