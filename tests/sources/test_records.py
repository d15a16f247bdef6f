import csv
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from infiltrate.params.sources import Source
from infiltrate.sources.files import RawFile
from infiltrate.sources.records import Batch, read_batches, read_header
from tests.sources.reading import make_source

HEADER = "a,b,c\n"


def read(folder: Path, content: str | bytes, **changes) -> Batch:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = Source.model_validate(make_source(**changes))
    whole = Batch()
    for batch in read_batches(RawFile(path, "file.csv"), source):
        whole.lines += batch.lines
        whole.rows += batch.rows
        whole.rejects += batch.rejects
        whole.blank_lines += batch.blank_lines
    return whole


def rejected(batch: Batch) -> list[tuple[int, str]]:
    return [(reject.line, reject.rule) for reject in batch.rejects]


def test_rows_know_the_line_they_start_on(tmp_path):
    batch = read(tmp_path, HEADER + '1,"two\nlines",3\n4,5,6\n\n7,8,9\n')
    assert batch.lines == [2, 4, 6]
    assert batch.rows[0] == ["1", "two\nlines", "3"]
    assert batch.blank_lines == 1


def test_rows_with_too_few_or_many_fields_are_rejected(tmp_path):
    batch = read(tmp_path, HEADER + "1,2\n1,2,3\n1,2,3,4\n")
    assert rejected(batch) == [(2, "field_count"), (4, "field_count")]
    assert batch.lines == [3]


def test_an_undecodable_line_is_rejected_alone_and_its_content_is_not_kept(tmp_path):
    batch = read(tmp_path, HEADER.encode() + b"1,Pe\xf1a,3\n4,5,6\n")
    assert rejected(batch) == [(2, "encoding")]
    assert batch.rejects[0].found == "byte 0xF1 at character 5"
    assert batch.rows == [["4", "5", "6"]]


def test_the_declared_encoding_is_used(tmp_path):
    batch = read(tmp_path, (HEADER + "1,Peña,3\n").encode("cp1252"), encoding="cp1252")
    assert batch.rows == [["1", "Peña", "3"]]
    batch = read(tmp_path, (HEADER + "1,Peña,3\n").encode("utf-16"), encoding="utf-16")
    assert batch.rows == [["1", "Peña", "3"]]


def test_a_stray_quote_that_swallows_rows_costs_one_line(tmp_path):
    rows = [f"{i},x,y" for i in range(2, 40)]
    rows[3] = '5,"x,y'
    rows[20] = '22,x,y"'
    batch = read(tmp_path, HEADER + "\n".join(rows) + "\n")
    assert rejected(batch) == [(5, "quote")]
    assert batch.lines == [line for line in range(2, 40) if line != 5]


def test_a_quote_never_closed_costs_one_line(tmp_path):
    batch = read(tmp_path, HEADER + '1,"2,3\n4,5,6\n7,8,9')
    assert rejected(batch) == [(2, "quote")]
    assert [row[0] for row in batch.rows] == ["4", "7"]


def test_text_after_a_closing_quote_is_rejected(tmp_path):
    batch = read(tmp_path, HEADER + '1,"2"x,3\n4,5,6\n')
    assert rejected(batch) == [(2, "quote")]
    assert batch.rows == [["4", "5", "6"]]


def test_quoted_text_with_line_breaks_and_delimiters_is_kept(tmp_path):
    text = "first, line\nsecond line, with a comma\n\nlast"
    out = io.StringIO()
    csv.writer(out).writerow(["1", text, "3"])
    batch = read(tmp_path, HEADER + out.getvalue() + "4,5,6\n")
    assert batch.rows == [["1", text, "3"], ["4", "5", "6"]]
    assert not batch.rejects


def test_title_lines_are_skipped_and_counted(tmp_path):
    content = "A title\n\n" + HEADER + "1,2,3\n"
    batch = read(tmp_path, content, title_lines=2)
    assert batch.lines == [4]


def test_declared_column_names_replace_the_header_line(tmp_path):
    batch = read(tmp_path, "\ufeff1,2,3\n4,5,6\n", header=["a", "b", "c"])
    assert batch.rows == [["1", "2", "3"], ["4", "5", "6"]]
    assert batch.lines == [1, 2]


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(("\ufeff" + HEADER).encode())
    source = Source.model_validate(make_source())
    assert read_header(RawFile(path, "file.csv"), source) == ["a", "b", "c"]


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\x00,"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(FIELD, FIELD, FIELD, FIELD, FIELD), max_size=8))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows):
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow("abcde")
    writer.writerows(rows)
    batch = read(tmp_path_factory.mktemp("csv"), out.getvalue())
    assert batch.rows == [list(row) for row in rows]
    assert not batch.rejects
