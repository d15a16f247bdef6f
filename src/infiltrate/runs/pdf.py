"""The report of a finished run as one PDF, printed by a browser that is on the machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from infiltrate.errors import RunFailed, StoreError
from infiltrate.report.book import bind_pages, page_order
from infiltrate.tables.files import replace_file

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    # a report needs no network, and its printer gets none
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_MOST_SECONDS = 300
_DATE = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}")
_DESTINATION = re.compile(rb"/([\w-]+) \[(\d+) 0 R /XYZ")
_NODE = re.compile(rb"(\d+) 0 obj\s*<</Type /Pages\b[^>]*?/Kids \[(.*?)\]", re.DOTALL)
_PART = re.compile(rb"(\d+) 0 R")


def print_report(
    run_dir: Path, out: Path, *, browser: str | None = None, whole: bool = False
) -> Path:
    """Print all pages of a finished run into one PDF with contents.

    Parameters
    ----------
    run_dir : Path
        Folder of the results.
    out : Path
        The PDF.
    browser : str, optional
        Name or path of a Chromium or a browser made of it; one that is found by default.
    whole : bool
        Print code, long tables and the numbers of figures as well.

    Returns
    -------
    Path
        ``out``; the same report and browser give the same bytes.

    Raises
    ------
    StoreError
        When the folder holds no finished report.
    RunFailed
        When there is no browser, or it did not print.
    """
    pages = _read_pages(run_dir)
    program = _find_browser(browser)
    with TemporaryDirectory(prefix="infiltrate-pdf-") as folder:
        once = _print(program, bind_pages(pages, whole=whole), Path(folder))
        numbers = _page_numbers(once)
        pdf = _print(program, bind_pages(pages, whole=whole, page_numbers=numbers), Path(folder))
    with replace_file(out) as temporary:
        temporary.write_bytes(_DATE.sub(rb"\g<1>20000101000000", pdf))
    return out


def _read_pages(run_dir: Path) -> dict[str, str]:
    report = run_dir / "report"
    first = report / "index.html"
    if not first.is_file():
        raise StoreError(f"{run_dir} holds no report; `infiltrate run` makes it.")
    if not (run_dir / "manifest.json").is_file():
        raise StoreError(
            f"{run_dir} is not finished: it has no manifest. Wait for the run that is going on, "
            "or give its command again."
        )
    slugs = page_order(first.read_text(encoding="utf-8"))
    return {
        slug: (report / f"{slug}.html").read_text(encoding="utf-8")
        for slug in slugs
        if (report / f"{slug}.html").is_file()
    }


def _find_browser(wanted: str | None) -> str:
    for name in (wanted,) if wanted else _BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    missing = f"no browser '{wanted}'" if wanted else "no Chromium, Chrome or Edge on this machine"
    raise RunFailed(
        f"{missing}, so no PDF was made. Install one (Debian: apt install chromium) or name it "
        "with --browser; or open report/index.html in any browser and print it there: the pages "
        "have a style for paper."
    )


def _print(program: str, html: str, folder: Path) -> bytes:
    source, target = folder / "report.html", folder / "report.pdf"
    source.write_text(html, encoding="utf-8")
    target.unlink(missing_ok=True)
    command = [program, *_FLAGS, f"--user-data-dir={folder / 'profile'}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium refuses root inside its sandbox; the document has no script to run
        command.append("--no-sandbox")
    try:
        ended = subprocess.run(
            [*command, f"--print-to-pdf={target}", source.as_uri()],
            check=False,
            capture_output=True,
            timeout=_MOST_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"the browser did not print within {_MOST_SECONDS} s: {program}") from error
    pdf = target.read_bytes() if target.is_file() else b""
    if not pdf.startswith(b"%PDF"):
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {said[-1]}" if said else ""
        raise RunFailed(
            f"{program} ended with code {ended.returncode} and without a PDF{last}\n"
            "A browser from a snap cannot see the temporary folder: set TMPDIR to a folder of "
            "your own, or name another browser with --browser."
        )
    return pdf


def _page_numbers(pdf: bytes) -> dict[str, int]:
    """Return the page of each anchor; nothing where the browser writes another kind of PDF."""
    nodes = {node: _PART.findall(kids) for node, kids in _NODE.findall(pdf)}
    inner = {kid for kids in nodes.values() for kid in kids}
    order = [page for node in nodes if node not in inner for page in _leaves(node, nodes)]
    places = {page: place for place, page in enumerate(order, start=1)}
    found = [(name.decode(), page) for name, page in _DESTINATION.findall(pdf)]
    return {name: places[page] for name, page in found if page in places}


def _leaves(node: bytes, nodes: dict[bytes, list[bytes]]) -> Iterator[bytes]:
    if node not in nodes:
        yield node
    for kid in nodes.get(node, []):
        yield from _leaves(kid, nodes)
