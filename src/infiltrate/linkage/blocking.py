"""Which pairs are compared at all: those that share a key no more companies have than a cap.

Keys of a name: all its words; the words without spaces; their stems; each word; each pair of words,
of stems, and of a stem with the end of another word; each word, its beginning, its end and its
consonants within the region. A key that more companies have than the cap is left out, and the
record is looked for under its other keys. A name that more companies have word for word is not
matched by name at all: among so many namesakes a name says nothing, and the nearest misspelling of
it would be taken for the company.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa

_MOST_WORDS = 6

_KEYS = """
CREATE OR REPLACE TEMP TABLE {side}_keys AS
WITH named AS (
  SELECT n.position AS position, n.key AS whole, n.compact AS compact, n.stems AS stems,
    n.words[1:{most}] AS words, n.region_id AS region
  FROM {side} AS n WHERE n.key IS NOT NULL
), spread AS (
  SELECT position, unnest(words) AS word, words, region FROM named
), keys AS (
  SELECT position, 'k ' || whole AS key FROM named
  UNION ALL SELECT position, 'c ' || compact FROM named
  UNION ALL SELECT position, 's ' || stems FROM named
  UNION ALL SELECT position, 'w ' || word FROM spread
  UNION ALL SELECT position, 'a ' || word || ' ' || region FROM spread WHERE region IS NOT NULL
  UNION ALL SELECT position, 'f ' || left(word, 3) || ' ' || region FROM spread
    WHERE region IS NOT NULL AND length(word) >= 5
  UNION ALL SELECT position, 'l ' || right(word, 3) || ' ' || region FROM spread
    WHERE region IS NOT NULL AND length(word) >= 5
  UNION ALL SELECT position, 'v ' || left(word, 1)
      || regexp_replace(substr(word, 2), '[aeiouyh]', '', 'g') || ' ' || coalesce(region, '')
    FROM spread WHERE length(word) >= 5
  UNION ALL SELECT s.position, 'p ' || s.word || ' ' || o.other
    FROM spread AS s, unnest(s.words) AS o(other) WHERE s.word < o.other
  UNION ALL SELECT s.position, 'q ' || left(s.word, 4) || ' ' || left(o.other, 4)
    FROM spread AS s, unnest(s.words) AS o(other) WHERE left(s.word, 4) < left(o.other, 4)
  UNION ALL SELECT s.position, 'z ' || left(s.word, 4) || ' ' || right(o.other, 4)
    FROM spread AS s, unnest(s.words) AS o(other)
    WHERE s.word <> o.other AND length(o.other) >= 5
)
SELECT DISTINCT h.position AS position, h.key AS key, h.is_whole AS is_whole
FROM (SELECT position, hash(key) AS key, key[1] = 'k' AS is_whole FROM keys) AS h {wanted}
"""
_COMMON = """
CREATE OR REPLACE TEMP TABLE blocks AS
SELECT c.key AS key, count(*) AS companies, bool_or(c.is_whole) AS is_whole
FROM companies_keys AS c GROUP BY c.key
"""
_PAIRS = """
SELECT DISTINCT CAST(r.position AS INTEGER) AS record, CAST(c.position AS INTEGER) AS company
FROM records_keys AS r
JOIN blocks AS b ON b.key = r.key AND b.companies <= $cap
JOIN companies_keys AS c ON c.key = r.key
ANTI JOIN crowded AS x ON x.position = r.position
"""
_CROWDED = """
CREATE OR REPLACE TEMP TABLE crowded AS
SELECT DISTINCT r.position AS position FROM records_keys AS r
JOIN blocks AS b ON b.key = r.key AND b.companies > $cap
WHERE r.is_whole AND b.is_whole
"""
_NARROWED = """
SELECT r.position AS record,
  count(*) FILTER (WHERE b.companies > $cap) AS left_out,
  count(*) FILTER (WHERE b.companies <= $cap) AS used
FROM records_keys AS r JOIN blocks AS b ON b.key = r.key
GROUP BY r.position ORDER BY r.position
"""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The pairs to compare.

    Attributes
    ----------
    pairs : pandas.DataFrame
        ``record`` and ``company``, positions in the frames given, each pair once, sorted.
    crowded : frozenset of int
        Records whose whole name more companies have than the cap.
    left_out : int
        Blocks of the register that were larger than the cap.
    narrowed : int
        Records for which at least one block was left out.
    """

    pairs: pd.DataFrame
    crowded: frozenset[int]
    left_out: int
    narrowed: int


def find_candidates(
    connection: duckdb.DuckDBPyConnection,
    records: pd.DataFrame,
    companies: pd.DataFrame,
    largest_block: int,
) -> Candidates:
    """Find the pairs of records and companies that share a key.

    The cap counts companies only, so that one record's candidates never depend on another record.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where temporary tables are made.
    records, companies : pandas.DataFrame
        With ``key``, ``compact``, ``stems``, ``words`` and ``region_id``.
    largest_block : int
        Most companies that a key may have.
    """
    shared = "SEMI JOIN records_keys AS r ON r.key = h.key"
    for side, frame, wanted in (("records", records, ""), ("companies", companies, shared)):
        connection.register(side, _named(frame))
        connection.execute(_KEYS.format(side=side, most=_MOST_WORDS, wanted=wanted))
        connection.unregister(side)
    cap = {"cap": largest_block}
    connection.execute(_COMMON)
    connection.execute(_CROWDED, cap)
    pairs = connection.execute(_PAIRS + " ORDER BY record, company", cap).df()
    narrowed = connection.execute(_NARROWED, cap).df()
    crowded = connection.execute("SELECT position FROM crowded").df()["position"]
    large = connection.execute("SELECT count(*) FROM blocks WHERE companies > $cap", cap).fetchone()
    for name in ("records_keys", "companies_keys", "blocks", "crowded"):
        connection.execute(f"DROP TABLE {name}")
    return Candidates(
        pairs=pairs,
        crowded=frozenset(int(one) for one in crowded),
        left_out=int(large[0]) if large else 0,
        narrowed=int((narrowed["left_out"] > 0).sum()),
    )


def _named(frame: pd.DataFrame) -> pa.Table:
    columns = {
        name: pa.array(frame[name], type=pa.string(), from_pandas=True)
        for name in ("key", "compact", "stems", "region_id")
    }
    words = pa.array([list(words) for words in frame["words"]], type=pa.list_(pa.string()))
    positions = pa.array(range(len(frame)), type=pa.int64())
    return pa.table({"position": positions, **columns, "words": words})
