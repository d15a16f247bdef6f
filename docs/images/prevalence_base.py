"""Draw the figure of docs/prevalence.md from a finished study of a synthetic country.

infiltrate simulate base --firms 20000 --seed 7 --out DIR
infiltrate run DIR/params.yaml --out DIR/results
python docs/images/prevalence_base.py DIR docs/images/prevalence_base.svg
"""

import sys
from pathlib import Path

import pandas as pd

from infiltrate.params.load import load_params
from infiltrate.report.figures import estimate_forest
from infiltrate.report.overviews import estimator_label
from infiltrate.report.theme import VERMILLION

ROWS = [
    "floor",
    "pool",
    "joint_detection",
    "loglinear_bic",
    "doubly_robust",
    "chao_list_effects",
    "latent_class",
    "chao_equal_lists",
]

country, picture = map(Path, sys.argv[1:3])
params = load_params(country / "params.yaml")
firms = pd.read_csv(country / "truth" / "firms.csv")
truth = int(firms.loc[firms["active"] == 1, "infiltrated"].sum())
estimates = pd.read_csv(country / "results" / "estimates.csv")
is_national = estimates["sector_id"].isna() & estimates["area_id"].isna()
is_number = estimates["estimand"] == "infiltrated_firms"
together = estimates[is_national & is_number & (estimates["list_id"] == "organised-crime")]
rows = together.set_index("estimator", drop=False).loc[ROWS]
rows["label"] = [estimator_label(name, params) for name in ROWS]

figure = estimate_forest(rows, title="The synthetic country 'base', seed 7, and its truth")
axes = figure.drawing.axes[0]
for text in axes.texts:
    text.set_text(text.get_text().replace(" firms (", " (").replace(" firms", ""))
refused = [place for place, status in enumerate(rows["status"]) if status == "reject"]
starts, ends = [-0.6, *(place + 0.46 for place in refused)], [*(place - 0.46 for place in refused)]
for low, high in zip(starts, [*ends, len(ROWS) - 0.5], strict=True):
    axes.plot([truth, truth], [low, high], color=VERMILLION, linewidth=1.4, zorder=0)
axes.annotate(
    f"truth: {truth}",
    (truth, 1.0),
    (5, 1),
    xycoords=("data", "axes fraction"),
    textcoords="offset points",
    color=VERMILLION,
    fontsize=9,
)
axes.set_xlabel("infiltrated firms, of 20,000")
picture.write_bytes(figure.svg())
