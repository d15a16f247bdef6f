"""No estimator may see the truth of a synthetic country: not by path, not by import."""

import ast
import re
from pathlib import Path

import pytest

from infiltrate.params.load import load_params

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "infiltrate"
TRUTH_FILE = re.compile(r"(^|[/\\])truth([/\\]|$)|\btruth.*\.csv")
# the command line may make a country, and validation compares estimates with its truth; nothing
# else may know how one is made
MAY_IMPORT = {"cli", "validation"}


def _modules() -> list[Path]:
    modules = PACKAGE.rglob("*.py")
    return sorted(path for path in modules if path.relative_to(PACKAGE).parts[0] != "synth")


def _texts(tree: ast.AST) -> list[str]:
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _imports(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_reads_or_imports_the_truth(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [text for text in _texts(tree) if TRUTH_FILE.search(text)]
    if path.relative_to(PACKAGE).parts[0] not in MAY_IMPORT:
        assert not [name for name in _imports(tree) if name.startswith("infiltrate.synth")]


def test_no_notebook_or_query_reads_the_truth():
    paths = [*PACKAGE.rglob("*.sql"), *(ROOT / "notebooks").rglob("*.ipynb")]
    assert not [path.name for path in paths if TRUTH_FILE.search(path.read_text(encoding="utf-8"))]


def test_the_check_would_notice():
    assert TRUTH_FILE.search("truth/firms.csv")
    assert TRUTH_FILE.search("data/demo/truth")
    assert not TRUTH_FILE.search("a synthetic country with known truth")


def test_no_source_of_the_demonstration_points_at_the_truth():
    params = load_params(ROOT / "params" / "demo.yaml")
    assert params.sources
    for source in params.sources:
        assert not TRUTH_FILE.search(source.path)
        assert not source.path.startswith(("*", "**"))
