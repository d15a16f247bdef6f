"""The invented country run by `infiltrate run` and by plain papermill, in turns.

Plain papermill executes the notebooks one after the other in one process, and nothing else. Ours
checks parameters and raw files, hashes all that a stage depends on, executes the notebooks,
renders and checks the pages, and writes the record; then once more, when there is nothing to do.
Processor time is that of the process and of all kernels.
"""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section, peak, ratio, seconds
from benchmarks.programs import keep_program

_ROOT = Path(__file__).parents[1]
_FRAME = """
import json, resource, sys, time
from pathlib import Path
params, data, out, notebooks = map(Path, sys.argv[1:5])

def processor():
    use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in use)

def tell(start, before, facts):
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    run = [time.perf_counter() - start, processor() - before, memory]
    print(json.dumps({"run": run, "facts": facts}))
"""
_PAPERMILL = """
from infiltrate.runs.check import check_study
from infiltrate.runs.inputs import gather_inputs, write_run_facts
from infiltrate.runs.stages import read_stages
import papermill
out.mkdir(parents=True)
(out / ".run").mkdir()
(out / "notebooks").mkdir()
(out / ".run" / "data").symlink_to(data.resolve(), target_is_directory=True)
write_run_facts(gather_inputs(check_study(params, data), params, data), out)
values = {"params_file": "params.json", "run_dir": ".", "data_dir": ".run/data"}
stages = read_stages(notebooks)
stages.sort(key=lambda stage: stage.is_report)
start, before = time.perf_counter(), processor()
for stage in stages:
    given = {name: values[name] for name in stage.accepts}
    target = out / "notebooks" / stage.path.name
    papermill.execute_notebook(str(stage.path), str(target), given, kernel_name="python3",
                               language="python", cwd=str(out), progress_bar=False)
tell(start, before, {"stages": len(stages)})
"""
_OURS = """
from infiltrate.runs.run import run_study
start, before = time.perf_counter(), processor()
ran = run_study(params, data, out, notebooks, jobs=int(sys.argv[5]), say=lambda line: None).ran
tell(start, before, {"stages": len(ran)})
"""
_WAYS = {
    "papermill": (_PAPERMILL, 1),
    "run": (_OURS, 1),
    "nothing to do": (_OURS, 1),
    "run, 2 jobs": (_OURS, 2),
}


def run_runner(firms: int, turns: int, kept: KeptRuns) -> None:
    """Run the invented country of so many firms in every way, in turns."""
    from infiltrate.synth import simulate_country

    missing = kept.missing([_key(firms, way) for way in _WAYS], turns)
    if not missing:
        return
    # as the runner starts its kernels, so that both ways compute with as many threads
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    params, notebooks = _ROOT / "params" / "demo.yaml", _ROOT / "notebooks"
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        simulate_country("demo", folder / "data", firms=firms, seed=7)
        for turn in missing:
            for way, (program, jobs) in _WAYS.items():
                out = folder / f"{turn} {'run' if way == 'nothing to do' else way}"
                words = (params, folder / "data", out, notebooks, jobs)
                keep_program(kept, _key(firms, way), turn, sys.executable, _FRAME + program, *words)


def render_runner(firms: int, kept: KeptRuns) -> list[Section]:
    """Return the section about the runner; none where it was not run."""
    keys = {way: _key(firms, way) for way in _WAYS}
    plain = kept.of(keys["papermill"])
    if not plain:
        return []
    stages = kept.facts(keys["papermill"])["facts"]["stages"]
    lines = [
        f"The invented country of {firms:,} firms, {stages} notebooks. The runner also checks, "
        "hashes, renders and checks the pages and writes the record; ratios are to plain "
        "papermill in the same turn.",
        "",
        "| way | runs | s | ratio of the clock | ratio of processor time | largest process |",
        "|---|---:|---|---|---|---:|",
    ]
    for way, key in keys.items():
        runs = kept.of(key)
        lines.append(
            f"| {way} | {len(runs)} | {seconds(runs)} | {ratio(runs, plain, 'seconds')} "
            f"| {ratio(runs, plain)} | {peak(runs)} |"
        )
    return [Section("`infiltrate run` beside plain papermill", lines, list(keys.values()))]


def _key(firms: int, way: str) -> str:
    return f"runner {firms} {way}"


def _add_options(group: Options) -> None:
    group.add_argument("--runner-firms", type=int, default=800)
    group.add_argument("--runner-runs", type=int, default=3, help="turns with papermill [3]")


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    run_runner(chosen.runner_firms, chosen.runner_runs, kept)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    return render_runner(chosen.runner_firms, kept)


PART = Part("runner", _add_options, _run, _render)
