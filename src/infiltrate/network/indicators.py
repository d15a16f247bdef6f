"""F60 to F62, nearness to listed companies, as rows of the table of indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.network.paths import paths_to_listed
from infiltrate.network.proximity import measure_proximity
from infiltrate.network.ties import Ties
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.tables.results import RESULT_SCHEMA

_NO_WAY = "no way along recorded ties to a listed company"
_NO_TIES = "no tie to another company on record"


@dataclass(frozen=True)
class NetworkIndicator:
    """One of the indicators that no query of tables can compute.

    Attributes
    ----------
    code, title, definition, unit : str
        As in the catalogue of the others.
    column : str
        Column of `measure_proximity` that is its value.
    """

    code: str
    title: str
    definition: str
    unit: str
    column: str


NETWORK_INDICATORS = (
    NetworkIndicator(
        "F60",
        "Steps to listed company",
        "The shortest way over shared officers, owners and addresses, or ownership, to a company "
        "listed before.",
        "steps",
        "steps",
    ),
    NetworkIndicator(
        "F61",
        "Walks from listed companies",
        "How often walks along ties that begin at companies listed before are at the company "
        "(personalised PageRank).",
        "visits",
        "walks",
    ),
    NetworkIndicator(
        "F62",
        "Listed neighbours",
        "Companies listed before as a share of those within two steps, shrunk towards what is "
        "usual.",
        "share",
        "near_share",
    ),
)
"""What they are, for readers; see docs/methods/network.md."""


def tabulate_proximity(
    ties: Ties,
    listed: Sequence[str] | np.ndarray | pd.Series,
    companies: Sequence[str] | np.ndarray | pd.Series,
    on_date: date,
    choices: NetworkChoices | None = None,
    *,
    near_steps: int = 1,
) -> pa.Table:
    """Return F60 to F62 of companies in the long format of all indicators.

    Parameters
    ----------
    ties : Ties
        Ties of the day.
    listed : sequence of str
        Companies whose listing was known then.
    companies : sequence of str
        Units wanted; each has a row for each of the three.
    on_date : date
        The day.
    choices : NetworkChoices, optional
        The defaults when left out.
    near_steps : int
        F60 is flagged at so many steps or fewer.

    Returns
    -------
    pyarrow.Table
        One row per indicator and company, sorted by both. F60 is a flag within ``near_steps``;
        F61 and F62 have no threshold of their own and are never flags: they are features. Where
        no listed company can be reached F60 is clear without a value; a company without any tie on
        record is not computable. ``evidence`` of a flag holds the records of one shortest path in
        order, the first by its ids.
    """
    choices = choices or NetworkChoices()
    wanted = sorted(set(companies))
    measures = measure_proximity(ties, listed, choices).set_index("company_id").reindex(wanted)
    tied = (measures["ties"] > 0).to_numpy()
    parts = []
    for indicator in NETWORK_INDICATORS:
        value = measures[indicator.column].where(tied).astype(float)
        is_flag = (indicator.code == "F60") & (value <= near_steps).to_numpy()
        detail = np.where(tied, "", _NO_TIES).astype(object)
        if indicator.code == "F60":
            words = value.map(_say_steps, na_action="ignore").fillna(_NO_WAY).to_numpy(dtype=object)
            detail = np.where(tied, words, detail)
        rows = pd.DataFrame(
            {
                "indicator": indicator.code,
                "level": "company",
                "entity_id": wanted,
                "buyer_id": None,
                "company_id": wanted,
                "on_date": on_date,
                "state": np.where(tied, np.where(is_flag, "flag", "clear"), "not_computable"),
                "value": value.to_numpy(),
                "threshold": float(near_steps) if indicator.code == "F60" else np.nan,
                "detail": detail,
            }
        )
        rows["evidence"] = [
            _evidence(ties, company, listed) if flag else [f"companies:{company}"]
            for company, flag in zip(wanted, is_flag, strict=True)
        ]
        parts.append(rows)
    return pa.Table.from_pandas(pd.concat(parts), RESULT_SCHEMA, preserve_index=False)


def _say_steps(steps: float) -> str:
    return f"{steps:.0f} step{'s' if steps > 1 else ''} to a listed company"


def _evidence(
    ties: Ties, company: str, listed: Sequence[str] | np.ndarray | pd.Series
) -> list[str]:
    path = paths_to_listed(ties, company, listed, most_paths=1)
    records = path[["from_record_id", "to_record_id"]].to_numpy(dtype=object).ravel()
    return [record for record in dict.fromkeys(records) if isinstance(record, str)]
