"""Pages: structure, no network, determinism, failures first, pages that were not made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from infiltrate.errors import StoreError
from infiltrate.report import components
from infiltrate.report.disclosure import check_page
from infiltrate.report.pages import render_notebook, write_site
from infiltrate.report.site import Site
from tests.report import samples
from tests.report.html_checks import PageReader, find_mistakes

SITE = Site(
    "An invented country",
    [("01_tables", "Tables"), ("06_risk", "Risk <b>"), ("index", "Report")],
    "XX",
)


def render(notebook, folder: Path, slug: str = "06_risk", **options) -> str:
    source = folder / f"{slug}.ipynb"
    nbformat.write(notebook, source)
    page = render_notebook(source, folder / f"{slug}.html", site=SITE, **options)
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    shown = [*samples.panels(), samples.FIGURES["flag_base_rates"]()]
    shown.append(samples.FIGURES["base_rate_waffle"]())
    return render(samples.notebook(shown), tmp_path_factory.mktemp("page"))


def failing(message: str = "3 listed firms; 5 are needed"):
    notebook = samples.notebook(samples.panels()[:2], title="Risk")
    notebook.cells.insert(
        3,
        nbformat.v4.new_code_cell(
            "scores = fit(study)",
            id="bad",
            outputs=[
                nbformat.v4.new_output(
                    "error",
                    ename="NotEnoughData",
                    evalue=message,
                    traceback=["\x1b[31mTraceback\x1b[0m", "File /home/someone/code/fit.py:3"],
                )
            ],
        ),
    )
    banner = nbformat.v4.new_markdown_cell(
        "<span>An Exception was encountered</span>",
        id="banner",
        metadata={"tags": ["papermill-error-cell-tag"]},
    )
    notebook.cells.insert(0, banner)
    return notebook


def test_a_page_is_well_formed_and_fetches_nothing(page):
    assert find_mistakes(page) == []
    assert "default-src 'none'" in page


def test_a_page_of_the_report_passes_its_own_disclosure_check(page, tmp_path):
    check_page(page, ["XX-REG:1234567"], ["ACME HOLDING LTD"])
    check_page(render(failing(), tmp_path, failed="06_risk: too few"), [], [])


def test_the_title_is_the_first_heading_and_code_is_folded_but_there(page):
    reader = PageReader(page)
    assert "".join(reader.texts["h1"]) == "How often do flags rise?"
    assert '<html lang="en">' in page
    assert page.count('<details class="code">') == page.count("Code of this step") + 1
    assert "study" in page and "select * from summary" in re.sub("<[^>]+>", "", page)
    assert not re.search(r"<details[^>]*\bcode\b[^>]*\bopen\b", page)


def test_navigation_begins_with_the_report_and_marks_the_page(page):
    reader = PageReader(page)
    links = [link["href"] for link in reader.all("a")]
    assert links.index("index.html") < links.index("01_tables.html")
    (current,) = [link for link in reader.all("a") if link.get("aria-current") == "page"]
    assert current["href"] == "06_risk.html"
    assert links[0] == "#content" and "content" in [e.get("id") for _, e in reader.elements]
    assert "Risk &lt;b&gt;" in page


def test_paths_of_the_machine_stay_behind(page):
    assert "/home/somebody" not in page
    assert "…/demo" in re.sub("<[^>]+>", "", page)


def test_the_same_notebook_gives_the_same_bytes(tmp_path):
    notebook = samples.notebook(samples.panels()[:3])
    first = render(notebook, tmp_path)
    for cell in notebook.cells:
        cell.metadata["papermill"] = {"start_time": "2026-01-01", "duration": 3.2}
        cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    assert render(notebook, tmp_path) == first


def test_alternative_text_survives_the_export(page):
    images = PageReader(page).all("img")
    assert [image["alt"] for image in images] == [
        samples.FIGURES[name]().alt for name in ("flag_base_rates", "base_rate_waffle")
    ]


def test_a_failed_step_begins_with_what_failed_and_what_to_do(tmp_path):
    html = render(failing(), tmp_path, failed="06_risk: too few\nResume: infiltrate run x.yaml")
    assert find_mistakes(html) == []
    text = re.sub("<[^>]+>", "", html.partition("</h1>")[2])
    order = [
        "This step did not finish.",
        "Resume: infiltrate run x.yaml",
        "scores",
        "NotEnoughData",
        "give the same command again",
        "Every flag has",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "An Exception was encountered" not in html
    assert "/home/someone" not in html and "\x1b" not in html


def test_a_killed_kernel_leaves_a_page_that_says_so(tmp_path):
    html = render(samples.notebook([]), tmp_path, failed="06_risk: the kernel was killed.")
    assert find_mistakes(html) == []
    assert "the kernel was killed." in html and "names no failing cell" in html


@pytest.mark.parametrize("content", [None, "", "{ not json"])
def test_a_failed_step_without_a_readable_notebook_still_has_a_page(tmp_path, content):
    source = tmp_path / "06_risk.ipynb"
    if content is not None:
        source.write_text(content)
    page = render_notebook(source, tmp_path / "06_risk.html", site=SITE, failed="disk full")
    html = page.read_text(encoding="utf-8")
    assert find_mistakes(html) == [] and "disk full" in html


def test_an_error_that_is_part_of_a_finished_notebook_is_shown_where_it_is(tmp_path):
    html = render(failing(), tmp_path)
    assert "This cell failed" in html and "This step did not finish" not in html


def test_a_page_that_was_not_made_is_shown_as_not_available(tmp_path):
    render(samples.notebook([]), tmp_path)
    written = write_site(SITE, tmp_path)
    assert sorted(path.name for path in written) == ["01_tables.html", "index.html"]
    html = (tmp_path / "01_tables.html").read_text(encoding="utf-8")
    assert find_mistakes(html) == [] and "This page is not available." in html
    assert write_site(SITE, tmp_path) == []
    assert "This page is not available." not in render(samples.notebook([]), tmp_path, "01_tables")
    assert write_site(SITE, tmp_path) == []


def test_an_unknown_page_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(StoreError, match=r"'07_x'.*01_tables"):
        render(samples.notebook([]), tmp_path, "07_x")


def test_scripts_and_widgets_of_other_libraries_do_not_reach_the_page(tmp_path):
    notebook = samples.notebook([])
    data = {
        "application/javascript": "alert(1)",
        "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
        "text/plain": "<Widget /home/me/study/x.csv>",
    }
    outputs = [
        nbformat.v4.new_output("display_data", data),
        nbformat.v4.new_output("stream", name="stderr", text="Warning: /home/me/x/y.py:3"),
        nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}),
    ]
    notebook.cells.append(nbformat.v4.new_code_cell("show()", id="w", outputs=outputs))
    html = render(notebook, tmp_path)
    assert find_mistakes(html) == []
    assert "alert(1)" not in html and "/home/me" not in html
    assert "Messages of the software" in html


def test_the_parameters_shown_are_those_of_the_run(tmp_path):
    notebook = samples.notebook([])
    defaults = nbformat.v4.new_code_cell(
        'run_dir = "default"', id="d", metadata={"tags": ["parameters"]}
    )
    notebook.cells.insert(1, defaults)
    html = render(notebook, tmp_path)
    assert html.count("Parameters of this run") == 1 and "default&quot;" not in html
    del notebook.cells[2]
    assert "Parameters of this run" in render(notebook, tmp_path)


def test_a_title_in_a_later_cell_becomes_a_subheading(tmp_path):
    notebook = samples.notebook([])
    notebook.cells.append(nbformat.v4.new_markdown_cell("# Again\n\ntext", id="again"))
    html = render(notebook, tmp_path)
    assert find_mistakes(html) == [] and '<h2 id="1-again">Again</h2>' in html


def test_importing_pages_is_light():
    code = (
        "import sys, infiltrate.report.pages, infiltrate.report.site, infiltrate.report.disclosure;"
        "heavy = {'matplotlib', 'seaborn', 'nbconvert', 'IPython', 'scipy'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_question_base_rate_coverage_and_limits_are_sections_with_words():
    refused = components.question_and_answer("How far?", "Not known.", "reject", reasons=["x < 3"])
    assert "Not answered, and why" in refused.html and "x &lt; 3" in refused.html
    assert "?" in components.base_rate_panel(None, why_not="Refused.").html
    assert "Refused." in components.base_rate_panel(None, why_not="Refused.").html
    coverage = components.coverage_panel(samples.coverage())
    assert "99.7%" in coverage.html and "width:81%" in coverage.html
    assert components.limits_list([("A.", "b")]).html.count("<li>") == 1


def test_the_run_card_shows_hashes_licences_and_what_nobody_checked():
    html = samples.run_card()._repr_html_()
    assert ">ab12ab12ab12<" in html and ">not stated</td>" in html
    assert "1 fact whose source nobody has checked yet" in html and "to check</mark>" in html
    assert (
        "choices.risk.quarantine_months" in html
        and "Tables: 1 warning<" in html
        and "Firms: 0" not in html
    )
    assert "Seed" in html and "<dd>7</dd>" in html
