"""For how many companies the persons behind them are known."""

from __future__ import annotations

import pandas as pd

from infiltrate.tables.engine import Engine

_QUERY = """
SELECT
    coalesce(sectors.section, 'unknown') AS section,
    CASE
        WHEN above.company_id IS NULL OR above.stated = 0 THEN
            CASE WHEN coalesce(above.persons_declared, 0) > 0 THEN 'declared' ELSE 'no_record' END
        WHEN above.persons_certain > 0 THEN 'certain'
        WHEN above.persons_possible > 0 THEN 'possible'
        WHEN coalesce(above.persons_declared, 0) > 0 THEN 'declared'
        WHEN above.state_high >= above.threshold THEN 'state'
        ELSE 'nobody'
    END AS behind,
    count(*) AS companies
FROM companies
LEFT JOIN ownership_structures AS above ON above.company_id = companies.company_id
LEFT JOIN sectors ON sectors.sector_id = companies.sector_id
WHERE companies.kind IN ('company', 'unknown')
GROUP BY ALL
ORDER BY section, behind
"""
BEHIND = ("certain", "possible", "declared", "state", "nobody", "no_record")
"""Who stands behind a company: a person for certain, perhaps or by declaration, a state, nobody who
is known; or nothing is on record."""


def count_known_owners(engine: Engine, minimum: int) -> pd.DataFrame:
    """Count companies by section of activity and by who is known to stand behind them.

    Parameters
    ----------
    engine : Engine
        Has ``companies``, ``sectors`` and ``ownership_structures`` (see `describe_structures`).
    minimum : int
        Sections with fewer companies are counted together.

    Returns
    -------
    pandas.DataFrame
        One row per section, the largest first, the smaller ones together as ``other`` at the end:
        ``section`` and one column of counts for each of ``BEHIND``.
    """
    found = engine.frame(_QUERY)
    total = found.groupby("section")["companies"].transform("sum")
    found["section"] = found["section"].where(total >= minimum, "other")
    counts = found.pivot_table(
        index="section", columns="behind", values="companies", aggfunc="sum", fill_value=0
    )
    counts = counts.reindex(columns=list(BEHIND), fill_value=0).astype("int64")
    counts.columns.name = None
    counts = counts.reset_index()
    order = counts.assign(
        is_other=counts["section"] == "other", companies=counts[list(BEHIND)].sum(axis=1)
    ).sort_values(["is_other", "companies", "section"], ascending=[True, False, True])
    return counts.loc[order.index].reset_index(drop=True)
