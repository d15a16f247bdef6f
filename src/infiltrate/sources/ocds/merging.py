"""Releases of one process to its compiled release, as the standard's own library merges them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

# Where a list of objects is replaced as a whole although its objects have ids, in the schema of
# OCDS 1.1.5; given to ocdsmerge so that it need not fetch the schema.
_ORGANISATIONS: tuple[tuple[str, ...], ...] = (
    ("parties",),
    ("buyer",),
    ("tender", "procuringEntity"),
    ("tender", "tenderers"),
    ("awards", "suppliers"),
)
_ITEMS = (("tender", "items"), ("awards", "items"), ("contracts", "items"))
_AMENDED = (("tender",), ("awards",), ("contracts",))
MERGE_RULES: dict[tuple[str, ...], str] = {
    ("id",): "omitWhenMerged",
    ("date",): "omitWhenMerged",
    ("tag",): "omitWhenMerged",
    **{(*path, "additionalIdentifiers"): "wholeListMerge" for path in _ORGANISATIONS},
    **{(*path, "additionalClassifications"): "wholeListMerge" for path in _ITEMS},
    **{(*path, "amendments", "changes"): "wholeListMerge" for path in _AMENDED},
    **{(*path, "amendment", "changes"): "wholeListMerge" for path in _AMENDED},
}


class NotMergeable(ValueError):
    """Releases of one process that contradict one another, or have no date to be ordered by."""


def merge_releases(releases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Merge the releases of one process, whatever their order.

    Parameters
    ----------
    releases : sequence of dict
        Releases with one ``ocid``.

    Returns
    -------
    dict
        The compiled release. Releases apply by their date as an instant; those of one instant, in
        the order of their text.

    Raises
    ------
    NotMergeable
        When one of several releases has no date, or a field is a list here and an object there.
    """
    # ocdsmerge loads requests, which nothing but a package needs
    from ocdsmerge.exceptions import OCDSMergeError
    from ocdsmerge.merge import CompiledRelease

    dated = [(instant_of(release.get("date")), release) for release in releases]
    if len(dated) > 1 and any(instant is None for instant, _ in dated):
        raise NotMergeable("a release has no date that can be read")
    compiled = CompiledRelease(merge_rules=MERGE_RULES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for _, release in sorted(dated, key=_by_date_then_text):
                compiled.append(release)
            return compiled.asdict()
        except (OCDSMergeError, TypeError, AttributeError) as error:
            raise NotMergeable(str(error)) from error


def instant_of(text: Any) -> datetime | None:
    """Return a date of a release as an instant, UTC where it has no zone, or None."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _by_date_then_text(dated: tuple[datetime | None, dict[str, Any]]) -> tuple[datetime, str]:
    instant, release = dated
    return instant or datetime.min.replace(tzinfo=UTC), json.dumps(release, sort_keys=True)
