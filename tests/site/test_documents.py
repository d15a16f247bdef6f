"""Documentation becomes pages whose links lead somewhere."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

from infiltrate.errors import SourceError
from infiltrate.site.documents import group_documents, read_documents
from tests.site.samples import DOCS

PIXEL = "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "methods").mkdir()
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "dot.svg").write_text(PIXEL)
    (tmp_path / "first.md").write_text(
        "# First `page`\n\nOne sentence. Another.\n\n## What you set, and how\n\n"
        "[second](methods/second.md#an-end) [code](../src/x.py) [out](https://example.org/a?b&c) "
        "[up](#what-you-set-and-how) ![dot](images/dot.svg) ![no](../secret.svg)\n\n"
        "## Twice\n\n## Twice\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    )
    (tmp_path / "methods" / "second.md").write_text(
        "# Second\n\n[first](../first.md)\n\n## An end\n"
    )
    return {document.name: document.html for document in read_documents(tmp_path)}


def test_links_between_files_become_links_between_pages(pages: dict[str, str]) -> None:
    assert 'href="methods/second.html#an-end"' in pages["first"]
    assert 'href="../first.html"' in pages["methods/second"]
    assert 'href="#what-you-set-and-how"' in pages["first"]
    assert 'href="https://example.org/a?b&amp;c" rel="noreferrer"' in pages["first"]


def test_what_lies_outside_the_documentation_is_neither_linked_nor_shown(
    pages: dict[str, str],
) -> None:
    assert "x.py" not in pages["first"]
    assert ">code" not in pages["first"]
    assert " code " in pages["first"]
    assert 'src="data:image/svg+xml;base64,' in pages["first"]
    assert pages["first"].count("<img") == 2
    assert "secret" not in pages["first"]


def test_headings_have_the_names_that_links_into_a_file_use(pages: dict[str, str]) -> None:
    assert re.findall(r'<h2 id="([^"]+)"', pages["first"]) == [
        "what-you-set-and-how",
        "twice",
        "twice-1",
    ]
    assert '<caption><span class="unseen">Twice</span></caption>' in pages["first"]


def test_title_and_first_sentence_stand_for_a_page(tmp_path: Path, pages: dict[str, str]) -> None:
    documents = read_documents(tmp_path)
    assert [(one.title, one.summary) for one in documents] == [
        ("First page", "One sentence."),
        ("Second", "first"),
    ]
    assert "<h1" not in documents[0].html


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no documentation"):
        read_documents(tmp_path)


def test_every_link_of_the_documentation_leads_to_a_heading_that_is_there() -> None:
    documents = read_documents(DOCS)
    anchors = {one.name: set(re.findall(r'id="([^"]+)"', one.html)) for one in documents}
    broken = [
        (one.name, address)
        for one in documents
        for address in re.findall(r'<a href="([^"]+)"', one.html)
        if not address.startswith(("http", "mailto:"))
        and not _leads_somewhere(one.name, address, anchors)
    ]
    assert broken == []
    listed = [one for _, group in group_documents(documents) for one in group]
    assert sorted(one.name for one in listed) == sorted(anchors)


def _leads_somewhere(name: str, address: str, anchors: dict[str, set[str]]) -> bool:
    page, _, anchor = address.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), page.removesuffix(".html")))
    target = target if page else name
    return target in anchors and (not anchor or anchor in anchors[target])
