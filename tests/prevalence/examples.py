"""Invented lists, made of a table of match probabilities or of the rows of parameters."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from infiltrate.params.lists import ListDefinition
from infiltrate.prevalence.lists import Denominator, ListsData


def make_list(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "title": f"List {id}",
        "authority": f"Authority {id}",
        "legal_basis": "Law 1 of 2000",
        "nature": "court_final",
        "organised_crime": True,
        "source": "invented",
        **changes,
    }


def lists_data(match, wrong=None, organised_crime=None):
    """Build lists from match probabilities, shape (companies, lists); 0 means not listed."""
    match = np.asarray(match, dtype=float)
    firms, number = match.shape
    definitions = tuple(
        ListDefinition.model_validate(
            make_list(
                f"list_{k}",
                organised_crime=True if organised_crime is None else organised_crime[k],
                false_positives=dict(zip("ab", (wrong or [(1.0, 99.0)] * number)[k], strict=True)),
            )
        )
        for k in range(number)
    )
    return ListsData(
        study_day=date(2020, 1, 1),
        lists=definitions,
        companies=pd.DataFrame(
            {
                "company_id": [f"firm {i}" for i in range(firms)],
                "area_id": "here",
                "section": "F",
                "incorporated_on": pd.NaT,
                "first_contract_on": pd.NaT,
            }
        ),
        listed=match > 0,
        match=match,
        exposed=np.ones(match.shape, dtype=bool),
        listed_on=np.full(match.shape, np.datetime64("NaT", "D")),
        entries=pd.DataFrame({"list_id": pd.Series(dtype=str)}),
        denominator=Denominator(firms, "firms", is_official=False),
        out_of_scope={},
    )
