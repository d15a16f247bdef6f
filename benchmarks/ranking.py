"""Validation of rankings of very many firms: every design, learner, simple ranking and metric.

Firms of two days, the later day's window open when the earlier one's had closed, with three lists,
forty features of three roles, a tenth of the numbers missing, groups of connected firms, and
regions in which firms deal. Everything in the process is counted but making the firms.
"""

from __future__ import annotations

import sys
from argparse import Namespace

from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section
from benchmarks.programs import keep_program

_PROGRAM = """
import json, resource, sys, time
from datetime import date
import numpy as np
import pandas as pd
from infiltrate.params.choices import RiskChoices
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.validation import validate_models
from infiltrate.risk.validation_metrics import measure_validation
firms, learners = int(sys.argv[1]), sys.argv[2].split(",")
rng = np.random.default_rng(7)
REGIONS, LISTS, SIGNS = 20, ("court", "interdiction", "media"), 32

def make_cohort(year):
    index = pd.Index([f"XX:{number:07d}" for number in range(firms)], name="company_id")
    region = rng.integers(0, REGIONS, firms)
    signs = rng.normal(size=(firms, SIGNS))
    size = rng.normal(size=firms)
    odds = -5 + signs[:, :4] @ [0.8, 0.6, 0.4, 0.2] + rng.normal(0, 0.5, REGIONS)[region]
    infiltrated = rng.random(firms) < 1 / (1 + np.exp(-odds))
    listed = {}
    for number, name in enumerate(LISTS):
        found = 1 / (1 + np.exp(-(-1.2 + 0.5 * size + 0.3 * number)))
        listed[name] = infiltrated & (rng.random(firms) < found)
    signs[rng.random(signs.shape) < 0.1] = np.nan
    features = pd.DataFrame(signs, index, [f"F{n:02d}_mean" for n in range(1, SIGNS + 1)])
    features["C01_flagged_share"] = rng.random(firms).round(2)
    features["bids"] = np.exp(1 + size).round()
    features["contracts"] = rng.poisson(2, firms).astype(float)
    features["log_value"] = size + rng.normal(size=firms)
    features["age_years"] = rng.gamma(2, 5, firms)
    features["legal_form"] = rng.choice(["SA", "SRL", "missing"], firms).astype(object)
    features["sector_section"] = rng.choice(list("CFGHIN"), firms).astype(object)
    features["area"] = np.array([f"R{n:02d}" for n in range(REGIONS)], dtype=object)[region]
    deals = rng.random((firms, REGIONS)) < 0.05
    deals[np.arange(firms), region] = True
    listed = pd.DataFrame(listed, index)
    return Cohort(
        as_of=date(year, 12, 31),
        window_closes=date(year + 4, 12, 31),
        features=features,
        labels=pd.DataFrame({"is_listed": listed.any(axis=1), "censored": False}, index),
        listed=listed,
        exposed=pd.DataFrame(True, index, list(LISTS)),
        groups=pd.DataFrame(
            {
                "connected_group": np.arange(firms) // 2,
                "buyer_region": features["area"],
                "first_active_on": pd.Timestamp("2010-01-01"),
            },
            index,
        ),
        traits=pd.DataFrame(index=index),
        dealt_regions=pd.DataFrame(deals, index, [f"R{n:02d}" for n in range(REGIONS)]),
    )

cohorts = [make_cohort(year) for year in (2014, 2018)]
choices = RiskChoices(learners=learners)
start, before, seconds = time.perf_counter(), time.process_time(), {}
validation = validate_models(cohorts, choices, rng, comparators=True)
seconds["rankings"] = round(time.perf_counter() - start, 1)
metrics = measure_validation(validation, choices, rng)
total, processor = time.perf_counter() - start, time.process_time() - before
seconds["metrics"] = round(total - seconds["rankings"], 1)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
areas = metrics[metrics["name"] == "roc_auc"].dropna(subset="value")
facts = {
    "features": cohorts[0].features.shape[1],
    "listed": cohorts[-1].n_listed,
    "ranked": len(validation.rankings),
    "designs": sum(not design.reason for design in validation.designs),
    "folds": sum(len(design.folds) for design in validation.designs),
    "models": sorted(areas["model"].unique()),
    "numbers": int(metrics["value"].notna().sum()),
    "seconds": seconds,
}
print(json.dumps({"run": [total, processor, memory], "facts": facts}))
"""


def run_ranking(firms: int, learners: str, kept: KeptRuns) -> None:
    """Validate the rankings of so many firms, once."""
    key = _key(firms, learners)
    if not kept.of(key):
        keep_program(kept, key, 0, sys.executable, _PROGRAM, firms, learners)


def render_ranking(firms: int, learners: str, kept: KeptRuns) -> list[Section]:
    """Return the section about the validation; none where it was not run."""
    key = _key(firms, learners)
    if not kept.of(key):
        return []
    run, facts = kept.of(key)[0], kept.facts(key)["facts"]
    spent = ", ".join(f"{what} {time:.0f} s" for what, time in facts["seconds"].items())
    lines = [
        f"{firms:,} firms on each of two days, {facts['features']} features, {facts['listed']:,} "
        f"listed firms; {facts['designs']} designs of {facts['folds']} folds, each with "
        f"{', '.join(facts['models'])}; {facts['ranked']:,} places, {facts['numbers']:,} numbers "
        "with intervals of 500 draws.",
        "",
        f"{run.seconds / 60:.1f} min ({spent}), {run.processor / 60:.1f} min of processor, "
        f"{run.memory_gib:.2f} GiB at most (goal for a million firms: 30 min and 8 GiB).",
    ]
    return [Section(f"Validation of the ranking of {firms:,} firms", lines, [key])]


def _key(firms: int, learners: str) -> str:
    return f"ranking {firms} {learners}"


def _add_options(group: Options) -> None:
    group.add_argument("--ranking-firms", type=int, default=1_000_000)
    group.add_argument("--ranking-learners", default="logistic,boosting,latent")


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    run_ranking(chosen.ranking_firms, chosen.ranking_learners, kept)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    return render_ranking(chosen.ranking_firms, chosen.ranking_learners, kept)


PART = Part("ranking", _add_options, _run, _render)
