"""Which terms of use let a copy of a publisher's file be passed on."""

from __future__ import annotations

import re

_OPEN = (
    r"CC0-1\.0",
    r"CC-BY(-SA)?-\d\.\d",
    r"PDDL-1\.0",
    r"ODC-By-1\.0",
    r"ODbL-1\.0",
    r"OGL-[A-Z]+-\d\.\d",
    r"IODL-2\.0",
    r"etalab-2\.0",
    r"EUPL-1\.2",
    r"MIT|Apache-2\.0|BSD-[23]-Clause",
    r"reuse as of Commission Decision 2011/833/EU",
)
_PATTERN = re.compile("|".join(f"(?:{one})" for one in _OPEN), re.IGNORECASE)


def lets_copies_be_shared(licence: str) -> bool:
    """Say whether a licence is one that surely lets anybody pass a copy on.

    Parameters
    ----------
    licence : str
        As the parameters have it: an SPDX identifier, or words. Words other than those of a known
        licence, "to be checked" among them, and licences for non-commercial use only, say no:
        what is not known to be allowed is not done.
    """
    return _PATTERN.fullmatch(licence.strip()) is not None
