"""Which companies must not be split between training and testing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.risk.activity import open_activity
from infiltrate.risk.communities import find_communities, find_components
from infiltrate.tables.engine import open_engine
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

# One row per company and area of buyers, that with most contracts (then bids) first.
_BUYER_AREAS = """
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
ORDER BY company_id, place
"""
_ACTIVE = """
SELECT active.company_id AS company_id, active.first_active_on AS first_active_on,
    companies.area_id AS area_id
FROM active_companies AS active
INNER JOIN companies AS companies ON companies.company_id = active.company_id
ORDER BY company_id
"""
_AREAS = """
SELECT area_id AS area_id, level AS level, parent_id AS parent_id FROM areas AS areas
ORDER BY area_id
"""


@dataclass(frozen=True, eq=False)
class CompanyGroups:
    """What companies share; all indexed and sorted by ``company_id``.

    Attributes
    ----------
    groups : DataFrame
        ``connected_group`` (number of the component in the graph of consortia, addresses,
        officers and owners known by the day; a consortium, address or person shared by more than
        20 companies links nobody), ``community`` (the same, components of more than a tenth of
        the companies cut; see `communities.find_communities`), ``buyer_area`` (the finest area
        known of the buyers it mostly contracts with, or else bids to, or where they have the work
        done if their own area is unknown; missing when neither is known), ``buyer_region`` (the
        same at the highest level at which there are two or more), ``first_active_on`` (day of its
        first bid or contract).
    dealt_regions : DataFrame of bool
        One column per region: whether the company contracted with, or bid to, a buyer there.
    home_region : Series of str
        Region of its own address, at the highest level at which there are two or more; missing
        where not known.
    """

    groups: pd.DataFrame
    dealt_regions: pd.DataFrame
    home_region: pd.Series


def group_companies(store: TableStore, params: StudyParams, as_of: date) -> CompanyGroups:
    """Say, for each company that bid or contracted by a day, what it shares with which others."""
    with open_engine(params.choices.engine) as engine:
        open_activity(store, engine, params, as_of, ["areas", "officers", "ownership"])
        active = engine.frame(_ACTIVE).set_index("company_id")
        links = _useful(engine.frame(_LINKS))
        dealt = engine.frame(_BUYER_AREAS)
        tree = engine.frame(_AREAS).set_index("area_id")
    dealt = dealt[dealt["company_id"].isin(active.index)]
    area = dealt[dealt["place"] == 1].set_index("company_id")["area_id"].reindex(active.index)
    regions = _name_regions(tree, area, dealt["area_id"])
    dealt_regions = pd.crosstab(dealt["company_id"], dealt["area_id"].map(regions)) > 0
    groups = pd.DataFrame(
        {
            "connected_group": find_components(active.index, links),
            "community": find_communities(active.index, links),
            "buyer_area": area,
            "buyer_region": area.map(regions),
            "first_active_on": pd.to_datetime(active["first_active_on"]),
        }
    )
    home = active["area_id"]
    return CompanyGroups(
        groups=groups,
        dealt_regions=dealt_regions.reindex(active.index, fill_value=False).rename_axis(
            columns=None
        ),
        home_region=home.map(_name_regions(tree, home, home)),
    )


def _useful(links: pd.DataFrame) -> pd.DataFrame:
    sizes = links.groupby("link")["company_id"].transform("size")
    return links[(sizes > 1) & (sizes <= _LARGEST_LINK)]


def _name_regions(tree: pd.DataFrame, telling: pd.Series, areas: pd.Series) -> Mapping[str, str]:
    """Roll areas up to the highest level that tells at least two of ``telling`` apart."""
    level, parent = tree["level"].dropna().to_dict(), tree["parent_id"].dropna().to_dict()

    def roll_up(area: str, to: int) -> str:
        seen = {area}
        while level.get(area, to) > to and parent.get(area, area) not in seen:
            area = parent[area]
            seen.add(area)
        return area

    known, wanted = telling.dropna().unique(), areas.dropna().unique()
    for to in (1, 2):
        if len({roll_up(area, to) for area in known}) > 1:
            return {area: roll_up(area, to) for area in wanted}
    return {area: area for area in wanted}
