"""Raw files are fetched whole or not at all, whatever the server does."""

from __future__ import annotations

import hashlib
import io
import json
import random
import signal
import subprocess
import sys
import time
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from infiltrate.errors import ParamsError, RunLocked, SourceError, StoreError
from infiltrate.params.registry import DataSet, Registry
from infiltrate.params.study import StudyParams
from infiltrate.sources.fetch import Fetched, fetch_files
from infiltrate.sources.fetch_journal import advise, read_journal
from infiltrate.sources.fetch_plan import Download, downloads_of, plan_fetch
from infiltrate.sources.unpack import unpack_zip
from tests.sources.reading import make_source
from tests.sources.server import Behaviour, Server, serve

TODAY = date(2026, 11, 22)
CONTENT = random.Random(4).randbytes(60_000)


def make_entry(**changes: Any) -> DataSet:
    entry = {
        "id": "register",
        "country": "XX",
        "title": "Register",
        "publisher": "Invented office",
        "licence": "CC0-1.0",
        "address": "http://127.0.0.1/register.bin",
        "format": "binary",
        "path": "xx/register.bin",
        "pin": "by the journal",
        "source": "invented",
    }
    return DataSet.model_validate({**entry, **changes})


def download(server: Server, name: str = "a.bin", **changes: Any) -> Download:
    changes = {"id": name.split(".", maxsplit=1)[0], "path": f"xx/{name}", **changes}
    entry = make_entry(address=server.address(name), **changes)
    return downloads_of(entry, TODAY)[0]


def fetch(folder: Path, *downloads: Download, **settings: Any) -> list[Fetched]:
    settings = {"pause": 0.0, "attempts": 3, "timeout": 0.5, **settings}
    return fetch_files(downloads, folder, today=TODAY, **settings)


def refusal(folder: Path, *downloads: Download, **settings: Any) -> str:
    with pytest.raises(SourceError) as error:
        fetch(folder, *downloads, **settings)
    return str(error.value)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "xx").glob(".*"))


def test_a_file_is_fetched_once_and_noted(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT)}) as server:
        (first,) = fetch(tmp_path, download(server))
        (second,) = fetch(tmp_path, download(server))
        assert (first.outcome, second.outcome) == ("fetched", "there already")
        assert len(server.requests) == 1
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT
    noted = read_journal(tmp_path)["xx/a.bin"]
    assert noted["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert (noted["bytes"], noted["fetched_on"]) == (60_000, "2026-11-22")
    assert (noted["publisher"], noted["etag"]) == ("Invented office", '"1"')
    assert leftovers(tmp_path) == []


def test_a_dropped_connection_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT, drop_after=[20_000, 15_000, 1])}) as server:
        (file,) = fetch(tmp_path, download(server))
        assert file.outcome == "continued"
        assert [asked for _, asked in server.requests] == [
            None,
            "bytes=20000-",
            "bytes=35000-",
            "bytes=35001-",
        ]
        assert server.sent == len(CONTENT)
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("seed", range(20))
def test_wherever_connections_drop_the_file_is_whole(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    behaviour = Behaviour(
        draw.randbytes(draw.randint(0, 5_000)),
        etag=draw.choice(['"1"', 'W/"1"', None]),
        modified=draw.choice(["Sat, 01 Jun 2025 00:00:00 GMT", None]),
        drop_after=[draw.randint(0, 2_000) for _ in range(draw.randint(0, 4))],
        ranges=draw.random() < 0.7,
    )
    with serve({"a.bin": behaviour}) as server:
        fetch(tmp_path, download(server), attempts=9)
    assert (tmp_path / "xx/a.bin").read_bytes() == behaviour.content


def test_what_came_waits_for_the_next_command(tmp_path: Path) -> None:
    behaviour = Behaviour(CONTENT, drop_after=[30_000, 0, 0, 0])
    with serve({"a.bin": behaviour}) as server:
        assert "broke off, 3 times in a row" in refusal(tmp_path, download(server))
        assert not (tmp_path / "xx/a.bin").exists()
        behaviour.drop_after = []
        (file,) = fetch(tmp_path, download(server))
        assert (file.outcome, server.requests[-1][1]) == ("continued", "bytes=30000-")
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT
    assert leftovers(tmp_path) == []


def test_a_killed_command_goes_on_where_it_was(tmp_path: Path) -> None:
    program = (
        "import json, sys; from datetime import date; from pathlib import Path\n"
        "from infiltrate.params.registry import DataSet\n"
        "from infiltrate.sources.fetch import fetch_files\n"
        "from infiltrate.sources.fetch_plan import downloads_of\n"
        "entry, day = DataSet.model_validate(json.loads(sys.argv[1])), date(2026, 11, 22)\n"
        "fetch_files(downloads_of(entry, day), Path(sys.argv[2]), today=day)\n"
    )
    behaviour = Behaviour(CONTENT, pause=0.02)
    with serve({"a.bin": behaviour}) as server:
        partial = tmp_path / "xx/.a.bin.partial"
        entry = download(server).data_set.model_dump_json()
        child = subprocess.Popen([sys.executable, "-c", program, entry, str(tmp_path)])
        deadline = time.monotonic() + 20
        while not (partial.is_file() and server.sent > 10_000) and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert not (tmp_path / "xx/a.bin").exists()
        kept = partial.stat().st_size
        behaviour.pause = 0.0
        fetch(tmp_path, download(server))
        assert server.requests[-1][1] == (f"bytes={kept}-" if kept else None)
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("knows_if_range", [True, False])
def test_two_versions_are_never_joined(tmp_path: Path, knows_if_range: bool) -> None:
    behaviour = Behaviour(CONTENT, drop_after=[30_000, 0, 0], if_range=knows_if_range)
    with serve({"a.bin": behaviour}) as server:
        refusal(tmp_path, download(server))
        # as long as the first, so that only its version tells them apart
        behaviour.content, behaviour.etag = CONTENT[::-1], '"2"'
        behaviour.drop_after = []
        fetch(tmp_path, download(server))
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT[::-1]


def test_a_file_without_version_is_begun_anew(tmp_path: Path) -> None:
    behaviour = Behaviour(CONTENT, etag=None, drop_after=[30_000])
    with serve({"a.bin": behaviour}) as server:
        fetch(tmp_path, download(server))
        assert [asked for _, asked in server.requests] == [None, None]
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT


def test_more_announced_than_sent_is_no_file(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT, announced=70_000)}) as server:
        message = refusal(tmp_path, download(server))
    assert "3 times in a row" in message
    assert "goes on from what has come" in message
    assert not (tmp_path / "xx/a.bin").exists()


def test_less_announced_than_there_is_fails_the_checksum(tmp_path: Path) -> None:
    checksum = {"xx/a.bin": hashlib.sha256(CONTENT).hexdigest()}
    with serve({"a.bin": Behaviour(CONTENT, announced=50_000)}) as server:
        message = refusal(tmp_path, download(server, sha256=checksum))
    assert "does not have the checksum of the registry" in message
    assert not (tmp_path / "xx/a.bin").exists()


def test_a_length_nobody_announced(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT, length=False)}) as server:
        fetch(tmp_path, download(server))
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "asks for a login (status 401)"),
        (403, "refuses to give the file (status 403)"),
        (404, "has no such file (status 404)"),
        (410, "no longer has the file (status 410)"),
        (418, "does not give the file (status 418)"),
    ],
)
def test_a_refusal_is_final(tmp_path: Path, status: int, words: str) -> None:
    with serve({"a.bin": Behaviour(CONTENT, statuses=[status] * 5)}) as server:
        message = refusal(tmp_path, download(server))
        assert len(server.requests) == 1
    assert words in message
    assert "a: xx/a.bin" in message
    assert server.address("a.bin") in message


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT, statuses=[500, 503])}) as server:
        fetch(tmp_path, download(server))
        assert len(server.requests) == 3
    with serve({"a.bin": Behaviour(CONTENT, statuses=[500] * 9)}) as server:
        message = refusal(tmp_path / "other", download(server))
        assert len(server.requests) == 3
    assert "answers with error 500, 3 times in a row" in message


def test_a_server_that_names_a_wait_is_obeyed(tmp_path: Path) -> None:
    behaviour = Behaviour(CONTENT, statuses=[429], headers={"Retry-After": "1"})
    with serve({"a.bin": behaviour}) as server:
        began = time.monotonic()
        fetch(tmp_path, download(server))
    assert time.monotonic() - began >= 1.0


def test_a_silent_server_is_left_and_asked_for_the_rest(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT, stall_after=[25_000])}) as server:
        (file,) = fetch(tmp_path, download(server))
        assert server.requests[-1][1] == "bytes=25000-"
    assert file.outcome == "continued"
    assert (tmp_path / "xx/a.bin").read_bytes() == CONTENT


def test_a_web_page_is_not_taken_for_the_file(tmp_path: Path) -> None:
    page = Behaviour(b"<html>Log in</html>", content_type="text/html; charset=utf-8")
    with serve({"a.bin": page}) as server:
        assert "a web page came instead of the file" in refusal(tmp_path, download(server))


def test_offline_is_said_once_a_host(tmp_path: Path) -> None:
    entries = [
        make_entry(id=name, address=f"http://127.0.0.1:9/{name}", path=f"xx/{name}")
        for name in ("a", "b")
    ]
    downloads = [item for entry in entries for item in downloads_of(entry, TODAY)]
    message = refusal(tmp_path, *downloads)
    assert "a: xx/a: 127.0.0.1:9 does not accept connections" in message
    assert "b: xx/b: 127.0.0.1:9 did not answer before" in message
    nowhere = downloads_of(make_entry(address="http://nowhere.invalid/a.bin"), TODAY)
    assert "there is no network, or no such host" in refusal(tmp_path, *nowhere)


def test_a_proxy_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve({"a.bin": Behaviour(CONTENT)}) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        entry = make_entry(address="http://register.invalid/a.bin")
        fetch(tmp_path, *downloads_of(entry, TODAY))
        assert proxy.requests == [("http://register.invalid/a.bin", None)]
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (tmp_path / "xx/register.bin").unlink()
    assert "the proxy does not answer" in refusal(tmp_path, *downloads_of(entry, TODAY))


def test_one_bad_file_does_not_hide_another(tmp_path: Path) -> None:
    with serve({"b.bin": Behaviour(CONTENT)}) as server:
        message = refusal(
            tmp_path,
            download(server, "a.bin"),
            download(server, "b.bin"),
            download(server, "c.bin"),
        )
    assert message.startswith("2 of 3 files could not be had; there are 1.")
    assert (tmp_path / "xx/b.bin").read_bytes() == CONTENT
    assert set(read_journal(tmp_path)) == {"xx/b.bin"}


def test_a_publisher_who_changes_a_file_is_noticed(tmp_path: Path) -> None:
    behaviour = Behaviour(CONTENT)
    with serve({"a.bin": behaviour}) as server:
        fetch(tmp_path, download(server))
        (tmp_path / "xx/a.bin").unlink()
        behaviour.content, behaviour.etag = b"new", '"2"'
        message = refusal(tmp_path, download(server))
        assert "is no longer the one fetched on 2026-11-22" in message
        assert not (tmp_path / "xx/a.bin").exists()
        fetch(tmp_path, download(server), again=True)
        assert (tmp_path / "xx/a.bin").read_bytes() == b"new"
        assert fetch(tmp_path, download(server), again=True)[0].outcome == "unchanged"
        behaviour.content, behaviour.etag = b"newer", '"3"'
        assert fetch(tmp_path, download(server), again=True)[0].outcome == "changed"


def test_a_file_changed_here_is_noticed(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT)}) as server:
        fetch(tmp_path, download(server))
        (tmp_path / "xx/a.bin").write_bytes(CONTENT[:-1])
        message = refusal(tmp_path, download(server))
        assert "is not the file that was fetched on 2026-11-22" in message
        assert fetch(tmp_path, download(server), again=True)[0].outcome == "changed"


def test_a_file_put_there_by_hand_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx/a.bin").write_bytes(b"mine")
    with serve({"a.bin": Behaviour(CONTENT)}) as server:
        assert fetch(tmp_path, download(server))[0].outcome == "there already"
        assert server.requests == []
    assert (tmp_path / "xx/a.bin").read_bytes() == b"mine"


def test_one_command_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    with FileLock(tmp_path / ".fetching.lock"), pytest.raises(RunLocked):
        fetch(tmp_path)


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "fetched.json").write_text("{")
    with pytest.raises(StoreError, match="Delete it"):
        fetch(tmp_path)


def make_zip(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_members_of_an_archive_go_beside_it(tmp_path: Path) -> None:
    content = make_zip(**{"deep/One.CSV": b"a,b\n1,2\n", "../../two.csv": b"c\n", "read.me": b""})
    with serve({"a.zip": Behaviour(content)}) as server:
        wanted = download(server, "a.zip", unpack="*.csv")
        (file,) = fetch(tmp_path, wanted)
        assert file.members == ("xx/One.CSV", "xx/two.csv")
        (tmp_path / "xx/two.csv").write_bytes(b"cut")
        fetch(tmp_path, wanted)
    assert (tmp_path / "xx/two.csv").read_bytes() == b"c\n"
    assert not (tmp_path.parent / "two.csv").exists()
    assert sorted(path.name for path in (tmp_path / "xx").iterdir()) == [
        "One.CSV",
        "a.zip",
        "two.csv",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (make_zip(**{"a.csv": bytes(9_000)})[:-30], "is damaged"),
        (make_zip(**{"a.csv": CONTENT}).replace(CONTENT[7:9], b"!!", 1), "is damaged"),
        (b"", "is damaged"),
        (make_zip(**{"a.txt": b"x"}), "holds no *.csv, only a.txt"),
        (make_zip(**{"1/a.csv": b"x", "2/a.csv": b"y"}), "several files of one name"),
    ],
)
def test_an_archive_that_cannot_be_used(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(SourceError) as error:
        unpack_zip(tmp_path / "a.zip", "*.csv")
    assert words in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def make_registry(*entries: DataSet) -> Registry:
    return Registry(data_sets=list(entries))


def make_params(*sources: dict[str, Any]) -> StudyParams:
    study = {"country": "XX", "title": "Invented", "currency": "XXX", "sources": list(sources)}
    return StudyParams.model_validate(study)


def test_a_plan_says_what_a_person_gets(tmp_path: Path) -> None:
    registry = make_registry(
        make_entry(
            parts=["2019", "2020"], address="https://x.invalid/{part}", path="xx/{part}.csv"
        ),
        make_entry(id="courts", access="request", address=None, by_hand="Write to the court."),
        make_entry(id="spare", path="xx/spare.csv"),
    )
    params = make_params(
        make_source(data_sets=["register"]),
        make_source(id="rulings", data_sets=["courts"], path="rulings.csv"),
        make_source(id="orders", data_sets=["courts"], path="orders.csv"),
        make_source(id="own", path="own.csv", address="https://own.invalid"),
    )
    (tmp_path / "own.csv").write_text("a\n")
    plan = plan_fetch(params, registry, tmp_path, today=TODAY)
    assert [item.path for item in plan.downloads] == ["xx/2019.csv", "xx/2020.csv"]
    assert [(item.name, item.is_there) for item in plan.by_hand] == [
        ("courts", False),
        ("own", True),
    ]
    assert plan.by_hand[0].how == "Write to the court."
    assert plan.by_hand[0].path == "rulings.csv, orders.csv"
    everything = plan_fetch(params, registry, tmp_path, today=TODAY, everything=True)
    assert "xx/spare.csv" in [item.path for item in everything.downloads]


def test_the_day_of_retrieval_is_in_the_address(tmp_path: Path) -> None:
    entry = make_entry(
        address="https://x.invalid/{month:%Y-%m-%d}.zip", path="xx/{day:%Y%m%d}-{year}.zip"
    )
    source = make_source(data_sets=["register"], retrieved_on="2025-06-17")
    (found,) = plan_fetch(
        make_params(source), make_registry(entry), tmp_path, today=TODAY
    ).downloads
    assert (found.address, found.path) == (
        "https://x.invalid/2025-06-01.zip",
        "xx/20250617-2025.zip",
    )


def test_an_entry_that_is_not_there_is_named(tmp_path: Path) -> None:
    params = make_params(make_source(data_sets=["registre"]))
    with pytest.raises(ParamsError, match="Did you mean register"):
        plan_fetch(params, make_registry(make_entry()), tmp_path, today=TODAY)


def test_the_journal_can_be_read_by_others(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT)}) as server:
        fetch(tmp_path, download(server))
    (entry,) = json.loads((tmp_path / "fetched.json").read_text())
    assert sorted(entry) == [
        "address",
        "bytes",
        "data_set",
        "etag",
        "fetched_on",
        "last_modified",
        "licence",
        "path",
        "publisher",
        "sha256",
    ]


def test_what_the_parameter_file_lacks_is_said(tmp_path: Path) -> None:
    with serve({"a.bin": Behaviour(CONTENT)}) as server:
        fetch(tmp_path, download(server))
    found = make_source(data_sets=["a"], path="xx/*.bin")
    lost = make_source(id="lost", data_sets=["a"], path="xx/*.csv")
    dated = make_source(id="dated", data_sets=["a"], path="xx/a.bin", retrieved_on="2026-11-01")
    assert advise(make_params(found, lost, dated), tmp_path) == [
        "sources[registry]: add retrieved_on: 2026-11-22",
        "sources[lost].path: xx/*.csv matches nothing that was fetched.",
    ]
