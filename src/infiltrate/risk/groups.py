"""Which companies must not be split between training and testing."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from infiltrate.params.study import StudyParams
from infiltrate.risk.activity import open_activity
from infiltrate.tables.engine import Engine, open_engine
from infiltrate.tables.store import TableStore

# An address or person shared by more companies is an agent's, and links nobody.
_LARGEST_LINK = 20

_LINKS = """
SELECT links.company_id AS company_id, links.link AS link
FROM (
    SELECT consortia.company_id AS company_id, 'consortium ' || consortia.consortium_id AS link
    FROM consortia AS consortia
    INNER JOIN companies AS known ON known.company_id = consortia.consortium_id
    UNION ALL
    SELECT companies.company_id AS company_id, 'address ' || companies.address_key AS link
    FROM companies AS companies WHERE companies.address_key IS NOT NULL
    UNION ALL
    SELECT officers.company_id AS company_id, 'person ' || officers.officer_id AS link
    FROM officers AS officers
    UNION ALL
    SELECT ownership.company_id AS company_id, 'person ' || ownership.owner_id AS link
    FROM ownership AS ownership
    UNION ALL
    SELECT ownership.owner_id AS company_id, 'person ' || ownership.owner_id AS link
    FROM ownership AS ownership WHERE ownership.owner_kind = 'company'
) AS links
INNER JOIN companies AS companies ON companies.company_id = links.company_id
WHERE companies.kind = 'company'
GROUP BY links.company_id, links.link
ORDER BY link, company_id
"""

_BUYER_AREAS = """
SELECT ranked.company_id AS company_id, ranked.area_id AS area_id
FROM (
    SELECT
        counted.company_id AS company_id,
        counted.area_id AS area_id,
        row_number() OVER (
            PARTITION BY counted.company_id
            ORDER BY counted.contracts DESC, counted.bids DESC, counted.area_id
        ) AS place
    FROM (
        SELECT
            deals.company_id AS company_id,
            deals.area_id AS area_id,
            sum(deals.contracts) AS contracts,
            sum(deals.bids) AS bids
        FROM (
            SELECT company_id AS company_id, area_id AS area_id, 1 AS contracts, 0 AS bids
            FROM company_contracts AS company_contracts
            UNION ALL
            SELECT company_id AS company_id, area_id AS area_id, 0 AS contracts, 1 AS bids
            FROM company_bids AS company_bids
        ) AS deals
        WHERE deals.area_id IS NOT NULL
        GROUP BY deals.company_id, deals.area_id
    ) AS counted
) AS ranked
WHERE ranked.place = 1
ORDER BY company_id
"""


def group_companies(store: TableStore, params: StudyParams, as_of: date) -> pd.DataFrame:
    """Say, for each active company, with which others it must stay together.

    Returns
    -------
    DataFrame
        One row per company that bid or contracted by the day, indexed by ``company_id``:
        ``connected_group`` (number of its component in the graph of consortia, addresses,
        officers and owners known by then; a consortium, address or person shared by more than
        20 companies links nobody), ``buyer_region`` (area, at the highest level at which there
        are two or more, of the buyers it mostly contracts with, or else bids to, or where they
        have the work done if their own area is unknown; missing when neither is known),
        ``first_active_on`` (day of its first bid or contract).
    """
    with open_engine(params.choices.engine) as engine:
        open_activity(store, engine, params, as_of, ["areas", "officers", "ownership"])
        active = engine.frame(
            "SELECT company_id AS company_id, first_active_on AS first_active_on "
            "FROM active_companies AS active ORDER BY company_id"
        ).set_index("company_id")
        links = engine.frame(_LINKS)
        areas = engine.frame(_BUYER_AREAS).set_index("company_id")["area_id"]
        regions = _regions(engine, areas)
    active["first_active_on"] = pd.to_datetime(active["first_active_on"])
    return active.assign(
        connected_group=_components(active.index, links),
        buyer_region=regions.reindex(active.index),
    )[["connected_group", "buyer_region", "first_active_on"]]


def _components(companies: pd.Index, links: pd.DataFrame) -> np.ndarray:
    sizes = links.groupby("link")["company_id"].transform("size")
    used = links[(sizes > 1) & (sizes <= _LARGEST_LINK)]
    everyone = companies.union(pd.Index(used["company_id"].unique()))
    tokens = pd.Index(used["link"].unique())
    rows = everyone.get_indexer(used["company_id"])
    columns = len(everyone) + tokens.get_indexer(used["link"])
    size = len(everyone) + len(tokens)
    graph = coo_matrix((np.ones(len(used), dtype=np.int8), (rows, columns)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    return pd.factorize(component[everyone.get_indexer(companies)])[0]


def _regions(engine: Engine, areas: pd.Series) -> pd.Series:
    """Roll areas up to the highest level that still tells at least two of them apart."""
    tree = engine.frame(
        "SELECT area_id AS area_id, level AS level, parent_id AS parent_id FROM areas AS areas "
        "ORDER BY area_id"
    ).set_index("area_id")
    level, parent = tree["level"].dropna().to_dict(), tree["parent_id"].dropna().to_dict()

    def roll_up(area: str, to: int) -> str:
        seen = {area}
        while level.get(area, to) > to and parent.get(area, area) not in seen:
            area = parent[area]
            seen.add(area)
        return area

    for to in (1, 2):
        rolled = areas.map({area: roll_up(area, to) for area in areas.unique()})
        if rolled.nunique() > 1:
            return rolled
    return areas
