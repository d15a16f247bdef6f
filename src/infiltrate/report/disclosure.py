"""What may not leave: run-scoped pseudonyms, and a last look at every page before it is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence

from infiltrate.errors import DisclosureError, Problem
from infiltrate.report.ages import find_ages, find_ages_said
from infiltrate.report.closed import Closed
from infiltrate.report.counts_said import find_small_counts_said
from infiltrate.report.file_text import FileText
from infiltrate.report.flagged import find_unaccompanied
from infiltrate.report.identifiers import find_identifiers
from infiltrate.report.names import find_names
from infiltrate.report.page_text import Passage, read_passages
from infiltrate.report.traces import find_traces
from infiltrate.report.vocabulary import find_accusations

_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"
_SYMBOLS = "0123456789" + _LETTERS
_KINDS = {"company": "Firm"}
_SHORTEST_KEY = 16
_MOST_PROBLEMS = 20
_BAND = "Show bands: protection.ages.band_ages."


class Tags:
    """Pseudonyms that hold inside one run and mean nothing outside it.

    Parameters
    ----------
    key : bytes
        At least 16 secret bytes, kept outside the repository and the results. With another
        key the same firm has another tag, so two reports cannot be joined.

    Raises
    ------
    DisclosureError
        When the key is shorter.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _SHORTEST_KEY:
            raise DisclosureError(
                f"the key of the pseudonyms has {len(key)} bytes; it needs {_SHORTEST_KEY} or "
                "more. Draw one with secrets.token_bytes(32) and keep it outside the repository."
            )
        self._key = key

    def __repr__(self) -> str:
        return "Tags(key kept secret)"

    def tag(self, kind: str, identifier: str) -> str:
        """Return the pseudonym of one unit, ``Firm K3QM7-T2XA9``.

        Parameters
        ----------
        kind : str
            ``company``, ``buyer``, ``tender``, ``contract``; the same identifier has another
            tag as another kind.
        identifier : str
            Its identifier in the tables.
        """
        message = f"{kind}\0{identifier}".encode()
        number = int.from_bytes(hmac.digest(self._key, message, hashlib.sha256))
        groups = []
        for _ in range(2):
            number, group = _draw_group(number)
            groups.append(group)
        return f"{_KINDS.get(kind, kind.capitalize())} {'-'.join(groups)}"

    def tags(self, kind: str, identifiers: Iterable[str | None]) -> list[str | None]:
        """Return the pseudonym of each identifier, in order; a missing one stays missing."""
        return [
            self.tag(kind, identifier) if isinstance(identifier, str) else None
            for identifier in identifiers
        ]


def check_page(
    html: str,
    forbidden_ids: Iterable[str],
    forbidden_names: Iterable[str],
    *,
    page: str = "page",
    allowed_texts: Iterable[str] = (),
) -> None:
    """Refuse a page that names a firm or a person, or speaks of a score as of a verdict.

    Everything a page holds is read: text, attributes, comments, scripts and the vector
    drawings inside images. Identifiers are found also when separated by blanks, points or
    tags; and besides the forbidden ones every valid number of a known scheme is refused.

    Parameters
    ----------
    html : str
        The page.
    forbidden_ids : iterable of str
        Identifiers of the tables, with or without their scheme.
    forbidden_names : iterable of str
        Names of firms and persons. A name of one word counts only as it is written here.
    page : str
        Name of the page in the message.
    allowed_texts : iterable of str
        What the analyst wrote in the parameters: titles, authorities, publishers. A public body
        named there may be named on the page, though it buys as well.

    Raises
    ------
    DisclosureError
        With every place found (the first twenty); the findings are masked.
    """
    closed = Closed(frozenset(forbidden_ids), frozenset(forbidden_names), frozenset(allowed_texts))
    problems = [
        *_find_units(read_passages(html), closed, page),
        *find_unaccompanied(html, page),
    ]
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        summary = f"{page} may not be published: {len(problems)} findings"
        summary += f", the first {_MOST_PROBLEMS} of them:" if more > 0 else ":"
        raise DisclosureError(summary, problems[:_MOST_PROBLEMS])


def find_leaks(text: FileText, closed: Closed, name: str) -> Iterator[Problem]:
    """Yield what may not leave of the texts of one file, in words that do not say it again.

    Besides what `check_page` refuses these are traces of the machine and of its user.

    Parameters
    ----------
    text : FileText
        What the file says.
    closed : Closed
        Identifiers and names that must not be found.
    name : str
        Name of the file in the messages.
    """
    yield from _find_units(text.passages, closed, name)
    yield from _locate(
        find_traces(text.passages, closed.allowed_texts),
        name,
        "Take it out: it tells who worked where.",
    )
    for passage in text.passages:
        if any(secret in passage.text for secret in closed.secrets):
            fix = "Take it out, and make a new key: whoever has it can undo the pseudonyms."
            yield from _locate([(passage, "the key of the pseudonyms")], name, fix)
    yield from _locate(
        find_small_counts_said(text.passages, closed.rules.minimum_listed),
        name,
        "Say that there are few, not how many.",
    )
    yield from _locate(find_ages_said(text.passages), name, _BAND)
    for place in find_ages(text.grids):
        yield Problem(f"{name}, {place}", "exact ages or dates of birth", fix=_BAND)
    for page in text.pages:
        yield from find_unaccompanied(page, name)


def _find_units(passages: Sequence[Passage], closed: Closed, name: str) -> Iterator[Problem]:
    yield from _locate(find_identifiers(passages, closed.ids), name, "Show its tag instead.")
    yield from _locate(
        find_names(passages, closed.names, closed.allowed_texts),
        name,
        "Show the tag of the firm instead.",
    )
    yield from _locate(
        find_accusations(passages), name, "A score is not a verdict; say what was seen."
    )


def _draw_group(number: int) -> tuple[int, str]:
    # a letter first: no tag can be read as the number of a register
    number, first = divmod(number, len(_LETTERS))
    symbols = [_LETTERS[first]]
    for _ in range(4):
        number, position = divmod(number, len(_SYMBOLS))
        symbols.append(_SYMBOLS[position])
    return number, "".join(symbols)


def _locate(findings: Iterable[tuple[Passage, str]], page: str, fix: str) -> Iterator[Problem]:
    for passage, found in findings:
        before = re.sub(r"\s+", " ", passage.heading).strip()
        where = f"{page}, {passage.place}" + (f", under '{before}'" if before else "")
        yield Problem(where, found, fix=fix)
