"""Which firms hang together: through those who run them, own them, or share their address."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infiltrate.prevalence.firm_accounts import years_before
from infiltrate.prevalence.firm_people import MANAGERS, MOST_COMPANIES
from infiltrate.tables.engine import Engine

_YEARS = 5
_MOST_PER_ADDRESS = 10

_LINKS = f"""
WITH links AS (
  SELECT o.company_id AS company_id, o.officer_id AS hub, {MOST_COMPANIES} AS most
  FROM officers AS o
  WHERE o.valid_from <= $day AND coalesce(o.valid_to > $since, TRUE) AND o.role IN {MANAGERS}
  UNION
  SELECT o.company_id AS company_id, o.owner_id AS hub, {MOST_COMPANIES} AS most
  FROM ownership AS o
  WHERE o.valid_from <= $day AND coalesce(o.valid_to > $since, TRUE) AND o.owner_kind <> 'state'
  UNION
  SELECT c.company_id AS company_id, 'address ' || c.address_key AS hub, {_MOST_PER_ADDRESS} AS most
  FROM companies AS c
  WHERE c.kind = 'company' AND coalesce(c.incorporated_on <= $day, TRUE)
    AND coalesce(c.dissolved_on > $since, TRUE) AND c.address_key IS NOT NULL
), members AS (
  SELECT l.company_id AS company_id FROM links AS l
  UNION
  SELECT c.company_id AS company_id FROM companies AS c
), hubs AS (
  SELECT l.hub AS hub
  FROM links AS l LEFT JOIN members AS m ON m.company_id = l.hub
  GROUP BY l.hub
  HAVING count(*) <= min(l.most) AND (count(*) > 1 OR count(m.company_id) > 0)
)
SELECT l.company_id AS company_id, l.hub AS hub
FROM links AS l INNER JOIN hubs AS h ON h.hub = l.hub
"""


def find_clusters(engine: Engine, day: date, companies: pd.Series) -> np.ndarray:
    """Find the connected components of firms that share an officer, an owner or an address.

    Links of the five years up to the day count. Officers and owners of more than 20 companies,
    as formation agents are, and addresses of more than 10 link nobody; nor do auditors,
    liquidators and the state.

    Parameters
    ----------
    engine : Engine
        With companies, officers and ownership registered.
    companies : pandas.Series
        Ids of the firms to number; others may lie between them.

    Returns
    -------
    numpy.ndarray of int
        In the order of ``companies``, numbered by first appearance; its own for a firm alone.
    """
    links = engine.frame(_LINKS, {"day": day, "since": years_before(day, _YEARS)})
    ends = pd.concat([companies, links["company_id"], links["hub"]], ignore_index=True)
    codes, ids = pd.factorize(ends)
    firms, rest = codes[: len(companies)], codes[len(companies) :]
    start, stop = rest[: len(links)], rest[len(links) :]
    graph = coo_array((np.ones(len(links), dtype=np.int8), (start, stop)), shape=(len(ids),) * 2)
    _, component = connected_components(graph, directed=False)
    numbered: np.ndarray = pd.factorize(component[firms])[0]
    return numbered
