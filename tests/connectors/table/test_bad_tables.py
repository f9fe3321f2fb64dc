"""Bad tables get one clear sentence, or their rows are refused one by one; nothing is lost uncounted."""

from __future__ import annotations

import gzip
import io
import json

import msgspec
import pytest

from interactions.connectors import table
from interactions.connectors.table import Encrypted, MappingRefused, NoTable, Reading, RowTooLong, TooManyColumns
from interactions.connectors.table.separated import LONGEST_ROW
from interactions.errors import FileRefused
from tests.connectors.table.opened import file, mapped, questions, read, suggested, workbook


def test_a_ragged_row_is_rejected_with_its_text(tmp_path):
    found = read(file(tmp_path, "event,who,sku\nview,a,s1\nview,b\n\nview,c,s2,more\nview,d,s3\n"))
    assert [record["user_id"] for record in found.records] == ["a", "d"]
    assert [(each.index, each.text, each.violations[0].rule) for each in found.rejected] == [
        (1, b"view,b", "The row has 2 values, but the table has 3 columns."),
        (3, b"view,c,s2,more", "The row has 4 values, but the table has 3 columns."),
    ]
    assert found.is_all_counted


def test_blank_lines_are_no_events_but_rows_are_numbered_as_in_the_file(tmp_path):
    path = file(tmp_path, "event,who,when\n\nview,a,2026-01-01\n\n  \nview,b,2026-01-02\nview\n\r\nview,c,never\n\n")
    opened = table.open_table(path)
    found = read(path, mapped(path))
    assert (len(found.records), found.rows, [each.index for each in found.rejected]) == (3, 4, [5])
    chunk = next(iter(table.Records(opened, mapped(path))))
    assert [opened.row_of(number) for number in chunk.rows] == [3, 6, 9]
    assert json.loads(table.rows_of(opened, [7])[7])["who"] == "c"


def test_a_table_of_phrases_is_a_table_where_its_names_are_words(tmp_path):
    found = read(file(tmp_path, "event,shop\nProduct Viewed,North Street\nProduct Viewed,Old Town\n"))
    assert (len(found.records), found.rows) == (2, 2)


def test_a_quote_that_is_never_closed_is_named(tmp_path):
    found = read(file(tmp_path, 'event,who,sku\nview,a,s1\nview,"b,s2\nview,c,s3\n'))
    rule = "A quote that begins in this row is never closed, so it goes on for 2 lines."
    assert [each.violations[0].rule for each in found.rejected] == [rule]
    assert len(found.records) == 1


def test_a_quote_that_is_never_closed_in_the_last_row_is_named(tmp_path):
    found = read(file(tmp_path, 'event,who,sku\nview,a,s1\nview,"b,s2\n'))
    assert [each.violations[0].rule for each in found.rejected] == ["A quote that begins in this row is never closed."]


def test_a_row_that_the_codec_refuses_is_found_as_it_came(tmp_path):
    path = file(
        tmp_path, "event,who,when\nview,a,2026-01-01\nnothing,b,2026-01-01\nview\nview,c,never\nview,d,2026-01-02\n"
    )
    opened = table.open_table(path)
    chunk = next(iter(table.Records(opened, mapped(path))))
    assert [json.loads(line)["user_id"] for line in bytes(chunk.lines).splitlines()] == ["a", "c", "d"]
    assert list(chunk.rows) == [0, 3, 4]
    assert {number: json.loads(text) for number, text in table.rows_of(opened, [3, 0]).items()} == {
        0: {"event": "view", "who": "a", "when": "2026-01-01"},
        3: {"event": "view", "who": "c", "when": "never"},
    }


def test_a_second_header_is_asked_about(tmp_path):
    path = file(tmp_path, "when,event,who\ndate,text,id\n2026-01-01,view,a\n2026-01-02,view,b\n")
    asked = next(question for question in questions(path) if question.name == "header")
    assert [value for value, _ in asked.choices] == ["2-1", "2-2", "1-1"]
    found = read(path)
    assert (len(found.records), sum(found.skipped.values()), found.rows) == (2, 1, 3)
    opened = table.open_table(path, Reading(header_rows=2, names_row=2))
    assert (opened.columns, opened.doubts) == (["date", "text", "id"], ("header",))
    assert table.as_before(table.open_table(path), opened.reading) == opened.reading
    as_data = table.open_table(path, Reading(header_rows=1))
    assert table.sample_of(as_data).rows.count == 3


def test_titles_above_the_table_are_passed_over(tmp_path):
    path = file(tmp_path, "Report of May\n\nwhen,event,who\n2026-01-01,view,a\n2026-01-02,view,b\n")
    assert table.open_table(path).columns == ["when", "event", "who"]
    assert len(read(path).records) == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_titles_without_a_delimiter_do_not_hide_it(tmp_path, delimiter):
    rows = ("when,event,who", *(f"2026-01-{day:02} 10:00:00,view,a" for day in range(1, 20)))
    path = file(tmp_path, "Report of May, all shops\nMade by hand\n" + "\n".join(rows).replace(",", delimiter))
    assert table.open_table(path).columns == ["when", "event", "who"]
    assert len(read(path).records) == 19


def test_a_header_that_comes_again_is_skipped_and_counted(tmp_path):
    found = read(file(tmp_path, "event,who\nview,a\nevent,who\nview,b\n"))
    assert len(found.records) == 2
    assert found.skipped == {("Header", "It was read as a header, not as data."): 1}


def test_columns_without_names_and_names_that_come_twice_are_told_apart(tmp_path):
    assert table.open_table(file(tmp_path, "id,,id\na,b,c\nd,e,f\n")).columns == ["id", "Column 2", "id (2)"]
    assert table.open_table(file(tmp_path, "1,2,3\n4,5,6\n")).columns == ["Column 1", "Column 2", "Column 3"]


def test_an_unknown_encoding_is_asked(tmp_path):
    path = file(tmp_path, "event,who\nview,José\nview,b\n".encode("latin-1"))
    asked = questions(path)[0]
    assert (asked.name, asked.answer) == ("encoding", "windows-1252")
    assert read(path).records[0]["user_id"] == "José"
    greek = read(path, mapped(path, reading=Reading(encoding="windows-1253")))
    assert greek.records[0]["user_id"] == "Josι"
    chosen = table.open_table(path, Reading(encoding="windows-1253"))
    assert chosen.doubts == ("encoding",)
    assert table.as_before(table.open_table(path), chosen.reading) == chosen.reading
    plain = table.open_table(file(tmp_path, "event,who\nview,a\nview,b\n", "plain"))
    assert table.as_before(plain, chosen.reading) == plain.reading
    with pytest.raises(NoTable, match='The encoding "klingon" is unknown'):
        table.open_table(path, Reading(encoding="klingon"))


def test_bytes_that_are_no_characters_cost_their_own_row_alone(tmp_path):
    good = "view,José,2026-01-01\n".encode() * 20_000
    path = file(tmp_path, b"event,who,when\n" + good + b"view,\xff\xfe,2026-01-01\nview,z,2026-01-01\n")
    found = read(path)
    assert len(found.records) == 20_001
    assert [(each.index, each.violations[0].rule) for each in found.rejected] == [
        (20_000, "It has bytes that aren't characters in the file's encoding.")
    ]


def test_other_encodings_that_say_so_are_read(tmp_path):
    for encoding in ("utf-16", "utf-8-sig"):
        found = read(file(tmp_path, "event\twho\nview\tÄnne\nview\tb\n".encode(encoding)))
        assert [record["user_id"] for record in found.records] == ["Änne", "b"]


def test_spaces_around_all_cells_are_no_part_of_them(tmp_path):
    expected = ["a", "b b"]
    for text in ("event, who, total\nview, a,\nview, b b, \n", "| event | who |\n| view | a |\n| view | b b |\n"):
        assert [record["user_id"] for record in read(file(tmp_path, text)).records] == expected
    some = read(file(tmp_path, "event,who\nview, a\nview,b b\n"))
    assert [record["user_id"] for record in some.records] == [" a", "b b"]


def test_usual_words_of_shops_are_known(tmp_path):
    text = "action,address\nAdded to basket,https://shop.example/p/1\nRemoved from basket,https://shop.example/p/2\n"
    mapping = suggested(file(tmp_path, text))
    assert mapping.types == {"Added to basket": "add_to_cart", "Removed from basket": "remove_from_cart"}
    assert mapping.fields["context.page.url"] == "address"


def test_a_column_of_other_kinds_is_not_the_interactions_type(tmp_path):
    path = file(tmp_path, "date,customer type,customer,total\n2026-01-01,returning,a,3\n2026-01-02,new,b,4\n")
    assert (suggested(path).fields.get("type"), suggested(path).constants) == (None, {"type": "checkout"})


def test_nul_bytes_are_kept(tmp_path):
    assert read(file(tmp_path, b"event,who\nview,a\x00b\nview,c\n")).records[0]["user_id"] == "a\x00b"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file has no records."),
        ("\n\n  \n", "The file has no records."),
        ("event,who\n", "The file has a header but no rows."),
        ("email\na@b.de\nc@d.de\n", "The file has only one column."),
        ("id\r7\r8\r9\r", "The file has only one column."),
        ("Dear Sir,\nI write to you, as promised, today.\nYours\n", "The file is not a table"),
        (
            "Dear Sir, dear Madam,\nwe have written to you, as promised,\nthe mugs came late, and two broke,\n"
            "so we ask for help, and a refund,\n",
            "The file is not a table: its lines read like text.",
        ),
        ("I came home, and it rained\nwe ate soup, and went to bed\n", "The file is not a table: its lines read like"),
        ("<html><body>502</body></html>", "The file is HTML or XML, not a table."),
        (bytes(range(256)) * 20, "The file is not text."),
        (
            ",".join(map(str, range(10_000))) + "\n" + "1," * 9_999 + "1\n",
            "The file has 10,000 columns; Dojo can map up to",
        ),
        (b"PAR1" + b"x" * 100, "The Parquet file can't be read"),
        (workbook([["event", "who"], ["view", "a"]])[:-60], "The workbook can't be read"),
        (b"\xd0\xcf\x11\xe0" + bytes(3_000), "The workbook can't be read"),
        (workbook([]), "The file has no records."),
        (gzip.compress(workbook([["event", "who"], ["view", "a"]]), mtime=0), "Import an Excel workbook by itself"),
        (gzip.compress(b"PAR1" + b"x" * 100, mtime=0), "The file has a Parquet file in it: import that by itself"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, content, sentence):
    with pytest.raises(FileRefused, match=sentence):
        table.sample_of(table.open_table(file(tmp_path, content)))


def test_too_many_columns_and_encrypted_workbooks_have_errors_of_their_own(tmp_path):
    with pytest.raises(TooManyColumns):
        table.open_table(file(tmp_path, ",".join(f"c{place}" for place in range(1_001)) + "\n" + "1," * 1_000 + "1\n"))
    hidden = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(2_000)
    with pytest.raises(Encrypted, match="The workbook is encrypted: save a copy of it without a password"):
        table.open_table(file(tmp_path, hidden))


class Endless(io.RawIOBase):
    """A text with a line that never ends; it counts what was taken of it."""

    def __init__(self, before: bytes) -> None:
        super().__init__()
        self._before, self.taken = before, 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        before, self._before = self._before, b""
        return before + b"x" * (size - len(before))


@pytest.mark.parametrize("before", [b"", b"event,who\nview,a\n" * 20_000])
def test_a_line_without_an_end_is_refused_before_it_fills_memory(tmp_path, before):
    texts = []

    def text(path):
        texts.append(Endless(before))
        return texts[-1]

    with pytest.raises(RowTooLong, match=f"longer than {LONGEST_ROW >> 20} MB"):
        list(table.open_table(file(tmp_path, "x"), text=text).batches())
    assert max(each.taken for each in texts) < 8 * LONGEST_ROW


class Much(io.RawIOBase):
    """A table of so many rows, made as it is read."""

    ROW = b"view,cust-1234567890,2026-01-01 10:00:00\n"

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._left = rows
        self._held = b"event,who,when\n"
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        rows = min(self._left, (size - len(self._held)) // len(self.ROW) + 1)
        self._held, self._left = self._held + self.ROW * rows, self._left - rows
        given, self._held = self._held[:size], self._held[size:]
        self.taken += len(given)
        return given


def test_little_is_read_ahead_whatever_the_size_of_the_table(tmp_path):
    """Memory is constant: no more of the text was taken than a few blocks beyond what was given out."""
    texts = []

    def text(path):
        texts.append(Much(4_000_000))
        return texts[-1]

    opened = table.open_table(file(tmp_path, "x"), text=text)
    suggested = table.suggested(table.sample_of(opened))
    mapping = msgspec.structs.replace(suggested, times=table.Times("iso", "UTC"))
    given = rows = 0
    for chunk in table.Records(opened, mapping):
        rows += chunk.events
        given += chunk.events * len(Much.ROW)
        assert texts[-1].taken - given < 5 * LONGEST_ROW
        assert len(chunk.lines) < 10 * LONGEST_ROW
    assert rows == 4_000_000


def test_a_kept_mapping_for_another_table_is_refused(tmp_path):
    mapping = mapped(file(tmp_path, "event,who\nview,a\nview,b\n"))
    with pytest.raises(MappingRefused, match='The file has no column "event"'):
        table.Records(table.open_table(file(tmp_path, "kind,user\nview,a\nview,b\n")), mapping)
