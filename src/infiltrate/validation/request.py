"""Which synthetic countries to estimate, and how."""

from __future__ import annotations

from dataclasses import dataclass

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.choices import PrevalenceChoices, RiskChoices
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.synth.country.cards import VALIDATED, VALIDATED_IMPACT
from infiltrate.synth.simulate import MINIMUM_FIRMS
from infiltrate.validation.country import EFFORT_MEASURES
from infiltrate.validation.recovery import ESTIMATORS
from infiltrate.validation.variants import Variant, parse_variants

CHOICES = PrevalenceChoices(effort_measures=list(EFFORT_MEASURES))
"""What an analyst of a synthetic country chooses: everything as it comes, and the measures."""
RANKING_CHOICES = RiskChoices(bootstrap_draws=200)
"""And of the ranking: everything as it comes, with fewer draws."""
IMPACT_CHOICES = ImpactChoices()
"""And of effects: everything as it comes."""
PREVALENCE, RANKING, IMPACT, DRIVERS = "prevalence", "ranking", "impact", "drivers"
SUBJECTS = (PREVALENCE, RANKING, IMPACT, DRIVERS)
"""What can be validated: how many firms are infiltrated, which, what it does to them, and what goes
with it."""


@dataclass(frozen=True)
class ValidationRequest:
    """Which countries to estimate, and how.

    Attributes
    ----------
    variants : tuple of Variant
        Cards, and what is stated wrongly of their lists.
    countries : int
        Countries of each variant, with seeds from ``seed`` on.
    firms : int
        Active firms of each country.
    estimators : tuple of str
        Whose rows are kept.
    what : str
        One of `SUBJECTS`.
    choices, risk, impact : PrevalenceChoices, RiskChoices, ImpactChoices
        As in a country's parameters; ``risk`` is read for the ranking alone, ``impact`` for effects
        alone.
    """

    variants: tuple[Variant, ...]
    countries: int = 40
    firms: int = 20_000
    seed: int = 1000
    estimators: tuple[str, ...] = ESTIMATORS
    choices: PrevalenceChoices = CHOICES
    what: str = PREVALENCE
    risk: RiskChoices = RANKING_CHOICES
    impact: ImpactChoices = IMPACT_CHOICES

    @property
    def command(self) -> str:
        """Return the command that gives these results, for 2 processes."""
        parts = [
            f"infiltrate validate --scenarios {','.join(v.name for v in self.variants)}",
            f"--countries {self.countries} --firms {self.firms} --seed {self.seed} --jobs 2",
        ]
        if self.what != PREVALENCE:
            parts.append(f"--what {self.what}")
        if self.estimators != ESTIMATORS:
            parts.append(f"--estimators {','.join(self.estimators)}")
        return " ".join(parts)

    def check(self) -> None:
        """Fail with everything that cannot be done.

        Raises
        ------
        ParamsError
        """
        problems = [
            Problem(f"validate: --{name}", str(found), f"{least} or more")
            for name, found, least in (
                ("countries", self.countries, 1),
                ("firms", self.firms, MINIMUM_FIRMS),
                ("seed", self.seed, 0),
            )
            if found < least
        ]
        problems += [
            Problem("validate: --estimators", f"'{name}' is unknown", ", ".join(ESTIMATORS))
            for name in self.estimators
            if name not in ESTIMATORS
        ]
        if self.what not in SUBJECTS:
            problems.append(
                Problem("validate: --what", f"'{self.what}' is unknown", ", ".join(SUBJECTS))
            )
        if self.what in (RANKING, IMPACT, DRIVERS) and self.estimators != ESTIMATORS:
            found = "rankings have none" if self.what == RANKING else "all of them are compared"
            problems.append(Problem("validate: --estimators", found, f"--what {PREVALENCE}"))
        if self.what in (IMPACT, DRIVERS) and any(variant.change for variant in self.variants):
            found = f"nothing can be stated wrongly with --what {self.what}"
            problems.append(Problem("validate: --scenarios", found, "cards without a colon"))
        if problems:
            raise ParamsError("The validation cannot be run.", problems)

    @property
    def tasks(self) -> list[tuple[Variant, int]]:
        """Every country, seed by seed, so that a stopped run has some of each variant."""
        seeds = range(self.seed, self.seed + self.countries)
        return [(variant, seed) for seed in seeds for variant in self.variants]


def build_request(
    scenarios: str,
    countries: int,
    firms: int,
    seed: int,
    estimators: str | None = None,
    *,
    what: str = PREVALENCE,
) -> ValidationRequest:
    """Read a request from the words of a command line; names stand between commas.

    Raises
    ------
    ParamsError
        When a name is unknown or a number out of range.
    """
    chosen = tuple(name.strip() for name in estimators.split(",")) if estimators else ESTIMATORS
    variants = parse_variants(scenarios, VALIDATED_IMPACT if what == IMPACT else VALIDATED)
    request = ValidationRequest(variants, countries, firms, seed, chosen, what=what)
    request.check()
    return request
