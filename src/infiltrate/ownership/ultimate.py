"""Ultimate owners: who stands at the upper end of the chains, with how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.ownership.control import find_control
from infiltrate.ownership.integrated import UNKNOWN_OWNER, integrate_ownership
from infiltrate.ownership.stakes import Stakes

_ROUNDING = 1e-9


def find_ultimate_owners(
    economic: Stakes,
    voting: Stakes,
    companies: np.ndarray,
    *,
    share: float = 0.25,
    control: float = 0.5,
) -> pd.DataFrame:
    """Find the ultimate owners of companies: by integrated share, or by control.

    Parameters
    ----------
    economic, voting : Stakes
        Of the same day.
    companies : numpy.ndarray of str
        The companies asked about.
    share : float
        Least integrated share, for example 0.25 in the law of the European Union (Directive
        (EU) 2015/849, article 3(6)).
    control : float
        Share of votes that must be exceeded for control; see `find_control`.

    Returns
    -------
    pandas.DataFrame
        One row per company and ultimate owner, sorted: ``company_id``, ``owner_id``,
        ``owner_kind``, ``low``, ``high`` (integrated share), ``by_share`` and ``by_control``
        (``certain``, ``possible`` or ``no``). Owners are those whom nobody owns: persons, states,
        trusts and what is of unknown kind. `UNKNOWN_OWNER` has a row wherever the part that nobody
        known holds may reach the share; a company without stakes has that row alone, from 0 to 1.
    """
    wanted = np.unique(np.asarray(companies, dtype=str))
    owners = integrate_ownership(economic, wanted)
    owners = owners[owners["owner_kind"] != "company"]
    unseen = np.setdiff1d(wanted, owners["company_id"].to_numpy(dtype=str))
    nobody = pd.DataFrame(
        {
            "company_id": unseen,
            "owner_id": UNKNOWN_OWNER,
            "owner_kind": "unknown",
            "low": 0.0,
            "high": 1.0,
        }
    )
    controllers = find_control(voting, control)
    is_end = controllers["controller_kind"] != "company"
    controllers = controllers[is_end & controllers["company_id"].isin(wanted)].rename(
        columns={
            "controller_id": "owner_id",
            "controller_kind": "owner_kind",
            "certainty": "by_control",
        }
    )
    found = pd.concat([owners.drop(columns="steps"), nobody], ignore_index=True).merge(
        controllers, on=["company_id", "owner_id", "owner_kind"], how="outer"
    )
    found = found.fillna({"low": 0.0, "high": 0.0, "by_control": "no"})
    found["by_share"] = np.select(
        [found["low"] >= share - _ROUNDING, found["high"] >= share - _ROUNDING],
        ["certain", "possible"],
        "no",
    )
    reaches = (found["by_share"] != "no") | (found["by_control"] != "no")
    columns = ["company_id", "owner_id", "owner_kind", "low", "high", "by_share", "by_control"]
    return found.loc[reaches, columns].sort_values(["company_id", "owner_id"], ignore_index=True)
