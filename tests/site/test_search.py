"""The index finds every word that a reader sees, and shows nothing out of its place."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infiltrate.site.search import Section, build_index, find_words, read_sections
from infiltrate.site.shell import index_script

PAGE = """\
<html><head><title>Not read</title><style>p {}</style></head><body>
<a class="skip" href="#c">Skip words</a><header>Navigation words</header>
<main><p class="banner">Banner words</p><h1>How <em>many</em></h1><p>Above it all.</p>
<h2 id="1-floor">The floor</h2><p>Twenty firms, at least.</p>
<details class="code"><summary>Code</summary><pre>secret_code()</pre></details>
<table><caption>Listed firms</caption><tr><td>Firm K3QM7-T2XA9</td><td>0.0375</td></tr></table>
<p>After the table.<img alt="A drawn curve" src="data:,"><br>End</p>
<h2>No anchor</h2><p>Goes on.</p><script>var hidden = 1;</script></main>
<footer>Footer words</footer></body></html>
"""


def decode(packed: str) -> list[tuple[int, int]]:
    """Read postings as the script does."""
    at, where = 0, []
    for step in packed.split(" "):
        value = int(step, 36)
        at += value >> 4
        where.append((at, value & 15))
    return where


def test_a_page_is_read_by_headings_and_only_what_a_reader_sees() -> None:
    above, floor = read_sections(PAGE, "pe/how.html")
    assert (above.address, above.page, above.heading) == ("pe/how.html", "How many", "")
    assert above.text == "Above it all."
    assert (floor.address, floor.heading) == ("pe/how.html#1-floor", "The floor")
    assert floor.text.startswith("Twenty firms, at least. After the table. A drawn curve")
    assert floor.text.endswith("No anchor Goes on.")
    assert floor.cells == "Listed firms Firm K3QM7-T2XA9 0.0375"


def test_a_row_of_a_table_is_found_but_never_shown_out_of_its_table() -> None:
    index = build_index([("Peru", section) for section in read_sections(PAGE, "how.html")])
    assert [number for number, _ in decode(index["words"]["k3qm7"])] == [1]
    assert "K3QM7" not in json.dumps(index["sections"])
    assert "0375" not in index["words"]
    assert "secret" not in json.dumps(index)


def test_words_are_plain_lower_case_and_singular() -> None:
    assert find_words("Companies' ÁREAS in 2019: 17 buses, C01 status") == [
        "company",
        "area",
        "2019",
        "buse",
        "c01",
        "status",
    ]


VOCABULARY = "floor firm list risk court buyer 2019"
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=8)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=12))
def test_the_index_holds_each_word_exactly_where_it_stands(
    pages: list[tuple[list[str], list[str], list[str]]],
) -> None:
    sections = [
        Section(f"{number}.html", " ".join(title), " ".join(heading), " ".join(text))
        for number, (title, heading, text) in enumerate(pages)
    ]
    index = build_index(("part", section) for section in sections)
    for word in {word for page in pages for part in page for word in part}:
        held = [number for number, page in enumerate(pages) if word in page[0] + page[1] + page[2]]
        found = decode(index["words"][word])
        assert [number for number, _ in found] == held
        assert all(1 <= weight <= 15 for _, weight in found)


def test_the_index_is_a_script_that_no_text_of_a_page_can_leave() -> None:
    sections = [("</script>", Section("a.html", "</script><b>", "", "x </SCRIPT> y"))]
    script = index_script(build_index(sections))
    assert "</" not in script
    read: dict[str, Any] = json.loads(re.sub(r"^window.SEARCH_INDEX=|;\n$", "", script))
    assert read["parts"] == ["</script>"]
