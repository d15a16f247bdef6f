"""The demonstration country: the same bytes each time, all or nothing, truth kept apart."""

import hashlib
import json
import shutil
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import ParamsError, RunLocked, StoreError
from infiltrate.synth import simulate as simulation
from infiltrate.synth import simulate_country
from infiltrate.synth.scenario import DirtRates

FIRMS = 3000
MARKS = {
    "companies": b";",
    "accounts": b";",
    "approved": b";",
    "lots": b";",
    "authorities": b";",
    "owners": b"|",
    "sectors": b"|",
    "contracts": b";",
    "court": b";",
    ".tsv": b"\t",
    ".txt": b"|",
}


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("synth") / "demo"
    simulate_country("demo", folder, firms=FIRMS, seed=3)
    return folder


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _read(country: Path, pattern: str, **options) -> pd.DataFrame:
    """Read raw files leniently: rows of another width are left out."""
    frames = [
        pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            on_bad_lines="skip",
            encoding_errors="replace",
            **options,
        )
        for path in sorted(country.glob(pattern))
    ]
    return pd.concat(frames, ignore_index=True)


def _truth(country: Path) -> pd.DataFrame:
    return pd.read_csv(country / "truth" / "firms.csv", dtype={"company_id": str})


def test_same_seed_same_bytes_and_another_seed_others(country, tmp_path):
    report = simulate_country("demo", tmp_path / "again", firms=FIRMS, seed=3)
    assert not report.unchanged
    assert _hashes(tmp_path / "again") == _hashes(country)
    simulate_country("demo", tmp_path / "other", firms=FIRMS, seed=4)
    assert (
        _hashes(tmp_path / "other")["bids/bids_2021.txt"] != _hashes(country)["bids/bids_2021.txt"]
    )


def test_second_simulation_writes_nothing(country):
    before = {path: path.stat().st_mtime_ns for path in country.rglob("*")}
    report = simulate_country("demo", country, firms=FIRMS, seed=3)
    assert report.unchanged
    assert "unchanged" in str(report)
    assert {path: path.stat().st_mtime_ns for path in country.rglob("*")} == before


@pytest.mark.parametrize(
    "damage", ["changed file", "missing file", "other seed", "other generator"]
)
def test_anything_different_is_written_again(country, tmp_path, monkeypatch, damage):
    folder = tmp_path / "demo"
    shutil.copytree(country, folder)
    seed = 3
    if damage == "changed file":
        with (folder / "contracts" / "contracts.csv").open("a") as file:
            file.write("x\n")
    elif damage == "missing file":
        (folder / "lists" / "media.tsv").unlink()
    elif damage == "other generator":
        monkeypatch.setattr(simulation, "_hash_generator", lambda: "another")
    else:
        seed = 5
    assert not simulate_country("demo", folder, firms=FIRMS, seed=seed).unchanged
    assert simulate_country("demo", folder, firms=FIRMS, seed=seed).unchanged
    assert [path.name for path in tmp_path.iterdir() if "lock" not in path.name] == ["demo"]


def test_failure_half_way_leaves_the_old_country(country, tmp_path, monkeypatch):
    folder = tmp_path / "demo"
    shutil.copytree(country, folder)
    before = _hashes(folder)
    write = Path.write_bytes
    written = []

    def fill_the_disk(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) > 2:
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fill_the_disk)
    with pytest.raises(StoreError, match="No space left on device"):
        simulate_country("demo", folder, firms=FIRMS, seed=9)
    assert _hashes(folder) == before
    assert [path.name for path in tmp_path.iterdir() if "lock" not in path.name] == ["demo"]


def test_a_killed_simulation_is_swept_away(country, tmp_path):
    half = tmp_path / ".demo.being-written"
    half.mkdir()
    (half / "stray.csv").write_text("half a row")
    simulate_country("demo", tmp_path / "demo", firms=FIRMS, seed=3)
    assert _hashes(tmp_path / "demo") == _hashes(country)
    assert not half.exists()


def test_a_country_left_aside_by_a_kill_comes_back(country, tmp_path):
    shutil.copytree(country, tmp_path / ".demo.replaced")
    report = simulate_country("demo", tmp_path / "demo", firms=FIRMS, seed=3)
    assert report.unchanged
    assert not (tmp_path / ".demo.replaced").exists()


def test_other_peoples_files_are_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(StoreError, match="no simulation wrote"):
        simulate_country("demo", tmp_path, firms=FIRMS, seed=3)
    assert (tmp_path / "thesis.txt").read_text() == "ten years of work"


def test_two_at_once_do_not_mix(country, tmp_path, monkeypatch):
    monkeypatch.setattr(simulation, "_LOCK_SECONDS", 0.05)
    with simulation.FileLock(tmp_path / ".demo.lock"), pytest.raises(RunLocked):
        simulate_country("demo", tmp_path / "demo", firms=FIRMS, seed=3)


def test_wrong_numbers_are_told_together(tmp_path):
    with pytest.raises(ParamsError) as caught:
        simulate_country("atlantis", tmp_path / "demo", firms=10, seed=-1)
    assert len(caught.value.problems) == 3
    assert not (tmp_path / "demo").exists()


def test_manifest_counts_every_row(country):
    manifest = json.loads((country / "manifest.json").read_text())
    assert set(_hashes(country)) == {*manifest["files"], "manifest.json"}
    raw = [
        path
        for path in manifest["files"]
        if not path.startswith("truth/") and path != "params.yaml"
    ]
    assert manifest["counts"]["files"] == len(raw)
    no_header = {"lists/intelligence.txt"}
    titles = {"registry/companies.csv": 2, "contracts/contracts.csv": 1,
              "lists/court_register.csv": 1, "places/firm_counts.csv": 1}  # fmt: skip
    rows = 0
    for path in raw:
        lines = (country / path).read_bytes().count(b"\n")
        above = titles.get(path, int(path.startswith("accounts/")))
        rows += lines - above - (path not in no_header)
    assert rows == manifest["counts"]["rows"]


def test_every_spoilt_line_is_spoilt_the_way_the_truth_says(country):
    dirt = pd.read_csv(country / "truth" / "dirt.csv")
    assert not dirt.duplicated(["file", "line"]).any()
    for path, spoilt in dirt.groupby("file"):
        lines = (country / path).read_bytes().split(b"\n")
        mark = next((mark for part, mark in MARKS.items() if part in path), b",")
        usual = statistics.mode(line.count(mark) for line in lines)
        for line, kind in zip(spoilt["line"], spoilt["kind"], strict=True):
            text = lines[line - 1]
            if kind == "duplicate":
                assert text == lines[line - 2]
            elif kind == "extra_field":
                assert text.count(mark) == usual + 1
            elif kind == "truncated":
                assert text.count(mark) < usual
            elif kind == "shifted":
                assert text.endswith(mark)
            elif kind == "mis_encoded":
                with pytest.raises(UnicodeDecodeError):
                    text.decode("utf-8")
            else:
                sign = {"bad_date": b"31", "future_date": b"2062", "negative_amount": b"-",
                        "unknown_currency": b"ZZD", "lost_zeros": b""}[kind]  # fmt: skip
                assert sign in text


def test_dirt_comes_at_the_known_rates(country):
    dirt = pd.read_csv(country / "truth" / "dirt.csv")
    bids = dirt[dirt["file"].str.startswith("bids/")]["kind"].value_counts()
    rows = sum(path.read_bytes().count(b"\n") - 1 for path in country.glob("bids/*"))
    for kind in ("shifted", "truncated", "bad_date", "duplicate", "lost_zeros", "negative_amount"):
        expected = getattr(DirtRates(), kind) * rows
        # counts are rounded up or down at random in each of eight files
        assert abs(bids.get(kind, 0) - expected) <= 8 + 0.01 * expected


def test_clean_lines_are_all_readable(country):
    dirt = pd.read_csv(country / "truth" / "dirt.csv")
    for path in sorted(country.glob("bids/*.txt")):
        name = path.relative_to(country).as_posix()
        spoilt = set(
            dirt.loc[
                (dirt["file"] == name) & ~dirt["kind"].isin(["duplicate", "lost_zeros"]), "line"
            ]
        )
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        clean = [
            line.split("|")
            for number, line in enumerate(lines, 1)
            if number > 1 and number not in spoilt
        ]
        assert {len(values) for values in clean} == {9}
        assert pd.to_datetime([values[6] for values in clean]).notna().all()
        assert all(float(values[4]) > 0 for values in clean)


def test_identifiers_of_persons_are_apart_from_those_of_companies(country):
    bids = _read(country, "bids/*.txt", sep="|")
    bids = bids[bids["bidder"].str.fullmatch(r"\d{8}") & bids["bidder_kind"].str.endswith("person")]
    persons = bids["bidder_kind"] == "natural person"
    assert persons.any()
    assert (bids["bidder"].str.startswith("9") == persons).all()
    register = _read(country, "registry/companies.csv", sep=";", skiprows=2, encoding="latin-1")
    assert not register["Company no."].str.fullmatch(r"9\d{7}").any()
    assert not _truth(country)["company_id"].str.startswith("XX-REG:9").any()


def test_no_raw_column_gives_the_truth_away(country):
    truth = _truth(country).set_index("company_id")["infiltrated"]
    register = _read(country, "registry/companies.csv", sep=";", skiprows=2, encoding="latin-1")
    register["infiltrated"] = ("XX-REG:" + register["Company no."].str.zfill(8)).map(truth)
    register = register.dropna(subset="infiltrated").drop_duplicates("Company no.")
    numeric = register.assign(
        number=pd.to_numeric(register["Company no."]),
        born=pd.to_datetime(register["Registered"], format="%d/%m/%Y", errors="coerce").astype(
            "int64"
        ),
        capital=pd.to_numeric(
            register["Capital"].str.replace(".", "").str.replace(",", "."), errors="coerce"
        ),
        length=register["Name"].str.len(),
        order=np.arange(len(register)),
    )
    for name in ("number", "born", "capital", "length", "order"):
        assert 0.3 < _auc(numeric[name], numeric["infiltrated"]) < 0.7
    for name in ("Legal form", "Status", "Province", "Activity", "Address"):
        groups = register.groupby(name)["infiltrated"].agg(["mean", "size"])
        assert groups.loc[groups["size"] >= 8, "mean"].max() < 0.5, name
    # names and identifiers carry nothing either: the words of a name are drawn for everybody alike
    words = register["Name"].str.split().explode().to_frame("word").join(register["infiltrated"])
    common = words.groupby("word")["infiltrated"].agg(["mean", "size"])
    assert common.loc[common["size"] >= 30, "mean"].max() < 0.35


def _auc(values: pd.Series, positive: pd.Series) -> float:
    ranks = values.rank()
    yes = positive == 1
    return float((ranks[yes].mean() - (yes.sum() + 1) / 2) / (~yes).sum())
