"""Attempts to get a name, a number or an accusation past the last look at a page."""

from __future__ import annotations

import base64

import pandas as pd
import pytest

from infiltrate.errors import DisclosureError
from infiltrate.report import components, figures
from infiltrate.report.disclosure import Tags, check_page
from tests.report import samples

KEY = b"k" * 32
# valid by its check digit, invented, and belonging to nobody in the fixtures
RUC = "20512333797"
IDS = [f"PE-RUC:{RUC}", "XX-REG:A7741", "XX-REG:00918273"]
NAMES = ["CONSTRUCTORA Ñandú Andina S.A.C.", "Marmol", "Rossi & Figli S.r.l."]


def refuse(html: str) -> str:
    with pytest.raises(DisclosureError) as caught:
        check_page(html, IDS, NAMES, page="02_contracts.html")
    return str(caught.value)


def accept(html: str) -> None:
    check_page(html, IDS, NAMES)


def test_tags_hold_inside_a_run_and_mean_nothing_in_another():
    tags = Tags(KEY)
    assert tags.tag("company", "XX:1") == Tags(KEY).tag("company", "XX:1")
    assert tags.tag("company", "XX:1") != Tags(b"q" * 32).tag("company", "XX:1")
    assert tags.tag("company", "XX:1")[5:] != tags.tag("buyer", "XX:1")[6:]
    assert tags.tag("company", "XX:1").startswith("Firm ")
    assert tags.tag("buyer", "XX:1").startswith("Buyer ")
    assert tags.tags("company", ["XX:1", None]) == [tags.tag("company", "XX:1"), None]


def test_many_tags_are_all_different_and_none_reads_as_a_number():
    tags = Tags(KEY)
    made = {tags.tag("company", f"XX:{number}") for number in range(50_000)}
    assert len(made) == 50_000
    assert all(tag[5].isalpha() and tag[11].isalpha() for tag in made)
    accept("<p>" + "</p><p>".join(sorted(made)[:2000]) + "</p>")


def test_the_key_is_long_enough_and_never_shown():
    with pytest.raises(DisclosureError, match="16"):
        Tags(b"short")
    assert "kkk" not in repr(Tags(KEY))


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{RUC}</p>",
        f"<p>RUC{RUC}</p>",
        "<p>20512<b>333</b>797</p>",
        "<p>205&#49;2333797</p>",
        "<p>20-51233379-7</p>",
        "<p>20 512 333 797</p>",
        "<p>20.512.333.797</p>",
        "<td>20,512,333,797</td>",
        "<p>2051\u200b2333797</p>",
        "<p>２０５１２３３３７９７</p>",
        f'<img alt="Firm {RUC}">',
        f'<a href="page.html?id=PE-RUC%3A{RUC}">x</a>',
        f'<td data-key="{RUC}">x</td>',
        f"<!-- {RUC} -->",
        f"<script>var x = '{RUC}'</script>",
        f"<details><summary>x</summary><pre>ids = ['{RUC}']</pre></details>",
        "<p>firm a7741</p>",
        "<p>A-7741</p>",
        "<p>00918273</p>",
    ],
)
def test_an_identifier_is_found_however_it_is_dressed(html):
    message = refuse(html)
    assert RUC not in message
    assert "02_contracts.html" in message


def test_an_identifier_inside_a_drawing_is_found():
    figure = figures.flag_base_rates(samples.flag_rates().assign(title=f"Firm {RUC}"))
    assert "document in attribute src of img" in refuse(
        figure._repr_html_().replace("alt=", "data-nothing=").replace(figure.alt, "")
    )
    plain = base64.b64encode(f"<svg><text>{RUC}</text></svg>".encode()).decode()
    refuse(f'<img alt="x" src="data:image/svg+xml;base64,{plain}">')
    refuse(f'<img alt="x" src="data:image/svg+xml,%3Csvg%3E%3Ctext%3E{RUC}%3C/text%3E%3C/svg%3E">')


def test_a_valid_number_of_a_scheme_is_refused_though_nobody_forbade_it():
    with pytest.raises(DisclosureError, match="valid number of PE-RUC"):
        check_page(f"<p>{RUC}</p>", [], [])
    with pytest.raises(DisclosureError, match="with its scheme"):
        check_page("<p>GB-COH:09999999</p>", [], [])
    check_page("<p>20512333798, 12,345,678,901 EUR and 2019-01-01</p>", [], [])


@pytest.mark.parametrize(
    "html",
    [
        "<p>Constructora Nandu Andina SAC</p>".replace("SAC", "S.A.C."),
        "<p>constructora <i>ñandú</i>\n andina s.a.c.</p>",
        "<p>CONSTRUCTORA-ÑANDU, ANDINA S A C</p>",
        "<td>Rossi &amp; Figli SRL</td>".replace("SRL", "S.r.l."),
        '<img alt="ROSSI E FIGLI: Rossi &amp; Figli s r l">',
        "<p>Marmol</p>",
    ],
)
def test_a_name_is_found_whatever_its_accents_and_signs(html):
    assert "name '" in refuse(html)


def test_a_public_body_named_in_the_parameters_may_be_named():
    text = "Published by: Constructora Ñandú Andina S.A.C., and Marmol"
    html = "<p>CONSTRUCTORA NANDU ANDINA S.A.C. and Marmol</p>"
    check_page(html, IDS, NAMES, allowed_texts=[text])
    with pytest.raises(DisclosureError):
        check_page(html + "<p>Rossi &amp; Figli S.r.l.</p>", IDS, NAMES, allowed_texts=[text])


def test_a_word_of_the_language_is_not_a_name():
    accept("<p>marmol and constructora andina, rossi</p>")


def test_amounts_and_neighbouring_cells_are_not_identifiers():
    accept("<p>918,273 and 0,918,273 EUR</p><tr><td>20512</td><td>333797</td></tr>")


def test_the_place_and_the_heading_are_named_and_all_findings_come_together():
    message = refuse(f"<h2>Top of the ranking</h2><p>{RUC}</p><img alt='Marmol'>")
    assert "under 'Top of the ranking'" in message
    assert "attribute alt of img" in message
    assert message.count("\n  - ") == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "These mafia firms won 20 contracts.",
        "A list of criminal companies.",
        "the mafia-owned supplier",
        "Mafia&nbsp;<b>firm</b>",
        "Flagged firms are infiltrated.",
        "Firm K3QM7-T2XA9 is a criminal.",
        "Firm K3QM7-T2XA9 is infiltrated",
        "The 50 high-risk suppliers were corrupt.",
        "We ranked the infiltrated firms.",
        "una empresa mafiosa",
        "le imprese mafiose",
    ],
)
def test_a_score_is_never_spoken_of_as_a_verdict(sentence):
    assert "not a verdict" in refuse(f"<p>{sentence}</p>")
    refuse(f'<img alt="{sentence.replace("<b>", "").replace("</b>", "")}">')


@pytest.mark.parametrize(
    "sentence",
    [
        "Of 100 flagged firms, about 6 may be expected to be infiltrated (3 to 11).",
        "How many infiltrated firms are there? At least 270 of 24,500 firms are on a list.",
        "The anti-mafia register of suppliers; an antimafia company check; anti-mafia firms lists.",
        "If 2 in 100 units were infiltrated, the rule would flag none.",
        "Infiltrated, listed and high risk are three different things.",
        "No flagged firm is said to be infiltrated.",
        "Organised crime and the legal economy; the Mafia in the press.",
    ],
)
def test_honest_sentences_pass(sentence):
    accept(f"<p>{sentence}</p>")


def test_everything_the_report_shows_by_itself_passes():
    shown = [*(draw() for draw in samples.FIGURES.values()), *samples.panels()]
    accept("".join(piece._repr_html_() for piece in shown))
    accept(components.base_rate_panel(samples.SampleBox()).html)


def test_one_firm_is_found_on_a_large_page_against_many():
    ids = [f"XX-REG:{number:08d}" for number in range(10_000_000, 10_020_000)]
    names = [f"Firma Numero {number} Sociedad" for number in range(20_000)]
    table = pd.DataFrame({"n": range(60_000)}).astype(str)["n"]
    html = "<table>" + "".join(f"<tr><td>Firm K{n}</td><td>{n}.5</td></tr>" for n in table)
    check_page(html + "</table>", ids, names)
    with pytest.raises(DisclosureError):
        check_page(html + "<tr><td>10019999</td></tr></table>", ids, names)
