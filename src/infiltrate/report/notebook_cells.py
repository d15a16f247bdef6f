"""An executed notebook made ready for reading: one title, no banners, no paths of a machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_BANNER_TAG = "papermill-error-cell-tag"
_DEFAULTS_TAG = "parameters"
_INJECTED_TAG = "injected-parameters"
_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_UNSHOWN = ("application/javascript", "application/vnd.jupyter.widget-view+json")
# the folder names say whose machine it was; the last part is enough to recognise a file
_PATH = re.compile(r"(?<![\w.:/~<])(?:file://)?(?:/[\w.@+~-]+){2,}/?|\b[A-Z]:\\(?:[^\\\s'\"]+\\)+")


@dataclass(frozen=True)
class ReadableNotebook:
    """A notebook to render.

    Attributes
    ----------
    title : str
        Its first heading, taken out of the cells; empty when it has none.
    cells : list of notebook cells
        Copies, each with ``role``: ``prose``, ``parameters``, ``code``, ``silent`` (code
        without output) or ``failed``.
    metadata : dict
        Language of the code.
    failed_cell : notebook cell or None
        The cell that raised, also in ``cells``.
    """

    title: str
    cells: list[Any]
    metadata: dict[str, Any]
    failed_cell: Any | None


def read_cells(notebook: Any) -> ReadableNotebook:
    """Return what a reader needs of an executed notebook; the argument is left as it is."""
    from nbformat import from_dict

    cells = [from_dict(cell) for cell in notebook.cells if not _is_banner(cell)]
    cells = [cell for cell in cells if cell.source.strip() or cell.get("outputs")]
    if any(_INJECTED_TAG in _tags(cell) for cell in cells):
        cells = [cell for cell in cells if _DEFAULTS_TAG not in _tags(cell)]
    title = ""
    if cells and cells[0].cell_type == "markdown":
        title, cells[0].source = _split_title(cells[0].source)
    for cell in cells:
        _prepare(cell)
    failed = next((cell for cell in cells if cell.role == "failed"), None)
    language = {"language_info": notebook.metadata.get("language_info", {"name": "python"})}
    return ReadableNotebook(title, cells, language, failed)


def without_machine_paths(text: str) -> str:
    """Shorten absolute paths to their last part."""
    return _PATH.sub(_last_part, text)


def _is_banner(cell: Any) -> bool:
    return _BANNER_TAG in _tags(cell)


def _tags(cell: Any) -> list[str]:
    return cell.metadata.get("tags", [])


def _split_title(source: str) -> tuple[str, str]:
    match = _TITLE.match(source)
    if not match:
        return "", source
    return match.group(1), source[match.end() :]


def _prepare(cell: Any) -> None:
    if cell.cell_type != "code":
        cell.role = "prose"
        return
    is_parameters = bool({_DEFAULTS_TAG, _INJECTED_TAG} & set(_tags(cell)))
    cell.source = without_machine_paths(cell.source)
    cell.outputs = [_prepare_output(output) for output in cell.outputs]
    has_error = any(output.output_type == "error" for output in cell.outputs)
    shows = any(_is_seen(output) for output in cell.outputs)
    quiet = "parameters" if is_parameters else "code" if shows else "silent"
    cell.role = "failed" if has_error else quiet


def _is_seen(output: Any) -> bool:
    return output.output_type != "stream" and output.get("data", {}).get("text/html") != ""


def _prepare_output(output: Any) -> Any:
    if output.output_type == "stream":
        output.text = without_machine_paths(output.text)
    elif output.output_type == "error":
        output.evalue = without_machine_paths(output.evalue)
        output.traceback = [without_machine_paths(line) for line in output.traceback]
    else:
        for kind in _UNSHOWN:
            output.data.pop(kind, None)
        if "text/plain" in output.data:
            output.data["text/plain"] = without_machine_paths(output.data["text/plain"])
    return output


def _last_part(match: re.Match[str]) -> str:
    return "…/" + re.split(r"[\\/]", match.group().rstrip("\\/"))[-1]
