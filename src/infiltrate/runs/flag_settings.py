"""The settings of red flags from a file: Cardinal's INI, or the same names in YAML."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.document import NotYaml, read_document
from infiltrate.params.paths import show_path

_TOP = "top of the file"


def read_flag_settings(path: Path) -> dict[str, Any]:
    """Return the sections of a settings file; ``.ini`` is Cardinal's format, all else YAML.

    Raises
    ------
    ParamsError
        When the file is missing or neither format.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", "")
        raise ParamsError(f"{path}: cannot be read: {reason}.") from error
    if path.suffix.lower() in (".ini", ".cfg", ".conf"):
        return _read_ini(text, path)
    return _read_yaml(text, path)


def _read_ini(text: str, path: Path) -> dict[str, Any]:
    parser = configparser.ConfigParser(
        delimiters=("=",),
        comment_prefixes=(";", "#"),
        interpolation=None,
        default_section="",
        empty_lines_in_values=False,
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(f"[{_TOP}]\n{text}")
    except configparser.Error as error:
        message = str(error).replace("\n", " ")
        raise ParamsError(f"{path}: is no INI file: {message}.") from error
    settings: dict[str, Any] = dict(parser[_TOP])
    for name in parser.sections():
        if name != _TOP:
            first, _, inner = name.partition(".")
            section = settings.setdefault(first, {})
            (section.setdefault(inner, {}) if inner else section).update(parser[name])
    return settings


def _read_yaml(text: str, path: Path) -> dict[str, Any]:
    try:
        document = read_document(text)
    except NotYaml as error:
        raise ParamsError(f"{path}:{error.line}: {error}. {error.fix}") from error
    if document.issues:
        problems = [
            Problem(f"{path}: {show_path(issue.parts, document.data)}", issue.found, issue.allowed)
            for issue in document.issues
        ]
        raise ParamsError(f"{path}: cannot be used.", problems)
    data = document.data
    if not isinstance(data, dict):
        raise ParamsError(f"{path}: is {type(data).__name__}, not names with values.")
    return dict(data)
