"""Tables of several studies with one column or one row a study."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from infiltrate.report.wording import count, percent
from infiltrate.site.finished import FinishedStudy


def tabulate_flags(rates: pd.DataFrame) -> pd.DataFrame:
    """Return one row per red flag and one column per study, share on and share known in a cell.

    Parameters
    ----------
    rates : pandas.DataFrame
        ``flags`` of a `Comparison`.
    """
    cells = rates.assign(
        cell=[
            f"{percent(rate)} (of {percent(known)})"
            for rate, known in zip(rates["base_rate"], rates["coverage"], strict=True)
        ]
    )
    wide = cells.pivot(index=["code", "flag"], columns="study", values="cell")
    table = wide.reset_index().sort_values("code", ignore_index=True)
    return table.assign(flag=table["code"] + " " + table["flag"]).drop(columns="code")


def tabulate_studies(studies: Sequence[FinishedStudy]) -> pd.DataFrame:
    """Return one column per study: what it stands on, one fact a row."""
    facts = {study.label: _describe(study) for study in studies}
    return pd.DataFrame(facts).rename_axis("fact").reset_index()


def _describe(study: FinishedStudy) -> dict[str, str]:
    manifest = study.manifest
    rows = manifest.get("tables", {})
    about_crime = [item.title for item in study.params.lists if item.organised_crime]
    days = [source.retrieved_on for source in study.params.sources if source.retrieved_on]
    return {
        "country": study.params.country,
        "day": str(study.day or ""),
        "data fetched": str(max(days, default="")),
        "sources": str(len(study.params.sources)),
        "companies": count(_rows(rows, "companies")),
        "contracts": count(_rows(rows, "contracts")),
        "lists about organised crime": ", ".join(about_crime) or "none",
        "other lists": ", ".join(
            item.title for item in study.params.lists if not item.organised_crime
        )
        or "none",
        "version": str(manifest.get("environment", {}).get("infiltrate", "")),
        "seed": str(manifest.get("seed", "")),
    }


def _rows(tables: object, name: str) -> object:
    """Return the rows of a table, which a manifest gives alone or among other facts."""
    found = tables.get(name) if isinstance(tables, dict) else None
    return found.get("rows") if isinstance(found, dict) else found
