"""Invented contracts, their lots, suppliers and buyers, as tables in Parquet."""

from __future__ import annotations

import json
from pathlib import Path

from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

_MEMORY_GIB = 2.75


def write_awards(rows: int, folder: Path) -> None:
    """Write so many contracts, their lots, suppliers and buyers, and the thresholds in force."""
    firms, buyers = max(100, rows // 20), max(20, rows // 400)
    drawn = (
        "SELECT i, (i * 2654435761 + 97) % 4294967291 AS a, (i * 40503 + 11) % 2147483647 AS b, "
        f"(i * 69621 + 7) % 1000003 AS c FROM range({rows}) AS t(i)"
    )
    queries = {
        "contracts": f"""
            SELECT 'C' || i AS contract_id, '1' AS lot_id, 'XX-REG:' || CASE
                    WHEN (b % {buyers}) % 10 = 0 AND c % 10 < 7 THEN b % {buyers} ELSE a % {firms}
                END AS supplier_id,
                'T' || i AS tender_id, 'XX-BUY:' || (b % {buyers}) AS buyer_id,
                CASE WHEN c % 97 <> 0 THEN DATE '2015-01-01' + CAST(a % 3000 AS INTEGER) END
                    AS signed_on,
                CASE WHEN c % 53 <> 0 THEN CAST(1000 + (a % 10000000) / 100 AS DECIMAL(20, 2)) END
                    AS value,
                CASE WHEN b % 211 = 0 THEN 'USD' ELSE 'EUR' END AS currency,
                CAST(NULL AS DATE) AS start_on, CAST(NULL AS DATE) AS end_on,
                CAST(NULL AS DATE) AS final_end_on,
                CASE WHEN c % 3 = 0 THEN CAST((1000 + (a % 10000000) / 100)
                    * (1 + (b % 40 - 10) / 100.0) AS DECIMAL(20, 2)) END AS final_value,
                CASE WHEN c % 7 <> 0 THEN CAST(b % 5 AS BIGINT) END AS amendments,
                'generated' AS source_id
            FROM drawn""",
        "tenders": f"""
            SELECT 'T' || i AS tender_id, '1' AS lot_id, 'XX-BUY:' || (b % {buyers}) AS buyer_id,
                CASE c % 3 WHEN 0 THEN 'works' WHEN 1 THEN 'goods' ELSE 'services' END AS category,
                lpad(CAST(3 + b % 96 AS VARCHAR), 2, '0') || '000000' AS product_code,
                CAST(1000 + (a % 11000000) / 100 AS DECIMAL(20, 2)) AS estimated_value,
                'EUR' AS currency, 'generated' AS source_id
            FROM drawn""",
        "companies": f"""
            SELECT 'XX-REG:' || k AS company_id,
                CASE WHEN k % 50 = 0 THEN 'natural_person' ELSE 'company' END AS kind,
                'NACE2:' || lpad(CAST(1 + k % 99 AS VARCHAR), 2, '0') AS sector_id,
                'generated' AS source_id
            FROM range({firms}) AS t(k)""",
        "sectors": """
            SELECT 'NACE2:' || lpad(CAST(k AS VARCHAR), 2, '0') AS sector_id,
                'Sector ' || k AS name, chr(CAST(65 + k % 19 AS INTEGER)) AS section,
                'generated' AS source_id
            FROM range(1, 100) AS t(k)""",
    }
    with DuckDBEngine(_MEMORY_GIB, 2, folder) as engine:
        engine.execute(f"CREATE TEMP VIEW drawn AS {drawn}")
        for name, sql in queries.items():
            TableStore(folder).write_query(engine, name, sql)
    (folder / "params.json").write_text(json.dumps(_PARAMS))


_PARAMS = {
    "country": "XX",
    "title": "Generated awards",
    "currency": "EUR",
    "facts": {
        "thresholds": [
            {
                "regime": regime,
                "category": category,
                "amount": amount,
                "currency": "EUR",
                "valid_from": "2010-01-01",
                "source": "invented",
            }
            for regime, category, amount in (
                ("direct_award", "goods", 10_000),
                ("direct_award", "works", 40_000),
                ("notice", "any", 80_000),
            )
        ],
        "sector_products": {
            chr(65 + number): [f"{division:02}" for division in range(3 + number, 99, 4)]
            for number in range(19)
        },
    },
}
