"""bootstrap.sh on machines that lack things, with stand-ins for Python and uv."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = [
    "sh",
    "cat",
    "cksum",
    "cp",
    "date",
    "dirname",
    "head",
    "ln",
    "mkdir",
    "readlink",
    "rm",
    "tr",
]

PYTHON = """#!/bin/sh
case $2 in
*version_info*) echo {version} ;;
*_base_executable*) echo "$0" ;;
*) exit 1 ;;
esac
"""
UV = """#!/bin/sh
[ "$1" = --version ] || echo "$*" >>uv.log
case $1 in venv) mkdir -p .venv/bin && cp "$4" .venv/bin/python ;; esac
case $2 in sync) {sync} ;; esac
"""


class Machine:
    """A checkout and a PATH that holds a handful of tools and what a test adds."""

    def __init__(self, folder: Path):
        self.bin, self.checkout = folder / "bin", folder / "checkout"
        self.bin.mkdir()
        (self.checkout / "src" / "infiltrate").mkdir(parents=True)
        for name in ["bootstrap.sh", "pyproject.toml", "requirements.lock", "requirements-uv.lock"]:
            shutil.copy(ROOT / name, self.checkout)
        (self.checkout / "src" / "infiltrate" / "__init__.py").touch()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))

    def add(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def bootstrap(self, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.bin / "sh", "bootstrap.sh"],
            cwd=self.checkout,
            env={"PATH": str(self.bin), "HOME": str(self.checkout), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def calls(self) -> list[str]:
        """What uv was asked for, as its first two words."""
        log = self.checkout / "uv.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [" ".join(line.split()[:2]).removesuffix(" -q") for line in lines]

    @property
    def stamp(self) -> Path:
        return self.checkout / ".venv" / ".bootstrap-stamp"


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def equipped(machine):
    machine.add("python3", PYTHON.format(version="3.11.2"))
    machine.add("uv", UV.format(sync="true"))
    return machine


def test_no_python_at_all(machine):
    ran = machine.bootstrap()
    assert ran.returncode == 3
    assert "no Python 3.11, 3.12 or 3.13 here (none on PATH)" in ran.stderr
    assert "sudo apt-get install python3 python3-pip" in ran.stderr
    assert "PYTHON=/path/to/python3.12" in ran.stderr


@pytest.mark.parametrize("version", ["2.7.18", "3.10.13", "3.14.0"])
def test_only_a_python_outside_the_range(machine, version):
    machine.add("python3", PYTHON.format(version=version))
    ran = machine.bootstrap()
    assert ran.returncode == 3
    assert f"python3 is {version}" in ran.stderr


def test_another_python_is_found_when_python3_is_too_old(equipped):
    equipped.add("python3", PYTHON.format(version="3.10.13"))
    equipped.add("python3.12", PYTHON.format(version="3.12.4"))
    assert equipped.bootstrap().returncode == 0
    assert equipped.stamp.read_text().startswith("3.12.4\n")


def test_python_without_pip_and_ensurepip(machine):
    machine.add("python3", PYTHON.format(version="3.11.2"))
    ran = machine.bootstrap()
    assert ran.returncode == 3
    assert (
        "error: Python 3.11.2 has neither pip nor ensurepip. "
        "On Debian/Ubuntu: sudo apt-get install python3-pip"
    ) in ran.stderr


def test_chosen_python_must_run_and_suit(equipped):
    old = equipped.add("old", PYTHON.format(version="3.9.1"))
    assert f"PYTHON={old} is Python 3.9.1" in equipped.bootstrap(PYTHON=str(old)).stderr
    ran = equipped.bootstrap(PYTHON="/nowhere/python")
    assert ran.returncode == 3
    assert "PYTHON=/nowhere/python is not a Python that runs" in ran.stderr


def test_second_run_does_nothing(equipped):
    assert equipped.bootstrap().returncode == 0
    assert equipped.calls == ["venv", "pip sync", "pip install"]
    assert equipped.bootstrap().stderr == ""
    assert equipped.calls == ["venv", "pip sync", "pip install"]


def test_changed_metadata_keeps_the_environment_and_installs_again(equipped):
    equipped.bootstrap()
    with (equipped.checkout / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")
    equipped.bootstrap()
    assert equipped.calls == ["venv", "pip sync", "pip install", "pip sync", "pip install"]


@pytest.mark.parametrize("change", ["other python", "half made", "moved"])
def test_environment_that_cannot_be_mended_is_made_afresh(equipped, change):
    equipped.bootstrap()
    if change == "other python":
        equipped.add("python3", PYTHON.format(version="3.13.1"))
        ran = equipped.bootstrap(PYTHON="python3")
    elif change == "half made":
        equipped.stamp.unlink()
        ran = equipped.bootstrap()
    else:
        equipped.checkout = equipped.checkout.rename(equipped.checkout.with_name("moved"))
        ran = equipped.bootstrap()
    assert ran.returncode == 0
    assert equipped.calls.count("venv") == 2


def test_failure_leaves_no_stamp(equipped):
    equipped.add("uv", UV.format(sync="exit 1"))
    assert equipped.bootstrap().returncode != 0
    assert not equipped.stamp.exists()


def test_interruption_leaves_neither_stamp_nor_lock(equipped):
    equipped.add("uv", UV.format(sync="kill -TERM $PPID"))
    assert equipped.bootstrap().returncode == 143
    assert not equipped.stamp.exists()
    assert not (equipped.checkout / ".venv.lock").is_symlink()


def test_lock_of_a_dead_process_is_taken_over(equipped):
    dead = subprocess.Popen(["true"])
    dead.wait()
    (equipped.checkout / ".venv.lock").symlink_to(str(dead.pid))
    assert equipped.bootstrap().returncode == 0
