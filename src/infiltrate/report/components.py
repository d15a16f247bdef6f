"""The parts of the first page: question and answer, what a flag is worth, coverage, limits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Literal

import pandas as pd

from infiltrate.errors import SchemaError
from infiltrate.report.base_rate import BaseRate, count_of_hundred
from infiltrate.report.inputs import require_columns
from infiltrate.report.markup import Panel, caption_element, element, scrolling, text_element
from infiltrate.report.wording import percent

Status = Literal["use", "caution", "reject", "suppressed"]

_VERDICTS = {
    "use": "Answered, with an interval",
    "caution": "Indicative only",
    "reject": "Not answered, and why",
    "suppressed": "Not published",
}


_LONG_NOTE = 25


def question_and_answer(
    question: str,
    answer: str,
    status: Status,
    *,
    verdict: str = "",
    findings: Sequence[str] = (),
    reasons: Sequence[str] = (),
) -> Panel:
    """Return the head of the report: the question, and the answer or the refusal.

    Parameters
    ----------
    question, answer : str
        The first sentence of the answer is set large. A refusal is an answer too and says what
        would be needed.
    status : str
        As in the table ``estimates``.
    verdict : str
        The state of the answer in a few words; that of the status when absent.
    findings : sequence of str
        What can be said, one point each.
    reasons : sequence of str
        What the answer rests on, or why it is refused.

    Raises
    ------
    SchemaError
        For a status the table ``estimates`` does not know.
    """
    if status not in _VERDICTS:
        raise SchemaError(f"status '{status}' is not one of {', '.join(_VERDICTS)}.")
    first, rest = _split_first_sentence(answer)
    parts = [
        text_element("p", question, class_="question"),
        text_element("p", verdict or _VERDICTS[status], class_="verdict"),
        text_element("p", first, class_="answer-text"),
        text_element("p", rest, class_="answer-rest") if rest else "",
    ]
    shown = _list(findings, "findings", "What the lists do show")
    why = _list(reasons, "reasons", "Why there is no estimate" if findings else "")
    parts += [why, shown] if status == "reject" else [shown, why]
    points = "".join(f"\n- {point}" for point in [*findings, *reasons])
    return Panel(
        element("section", "".join(parts), class_=f"answer {status}", aria_label="Answer"),
        f"{question}\n{verdict or _VERDICTS[status]}: {answer}{points}",
    )


def base_rate_panel(
    box: BaseRate | None,
    *,
    flagged: str = "flagged firms",
    why_not: str = "How many firms are infiltrated is not known, so nobody can say.",
) -> Panel:
    """Return the box that must stand beside every list of flagged units.

    Parameters
    ----------
    box : BaseRate or None
        None when the prevalence was refused.
    flagged : str
        What the hundred are.
    why_not : str
        What the box says when it is not known.
    """
    hundred = count_of_hundred(box, flagged)
    if hundred is None or box is None:
        number, sentence, why = "?", f"Of 100 {flagged}, how many may be infiltrated?", why_not
    else:
        number, why = str(hundred.expected), box.sentence
        sentence = f"{hundred.sentence}; the others are not."
    side = text_element("p", number, class_="big-number") + text_element(
        "p", "of 100 flagged", class_="big-number-unit"
    )
    words = text_element("p", sentence, class_="label") + text_element("p", why)
    content = element("div", side, class_="number-side") + element("div", words)
    return Panel(
        element("section", content, class_="base-rate", aria_label="What a flag is worth"),
        f"{sentence} {why}",
    )


def limits_list(items: Sequence[str | tuple[str, str]]) -> Panel:
    """Return the limits of a study; an item is a sentence, or a short name and a sentence."""
    written = []
    for item in items:
        name, sentence = ("", item) if isinstance(item, str) else item
        lead = text_element("strong", name) + " " if name else ""
        written.append(element("li", lead + escape(sentence, quote=False)))
    markup = element("ul", "".join(written), class_="limits")
    return Panel(markup, "\n".join(f"- {item}" for item in items))


def coverage_panel(
    coverage: pd.DataFrame, *, caption: str = "Rows, period and filled cells"
) -> Panel:
    """Return what each table holds, from when to when, and how complete it is.

    Parameters
    ----------
    coverage : pandas.DataFrame
        One row per table or list: ``what``, ``rows``; optionally ``first`` and ``last`` (dates
        or text), ``complete_share`` (fraction of rows with every key field) and ``note``.
    """
    require_columns(coverage, ["what", "rows"], "coverage_panel")
    titles = {"what": "table", "rows": "rows", "first": "from", "last": "to"} | {
        "complete_share": "cells filled",
        "note": "note",
    }
    names = [name for name in titles if name in coverage.columns]
    head = "".join(
        text_element("th", titles[name], scope="col", class_=_kind(name)) for name in names
    )
    rows = [
        element("tr", "".join(_coverage_cell(name, row[name]) for name in names))
        for _, row in coverage[names].iterrows()
    ]
    table = element(
        "table",
        caption_element(caption)
        + element("thead", element("tr", head))
        + element("tbody", "".join(rows)),
    )
    markup = element("div", scrolling(table, "Table"), class_="table coverage")
    return Panel(markup, f"{caption}\n{coverage.to_string()}")


def _split_first_sentence(text: str) -> tuple[str, str]:
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text.strip(), maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _list(items: Sequence[str], name: str, lead: str) -> str:
    if not items:
        return ""
    points = element("ul", "".join(text_element("li", item) for item in items), class_=name)
    return (text_element("p", lead, class_="label") if lead else "") + points


def _kind(name: str) -> str | None:
    return "number" if name == "rows" else None


def _coverage_cell(name: str, value: object) -> str:
    if name == "what":
        return text_element("th", str(value).replace("_", " "), scope="row")
    if value is None or pd.isna(value):
        return element("td", "–", class_=_kind(name))
    if name == "rows":
        return text_element("td", f"{value:,.0f}", class_="number")
    if name == "complete_share":
        share = float(str(value))
        bar = element(
            "span",
            element("span", "", style=f"width:{100 * share:.0f}%"),
            class_="bar",
            aria_hidden="true",
        )
        return element("td", bar + percent(share), class_="date")
    if name in ("first", "last"):
        return text_element("td", str(value)[:10], class_="date")
    words = str(value).replace("_", " ")
    return text_element("td", words, class_="long" if len(words) > _LONG_NOTE else None)
