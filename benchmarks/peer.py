"""Pythons with the tools that ours is compared with; none of these tools is in our own."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.programs import last_line


@dataclass(frozen=True)
class Peer:
    """A tool: its module, what is installed for it, and the option that names a Python with it."""

    module: str
    requirements: tuple[str, ...]
    option: str


CARDINAL = Peer("ocdscardinal", ("ocdscardinal==0.0.8",), "--peer")
NETWORKX = Peer("networkx", ("networkx==3.6.1", "scipy"), "--networkx")
PEERS = (CARDINAL, NETWORKX)


def find_peer(peer: Peer, keep: Path, given: str | None = None) -> str | None:
    """Return a Python that has the tool; None, with a message, where there is none.

    Parameters
    ----------
    peer : Peer
        The tool.
    keep : Path
        Where an environment is made for it, or was made by an earlier run.
    given : str, optional
        A Python to use instead.
    """
    folder = keep / f"peer-{peer.module}"
    python = given or str(folder / "bin" / "python")
    if given is None and not Path(python).exists():
        venv.create(folder, with_pip=True, clear=True)
        failed = _fails(python, "-m", "pip", "install", "--quiet", *peer.requirements)
        if failed:
            print(f"{peer.requirements[0]} could not be installed: {failed}", file=sys.stderr)
    if _fails(python, "-c", f"import {peer.module}"):
        print(
            f"No {peer.module} in {python}: only our own times are taken. "
            f"Give a Python that has it with {peer.option}, or remove {folder} to try again.",
            file=sys.stderr,
        )
        return None
    return python


def _fails(*command: str) -> str:
    """Return the last line of the error; empty when there is none."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return last_line(done.stderr) if done.returncode else ""
