"""How sure it is that a company's records are its own."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

CERTAINTY_KEY = ("company_id",)
_SCHEMA = pa.schema(
    [
        pa.field("company_id", pa.string(), nullable=False),
        pa.field("least_probability", pa.float64(), nullable=False),
        pa.field("records", pa.int64(), nullable=False),
    ]
)


def least_probability(links: pa.Table) -> pa.Table:
    """Return the probability of the least sure accepted link of each company.

    Parameters
    ----------
    links : pyarrow.Table
        ``company_links`` (`infiltrate.linkage.links.LINK_COLUMNS`).

    Returns
    -------
    pyarrow.Table
        ``company_certainty``, one row per company with an accepted link: ``least_probability``
        and the number of ``records`` linked. A company without a row has only records that carry
        its own number.
    """
    frame = links.to_pandas()
    accepted = frame[frame["is_accepted"].astype(bool)]
    counted = (
        accepted.groupby("company_id")["probability"]
        .agg(["min", "size"])
        .reset_index()
        .set_axis(list(_SCHEMA.names), axis=1)
        .sort_values("company_id")
        if len(accepted)
        else pd.DataFrame({name: [] for name in _SCHEMA.names})
    )
    return pa.Table.from_pandas(counted, schema=_SCHEMA, preserve_index=False)


def carry_probability(results: pa.Table, certainty: pa.Table) -> pa.Table:
    """Add to each row the probability that the records of its company are this company's.

    Parameters
    ----------
    results : pyarrow.Table
        Rows with a ``company_id``, for example of indicators.
    certainty : pyarrow.Table
        What `least_probability` returned.

    Returns
    -------
    pyarrow.Table
        The same rows in the same order, with ``match_probability``: 1 for a company all of whose
        records carry its own number, missing where a row has no company.
    """
    place = pc.index_in(results["company_id"], value_set=certainty["company_id"])
    least = pc.take(certainty["least_probability"], place)
    known = pc.if_else(pc.is_null(place), pa.scalar(1.0), least)
    probability = pc.if_else(
        pc.is_null(results["company_id"]), pa.scalar(None, pa.float64()), known
    )
    return results.append_column("match_probability", probability)
