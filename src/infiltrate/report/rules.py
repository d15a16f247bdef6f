"""The rules behind red flags, as they ran, folded so that they are there when wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infiltrate.report.markup import Panel, element, text_element

_DIRECTIONS = {
    "+": "more of it is taken as riskier in the literature",
    "-": "less of it is taken as riskier in the literature",
    "±": "the literature reports both directions",
    "?": "the literature does not agree on a direction",
}


def show_rules(rules: Sequence[Mapping[str, Any]]) -> Panel:
    """Return one folded entry per indicator: definition, why, settings and the query that ran.

    Parameters
    ----------
    rules : sequence of mapping
        As the catalogue describes them: ``code``, ``title``, ``definition``, ``formula``, ``why``,
        ``missing``, ``direction``, ``ocp``, ``sources``, ``exclusions``, ``assumptions``,
        ``settings`` (each with ``name``, ``value``, ``unit``, ``changed``, ``description``),
        ``on``, ``sql`` and, if it reads what other indicators read too, ``shared_sql``: queries
        by name of the relation.
    """
    return Panel(
        "".join(_rule(rule) for rule in rules),
        "\n".join(f"{rule['code']} {rule['title']}: {rule['definition']}" for rule in rules),
    )


def _rule(rule: Mapping[str, Any]) -> str:
    state = "" if rule["on"] else " (turned off in this study)"
    parts = [
        _line("Definition", rule["definition"]),
        _line("Formula", rule["formula"]),
        _line("Why it is a red flag", rule["why"]),
        _line("Direction, as a prior only", _DIRECTIONS.get(rule["direction"], "")),
        _line("When it cannot be computed", rule["missing"]),
        *(_line("Left out", text) for text in rule["exclusions"]),
        *(_line("Assumed", text) for text in rule["assumptions"]),
        *(_line("Setting", _setting(setting)) for setting in rule["settings"]),
        _line("Open Contracting Partnership", ", ".join(rule["ocp"])),
        *(_line("Source", text) for text in rule["sources"]),
    ]
    query = _query("The query that ran", rule["sql"]) + "".join(
        _query(f"The relation {name} that it reads", sql)
        for name, sql in rule.get("shared_sql", {}).items()
    )
    summary = text_element("summary", f"{rule['code']} {rule['title']}{state}")
    return element("details", summary + element("dl", "".join(parts)) + query, class_="rule")


def _line(name: str, text: str) -> str:
    return text_element("dt", name) + text_element("dd", text) if text else ""


def _setting(setting: Mapping[str, Any]) -> str:
    value = "empty" if setting["value"] == "" else setting["value"]
    unit = f" {setting['unit']}" if setting["unit"] else ""
    changed = ", changed from the default" if setting["changed"] else ""
    return f"{setting['name']} = {value}{unit}{changed}. {setting['description']}"


def _query(title: str, sql: str) -> str:
    return element("details", text_element("summary", title) + element("pre", _code(sql)))


def _code(sql: str) -> str:
    return text_element("code", sql.strip())
