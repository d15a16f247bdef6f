"""Effects do not hang on the order in which Python happens to keep a set."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import numpy as np, pandas as pd
from infiltrate.impact.event_study import EventStudyDesign, fit_event_study
from infiltrate.impact.publish import publish_effects
from infiltrate.impact.staggered import SUN_ABRAHAM, TWO_WAY
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.impact_choices import ImpactChoices
rng = np.random.default_rng(5)
firms, years = 700, np.arange(2015, 2023)
start = np.where(np.arange(firms) < 80, rng.integers(2018, 2021, firms), 0)
rows = pd.DataFrame({
    "company_id": np.repeat([f"XX:{n:04d}" for n in range(firms)], len(years)),
    "year": np.tile(years, firms),
    "first_treated": pd.array(np.repeat(start, len(years)), dtype="Int64"),
    "treated_until": pd.array([pd.NA] * firms * len(years), dtype="Int64"),
    "cell": np.repeat([f"c{n % 7}" for n in range(firms)], len(years)),
})
rows["cluster"] = rows["company_id"]
rows["first_treated"] = rows["first_treated"].mask(rows["first_treated"] == 0)
rows["log_revenue"] = rng.normal(size=len(rows)) + np.repeat(rng.normal(size=firms), len(years))
rows = rows[rng.random(len(rows)) < 0.9]
design = EventStudyDesign("log_revenue", (SUN_ABRAHAM, TWO_WAY), has_checks=False)
answer = fit_event_study(rows, design, ImpactChoices(), rng).answer
table = publish_effects([answer], DisclosureChoices())
print(table[["estimate", "std_error", "low", "high", "p_value"]].to_csv(float_format="%.17g"))
"""


def effects_with(hash_seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_two_processes_give_the_same_bytes() -> None:
    # with seeds 1 and 2 the library takes out company and year in different order
    first, second = effects_with(1), effects_with(2)
    assert first.count("\n") > 5
    assert first == second
