"""How near companies are to listed ones: steps, walks and neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infiltrate.network.neighbourhood import count_reached_from
from infiltrate.network.shrinkage import shrink_shares
from infiltrate.network.steps import count_steps
from infiltrate.network.ties import Ties
from infiltrate.network.walks import visit_from
from infiltrate.params.network_choices import NetworkChoices


def measure_proximity(
    ties: Ties,
    listed: Sequence[str] | np.ndarray | pd.Series,
    choices: NetworkChoices | None = None,
) -> pd.DataFrame:
    """Measure how near every company is to listed ones; its own listing never counts.

    Parameters
    ----------
    ties : Ties
        Ties of one day.
    listed : sequence of str
        Companies whose listing was known then. Where the measures are features, without the
        companies on which a model is tested.
    choices : NetworkChoices, optional
        Restart and tolerance of the walks; the defaults when left out.

    Returns
    -------
    pandas.DataFrame
        One row per company, sorted by ``company_id``; a listed company is measured as if it were
        the only one that is not. ``is_listed``; ``ties``, its ties; ``steps`` (F60), from company
        to company to the nearest listed one, missing when none can be reached; ``walks`` (F61),
        personalised PageRank times the number of listed companies: how often a walk from each of
        them, begun anew with chance ``restart`` at each step, is found at the company (Page and
        others 1999; Haveliwala 2003); ``near``, companies within two steps; ``near_listed``, how
        many of them are listed; ``near_share`` (F62), that share shrunk towards companies with
        neighbourhoods as large, missing when there are no neighbours.

    Notes
    -----
    Near a listed company is not listed, and listed is not guilty: who shares an address or an
    officer with somebody need not know of it.
    """
    choices = choices or NetworkChoices()
    sources = ties.positions(listed)
    near = ties.within_two
    near_listed = count_reached_from(ties.incidence, ties.members, sources)
    is_listed = np.zeros(len(ties.companies), dtype=bool)
    is_listed[sources] = True
    return pd.DataFrame(
        {
            "company_id": ties.companies,
            "is_listed": is_listed,
            "ties": ties.degrees,
            "steps": count_steps(ties, sources),
            "walks": visit_from(ties, sources, choices.restart, choices.tolerance),
            "near": near,
            "near_listed": near_listed,
            "near_share": shrink_shares(near_listed, near),
        }
    )
