"""A throwaway environment with the tool that ours is compared with."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

PACKAGE = "ocdscardinal==0.0.8"


def find_peer(folder: Path, given: str | None = None) -> str | None:
    """Return a Python that has ``ocdscardinal``; None, with a message, where there is none.

    Parameters
    ----------
    folder : Path
        Where an environment is made, or was made by an earlier run.
    given : str, optional
        A Python to use instead.
    """
    python = given or str(folder / "bin" / "python")
    if given is None and not Path(python).exists():
        venv.create(folder, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", PACKAGE]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"{PACKAGE} could not be installed: {_last(done.stderr)}", file=sys.stderr)
    tried = subprocess.run(
        [python, "-c", "import ocdscardinal"], check=False, capture_output=True, text=True
    )
    if tried.returncode:
        print(
            f"No ocdscardinal in {python}: only our own times are taken. "
            f"Give a Python that has it with --peer, or remove {folder} to try again.",
            file=sys.stderr,
        )
        return None
    return python


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
