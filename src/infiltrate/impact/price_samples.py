"""Contracts whose price can be compared, and whose supplier has a probability."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from infiltrate.impact.price_residuals import (
    FINAL,
    OVERRUN,
    PRICE,
    match_contracts,
    measure_prices,
)

BASE = {PRICE: "estimate", OVERRUN: "value", FINAL: "estimate"}
"""Amount that each share is of."""

_FEWEST_ALIKE = 10
_COLUMNS = [
    "company_id",
    "year",
    "category",
    "product_code",
    "procedure",
    "area",
    "currency",
    "estimate",
    "value",
    "final_value",
]


@dataclass(frozen=True, eq=False)
class PriceSample:
    """n contracts of which one share is known.

    Attributes
    ----------
    outcome : str
        Which share.
    share : numpy.ndarray, shape (n,)
        Over 1.
    group : numpy.ndarray of int, shape (n,)
        Contracts that are alike; -1 where there are too few.
    company : numpy.ndarray of int, shape (n,)
        Position of the supplier.
    base : numpy.ndarray, shape (n,)
        Amount that the share is of.
    """

    outcome: str
    share: np.ndarray
    group: np.ndarray
    company: np.ndarray
    base: np.ndarray

    @cached_property
    def matched(self) -> np.ndarray:
        """Whether there are contracts alike."""
        return self.group >= 0

    @cached_property
    def suppliers(self) -> int:
        """Companies with a matched contract."""
        return len(np.unique(self.company[self.matched]))


@dataclass(frozen=True, eq=False)
class PriceSamples:
    """Samples of every outcome, of one currency.

    Attributes
    ----------
    samples : tuple of PriceSample
        Of price, overrun and final price.
    suppliers : numpy.ndarray of str
        Companies that positions mean.
    currency : str
        The commonest among the contracts.
    in_other_currency, without_probability : float
        Shares of contracts left out.
    """

    samples: tuple[PriceSample, ...]
    suppliers: np.ndarray
    currency: str
    in_other_currency: float
    without_probability: float


def gather_prices(contracts: pd.DataFrame, company_ids: pd.Series) -> PriceSamples:
    """Keep contracts of the commonest currency and known suppliers, and match them.

    Parameters
    ----------
    contracts : pandas.DataFrame
        As of `read_contract_prices`; at least one.
    company_ids : pandas.Series of str
        Companies that have a probability.

    Raises
    ------
    ValueError
        When a column is missing.
    """
    absent = [name for name in _COLUMNS if name not in contracts]
    if absent:
        raise ValueError(f"contracts: no column {', '.join(absent)}")
    counts = contracts["currency"].value_counts().sort_index()
    currency = str(counts.idxmax()) if len(counts) else ""
    of_currency = contracts["currency"] == currency
    has = contracts["company_id"].isin(company_ids)
    used = contracts[of_currency & has].reset_index(drop=True)
    suppliers, company = np.unique(used["company_id"].to_numpy(dtype=str), return_inverse=True)
    shares, samples = measure_prices(used), []
    for outcome, base in BASE.items():
        known = shares[outcome].notna().to_numpy()
        samples.append(
            PriceSample(
                outcome=outcome,
                share=shares.loc[known, outcome].to_numpy(dtype=float),
                group=match_contracts(used[known], _FEWEST_ALIKE),
                company=company[known],
                base=used.loc[known, base].to_numpy(dtype=float),
            )
        )
    return PriceSamples(
        samples=tuple(samples),
        suppliers=suppliers,
        currency=currency,
        in_other_currency=float((~of_currency).mean()),
        without_probability=float((of_currency & ~has).mean()),
    )
