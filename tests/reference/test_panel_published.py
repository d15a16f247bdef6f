"""Published panel estimates, reached through our own calls."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.panel import fit_panel
from infiltrate.impact.panel_model import PanelModel

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data")) / "replication"


@pytest.fixture(scope="module")
def grunfeld() -> pd.DataFrame:
    path = DATA / "grunfeld_plm.csv"
    if not path.exists():
        pytest.skip(f"published tables not found: set INFILTRATE_DATA ({path.name} is absent)")
    return pd.read_csv(path)


@pytest.mark.parametrize(
    ("model", "published"),
    [
        (PanelModel("inv", ("value", "capital"), "pooled", "firm"), (0.1155622, 0.2306785)),
        (
            PanelModel("inv", ("value", "capital"), "fixed effects", "firm", effects=("firm",)),
            (0.1101238, 0.3100653),
        ),
        (
            PanelModel("inv", ("value", "capital"), "absorbed effects", "firm", effects=("firm",)),
            (0.1101238, 0.3100653),
        ),
        (PanelModel("inv", ("value", "capital"), "random effects", "firm"), (0.1097812, 0.308113)),
    ],
    ids=lambda value: value.estimator if isinstance(value, PanelModel) else "",
)
def test_grunfeld_as_in_plm(
    grunfeld: pd.DataFrame, model: PanelModel, published: tuple[float, float]
) -> None:
    answer = fit_panel(grunfeld, model)
    found = [effect.estimate for effect in answer.effects]
    assert np.abs(np.subtract(found, published)).max() < 1e-5
    assert answer.effects[0].rows == 200
    assert answer.effects[0].units == 10
