"""Scenario cards: what is true of a synthetic country before it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

TYPES = ("functional", "competitive", "relational")
"""Born criminal; taken over and used to compete; left clean as a relation (CEPR 18982)."""


@dataclass(frozen=True)
class ListCard:
    """How one authority finds infiltrated firms, in log-odds over the years the lists cover.

    Attributes
    ----------
    level : float
        Log-odds for a firm of mean size that could have been found in every year.
    by_size, by_bank : float
        Added for each standard deviation of log size, and for a client of a bank.
    effort_spread : float
        Standard deviation of the level between regions.
    false_rate : float
        Share of exposed firms that did nothing and are named.
    suppliers_only : bool
        Whether only firms with a public contract can be named.
    after : str
        List whose entries make one here likelier, by the card's ``dependence``.
    cascade_from : str
        List whose entries make one here likelier for firms that share an officer, by ``cascade``.
    cascade : float
        That effect.
    shocks : tuple of (int, int)
        Region (position) and year in which effort is four times the usual.
    unmatched : float
        Share of entries whose company nobody could identify.
    """

    id: str
    level: float
    by_size: float = 0.0
    by_bank: float = 0.0
    effort_spread: float = 0.6
    false_rate: float = 0.0
    suppliers_only: bool = False
    after: str = ""
    cascade_from: str = ""
    cascade: float = 0.8
    shocks: tuple[tuple[int, int], ...] = ()
    unmatched: float = 0.0


@dataclass(frozen=True)
class Card:
    """A synthetic country before it is drawn; shares are fractions, times are in years or months.

    Attributes
    ----------
    meaning : str
        What the card tests.
    prevalence : float
        Share of active firms that are infiltrated on the day of observation, on average.
    type_shares : tuple of float
        Functional, competitive and relational firms among the infiltrated.
    hidden_odds : float
        Odds of detection of relational firms against the others.
    strength : float
        Factor on the signature that functional and competitive firms leave; 0 leaves none.
    fading : float
        Share by which the signature of firms infiltrated lately is weaker.
    evasion : float
        Share of functional and competitive firms that turn their signature round and are found
        at half the odds.
    contagion : float
        Share of infiltrations that come through a shared officer or owner.
    dependence : float
        Log-odds of the list that follows another.
    lag_months : float
        Median time from the beginning of infiltration to the first day an entry is possible.
    annulled : float
        Share of right entries annulled later; of wrong ones it is six times that.
    typed_wrong : float
        Share of identifiers typed wrong on lists and bids.
    effort_follows : float
        Correlation of effort with infiltration between regions.
    effort_trend : float
        Growth of effort a year, in log-odds.
    revenue_effect : float
        Share by which infiltration raises the firm's own revenue at once.
    growth_effect : float
        Factor on what infiltration adds to the growth of revenue afterwards, which differs between
        types; 0 leaves the effect as it was at once.
    exit_odds : float
        Odds ratio of infiltration between firms dissolved in the years of the study and active
        ones of the same place, sector and age.
    rival_effect : float
        Mean effect on log revenue of honest firms with an infiltrated rival, see `plant_effects`.
    supplier_odds : float
        Log-odds that a firm of mean size sells to the public sector.
    first_year, last_year : int
        Years of accounts and purchases.
    """

    meaning: str
    lists: tuple[ListCard, ...]
    prevalence: float = 0.02
    type_shares: tuple[float, float, float] = (0.45, 0.35, 0.20)
    hidden_odds: float = 0.35
    strength: float = 1.0
    fading: float = 0.0
    evasion: float = 0.0
    contagion: float = 0.15
    dependence: float = 0.8
    lag_months: float = 32.0
    annulled: float = 0.05
    typed_wrong: float = 0.01
    effort_follows: float = 0.2
    effort_trend: float = 0.0
    revenue_effect: float = 0.08
    growth_effect: float = 1.0
    exit_odds: float = 1.5
    rival_effect: float = -0.01
    supplier_odds: float = -1.6
    first_year: int = 2018
    last_year: int = 2025
    observed_on: date = date(2026, 6, 30)


_COURT = ListCard("court", -1.7, by_size=0.3, false_rate=0.00005)
_INTELLIGENCE = ListCard("intelligence", -0.8, by_bank=0.7, false_rate=0.001, cascade_from="court")
_INTERDICTIONS = ListCard(
    "interdictions", -0.2, false_rate=0.0005, suppliers_only=True, shocks=((9, 2023),)
)
_MEDIA = ListCard("media", -2.1, by_size=0.5, false_rate=0.0003, after="court", unmatched=0.05)
# Of its firms hardly any are infiltrated: a list about something else, kept apart.
_TAX = ListCard("tax", -1.5, false_rate=0.015)
_LISTS = (_COURT, _INTELLIGENCE, _INTERDICTIONS, _MEDIA)


def _change(lists: tuple[ListCard, ...], **changes: object) -> tuple[ListCard, ...]:
    return tuple(replace(one, **changes) for one in lists)  # type: ignore[arg-type]


def _multiply_errors(lists: tuple[ListCard, ...], factor: float) -> tuple[ListCard, ...]:
    return tuple(replace(one, false_rate=factor * one.false_rate) for one in lists)


_BASE = Card(
    "Four lists, one in five infiltrated firms looks clean and is found at a third of the odds, "
    "reporters follow the courts, each list names some innocent firms, and finding takes years.",
    _LISTS,
)

CARDS: Mapping[str, Card] = MappingProxyType(
    {
        "demo": replace(
            _BASE,
            meaning="A small country for a first look, read by params/demo.yaml: half of the firms "
            "sell to the public sector, six in a hundred are infiltrated, authorities are busy.",
            lists=(*(replace(one, level=one.level + 1.0) for one in _LISTS), _TAX),
            prevalence=0.06,
            supplier_odds=-0.1,
        ),
        "clean": replace(
            _BASE,
            meaning="Nothing in the way: no clean-looking firms, no dependence between lists, no "
            "wrong entries, no lag, effort that does not follow crime.",
            lists=tuple(
                replace(one, level=one.level - 0.45, shocks=(), unmatched=0.0)
                for one in _multiply_errors(_change(_LISTS, cascade=0.0), 0.0)
            ),
            type_shares=(0.45, 0.55, 0.0),
            dependence=0.0,
            lag_months=0.0,
            annulled=0.0,
            typed_wrong=0.0,
            effort_follows=0.0,
        ),
        "base": _BASE,
        "hard": replace(
            _BASE,
            meaning="Three in ten infiltrated firms look clean and are found at a seventh of the "
            "odds, lists depend strongly on each other and name twice as many innocent firms.",
            lists=_multiply_errors(_LISTS, 2.0),
            type_shares=(0.45, 0.25, 0.30),
            hidden_odds=0.15,
            dependence=1.5,
        ),
        "undetectable": replace(
            _BASE,
            meaning="Three in ten infiltrated firms look clean and are all but never found: part "
            "of the truth is out of reach of any list.",
            type_shares=(0.45, 0.25, 0.30),
            hidden_odds=0.02,
        ),
        "effort_shock": replace(
            _BASE,
            meaning="Regions differ widely in effort, and each list has a region and year in "
            "which effort is four times the usual: raw counts rank enforcement, not infiltration.",
            lists=tuple(
                replace(one, effort_spread=1.0, shocks=((4 * k + 1, 2021 + k), (4 * k + 2, 2022)))
                for k, one in enumerate(_LISTS)
            ),
        ),
        "one_list": replace(
            _BASE,
            meaning="A single list: nothing tells infiltration from detection, an estimate must "
            "be refused.",
            lists=(replace(_COURT, level=-1.0),),
        ),
        "sparse_overlap": replace(
            _BASE,
            meaning="Four short lists that hardly share a firm: an estimate must be refused.",
            lists=tuple(
                replace(one, level=one.level - 2.2, cascade=0.0) for one in _LISTS
            ),
            dependence=0.0,
        ),
        "no_effect": replace(
            _BASE,
            meaning="No firm is infiltrated: every entry is wrong, and the estimate must say so.",
            prevalence=0.0,
        ),
        "high": replace(
            _BASE, meaning="The base card with four times the prevalence.", prevalence=0.08
        ),
        "drift": replace(
            _BASE,
            meaning="Infiltration changes over time: firms infiltrated lately leave a weaker "
            "signature while effort grows, so that listed firms resemble the past.",
            fading=0.8,
            effort_trend=0.2,
        ),
        "adversarial": replace(
            _BASE,
            meaning="Half of the infiltrated firms avoid the indicators: they turn their "
            "signature round and are found at half the odds.",
            evasion=0.5,
        ),
        "no_impact": replace(
            _BASE,
            meaning="The card 'high' with infiltration that changes neither the revenue of the "
            "firm nor that of rivals, and closes no firm: an effect must not be found.",
            prevalence=0.08,
            revenue_effect=0.0,
            growth_effect=0.0,
            exit_odds=1.0,
            rival_effect=0.0,
        ),
    }
)  # fmt: skip
"""Every card by name."""
VALIDATED: tuple[str, ...] = tuple(name for name in CARDS if name not in ("demo", "no_impact"))
"""Cards on which the number and the ranks of infiltrated firms are held against the truth."""
VALIDATED_IMPACT: tuple[str, ...] = ("base", "high", "no_impact")
"""Cards on which effects are held against those planted."""
