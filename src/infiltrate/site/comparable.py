"""What may be held side by side across countries, and why the rest may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from infiltrate.report.wording import enumerate_words, interval, percent
from infiltrate.site.definitions import (
    ENOUGH_COMPUTABLE,
    READING_ORDER,
    Measured,
    measure_estimates,
    measure_flags,
)
from infiltrate.site.finished import FinishedStudy

_SIDE_BY_SIDE = ["group", "label", "estimator", "value", "low", "high", "unit", "status", "reason"]
_MOST_YEARS_APART = 2
_MOST_TERMS_NAMED = 3


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several studies side by side.

    Attributes
    ----------
    estimates : pandas.DataFrame
        One row per study and estimate: ``group`` (what is measured), ``label`` (the study),
        ``value``, ``low``, ``high``, ``unit``, ``status``, ``reason``, as a forest of estimates
        takes them. Refused estimates are rows too.
    flags : pandas.DataFrame
        One row per study and red flag: ``code``, ``flag``, ``study``, ``base_rate``, ``low``,
        ``high``, ``coverage``.
    apart : pandas.DataFrame
        One row per thing that is not compared: ``measure``, the ``numbers`` that studies give by
        themselves, and ``why not compared``. Red flags that no study can compute are one row.
    cautions : tuple of str
        What must be known to read the rest.
    """

    estimates: pd.DataFrame
    flags: pd.DataFrame
    apart: pd.DataFrame
    cautions: tuple[str, ...]


def compare_studies(studies: Sequence[FinishedStudy]) -> Comparison:
    """Sort the numbers of several studies into comparable ones and others.

    Two numbers are comparable when they measure the same thing, defined in the same words, among
    the same kind of firms, from lists of the same kinds, with the same choices; a red flag when
    it has the same settings and is known for at least half of the units in both. Where three or
    more differ, the largest set that agrees is compared.

    Parameters
    ----------
    studies : sequence of FinishedStudy
        Two or more; with one, everything is apart.
    """
    together: dict[str, list[Measured]] = {}
    apart: list[tuple[Measured, str]] = []
    for number in _measure(studies):
        together.setdefault(f"{number.code} {number.what}", []).append(number)
    compared: list[Measured] = []
    for numbers in together.values():
        alike, others = _divide(numbers, studies)
        compared += alike
        apart += others
    return Comparison(
        estimates=_tabulate_estimates([number for number in compared if not number.code]),
        flags=_tabulate_flags([number for number in compared if number.code]),
        apart=_tabulate_apart(apart),
        cautions=tuple(_cautions(studies)),
    )


def _measure(studies: Sequence[FinishedStudy]) -> Iterable[Measured]:
    for measure in (measure_estimates, measure_flags):
        for study in studies:
            yield from measure(study)


def _divide(
    numbers: Sequence[Measured], studies: Sequence[FinishedStudy]
) -> tuple[list[Measured], list[tuple[Measured, str]]]:
    """Divide numbers of one name into those that agree in every term, and the others with why."""
    apart: list[tuple[Measured, str]] = []
    usable: list[Measured] = []
    refused: list[Measured] = []
    for number in numbers:
        twice = sum(other.study is number.study for other in numbers) > 1
        if twice:
            apart.append((number, f"{number.study.label} has two of them: which one is open"))
        elif not number.is_given:
            refused.append(number)
        elif number.code and not number.coverage >= ENOUGH_COMPUTABLE:
            known = percent(number.coverage)
            apart.append(
                (number, f"{number.study.label}: computable for {known} of its units only")
            )
        else:
            usable.append(number)
    sets: dict[tuple[tuple[str, str], ...], list[Measured]] = {}
    for number in usable:
        sets.setdefault(tuple(sorted(number.must_agree.items())), []).append(number)
    alike = max(sets.values(), key=len, default=[])
    if len(alike) < 2:
        alike = []
    others = [number for number in usable if number not in alike]
    against = alike or others[:1]
    if len(against) == len(others) == 1:
        apart.append((others[0], _why_alone(studies)))
    else:
        apart += [(number, _differing_terms(number, against[0])) for number in others]
    if alike and not alike[0].code:
        return [*alike, *refused], apart
    reasons = [(number, f"{number.study.label}: {number.reason}") for number in refused]
    return alike, [*apart, *reasons]


def _why_alone(studies: Sequence[FinishedStudy]) -> str:
    return "no other study here gives it" if len(studies) > 1 else "there is one study only"


def _differing_terms(number: Measured, other: Measured) -> str:
    """Say in what two numbers of one name differ; nothing where they are the same one."""
    names = [*dict.fromkeys([*number.must_agree, *other.must_agree])]
    differing = [
        f"{name}: {number.must_agree.get(name, 'not set')} in {number.study.label}, "
        f"{other.must_agree.get(name, 'not set')} in {other.study.label}"
        for name in names
        if number.must_agree.get(name) != other.must_agree.get(name)
    ]
    return enumerate_words(differing, _MOST_TERMS_NAMED)


def _tabulate_estimates(numbers: Sequence[Measured]) -> pd.DataFrame:
    rows = [
        {
            "group": number.what,
            "label": number.study.label,
            "estimator": "of the study",
            "value": number.value,
            "low": number.low,
            "high": number.high,
            "unit": "share",
            "status": number.status,
            "reason": number.reason,
        }
        for number in sorted(numbers, key=_reading_place)
    ]
    numeric = dict.fromkeys(["value", "low", "high"], float)
    return pd.DataFrame(rows, columns=_SIDE_BY_SIDE).astype(numeric)


def _reading_place(number: Measured) -> int:
    order = READING_ORDER
    return order.index(number.what) if number.what in order else len(order)


def _tabulate_flags(numbers: Sequence[Measured]) -> pd.DataFrame:
    rows = [
        {
            "code": number.code,
            "flag": number.what,
            "study": number.study.label,
            "base_rate": number.value,
            "low": number.low,
            "high": number.high,
            "coverage": number.coverage,
        }
        for number in numbers
    ]
    columns = ["code", "flag", "study", "base_rate", "low", "high", "coverage"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[3:], float))
    return table.sort_values(["code", "study"], kind="stable", ignore_index=True)


def _tabulate_apart(apart: Sequence[tuple[Measured, str]]) -> pd.DataFrame:
    by_name: dict[str, list[tuple[Measured, str]]] = {}
    for number, why in apart:
        by_name.setdefault(f"{number.code} {number.what}".strip(), []).append((number, why))
    nowhere = [name for name, said in by_name.items() if not any(n.is_given for n, _ in said)]
    flags = [name for name in nowhere if by_name[name][0][0].code]
    rows = [
        {
            "measure": name,
            "numbers": "; ".join(_say_number(number) for number, _ in said),
            "why not compared": _join(why for _, why in said),
        }
        for name, said in by_name.items()
        if name not in flags
    ]
    if flags:
        rows.append(
            {
                "measure": ", ".join(flags),
                "numbers": "none",
                "why not compared": "computable in no study here",
            }
        )
    return pd.DataFrame(rows, columns=["measure", "numbers", "why not compared"])


def _say_number(number: Measured) -> str:
    written = interval(number.value, number.low, number.high, percent)
    none = "none" if number.code else "refused"
    return f"{number.study.label} {written if number.is_given else none}"


def _join(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(reason.rstrip(".") for reason in reasons if reason))


def _cautions(studies: Sequence[FinishedStudy]) -> Iterable[str]:
    days = sorted((study.day, study.label) for study in studies if study.day)
    if days and (days[-1][0] - days[0][0]).days > 365.25 * _MOST_YEARS_APART:
        yield (
            f"The studies speak of different years: {days[0][1]} of {days[0][0]}, {days[-1][1]} of "
            f"{days[-1][0]}. Law, data and enforcement may have changed in between."
        )
    versions = {str(study.manifest.get("environment", {}).get("infiltrate")) for study in studies}
    if len(versions) > 1:
        yield f"Different versions of infiltrate made them: {', '.join(sorted(versions))}."
    invented = [study.label for study in studies if study.params.country == "XX"]
    if invented:
        yield f"Invented, to show how it works: {enumerate_words(invented)}."
