"""Countries as publishers write them: codes, subdivisions, names."""

from __future__ import annotations

from functools import cache
from importlib import resources

from ruamel.yaml import YAML

from infiltrate.params.codes import COUNTRIES
from infiltrate.sources.lookups import plain_text


def country_code(written: str | None) -> str | None:
    """Return the code of ISO 3166-1 alpha-2 of a code, a subdivision or a name; None if unknown.

    Parameters
    ----------
    written : str, optional
        ``GB``, ``GB-SCT`` (a subdivision by ISO 3166-2) or a name such as ``England``.
    """
    if not written or not written.strip():
        return None
    head = written.strip().partition("-")[0].upper()
    if len(head) == 2 and head in COUNTRIES:
        return head
    return country_names().get(plain_text(written.replace(".", "")))


@cache
def country_names() -> dict[str, str]:
    """Return the known names of countries, in plain writing, with their codes."""
    folder = resources.files("infiltrate.sources") / "mappings"
    text = (folder / "country_names.yaml").read_text("utf-8")
    known = YAML(typ="safe", pure=True).load(text)
    return {plain_text(name): code for code, names in known.items() for name in names}
