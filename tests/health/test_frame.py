"""What every checkout stands on: the locks, the two ways to install, the package's content."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

import infiltrate

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ["requirements.lock", "requirements-uv.lock"]
PYTHONS = ["3.11", "3.12", "3.13"]


def locked(name: str) -> list[Requirement]:
    """Return the requirements of a lock file, in its order."""
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]


def declared() -> list[Requirement]:
    """Return what pyproject.toml says must be in requirements.lock."""
    groups = [
        PROJECT["project"]["dependencies"],
        PROJECT["dependency-groups"]["dev"],
        PROJECT["build-system"]["requires"],
    ]
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address_and_no_place_on_a_machine(name):
    text = (ROOT / name).read_text()
    assert not re.findall(r"\S*(?:://|--index|--find-links|\bfile:)\S*", text)
    assert not re.findall(r"(?:^|\s)[~/][\w/.]+", text)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_one_version_and_a_hash(name):
    requirements = locked(name)
    names = [canonicalize_name(requirement.name) for requirement in requirements]
    assert sorted(set(names)) == sorted(names)
    assert all(re.fullmatch(r"==[^,*]+", str(r.specifier)) for r in requirements)
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text())[1:]
    assert len(blocks) == len(requirements)
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_satisfies_every_declared_dependency(python):
    there = {
        canonicalize_name(r.name): next(iter(r.specifier)).version
        for r in locked("requirements.lock")
        if r.marker is None
        or r.marker.evaluate({"python_version": python, "python_full_version": f"{python}.9"})
    }
    unmet = [
        f"{wanted}: {there.get(canonicalize_name(wanted.name), 'absent')}"
        for wanted in declared()
        if not wanted.specifier.contains(there.get(canonicalize_name(wanted.name), "0"))
    ]
    assert unmet == [], "run `make lock`"


def test_optional_extras_stay_out_of_the_lock():
    extras = PROJECT["project"]["optional-dependencies"].values()
    optional = {canonicalize_name(Requirement(text).name) for extra in extras for text in extra}
    # light, and what the lint of SQL reads with
    optional -= {canonicalize_name(text) for text in PROJECT["dependency-groups"]["dev"]}
    assert optional.isdisjoint(canonicalize_name(r.name) for r in locked("requirements.lock"))


def test_conda_environment_is_python_pip_and_the_lock():
    environment = YAML(typ="safe").load(ROOT / "environment.yml")
    python, pip, from_pip = environment["dependencies"]
    assert python.startswith("python")
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(
        PROJECT["project"]["requires-python"]
    )
    assert pip == "pip"
    assert from_pip == {"pip": ["-r requirements.lock"]}
    assert environment["channels"] == ["conda-forge"]


def test_every_import_of_the_package_is_declared():
    extras = PROJECT["project"]["optional-dependencies"].values()
    texts = [*PROJECT["project"]["dependencies"], *(text for extra in extras for text in extra)]
    allowed = {canonicalize_name(Requirement(text).name) for text in texts}
    owners = packages_distributions()
    undeclared = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for module in imported_modules(path) - set(sys.stdlib_module_names) - {"infiltrate"}:
            if not {canonicalize_name(owner) for owner in owners.get(module, [module])} & allowed:
                undeclared.setdefault(module, []).append(str(path.relative_to(ROOT)))
    assert undeclared == {}, "add them to [project] dependencies, then run `make lock`"


def imported_modules(path: Path) -> set[str]:
    """Return the top-level names of the modules that a file imports from elsewhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_wheel_holds_every_file_of_the_package():
    files = WheelBuilder(str(ROOT)).recurse_included_files()
    packed = {Path(file.path).resolve() for file in files}
    package = ROOT / "src" / "infiltrate"
    kept = [path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [path for path in kept if path.resolve() not in packed] == []


def test_installed_version_is_that_of_the_source():
    assert version("infiltrate") == infiltrate.__version__
    assert Path(infiltrate.__file__).is_relative_to(ROOT / "src")


def test_hooks_run_only_installed_tools():
    config = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}
    assert all((ROOT / hook["entry"].split()[0]).exists() for hook in hooks)


def test_git_ignores_what_is_made_and_keeps_what_is_written(tmp_path):
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    made = [".venv/x", ".tools/x", "uv.lock", "results/pe/x", "data/demo/x.csv", ".pytask/x"]
    written = [
        "data/registry.yaml",
        "data/README.md",
        "params/pe.yaml",
        "notebooks/01_tables.ipynb",
    ]
    shown = subprocess.run(
        ["git", "check-ignore", *made, *written],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == made
