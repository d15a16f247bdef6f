"""A run described as a research object: RO-Crate with the profiles for runs of workflows."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infiltrate.runs.order import order_stages
from infiltrate.tables.files import replace_file

CRATE = "ro-crate-metadata.json"
WORKFLOW = "workflow.json"

_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.6": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.6": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.6": "Provenance Run Crate",
}
_FORMATS = {
    ".parquet": "application/vnd.apache.parquet",
    ".ipynb": "application/x-ipynb+json",
}
_COMPLETED = "http://schema.org/CompletedActionStatus"
_CLOSED = (
    "Results of a study by its own authors. Tables hold identifiers of firms and stay with them; "
    "the pages of the report hold none. Licences of the data sets that were read stand with each."
)


def write_workflow(manifest: Mapping[str, Any], run_dir: Path) -> Path:
    """Write the graph of the stages as ``workflow.json``: the plan that the run followed.

    Parameters
    ----------
    manifest : mapping
        ``stages`` is read.
    run_dir : Path
        Folder of the results.
    """
    stages = {stage["stage"]: stage for stage in manifest["stages"]}
    steps = [
        {
            "name": name,
            "title": stages[name]["title"],
            "notebook": f"notebooks/{name}.ipynb",
            "reads": stages[name]["reads"],
            "reads_raw_files": stages[name]["reads_raw_files"],
            "parameters": sorted(stages[name]["parameters"]),
            "writes": stages[name]["writes"],
        }
        for name in order_stages(stages)
    ]
    return _write_json(run_dir / WORKFLOW, {"steps": steps})


def write_crate(manifest: Mapping[str, Any], run_dir: Path) -> Path:
    """Write ``ro-crate-metadata.json``: what was run on what, and what came out.

    RO-Crate 1.3 (Soiland-Reyes et al. 2022) with the profiles Process, Workflow and Provenance Run
    Crate 0.6 (Leo et al. 2024). No person is named; raw files appear by data set, for the name of
    a file may hold a code.

    Parameters
    ----------
    manifest : mapping
        The manifest of a run in which every stage finished.
    run_dir : Path
        Folder of the results, with ``workflow.json``.
    """
    return _write_json(run_dir / CRATE, _Describing(manifest).describe())


class _Describing:
    def __init__(self, manifest: Mapping[str, Any]) -> None:
        from rocrate.rocrate import ROCrate

        self.manifest = manifest
        self.crate = ROCrate()
        self.stages = {stage["stage"]: stage for stage in manifest["stages"]}
        self.order = order_stages(self.stages)

    def describe(self) -> dict[str, Any]:
        self._root()
        files = {name: self._file(name, output) for name, output in self._described_files()}
        sources = [self._source(source) for source in self.manifest["sources"]]
        engine = self._software()
        runs = {name: self._stage_run(name, files, sources) for name in self.order}
        workflow = self._workflow(files[WORKFLOW])
        whole = self._action(
            "#run",
            f"Run of the study: {self.manifest['title']}",
            instrument=workflow,
            object=[*sources, files["params.json"], *self._parameters(workflow)],
            result=[file for name, file in files.items() if name != WORKFLOW],
            endTime=self.manifest["finished_at"],
        )
        controls = [self._control(name, run) for name, run in runs.items()]
        organise = self._entity(
            "#orchestration",
            "OrganizeAction",
            name="infiltrate running the stages of the study",
            instrument=engine,
            object=controls,
            result=whole,
        )
        self.crate.root_dataset["mentions"] = [whole, *runs.values(), organise]
        self.crate.metadata.extra_contexts.append(_TERMS)
        return dict(self.crate.metadata.generate())

    def _root(self) -> None:
        root = self.crate.root_dataset
        root["name"] = f"{self.manifest['country']}: {self.manifest['title']}"
        root["description"] = (
            "Results of one run of infiltrate: tables, executed notebooks and the pages of the "
            "report, with the manifest that says what they were made from."
        )
        root["datePublished"] = self.manifest["finished_at"]
        root["license"] = self._entity(
            "#licence", "CreativeWork", name="Terms of use", description=_CLOSED
        )
        root["conformsTo"] = [
            self._entity(profile, "CreativeWork", name=name, version=profile.rpartition("/")[2])
            for profile, name in _PROFILES.items()
        ]

    def _described_files(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield from self.manifest["outputs"].items()
        yield "manifest.json", {}

    def _file(self, name: str, output: Mapping[str, Any]) -> Any:
        kind = _FORMATS.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
        properties = {
            "name": name,
            "encodingFormat": kind or "application/octet-stream",
            "sha256": output.get("sha256"),
            "contentSize": str(output["size"]) if "size" in output else None,
        }
        given = {key: value for key, value in properties.items() if value is not None}
        if name == WORKFLOW:
            return self.crate.add(_workflow_with_steps(self.crate, given))
        return self.crate.add_file(dest_path=name, properties=given)

    def _source(self, source: Mapping[str, Any]) -> Any:
        read = [file for file in self.manifest["files"] if file["source_id"] == source["id"]]
        publisher = self._entity(
            f"#publisher-of-{source['id']}", "Organization", name=source["publisher"]
        )
        properties = {
            "url": source["address"],
            "dateModified": source["retrieved_on"],
        }
        return self._entity(
            f"#source-{source['id']}",
            "CreativeWork",
            name=source["title"],
            description=(
                f"{len(read)} files, {sum(file['size'] for file in read):,} bytes; names and "
                "SHA-256 of each are in manifest.json."
            ),
            publisher=publisher,
            license=source["licence"],
            **{key: value for key, value in properties.items() if value},
        )

    def _software(self) -> Any:
        libraries = [
            self._entity(f"#software-{name}", "SoftwareApplication", name=name, softwareVersion=of)
            for name, of in sorted(self.manifest["environment"].items())
            if name != "infiltrate"
        ]
        code = self.manifest["code"]
        commit = f"+{code['commit'][:12]}" if code["commit"] else ""
        return self._entity(
            "#infiltrate",
            "SoftwareApplication",
            name="infiltrate",
            softwareVersion=f"{code['version']}{commit}",
            softwareRequirements=libraries,
        )

    def _stage_run(self, name: str, files: Mapping[str, Any], sources: list[Any]) -> Any:
        stage = self.stages[name]
        tool = self._entity(
            f"#notebook-{name}",
            "SoftwareSourceCode",
            name=stage["title"],
            version=stage["notebook"],
            description=f"The notebook {name}; executed, it is notebooks/{name}.ipynb.",
        )
        read = [f"tables/{table}.parquet" for table in stage["reads"]]
        page = "index" if stage["sums_up"] else name
        written = [f"tables/{table}.parquet" for table in stage["writes"]]
        written += [f"notebooks/{name}.ipynb", f"report/{page}.html"]
        used = [files[file] for file in [*read, "params.json"] if file in files]
        ended = stage.get("last_ended_at")
        return self._action(
            f"#run-{name}",
            f"Run of {name}",
            instrument=tool,
            object=[*used, *(sources if stage["reads_raw_files"] else [])],
            result=[files[file] for file in written if file in files],
            resourceUsage=list(self._usage(name, stage)),
            **({"startTime": _start(stage), "endTime": ended} if ended else {}),
        )

    def _usage(self, name: str, stage: Mapping[str, Any]) -> Iterator[Any]:
        for quantity, key, unit in (
            ("wall time", "last_seconds", "https://qudt.org/vocab/unit/SEC"),
            ("peak memory", "last_peak_memory_mib", "https://qudt.org/vocab/unit/MebiBYTE"),
        ):
            if stage.get(key) is not None:
                slug = quantity.replace(" ", "-")
                yield self._entity(
                    f"#run-{name}-{slug}",
                    "PropertyValue",
                    name=quantity,
                    propertyID=f"#{slug}",
                    unitCode=unit,
                    value=str(stage[key]),
                )

    def _workflow(self, workflow: Any) -> Any:
        workflow["programmingLanguage"] = self._entity(
            "#stages",
            "ComputerLanguage",
            name="Stages of infiltrate",
            description="Notebooks that declare what they read, write and depend on.",
        )
        workflow["hasPart"] = [{"@id": f"#notebook-{name}"} for name in self.order]
        workflow["step"] = [
            self._entity(
                f"#step-{name}",
                "HowToStep",
                name=name,
                position=str(place),
                workExample={"@id": f"#notebook-{name}"},
            )
            for place, name in enumerate(self.order, start=1)
        ]
        self.crate.mainEntity = workflow
        self.crate.root_dataset.append_to(
            "conformsTo",
            self._entity(
                "https://w3id.org/workflowhub/workflow-ro-crate/1.1",
                "CreativeWork",
                name="Workflow RO-Crate",
                version="1.1",
            ),
        )
        return workflow

    def _parameters(self, workflow: Any) -> Iterator[Any]:
        """Yield the parameters that differ from the defaults, and the seed, as filled slots."""
        differing = {item["path"]: item["value"] for item in self.manifest["differences"]}
        for path, value in sorted(
            {"choices.seed": str(self.manifest["seed"]), **differing}.items()
        ):
            slot = self._entity(
                f"#parameter-{path}", "FormalParameter", name=path, additionalType="Text"
            )
            workflow.append_to("input", slot)
            yield self._entity(
                f"#value-{path}", "PropertyValue", name=path, value=value, exampleOfWork=slot
            )

    def _control(self, name: str, run: Any) -> Any:
        return self._entity(
            f"#control-{name}",
            "ControlAction",
            name=f"Orchestration of {name}",
            instrument={"@id": f"#step-{name}"},
            object=run,
        )

    def _action(self, identifier: str, name: str, **properties: Any) -> Any:
        given = {key: value for key, value in properties.items() if value != []}
        return self._entity(
            identifier, "CreateAction", name=name, actionStatus={"@id": _COMPLETED}, **given
        )

    def _entity(self, identifier: str, kind: str, **properties: Any) -> Any:
        from rocrate.model import ContextEntity

        entity = self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind}))
        for key, value in properties.items():
            entity[key] = value
        return entity


def _workflow_with_steps(crate: Any, properties: dict[str, Any]) -> Any:
    from rocrate.model import ComputationalWorkflow

    class StepwiseWorkflow(ComputationalWorkflow):
        TYPES = (*ComputationalWorkflow.TYPES, "HowTo")

    return StepwiseWorkflow(crate, dest_path=WORKFLOW, properties=properties)


def _start(stage: Mapping[str, Any]) -> str:
    ended = datetime.fromisoformat(stage["last_ended_at"])
    return (ended - timedelta(seconds=stage["last_seconds"])).isoformat(timespec="seconds")


def _write_json(path: Path, value: Any) -> Path:
    with replace_file(path) as temporary:
        temporary.write_text(
            json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8"
        )
    return path
