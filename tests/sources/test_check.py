import pytest

from infiltrate.errors import SourceError
from infiltrate.sources import check_sources
from tests.sources.reading import BUYERS, make_source, make_study, read_study, write_files

GOOD = {"buyers.csv": "id,name\n1,North\n"}


def problems(folder, files, *sources) -> list[str]:
    data = write_files(folder, files)
    return [str(problem) for problem in check_sources(make_study(*sources), data)]


def only(found: list[str]) -> str:
    assert len(found) == 1, found
    return found[0]


def test_a_good_source_has_no_problem(tmp_path):
    assert problems(tmp_path, GOOD, make_source()) == []


def test_a_missing_file_names_the_nearest_one(tmp_path):
    message = only(problems(tmp_path, GOOD, make_source(path="buyer.csv")))
    assert message == (
        "sources.registry.path: there is no file buyer.csv. "
        "Nearest name in the data folder: buyers.csv"
    )


def test_a_glob_without_match(tmp_path):
    message = only(problems(tmp_path, GOOD, make_source(path="*/buyers.csv")))
    assert "no file matches */buyers.csv" in message


def test_an_empty_file(tmp_path):
    assert "buyers.csv is empty" in only(problems(tmp_path, {"buyers.csv": ""}, make_source()))


def test_a_missing_data_folder(tmp_path):
    found = check_sources(make_study(make_source()), tmp_path / "nowhere")
    assert "does not exist" in str(found[0])


def test_a_renamed_column_names_the_nearest_one(tmp_path):
    message = only(problems(tmp_path, {"buyers.csv": "id,full_name\n"}, make_source()))
    assert message == "sources.registry, column name: not in buyers.csv. Nearest name: full_name"


def test_a_wrong_delimiter_is_one_problem_and_suggests_the_right_one(tmp_path):
    message = only(problems(tmp_path, {"buyers.csv": "id;name\n1;x\n"}, make_source()))
    assert message == (
        "sources.registry.delimiter: buyers.csv has 1 column when cut at ','. "
        "Set it to ';', which gives more"
    )


def test_a_wrong_encoding_suggests_one_that_fits(tmp_path):
    lines = b"id,name\n" + b"".join(b"%d,Pe\xf1a\n" % n for n in range(9))
    message = only(problems(tmp_path, {"buyers.csv": lines}, make_source()))
    assert "9 of the first 10 lines of buyers.csv are not utf-8. It reads as cp1252" in message


def test_a_header_that_cannot_be_decoded(tmp_path):
    message = only(problems(tmp_path, {"buyers.csv": b"id,a\xf1o\n"}, make_source()))
    assert "buyers.csv, line 1 is not utf-8" in message


def test_one_bad_line_in_many_is_no_reason_to_stop(tmp_path):
    lines = b"id,name\n" + b"1,Pe\xf1a\n" + b"".join(b"%d,x\n" % n for n in range(2, 300))
    assert problems(tmp_path, {"buyers.csv": lines}, make_source()) == []


def test_a_column_that_stands_twice(tmp_path):
    message = only(problems(tmp_path, {"buyers.csv": "id,name,name\n"}, make_source()))
    assert "stands more than once" in message


def test_title_lines_that_hide_the_header(tmp_path):
    message = only(problems(tmp_path, {"buyers.csv": "\nid,name\n"}, make_source()))
    assert "buyers.csv has no header" in message


COMPANY = {"company_id": "id", "kind": {"constant": "company"}}


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"buyer": BUYERS}, "tables.buyer: no such table. Nearest name: buyers"),
        (
            {"buyers": {"columns": {"buyer_id": "id", "nam": "name"}}},
            "columns.nam: no such column. Nearest name: name",
        ),
        (
            {"buyers": {"columns": {"name": "name"}}},
            "buyer_id is not filled, but is part of the key of buyers",
        ),
        (
            {"companies": {"columns": {"company_id": "id"}}},
            "kind is not filled, but is required of companies",
        ),
        (
            {"companies": {"columns": {**COMPANY, "kind": {"constant": "compny"}}}},
            "constant 'compny'; allowed: company, natural_person",
        ),
        (
            {"companies": {"columns": {**COMPANY, "kind": {"column": "id", "map": {"a": "frm"}}}}},
            "kind: 'frm'; allowed: company",
        ),
        (
            {"buyers": {"columns": {**BUYERS["columns"], "type": {"constant": 7}}}},
            "constant 7; allowed: a value of type string",
        ),
        (
            {
                "companies": {
                    "columns": {
                        **COMPANY,
                        "status": {"column": "name", "map": {"Año": "active", "ANO": "dissolved"}},
                    }
                }
            },
            "'ANO' stands twice, as active and dissolved",
        ),
        (
            {"buyers": {"columns": {"buyer_id": {"column": "id", "scheme": "RUC"}}}},
            "'RUC' is no scheme; allowed: a code such as PE-RUC. Nearest name: PE-RUC",
        ),
        (
            {"buyers": {"columns": {"buyer_id": {"column": "id", "extract": "(?=x)(y)"}}}},
            "RE2 syntax: no look-ahead",
        ),
        (
            {"buyers": {"columns": {**BUYERS["columns"], "source_id": "id"}}},
            "source_id: is filled by the reader",
        ),
        (
            {"buyers/a": BUYERS, "buyers/b": {**BUYERS, "duplicates": "first"}},
            "tables.buyers/b.duplicates: first, but registry.tables.buyers/a says reject",
        ),
    ],
)
def test_mappings(tmp_path, tables, expected):
    assert expected in only(problems(tmp_path, GOOD, make_source(tables=tables)))


def test_everything_is_found_at_once_and_nothing_is_read(tmp_path):
    sources = [
        make_source(id="a", path="buyer.csv"),
        make_source(id="b", tables={"buyer": BUYERS}),
        make_source(id="c", tables={"buyers": {"columns": {"buyer_id": "ident"}}}),
    ]
    assert len(problems(tmp_path, GOOD, *sources)) == 3
    with pytest.raises(SourceError) as error:
        read_study(tmp_path, GOOD, *sources)
    assert len(error.value.problems) == 3
    assert not (tmp_path / "tables").exists()
