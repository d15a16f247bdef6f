"""Effects that others have published, to hold our own against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from infiltrate.impact.answer import Effect

Subject = Literal[
    "own revenue",
    "own debt",
    "closing down",
    "rivals' revenue",
    "area output",
    "area employment",
    "procurement prices",
    "competition",
    "public budgets",
]


@dataclass(frozen=True)
class PublishedEffect:
    """One published result.

    Attributes
    ----------
    subject : str
        What is affected; ours stand beside those with the same subject.
    about : str
        Whose outcome, and of what.
    low, high : float or None
        Published size as a fraction, 0.08 for 8 %; equal for one number. None where we saw a
        direction and no number.
    direction : str
        ``rises``, ``falls`` or ``mixed``.
    design : str
        How it was found, where and when.
    source : str
        Authors, year, journal.
    link : str
        DOI or lasting address.
    read_in : str
        What we read: ``abstract``, ``draft`` (the number is of an earlier version), or
        ``press`` (of a newspaper that reports it, to be checked in the paper).
    """

    subject: Subject
    about: str
    low: float | None
    high: float | None
    direction: Literal["rises", "falls", "mixed"]
    design: str
    source: str
    link: str
    read_in: Literal["abstract", "draft", "press"]


PUBLISHED_EFFECTS = (
    PublishedEffect(
        "own revenue",
        "revenue of infiltrated firms, inputs not in proportion",
        None,
        None,
        "rises",
        "panel of firms, Centre and North of Italy, 2006 to 2016",
        "Mirenda, Mocetti and Rizzica 2022, American Economic Review",
        "https://doi.org/10.3886/E160421V1",
        "abstract",
    ),
    PublishedEffect(
        "closing down",
        "exit of infiltrated firms",
        None,
        None,
        "rises",
        "panel of firms, Centre and North of Italy, 2006 to 2016",
        "Mirenda, Mocetti and Rizzica 2022, American Economic Review",
        "https://doi.org/10.3886/E160421V1",
        "abstract",
    ),
    PublishedEffect(
        "own debt",
        "leverage of seized firms after judicial administration, profits and efficiency falling",
        None,
        None,
        "rises",
        "difference in differences, Italy, 2004 to 2016",
        "Calamunci 2022, Small Business Economics",
        "https://www.springerprofessional.de/en/"
        "what-happens-in-criminal-firms-after-godfather-management-remova/18766930",
        "abstract",
    ),
    PublishedEffect(
        "rivals' revenue",
        "turnover of lawful rivals in the four years after a firm of their market enters judicial "
        "administration: infiltration ends",
        0.007,
        0.007,
        "rises",
        "firms by exposure of province and industry, South of Italy",
        "Calamunci and Drago 2020, Italian Economic Journal",
        "https://doi.org/10.1007/s40797-020-00128-x",
        "abstract",
    ),
    PublishedEffect(
        "rivals' revenue",
        "efficiency of lawful firms after judicial administration: falls first, rises later",
        None,
        None,
        "mixed",
        "panel of firms, Italy",
        "Migliardo, Nicolò and Scrimitore 2024, SIDE conference",
        "https://side-isle.it/conference/2024/paper/"
        "effects-of-the-judicial-removal-of-mafia-enterprises-on-legal-firms-616",
        "abstract",
    ),
    PublishedEffect(
        "competition",
        "competition among firms and for public contracts after measures against mafias",
        None,
        None,
        "rises",
        "staggered measures in municipalities, Italy, 1995 to 2015",
        "Slutzky and Zeume, Management Science",
        "https://doi.org/10.1287/mnsc.2021.00859",
        "draft",
    ),
    PublishedEffect(
        "area output",
        "GDP per head of Apulia and Basilicata",
        -0.16,
        -0.16,
        "falls",
        "synthetic control, Italy, from the 1970s",
        "Pinotti 2015, Economic Journal",
        "https://doi.org/10.2139/ssrn.2057979",
        "draft",
    ),
    PublishedEffect(
        "area employment",
        "formal employment nine years after an infiltrated city council was dismissed: "
        "infiltration ends",
        0.169,
        0.169,
        "rises",
        "matched difference in differences, Italy, 1991 to 2016",
        "Fenizia and Saggio 2024, American Economic Review; the number is of their draft of 2020",
        "https://doi.org/10.1257/aer.20221687",
        "draft",
    ),
    PublishedEffect(
        "area employment",
        "growth of employment in the most infiltrated municipalities, 1971 to 2011",
        -0.28,
        -0.28,
        "falls",
        "municipalities, Centre and North of Italy",
        "Mirenda, Mocetti and Rizzica 2019, Banca d'Italia Working Paper 1235",
        "https://www.ilfattoquotidiano.it/mafie/ndrangheta/",
        "press",
    ),
    PublishedEffect(
        "public budgets",
        "spending on construction and waste of captured municipalities, taxes collected falling",
        None,
        None,
        "rises",
        "difference in differences, Italy, 1998 to 2016",
        "Di Cataldo and Mastrorocco 2022, Journal of Law, Economics, and Organization",
        "https://doi.org/10.1093/jleo/ewab015",
        "abstract",
    ),
    PublishedEffect(
        "procurement prices",
        "prices of contracts below thresholds where the authority bunches them there",
        0.18,
        0.28,
        "rises",
        "tests of manipulation at thresholds, European Union",
        "Tas 2019, EUI Working Paper; Empirical Economics 2023, whose abstract leaves it out",
        "https://ideas.repec.org/p/rsc/rsceui/2019-17.html",
        "draft",
    ),
)
"""What methods papers and abstracts report; every one is about its own country and years."""


def build_ladder(ours: Sequence[tuple[Subject, str, Effect]]) -> pd.DataFrame:
    """Put our effects beside published ones about the same thing.

    Nothing is averaged: each number is of its own place, years, treatment and design. An effect
    of infiltration and one of ending it have opposite signs; ``about`` says which it is.

    Parameters
    ----------
    ours : sequence of (str, str, Effect)
        Subject, whose outcome in words, and the effect in log points or as a fraction.

    Returns
    -------
    pandas.DataFrame
        One row per effect, ours first within each subject, subjects in the order of the
        literature: ``subject``, ``about``, ``estimate``, ``low``, ``high`` (fractions; missing
        where only a direction is known), ``direction``, ``design``, ``source``, ``link``,
        ``read_in`` and ``is_ours``.
    """
    rows: list[dict[str, object]] = [_describe(*one) for one in ours]
    for published in PUBLISHED_EFFECTS:
        row = asdict(published)
        ends = [end for end in (published.low, published.high) if end is not None]
        single = len(set(ends)) == 1
        row |= {"estimate": ends[0] if single else None, "is_ours": False}
        if single:
            row |= {"low": None, "high": None}
        rows.append(row)
    order = list(dict.fromkeys(published.subject for published in PUBLISHED_EFFECTS))
    columns = ["subject", "about", "estimate", "low", "high", "direction", "design", "source"]
    table = pd.DataFrame(rows, columns=[*columns, "link", "read_in", "is_ours"])
    place = table["subject"].map({subject: at for at, subject in enumerate(order)})
    table = table.assign(place=place).sort_values("place", kind="stable", ignore_index=True)
    numbers = dict.fromkeys(["estimate", "low", "high"], float)
    return table.drop(columns="place").astype(numbers)


def _describe(subject: Subject, about: str, effect: Effect) -> dict[str, object]:
    clear = effect.low > 0 or effect.high < 0
    direction = ("rises" if effect.estimate > 0 else "falls") if clear else "not told from zero"
    write = math.expm1 if effect.unit == "log points" else float
    return {
        "subject": subject,
        "about": about,
        "estimate": write(effect.estimate),
        "low": write(effect.low),
        "high": write(effect.high),
        "direction": direction,
        "design": effect.estimator,
        "source": "this study",
        "link": "",
        "read_in": "computed",
        "is_ours": True,
    }
