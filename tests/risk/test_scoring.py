"""The ranking of a finished run, applied to other firms of its country, or refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import CheckFailed, NotEnoughData, ParamsError, StoreError
from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.params.choices import IndicatorChoice
from infiltrate.params.dump import dump_params
from infiltrate.params.study import StudyParams
from infiltrate.risk.ranking_model import keep_ranking
from infiltrate.risk.score import RiskResult, fit_and_score
from infiltrate.runs.code_record import describe_parts
from infiltrate.runs.fingerprints import PACKAGE, find_code, fingerprint_file
from infiltrate.runs.manifest import FORMAT
from infiltrate.runs.scoring import NewFirms, score_firms
from infiltrate.study.kept_model import write_model
from infiltrate.study.stage import RANKING
from infiltrate.tables.store import TableStore

AS_OF = date(2018, 12, 31)
FIRMS = 260
RECORD = "stages/06_risk.json"


def tables(seed: int, firms: int = FIRMS, *, scheme: str = "XX", shift: float = 0.0) -> dict:
    """Firms that bid alone or not; those that bid alone more often get on the list later."""
    rng = np.random.default_rng(seed)
    alone = np.clip(rng.beta(1, 3, firms) + shift, 0, 1)
    listed = rng.random(firms) < 0.03 + 0.6 * alone**2
    ids = [f"{scheme}:{number:04d}" for number in range(firms)]
    companies = [
        {
            "company_id": company,
            "kind": "company",
            "incorporated_on": date(1990, 1, 1) + timedelta(days=int(rng.integers(0, 8000))),
            "legal_form": str(rng.choice(["SA", "SRL"])),
            "area_id": str(rng.choice(["A1", "A2", "A3"])),
        }
        for company in ids
    ]
    tenders, bids = [], []
    for number, company in enumerate(ids):
        for lot in range(int(rng.integers(2, 7))):
            tender = f"T{number}-{lot}"
            day = date(2016, 1, 1) + timedelta(days=int(rng.integers(0, 900)))
            tenders.append(
                {
                    "tender_id": tender,
                    "lot_id": "1",
                    "buyer_id": f"B{number % 6}",
                    "procedure": "open",
                    "call_published_on": day,
                    "deadline_on": day + timedelta(days=30),
                    "award_on": day + timedelta(days=60),
                }
            )
            rivals = 0 if rng.random() < alone[number] else int(rng.integers(1, 4))
            others = rng.choice(firms, rivals, replace=False)
            bidders = dict.fromkeys([company, *(ids[other] for other in others)])
            bids += [
                {
                    "tender_id": tender,
                    "lot_id": "1",
                    "company_id": bidder,
                    "is_winner": bidder == company,
                    "submitted_on": day + timedelta(days=20),
                }
                for bidder in bidders
            ]
    entries = [
        {
            "list_id": "court",
            "entry_id": f"E{number}",
            "company_id": ids[number],
            "listed_on": date(2020, 3, 1) + timedelta(days=int(number)),
        }
        for number in np.flatnonzero(listed)
    ]
    return {
        "companies": companies,
        "buyers": [{"buyer_id": f"B{k}", "area_id": f"A{k % 3 + 1}"} for k in range(6)],
        "areas": [{"area_id": f"A{k}", "level": 1} for k in (1, 2, 3)],
        "tenders": tenders,
        "bids": bids,
        "list_entries": entries,
    }


@dataclass
class Run:
    """A finished run that kept its ranking, and what it ranked."""

    folder: Path
    result: RiskResult

    def copied_to(self, folder: Path) -> Path:
        shutil.copytree(self.folder, folder)
        return folder


@pytest.fixture(scope="module")
def params(make_params: Callable[..., StudyParams]) -> StudyParams:
    """Few indicators: what they say is tested elsewhere."""
    off = {code: IndicatorChoice(on=code in ("C01", "F01")) for code in load_catalogue()}
    made = make_params(
        as_of=[AS_OF],
        learners=["logistic"],
        ranked_by="logistic",
        folds=2,
        tuning_folds=0,
        bootstrap_draws=50,
        stability_seeds=1,
        stability_bootstraps=20,
        horizon_months=36,
    )
    choices = made.choices.model_copy(update={"indicators": off})
    return made.model_copy(update={"choices": choices})


@pytest.fixture(scope="module")
def run(tmp_path_factory, write_store, params) -> Run:
    folder = tmp_path_factory.mktemp("run") / "results"
    store = write_store(folder / "tables", **tables(1))
    result = fit_and_score(store, params, np.random.default_rng(3))
    model = keep_ranking(result, np.random.default_rng(4))
    assert model is not None
    kept = {RANKING: write_model(folder / RANKING, model.to_parts())}
    (folder / "stages").mkdir()
    (folder / RECORD).write_text(json.dumps({"stage": "06_risk", "kept": kept}))
    dump_params(params, folder / "params.json")
    code = find_code(("infiltrate.risk.cohorts", "infiltrate.risk.ranking_model"))
    files = {
        path.relative_to(PACKAGE).as_posix(): {
            "sha256": fingerprint_file(path),
            "parts": describe_parts(path),
        }
        for path in code
    }
    (folder / "code.json").write_text(json.dumps({"files": files}))
    outputs = {RECORD: {"sha256": fingerprint_file(folder / RECORD)}}
    manifest = {"format": FORMAT, "finished": True, "outputs": outputs, "environment": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Run(folder, result)


def apply(folder: Path, tables_dir: Path, out: Path, **words: object):
    firms = NewFirms(tables_dir, None, Path("notebooks"), **words)
    return score_firms(folder, firms, out, say=lambda line: None)


def rewrite(folder: Path, name: str, **facts: object) -> None:
    written = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**written, **facts}))


def reasons(error: pytest.ExceptionInfo) -> dict[str, str]:
    return {problem.where: str(problem) for problem in error.value.problems}


def test_the_firms_of_the_run_get_the_scores_of_the_run_bit_for_bit(run, tmp_path):
    out = tmp_path / "scores.parquet"
    scored = apply(run.folder, run.folder / "tables", out)
    before = run.result.scores
    same = scored.table.merge(before, on="company_id", suffixes=("", "_run"))
    assert len(same) == len(before) == len(scored.table)
    for column in ("risk_score", "rank", "percentile"):
        assert np.array_equal(same[column], same[f"{column}_run"])
    pd.testing.assert_frame_equal(pd.read_parquet(out), scored.table)


def test_new_firms_are_ranked_with_probabilities_and_what_their_scores_are_made_of(
    run, write_store, tmp_path
):
    write_store(tmp_path / "tables", **tables(2, scheme="XX"))
    scored = apply(run.folder, tmp_path / "tables", tmp_path / "scores.csv")
    table = scored.table
    assert table["risk_score"].is_monotonic_decreasing
    assert table["percentile"].is_monotonic_decreasing
    assert table["probability_listed"].is_monotonic_decreasing
    assert (table["low"] <= table["probability_listed"]).all()
    assert (table["probability_listed"] <= table["high"]).all()
    assert table["probability_listed"].between(0, 1, inclusive="neither").all()
    parts = table.filter(like="contribution_").sum(axis=1)
    assert (table["risk_score"] - parts).std() < 1e-6
    assert "screening aid" in scored.notes[0]
    assert scored.as_of == AS_OF
    assert scored.reference == len(run.result.scores)
    written = pd.read_csv(tmp_path / "scores.csv")
    assert np.allclose(written["risk_score"], table["risk_score"])


def test_the_kept_file_names_no_firm(run):
    import zipfile

    with zipfile.ZipFile(run.folder / RANKING) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert not any(company.encode() in content for company in run.result.scores["company_id"])


def test_firms_that_drifted_are_refused_with_every_number(run, write_store, tmp_path):
    write_store(tmp_path / "tables", **tables(2, shift=0.7))
    out = tmp_path / "scores.parquet"
    with pytest.raises(CheckFailed, match="firms were not scored") as error:
        apply(run.folder, tmp_path / "tables", out)
    found = reasons(error)
    assert any("population stability index" in text and "0.25" in text for text in found.values())
    assert not out.exists()


def test_every_reason_is_given_at_once(run, write_store, params, tmp_path):
    """Another country, list and library, a column that is gone, code that changed."""
    folder = run.copied_to(tmp_path / "results")
    rewrite(folder, "manifest.json", environment={"scikit-learn": "0.1"})
    record = json.loads((folder / "code.json").read_text())
    record["files"]["risk/features.py"]["parts"]["build_features"] = "other"
    (folder / "code.json").write_text(json.dumps(record))
    rows = tables(2, scheme="YY")
    for company in rows["companies"]:
        company["incorporated_on"] = None
    write_store(tmp_path / "new" / "tables", **rows)
    other = params.model_copy(update={"country": "PE", "lists": []})
    dump_params(other, tmp_path / "new" / "params.json")
    with pytest.raises(CheckFailed) as error:
        apply(folder, tmp_path / "new" / "tables", tmp_path / "scores.csv")
    found = reasons(error)
    assert "allowed: XX" in found["parameters: country"]
    assert "parameters: lists" in found
    assert "numbers of YY" in found["companies: company_id"]
    assert "build_features" in found["risk/features.py"]
    assert "missing for 100.0%" in found["age_years"]
    assert "allowed: 0.1" in found["scikit-learn"]
    assert str(len(error.value.problems)) in error.value.summary


def test_a_feature_that_is_not_there_is_refused(run, params):
    model = keep_ranking(run.result, np.random.default_rng(4))
    features = run.result.scored.describe()
    assert model.check(features, params.choices.risk.drift) == []
    absent = next(name for name in model.columns if features[name].notna().any())
    problems = model.check(features.drop(columns=absent), params.choices.risk.drift)
    assert [problem.where for problem in problems] == [absent]
    assert "is not there" in problems[0].found


@pytest.mark.parametrize("name", [RANKING, RECORD])
def test_a_model_changed_after_the_run_is_not_opened(run, tmp_path, name):
    """A forged hash beside the model does not help: the manifest knows the record."""
    folder = run.copied_to(tmp_path / "results")
    with (folder / RANKING).open("ab") as file:
        file.write(b"x")
    if name == RECORD:
        rewrite(folder, RECORD, kept={RANKING: fingerprint_file(folder / RANKING)})
    with pytest.raises(StoreError, match="was changed after the run"):
        apply(folder, folder / "tables", tmp_path / "scores.csv")


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 half of a zip"])
def test_a_damaged_model_is_said(run, tmp_path, content):
    folder = run.copied_to(tmp_path / "results")
    (folder / RANKING).write_bytes(content)
    rewrite(folder, RECORD, kept={RANKING: fingerprint_file(folder / RANKING)})
    rewrite(
        folder, "manifest.json", outputs={RECORD: {"sha256": fingerprint_file(folder / RECORD)}}
    )
    with pytest.raises(StoreError, match="damaged"):
        apply(folder, folder / "tables", tmp_path / "scores.csv")


def test_a_model_that_is_gone_or_was_never_kept_is_said(run, tmp_path):
    folder = run.copied_to(tmp_path / "results")
    (folder / RANKING).unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        apply(folder, folder / "tables", tmp_path / "scores.csv")
    rewrite(folder, "manifest.json", outputs={})
    with pytest.raises(StoreError, match="kept no ranking"):
        apply(folder, folder / "tables", tmp_path / "scores.csv")


def test_a_run_that_did_not_finish_scores_nobody(run, tmp_path):
    with pytest.raises(StoreError, match="no finished run"):
        apply(tmp_path, run.folder / "tables", tmp_path / "scores.csv")


def test_nobody_to_score_is_said(run, tmp_path):
    with pytest.raises(NotEnoughData, match="no firm to score on 2010-01-01"):
        apply(run.folder, run.folder / "tables", tmp_path / "s.csv", day=date(2010, 1, 1))


def test_commands_that_cannot_be_followed(run, tmp_path):
    with pytest.raises(ParamsError, match=r"allowed endings: \.parquet, \.csv"):
        apply(run.folder, run.folder / "tables", tmp_path / "scores.xlsx")
    for firms in (
        NewFirms(None, None, Path("notebooks")),
        NewFirms(tmp_path, tmp_path, Path("notebooks")),
    ):
        with pytest.raises(ParamsError, match="either with --tables or with --data"):
            score_firms(run.folder, firms, tmp_path / "scores.csv")
    with pytest.raises(StoreError, match="no table of companies"):
        apply(run.folder, tmp_path, tmp_path / "scores.csv")


def test_natural_persons_and_listed_firms_are_not_scored(run, tmp_path):
    folder = tmp_path / "tables"
    shutil.copytree(run.folder / "tables", folder)
    store = TableStore(folder)
    companies = store.read("companies").to_pandas()
    person = companies["company_id"].iloc[0]
    companies.loc[companies["company_id"] == person, "kind"] = "natural_person"
    store.write("companies", companies)
    entries = store.read("list_entries").to_pandas()
    early = entries["company_id"].iloc[0]
    entries["listed_on"] = entries["listed_on"].where(
        entries["company_id"] != early, date(2017, 1, 1)
    )
    store.write("list_entries", entries)
    scored = apply(run.folder, folder, tmp_path / "scores.csv")
    assert not {person, early} & set(scored.table["company_id"])
