"""Red flags in the layout of Cardinal's results: by group, identifier and code, with the fences."""

from __future__ import annotations

import math
from typing import Any

from infiltrate.indicators.red_flags.catalogue import load_red_flags
from infiltrate.indicators.red_flags.choices import RedFlagChoices
from infiltrate.indicators.red_flags.compute import red_flag_sql
from infiltrate.tables.engine import Engine

_GROUPS = {
    "process": "OCID",
    "buyer": "Buyer",
    "procuring_entity": "ProcuringEntity",
    "tenderer": "Tenderer",
}
_MAPPED = ("R024", "R028", "R030", "R035", "R058")
_COUNTING = {"R025", "R038", "R048"}
_DATA_DRIVEN = ("R024", "R025", "R038", "R048", "R058")


def cardinal_results(engine: Engine, choices: RedFlagChoices) -> dict[str, Any]:
    """Return flags and fences as ``ocdscardinal indicators`` prints them.

    Parameters
    ----------
    engine : Engine
        After `prepare_red_flags` with the same choices.
    choices : RedFlagChoices
        Which red flags, with which settings.

    Returns
    -------
    dict
        ``OCID``, ``Buyer``, ``ProcuringEntity`` and ``Tenderer`` as far as they have flags: the
        number by code, by identifier. ``Meta``: quartiles and fences, to four decimals.
    """
    results: dict[str, Any] = {}
    for code in choices.flags:
        sql, parameters = red_flag_sql(load_red_flags()[code], choices)
        flagged = engine.query(
            "SELECT result.level AS level, result.entity_id AS entity_id, result.output AS output "
            f"FROM (\n{sql}\n) AS result WHERE result.is_flag "
            "ORDER BY result.process, result.level, result.entity_id",
            parameters,
        )
        columns = (flagged[name].to_pylist() for name in ("level", "entity_id", "output"))
        for level, entity_id, output in zip(*columns, strict=True):
            group = results.setdefault(_GROUPS[level], {})
            group.setdefault(entity_id, {})[code] = _as_number(output)
    meta = _describe_fences(engine, choices)
    return results | ({"Meta": meta} if meta else {})


def cardinal_maps(engine: Engine, choices: RedFlagChoices) -> dict[str, dict[str, Any]]:
    """Return which organisations stand behind each process, as ``--map`` of Cardinal prints it.

    Parameters
    ----------
    engine : Engine
        After `prepare_red_flags` with the same choices.
    choices : RedFlagChoices
        Which red flags, with which settings.

    Returns
    -------
    dict
        Tenderers of submitted bids by process, flagged tenderers by process and red flag, and
        buyers and procuring entities of processes with disqualified bids; lists are sorted.
    """
    maps: dict[str, dict[str, Any]] = {"ocid_buyer_r038": {}, "ocid_procuringentity_r038": {}}
    maps["ocid_tenderer"] = _map_tenderers(engine) if _COUNTING & set(choices.flags) else {}
    for code in _MAPPED:
        pairs: dict[str, list[str]] = {}
        if code in choices.flags:
            sql, parameters = red_flag_sql(load_red_flags()[code], choices)
            flagged = engine.query(
                "SELECT result.entity_id AS entity_id, unnest(result.evidence) AS record "
                f"FROM (\n{sql}\n) AS result WHERE result.is_flag AND result.level = 'tenderer' "
                "ORDER BY result.entity_id",
                parameters,
            )
            columns = (flagged[name].to_pylist() for name in ("entity_id", "record"))
            for tenderer, record in zip(*columns, strict=True):
                pairs.setdefault(record.removeprefix("processes:"), []).append(tenderer)
        maps[f"ocid_tenderer_{code.lower()}"] = pairs
    if "R038" in choices.flags:
        struck = engine.query(
            "SELECT DISTINCT process.ocid AS ocid, process.buyer_id AS buyer_id, "
            "process.procuring_entity_id AS procuring_entity_id FROM scoped_processes AS process "
            "INNER JOIN submitted_bids AS bid ON process.process = bid.process "
            "WHERE bid.status = 'disqualified' ORDER BY ocid"
        ).to_pylist()
        for group, column in (("buyer", "buyer_id"), ("procuringentity", "procuring_entity_id")):
            maps[f"ocid_{group}_r038"] = {
                row["ocid"]: row[column] for row in struck if row[column] is not None
            }
    return maps


def _map_tenderers(engine: Engine) -> dict[str, Any]:
    rows = engine.query(
        "SELECT process.ocid AS ocid, list_sort(array_agg(DISTINCT bidder.tenderer_id)) AS ids "
        "FROM submitted_tenderers AS bidder INNER JOIN scoped_processes AS process "
        "ON bidder.process = process.process GROUP BY process.ocid ORDER BY process.ocid"
    ).to_pylist()
    return {row["ocid"]: row["ids"] for row in rows}


def _describe_fences(engine: Engine, choices: RedFlagChoices) -> dict[str, dict[str, float | None]]:
    codes = [code for code in _DATA_DRIVEN if code in choices.flags]
    if not codes:
        return {}
    rows = engine.query("SELECT * FROM fences").to_pylist()
    fences = {(row["indicator"], row["level"]): row for row in rows}
    meta = {}
    for code in codes:
        threshold = choices.flags[code]["threshold"]
        if code == "R038":
            described = _describe_levels(fences, threshold)
        else:
            level = "process" if code in ("R024", "R058") else "tenderer"
            described = _describe(fences.get((code, level), {}), code, threshold)
        if code == "R025":
            described["upper_fence"] = _rounded(fences.get((code, "activity"), {}).get("q3"))
        if described:
            meta[code] = described
    return meta


def _describe(fence: dict[str, Any], code: str, threshold: Any) -> dict[str, float | None]:
    side = "lower_fence" if code in ("R024", "R025") else "upper_fence"
    if threshold is not None:
        return {side: _rounded(float(threshold))}
    return {name: _rounded(fence.get(name)) for name in ("q1", "q3", side)}


def _describe_levels(
    fences: dict[tuple[str, str], dict[str, Any]], threshold: Any
) -> dict[str, float | None]:
    described: dict[str, float | None] = {}
    for level, group in _GROUPS.items():
        if fence := fences.get(("R038", level)):
            of_level = _describe(fence, "R038", threshold)
            described |= {f"{group}_{name}": value for name, value in of_level.items()}
    return described


def _as_number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _rounded(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    scaled = value * 10_000
    # halves go away from zero, not to the even neighbour
    return math.copysign(math.floor(abs(scaled) + 0.5), scaled) / 10_000
