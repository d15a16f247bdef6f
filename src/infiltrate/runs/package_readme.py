"""The README of a replication package, under the headings of the data editors' template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MIB = 1024 * 1024
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True)
class RawData:
    """One data set of the study.

    Attributes
    ----------
    facts : mapping
        ``id``, ``title``, ``publisher``, ``licence``, ``address``, ``retrieved_on``, ``tables``.
    files : tuple of mapping
        ``name``, ``sha256`` and ``size`` of each raw file.
    is_packed : bool
        Whether the files are in the archive.
    """

    facts: Mapping[str, Any]
    files: tuple[Mapping[str, Any], ...]
    is_packed: bool


@dataclass(frozen=True)
class PackageFacts:
    """What the README tells of.

    Attributes
    ----------
    name : str
        Name of the results folder.
    manifest, params : mapping
        Of the run.
    sources : tuple of RawData
        All data sets, packed or not.
    notebooks : mapping of str to Path
        Stage to its executed notebook.
    withheld : tuple of str
        Results that are not in the archive.
    """

    name: str
    manifest: Mapping[str, Any]
    params: Mapping[str, Any]
    sources: tuple[RawData, ...]
    notebooks: Mapping[str, Path]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Exhibit:
    """A table or figure of the report: ``kind``, ``title``, ``stage``, number of the ``cell``."""

    kind: str
    title: str
    stage: str
    cell: int


def write_readme(facts: PackageFacts) -> str:
    """Return the README: data availability, requirements, instructions, exhibits, references."""
    title = facts.manifest["title"]
    parts = [
        f"# Replication package: {title}\n",
        *_overview(facts),
        *_data(facts),
        *_requirements(facts),
        *_programs(facts),
        *_instructions(facts),
        *_exhibits(facts),
        *_references(facts),
    ]
    return "\n".join(parts).rstrip() + "\n"


def find_exhibits(stage: str, notebook: Path) -> list[Exhibit]:
    """List the figures and tables of an executed notebook, each under the heading above it."""
    exhibits, heading, number = [], stage, 0
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = next(iter(reversed(_HEADING.findall(text))), heading)
            continue
        if cell["cell_type"] != "code":
            continue
        number += 1
        kinds = {kind for output in cell["outputs"] for kind in _kinds(output.get("data", {}))}
        exhibits += [Exhibit(kind, heading, stage, number) for kind in sorted(kinds)]
    return exhibits


def _kinds(data: Mapping[str, Any]) -> Iterator[str]:
    if any(kind.startswith("image/") for kind in data):
        yield "figure"
    elif "<table" in "".join(data.get("text/html", "")):
        yield "table"


def _overview(facts: PackageFacts) -> list[str]:
    manifest = facts.manifest
    seconds = sum(stage.get("last_seconds") or 0 for stage in manifest["stages"])
    question = facts.params.get("question") or "No question is named in the parameters."
    return [
        "## Overview\n",
        f"Question: {question.strip()}\n",
        f"The program in this package reads {_count(manifest['files'], 'raw file')} of "
        f"{_count(facts.sources, 'data set')} and makes "
        f"{_count(manifest['tables'], 'table')} and a report of "
        f"{_count(manifest['stages'], 'page')}. Two commands run everything; the replicator should "
        f"expect it to take about {_duration(seconds)} after the installation.\n",
        "Flags and scores rank units for a closer look. They are not findings about any firm, and "
        "no firm that they rank is thereby said to be tied to organised crime.\n",
    ]


def _data(facts: PackageFacts) -> list[str]:
    packed = sum(source.is_packed for source in facts.sources)
    if packed == len(facts.sources):
        summary = "- [x] All data **are** in this package and may be passed on.\n"
    elif packed:
        summary = (
            f"- [x] Some data are in this package ({packed} of "
            f"{len(facts.sources)} data sets); the rest must be got as told below.\n"
        )
    else:
        summary = "- [x] **No** data are in this package; they must be got as told below.\n"
    return [
        "## Data Availability and Provenance Statements\n",
        "### Statement about Rights\n",
        "Raw files are in this package where the licence that their publisher states lets anybody "
        "pass a copy on, or where the authors say that they read the terms and found the same. All "
        "other files are left out. The authors confirm by depositing this package that they had "
        "access to the data legitimately; where registers hold personal data, whoever makes this "
        "package public answers for that under the law on data protection.\n",
        "### License for Data\n",
        "Each data set keeps the licence of its publisher, named below.\n",
        "### Summary of Availability\n",
        summary,
        "### Details on each Data Source\n",
        *(line for source in facts.sources for line in _data_source(source)),
        "## Dataset list\n",
        _table(
            ["File", "Data set", "Bytes", "Provided", "SHA-256"],
            [
                [
                    f"`data/{file['name']}`",
                    source.facts["id"],
                    f"{file['size']:,}",
                    "yes" if source.is_packed else "no",
                    f"`{file['sha256']}`",
                ]
                for source in facts.sources
                for file in source.files
            ],
        ),
    ]


def _data_source(source: RawData) -> Iterator[str]:
    about = source.facts
    yield f"#### {about['title']}\n"
    got = f", fetched on {about['retrieved_on']}" if about["retrieved_on"] else ""
    address = f" {about['address']}" if about["address"] else ""
    feeds = f" Feeds: {', '.join(f'`{name}`' for name in about['tables'])}." * bool(about["tables"])
    yield f"{about['publisher']}.{address}{got}. Licence: {about['licence']}.{feeds}\n"
    if source.is_packed:
        yield f"Provided: {_count(source.files, 'file')} in `data/`.\n"
        return
    places = ", ".join(f"`data/{file['name']}`" for file in source.files)
    where = about["address"] or f"{about['publisher']} (no address is known to this study)"
    yield (
        "Not provided: the licence is not known to let a copy be passed on. To get it: "
        f"{where}. Save it as {places}; "
        "the checksums below tell whether the publisher has changed it since.\n"
    )


def _requirements(facts: PackageFacts) -> list[str]:
    manifest = facts.manifest
    environment = {k: v for k, v in manifest["environment"].items() if k != "python"}
    stages = manifest["stages"]
    peak = max([stage.get("last_peak_mib") or 0 for stage in stages], default=0)
    peak = peak or manifest["largest_kernel_mib"]
    size = sum(file["size"] for file in manifest["files"]) / _MIB
    seed = manifest["seed"]
    machine = manifest["machine"]
    return [
        "## Computational requirements\n",
        "### Software Requirements\n",
        f"- Python {manifest['environment']['python']} was used; 3.11, 3.12 or 3.13 with pip is "
        "needed, and a POSIX shell. `sh bootstrap.sh` installs the exact versions of "
        "`requirements.lock`, each checked by its hash, into `.venv` inside this folder.",
        f"- {', '.join(f'{name} {version}' for name, version in sorted(environment.items()))}\n",
        "### Controlled Randomness\n",
        f"- [x] The seed is {seed}, set by `choices.seed` in `params/{manifest['params_file']}`. "
        "Every random step draws from a generator of its own derived from it.\n",
        "### Memory, Runtime, Storage Requirements\n",
        f"Last run on {machine['system']} {machine['architecture']}: "
        f"{_duration(sum(stage.get('last_seconds') or 0 for stage in stages))}, at most "
        f"{peak:,} MiB of memory, {size:,.1f} MiB of raw files; the installation takes about "
        "1.2 GB.\n",
        _table(
            ["Program", "Seconds"],
            [
                [f"`notebooks/{stage['stage']}.ipynb`", f"{stage.get('last_seconds') or 0:.0f}"]
                for stage in stages
            ],
        ),
    ]


def _programs(facts: PackageFacts) -> list[str]:
    return [
        "## Description of programs/code\n",
        "`notebooks/` has one notebook a page of the report; `src/infiltrate` is the package they "
        "call; `params/` has the choices of this study. The order follows from what each reads.\n",
        _table(
            ["Program", "Reads", "Writes"],
            [
                [
                    f"`notebooks/{stage['stage']}.ipynb`: {stage['title']}",
                    "raw files" if stage["reads_raw_files"] else ", ".join(stage["reads"]),
                    ", ".join(stage["writes"]) or "its page",
                ]
                for stage in facts.manifest["stages"]
            ],
        ),
        "### License for Code\n",
        "Apache License 2.0, in `LICENSE`.\n",
    ]


def _instructions(facts: PackageFacts) -> list[str]:
    lines = [
        "## Instructions to Replicators\n",
        "```sh",
        "sh bootstrap.sh",
        f".venv/bin/infiltrate verify results/{facts.name} --data data",
        "```\n",
        "The second command runs the whole study again in a clean folder and says whether it came "
        "out identical, or what moved and why.",
        "To keep a run of your own: `.venv/bin/infiltrate run "
        f"params/{facts.manifest['params_file']} --data data --out results/again`. "
        "Checksums of this package: `sha256sum -c CHECKSUMS.sha256`.\n",
        "Natural persons appear under pseudonyms made with a key that stays with the authors. With "
        "another key the pseudonyms differ and nothing else does; `verify` then says so.\n",
    ]
    if facts.withheld:
        lines.append(
            f"{_count(facts.withheld, 'table')} with rows on single firms "
            f"{'is' if len(facts.withheld) == 1 else 'are'} not in `results/{facts.name}/tables`. "
            "The run makes them again, and `verify` compares them by the hashes in "
            f"`results/{facts.name}/manifest.json`.\n"
        )
    if missing := [source for source in facts.sources if not source.is_packed]:
        lines.append(
            f"First get the {_count(missing, 'data set')} that this package may not hold, as told "
            "above.\n"
        )
    return lines


def _exhibits(facts: PackageFacts) -> list[str]:
    pages = {stage["stage"]: stage["sums_up"] for stage in facts.manifest["stages"]}
    rows = [
        [
            f"{exhibit.kind.capitalize()}: {exhibit.title}",
            f"`notebooks/{exhibit.stage}.ipynb`",
            f"code cell {exhibit.cell}",
            f"`results/{facts.name}/report/"
            f"{'index' if pages[exhibit.stage] else exhibit.stage}.html`",
        ]
        for stage, notebook in facts.notebooks.items()
        for exhibit in find_exhibits(stage, notebook)
    ]
    estimates = any("estimates" in stage["writes"] for stage in facts.manifest["stages"])
    if estimates:
        writer = next(s["stage"] for s in facts.manifest["stages"] if "estimates" in s["writes"])
        rows.insert(
            0,
            [
                "Estimates",
                f"`notebooks/{writer}.ipynb`",
                "",
                f"`results/{facts.name}/estimates.csv`",
            ],
        )
    return [
        "## List of tables and programs\n",
        "The code in this package makes every exhibit of the report.\n",
        _table(["Exhibit", "Program", "Place", "Output"], rows),
    ]


def _references(facts: PackageFacts) -> list[str]:
    cited = [
        f"- {source.facts['publisher']}. {source.facts['title']}."
        + (f" {source.facts['address']}" if source.facts["address"] else "")
        for source in facts.sources
    ]
    return [
        "## References\n",
        *cited,
        "- Vilhuber, L., Connolly, M., Koren, M., Llull, J., & Morrow, P. (2022). A template "
        "README for social science replication packages, v1.1. "
        "https://doi.org/10.5281/zenodo.7293838\n",
    ]


def _count(things: Sequence[Any] | Mapping[str, Any], noun: str) -> str:
    return f"{len(things):,} {noun}{'s' * (len(things) != 1)}"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    written = [f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in lines]
    return "\n".join(written) + "\n"
