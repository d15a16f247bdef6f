"""What to do about a stage that failed, by the kind of its error."""

from __future__ import annotations

_MEMORY = (
    "Give the stage more memory: close other programs, give fewer --jobs, or set "
    "choices.engine.memory_gib to what the machine can spare (lower if the system killed the "
    "stage, higher if the engine itself says that it is out of memory)."
)
_DISK = (
    "Free space on the disk of the results, or give another folder with --out; then give the same "
    "command again."
)
_TABLE = (
    "A table or column that the notebook asks for is not there. Name the table in `reads` of "
    "open_study, or look up the columns in docs/tables.md."
)
_PARAMETERS = (
    "Add the block of parameters to `params` of open_study in the notebook, or mend the value in "
    "the country's YAML file; `infiltrate check` says what is allowed."
)
_LIBRARY = "A library is not installed: run `make env`, or add the package of the notebook to it."
_SOURCE = (
    "Mend the raw file or what the country's YAML file says of it; `infiltrate check` reads both."
)
_NOTEBOOK = (
    "If the notebook or the parameters were changed, undo the change or mend the cell: open the "
    "notebook with `make lab` and run it up to this cell. If nothing was changed, this is a "
    "mistake in infiltrate: please report it with the message above."
)
_BY_WORD = (
    (("kernel stopped", "MemoryError", "OutOfMemory", "Cannot allocate memory"), _MEMORY),
    (("No space left", "File too large", "could not be written", "Disk quota"), _DISK),
    (("CatalogException", "BinderException", "there is no table"), _TABLE),
    (("declaring them", "ParamsError"), _PARAMETERS),
    (("ModuleNotFoundError", "ImportError"), _LIBRARY),
    (("SourceError",), _SOURCE),
)


def advise(failure: str) -> str:
    """Say what to do about the failure of a stage.

    Parameters
    ----------
    failure : str
        The message, which names the kind of error.

    Returns
    -------
    str
        A sentence or two; empty when the message itself says what to do.
    """
    for words, advice in _BY_WORD:
        if any(word in failure for word in words):
            return advice
    return _NOTEBOOK if " raised " in failure else ""
