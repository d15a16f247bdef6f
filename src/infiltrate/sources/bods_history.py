"""What successive statements of one relationship say: interests with their periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from infiltrate.sources.shares import Share, unite_shares

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Interest:
    """One interest as one statement has it.

    Attributes
    ----------
    kind : str
        ``shares``, ``votes``, ``appointment``, ``influence``, or a role in the company.
    types : str
        The interest types of the standard behind it.
    share : Share
        Ends of its range, from 0 to 1.
    is_beneficial : bool, optional
        Whether it is declared as beneficial ownership or control.
    begins, ends : str, optional
        First and last day, as published.
    """

    kind: str
    types: str
    share: Share
    is_beneficial: bool | None
    begins: str | None
    ends: str | None


@dataclass(frozen=True)
class Version:
    """A relationship as one statement has it.

    Attributes
    ----------
    file, line : str, int
        Where the statement stands.
    said_on : str, optional
        Day of the statement.
    is_closed : bool
        Whether it closes the record.
    ends : dict
        The two ends of the relationship, carried along.
    interests : tuple of Interest
        What is held.
    """

    file: str
    line: int
    said_on: str | None
    is_closed: bool
    ends: dict[str, str | None]
    interests: tuple[Interest, ...]


def unite_interests(interests: Sequence[Interest]) -> tuple[Interest, ...]:
    """Return one interest for each kind and first day of a statement."""
    groups: dict[tuple[str, str | None], list[Interest]] = {}
    for interest in interests:
        groups.setdefault((interest.kind, interest.begins), []).append(interest)
    return tuple(_united(group) for group in groups.values())


def trace_history(versions: Sequence[Version]) -> Iterator[tuple[Version, Interest]]:
    """Yield the interests of a relationship with their periods.

    The latest statement is taken as it stands. An interest of an earlier one that a later one
    repeats with another share holds until the day before that statement, which then begins its
    own; one that is no longer there ends on the day before the next interest of its kind, or
    before the statement that left it out. One that is corrected to an earlier first day, or
    repeated with the same share, is the later one's. What a closed record leaves open ends on the
    day of the statement that closes it. An interest without a first day begins with its statement.

    Parameters
    ----------
    versions : sequence of Version
        The statements about one record, the latest last.
    """
    versions = [_dated(version) for version in versions]
    for place, version in enumerate(versions):
        later = versions[place + 1] if place + 1 < len(versions) else None
        if version.is_closed and not version.interests and place:
            continue
        for interest in version.interests:
            begun = _restated(interest, version.said_on, versions[:place])
            closed = begun if later is None else _closed_by(begun, interest, later)
            if closed is not None:
                yield version, closed


def _united(group: Sequence[Interest]) -> Interest:
    first = group[0]
    declared = [item.is_beneficial for item in group if item.is_beneficial is not None]
    ends = [item.ends for item in group]
    return replace(
        first,
        types="+".join(dict.fromkeys(item.types for item in group)),
        share=unite_shares([item.share for item in group]),
        is_beneficial=any(declared) if declared else None,
        ends=None if None in ends else max(end for end in ends if end),
    )


def _dated(version: Version) -> Version:
    """Give interests without first day that of their statement, and close those of a closed one."""
    dated = [
        replace(
            interest,
            begins=interest.begins or version.said_on,
            ends=interest.ends or (version.said_on if version.is_closed else None),
        )
        for interest in version.interests
    ]
    return replace(version, interests=unite_interests(dated))


def _restated(interest: Interest, said_on: str | None, earlier: Sequence[Version]) -> Interest:
    """Begin a share that replaces another of the same first day when it was first stated."""
    for version in reversed(earlier):
        before = _same(interest, version)
        if before is None:
            return interest
        if before.share != interest.share:
            is_later = bool(said_on and interest.begins and said_on > interest.begins)
            return replace(interest, begins=said_on) if is_later else interest
        said_on = version.said_on
    return interest


def _closed_by(begun: Interest, interest: Interest, later: Version) -> Interest | None:
    """Return an interest as it ended before a later statement, or None where that takes over."""
    if later.is_closed and not later.interests:
        return replace(begun, ends=begun.ends or later.said_on)
    same = _same(interest, later)
    if same is not None and same.share == interest.share:
        return None
    next_days = [
        other.begins
        for other in later.interests
        if other.kind == interest.kind and other.begins and interest.begins
    ]
    following = [day for day in next_days if day > (interest.begins or "")]
    if same is None and next_days and not following and interest.ends is None:
        return None
    if same is None and following:
        end = _day_before(min(following))
    else:
        end = _day_before(later.said_on)
    if end is None or (begun.ends and begun.ends <= end):
        return begun
    return replace(begun, ends=end) if end >= (begun.begins or "") else None


def _same(interest: Interest, version: Version) -> Interest | None:
    return next(
        (
            other
            for other in version.interests
            if (other.kind, other.begins) == (interest.kind, interest.begins)
        ),
        None,
    )


def _day_before(day: str | None) -> str | None:
    try:
        return (date.fromisoformat(day) - _DAY).isoformat() if day else None
    except ValueError:
        return None
