"""What is matched with what: records that name a company in words, and companies of the register.

A record is a company that a list names, or a company seen in procurement under a number that is
not the register's. A supplier whose number is well formed in the register's own scheme is left as
it is: another company's number is no misspelling of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.linkage.names import normalise_names, read_form
from infiltrate.tables.engine import Engine
from infiltrate.tables.identifiers import validate_identifier

_DAYS = ("seen_on", "incorporated_on")

_MENTIONS = """
SELECT 'list_mention' AS record_kind,
  m.list_id || '|' || m.entry_id || '|' || m.mention_id AS record_id, m.list_id AS group_id,
  m.name AS name, m.stated_id AS stated_id, m.area_id AS area_id, m.sector_id AS sector_id,
  m.listed_on AS seen_on
FROM list_mentions AS m
"""
_SUPPLIERS = """
WITH seen AS (
  SELECT c.supplier_id AS company_id, c.signed_on AS on_day FROM contracts AS c
  UNION ALL
  SELECT b.company_id AS company_id, b.submitted_on AS on_day FROM bids AS b
), first_seen AS (
  SELECT s.company_id AS company_id, min(s.on_day) AS on_day FROM seen AS s GROUP BY s.company_id
)
SELECT 'company' AS record_kind, c.company_id AS record_id, 'suppliers' AS group_id,
  c.name AS name, CAST(NULL AS VARCHAR) AS stated_id, c.area_id AS area_id,
  c.sector_id AS sector_id, f.on_day AS seen_on
FROM companies AS c JOIN first_seen AS f ON f.company_id = c.company_id
WHERE c.kind IN ('company', 'unknown') AND NOT coalesce(c.in_registry, FALSE)
"""
_REGISTER = """
SELECT c.company_id AS company_id, c.name AS name, c.legal_form AS legal_form,
  c.area_id AS area_id, c.sector_id AS sector_id, c.incorporated_on AS incorporated_on,
  coalesce(c.in_registry, FALSE) AS in_registry
FROM companies AS c WHERE c.kind IN ('company', 'unknown')
"""
_IDENTIFIERS = (
    "SELECT i.company_id AS company_id, i.other_id AS other_id FROM company_identifiers AS i"
)
_PARENTS = "SELECT a.area_id AS area_id, coalesce(a.parent_id, a.area_id) AS region_id FROM areas a"


@dataclass(frozen=True, eq=False)
class Sides:
    """Both sides of a match, sorted by their ids, with names taken apart.

    Attributes
    ----------
    records : pandas.DataFrame
        One row per record: ``record_kind``, ``record_id``, ``group_id`` (the list, or suppliers),
        ``name``, ``stated_id`` (of the register's scheme or known to it, else missing),
        ``area_id``, ``region_id``, ``sector_id``, ``seen_on``, and the columns of
        `normalise_names`.
    companies : pandas.DataFrame
        One row per company of the register, in the same manner, with ``incorporated_on``.
    stated : pandas.DataFrame
        One row per record and company whose number the record states: ``record_id``,
        ``company_id``.
    scheme : str
        Scheme of most of the register's numbers.
    """

    records: pd.DataFrame
    companies: pd.DataFrame
    stated: pd.DataFrame
    scheme: str


def read_sides(engine: Engine) -> Sides:
    """Read both sides from the tables.

    Parameters
    ----------
    engine : Engine
        With companies, company_identifiers, list_mentions, contracts, bids and areas.
    """
    every = _read(engine, _REGISTER)
    scheme = _commonest_scheme(every)
    companies = every[every["in_registry"]] if every["in_registry"].any() else every
    companies = companies.assign(record_id=companies["company_id"]).drop(columns="in_registry")
    mentions = _read(engine, _MENTIONS)
    suppliers = _without_number(_read(engine, _SUPPLIERS), scheme)
    suppliers = suppliers[~suppliers["record_id"].isin(companies["company_id"])]
    records = pd.concat([mentions, suppliers], ignore_index=True)
    regions = _read(engine, _PARENTS).set_index("area_id")["region_id"]
    identifiers = _read(engine, _IDENTIFIERS)
    stated = _find_stated(records, companies, identifiers)
    records["stated_id"] = _comparable_numbers(records, stated, scheme)
    companies = companies.sort_values("company_id", ignore_index=True)
    records = records.sort_values(["record_kind", "record_id"], ignore_index=True)
    return Sides(
        describe_names(records, regions), describe_names(companies, regions), stated, scheme
    )


def describe_names(frame: pd.DataFrame, regions: pd.Series | None = None) -> pd.DataFrame:
    """Return one side with its names taken apart and the region of each area.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``name``, ``area_id``, and ``legal_form`` where a register says it.
    regions : pandas.Series, optional
        The area that each area lies in; without it an area is its own region.
    """
    names = normalise_names(frame["name"]).set_axis(frame.index)
    if "legal_form" in frame:
        stated = {text: read_form(text) for text in frame["legal_form"].dropna().unique()}
        said = pd.Series([stated.get(text, "") for text in frame["legal_form"]], frame.index)
        names["form"] = names["form"].fillna("").where(said == "", said)
    names["form"] = names["form"].replace("", None)
    region = frame["area_id"]
    if regions is not None:
        wider = region.map(regions).astype(object)
        region = wider.where(wider.notna(), region)
    return frame.assign(region_id=region, **{name: names[name] for name in names})


def _read(engine: Engine, sql: str) -> pd.DataFrame:
    """Read rows whose text columns are text also where every value is missing."""
    frame = engine.frame(sql)
    text = [name for name in frame if name not in (*_DAYS, "in_registry")]
    dated = {name: pd.to_datetime(frame[name]) for name in _DAYS if name in frame}
    return frame.assign(
        **{name: frame[name].astype(object).where(frame[name].notna(), None) for name in text},
        **dated,
    )


def _commonest_scheme(companies: pd.DataFrame) -> str:
    schemes = companies.loc[companies["in_registry"], "company_id"]
    schemes = schemes if len(schemes) else companies["company_id"]
    counts = schemes.str.partition(":")[0].value_counts() if len(schemes) else pd.Series(dtype=int)
    return min(counts.index[counts == counts.max()], default="")


def _without_number(suppliers: pd.DataFrame, scheme: str) -> pd.DataFrame:
    """Keep suppliers whose number is of another scheme, or is no number of the register's."""
    is_own = [
        number.startswith(f"{scheme}:") and validate_identifier(scheme, number).valid
        for number in suppliers["record_id"]
    ]
    return suppliers[~np.array(is_own, dtype=bool)]


def _find_stated(
    records: pd.DataFrame, companies: pd.DataFrame, identifiers: pd.DataFrame
) -> pd.DataFrame:
    known = pd.concat(
        [
            pd.DataFrame(
                {"number": companies["company_id"], "company_id": companies["company_id"]}
            ),
            identifiers.rename(columns={"other_id": "number"}),
        ]
    ).drop_duplicates()
    known = known[known["company_id"].isin(companies["company_id"])]
    own = records[["record_id", "stated_id"]].rename(columns={"stated_id": "number"})
    # a supplier's own number may be the register's second number of a company
    foreign = records.loc[records["record_kind"] == "company", ["record_id"]]
    stated = pd.concat([own.dropna(), foreign.assign(number=foreign["record_id"])])
    stated = stated.merge(known, on="number")[["record_id", "company_id"]].drop_duplicates()
    return stated.sort_values(["record_id", "company_id"], ignore_index=True)


def _comparable_numbers(records: pd.DataFrame, stated: pd.DataFrame, scheme: str) -> pd.Series:
    """Keep the numbers that say something: the register's own, and those it knows."""
    numbers = records["stated_id"].astype(object)
    is_known = records["record_id"].isin(stated["record_id"])
    is_own = numbers.fillna("").str.startswith(f"{scheme}:")
    return numbers.where(is_known | is_own, None)
