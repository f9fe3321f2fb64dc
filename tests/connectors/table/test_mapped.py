"""A table with any names is mapped by suggestions, and comes to records that the codec takes."""

from __future__ import annotations

import io
import json

import msgspec
import pytest

from interactions.codec import read_records
from interactions.connectors import table
from interactions.connectors.table import Mapping, MappingRefused, Skip, Unanswered
from interactions.connectors.table.utf8 import MARK, Utf8
from tests.connectors.table.opened import file, mapped, questions, read, suggested

SHOP = """when,event,customer,device,items,total,url
2026-11-02 10:00:00,view,cust-1,d1,mug-7,,https://shop.example/mug
2026-11-02 10:01:00,add to cart,cust-1,d1,"mug-7,mug-8",,
2026-11-02 10:02:00,Purchase,,d2,mug-9,12.50,
2026-11-02 10:03:00,heartbeat,,d2,,,
"""


@pytest.mark.parametrize("name", ["Articles", "Product_SKUs", "artikel", "order.items"])
def test_a_column_is_known_by_its_name_in_the_plural_too(tmp_path, name: str):
    assert (
        suggested(file(tmp_path, f"event,when,{name}\nview,2026-11-02 10:00:00,mug-7\n")).fields["product_ids"] == name
    )


def test_columns_of_other_names_are_suggested_and_read(tmp_path):
    path = file(tmp_path, SHOP)
    assert suggested(path).fields == {
        "type": "event",
        "timestamp": "when",
        "user_id": "customer",
        "anonymous_id": "device",
        "product_ids": "items",
        "revenue": "total",
        "context.page.url": "url",
    }
    found = read(path, mapped(path, "Europe/Berlin"))
    lines = io.BytesIO(b"\n".join(json.dumps(record).encode() for record in found.records))
    assert [(batch.accepted, batch.rejected) for batch in read_records(lines)] == [(3, [])]
    assert found.records[0] == {
        "type": "product_detail_page_view",
        "user_id": "cust-1",
        "anonymous_id": "d1",
        "timestamp": "2026-11-02 10:00:00+01:00",
        "product_ids": ["mug-7"],
        "context": {"page": {"url": "https://shop.example/mug"}},
    }
    assert found.records[1]["product_ids"] == ["mug-7", "mug-8"]
    assert found.records[2]["revenue"] == 12.5
    assert found.skipped == {("heartbeat", "It is mapped to no type."): 1}
    assert found.is_all_counted


def test_the_columns_of_our_own_form_need_no_mapping(tmp_path):
    path = file(
        tmp_path,
        "type,user_id,product_ids,timestamp\n"
        "product_detail_page_view,cust-17,mug-7,2026-11-02T10:00:00Z\n"
        'add_to_cart,cust-17,"mug-7,mug-8",2026-11-02T10:01:00Z\n',
    )
    assert questions(path) == []
    assert [record["product_ids"] for record in read(path).records] == [["mug-7"], ["mug-7", "mug-8"]]


def test_a_mapping_can_be_kept_as_json(tmp_path):
    mapping = mapped(file(tmp_path, SHOP), skip=(Skip("device", ("d2",)),))
    assert msgspec.json.decode(msgspec.json.encode(mapping), type=Mapping) == mapping


def test_a_kept_mapping_fits_a_file_of_the_same_shape(tmp_path):
    mapping = mapped(file(tmp_path, SHOP))
    assert table.fits(mapping, ["url", "total", "items", "device", "customer", "event", "when"])
    assert table.fits(mapping, [*mapping.columns, "new column"])
    assert not table.fits(mapping, ["when", "event", "customer"])


def test_a_value_of_a_type_that_has_no_such_field_is_left_out_and_counted(tmp_path):
    path = file(tmp_path, "event,who,total\nview,a,0\npurchase,a,5\nview,b,\n")
    found = read(path)
    assert [record.get("revenue") for record in found.records] == [None, 5, None]
    assert found.left_out == {"revenue": 1}


def test_rows_to_skip_are_counted_by_value(tmp_path):
    path = file(tmp_path, "event,who,env\nview,a,live\nview,b,test\nview,c,test\nview,d,\n")
    found = read(path, mapped(path, skip=(Skip("env", ("test", "")),)))
    assert [record["user_id"] for record in found.records] == ["a"]
    reason = "The mapping leaves such rows out."
    assert found.skipped == {("env: test", reason): 2, ("env: (empty)", reason): 1}
    only = read(path, mapped(path, skip=(Skip("env", ("live",), others=True),)))
    assert [record["user_id"] for record in only.records] == ["a"]


def test_constants_stand_in_each_record(tmp_path):
    path = file(tmp_path, "who,sku,note\na,s1,x\nb,s2,y\n")
    fields = {"user_id": "who", "product_ids": "sku", "context.custom_context.a.b": "note"}
    mapping = Mapping(fields=fields, constants={"type": "like", "context.region": "US"})
    assert [record["type"] for record in read(path, mapping).records] == ["like", "like"]
    assert read(path, mapping).records[0]["context"] == {"custom_context": {"a.b": "x"}, "region": "US"}


def test_lists_are_split_by_what_stands_between_their_values(tmp_path):
    path = file(
        tmp_path, "event,who,skus,qty\nadd to cart,a,s1 | s2,1|2.5\nadd to cart,b,s3,4\nadd to cart,c,|s4||,1\n"
    )
    found = read(path)
    assert [record["product_ids"] for record in found.records] == [["s1", "s2"], ["s3"], ["s4"]]
    assert [record["quantities"] for record in found.records] == [[1, 2.5], [4], [1]]


def test_lists_as_json_are_read_as_such(tmp_path):
    path = file(tmp_path, 'event,who,skus\nview,a,"[""s,1"",""s2""]"\nview,b,s3\nview,c,"[\'s4\', \'s5\']"\n')
    assert [record["product_ids"] for record in read(path).records] == [["s,1", "s2"], ["s3"], ["s4", "s5"]]


@pytest.mark.parametrize(
    ("mark", "ids"), [("/", ["a", "b c"]), (" ", ["a/b", "c"]), ("", ["a/b c"]), ("::", ["a/b c"])]
)
def test_the_mark_between_the_values_of_a_list_can_be_chosen(tmp_path, mark, ids):
    path = file(tmp_path, "event,who,skus\nview,a,a/b c\nview,b,d\n")
    chosen = mapped(path, separators={"product_ids": mark} if mark else {})
    assert [record["product_ids"] for record in read(path, chosen).records] == [ids, ["d"]]


@pytest.mark.parametrize(
    "content",
    [
        "event;who;total\nbuy;a;12,50\nbuy;b;7\n",
        "event;who;total\rbuy;a;12,50\rbuy;b;7\r",
        "event;who;total\r\nbuy;a;12,50\r\nbuy;b;7\r\n",
        "sep=;\nevent;who;total\nbuy;a;12,50\nbuy;b;7\n",
        "\ufeffevent;who;total\nbuy;a;12,50\nbuy;b;7",
        "event\twho\ttotal\nbuy\ta\t12,50\nbuy\tb\t7\n".encode("utf-16-le"),
        "event|who|total\nbuy|a|12,50\nbuy|b|7\n\n\n",
        'event;who;total\n"buy";"a";"12,50"\n"buy";"b";"7"\n',
    ],
)
def test_a_table_is_the_same_however_it_is_written(tmp_path, content):
    records = read(file(tmp_path, content)).records
    assert [(each["type"], each["user_id"], each["revenue"]) for each in records] == [
        ("checkout", "a", 12.5),
        ("checkout", "b", 7),
    ]


@pytest.mark.parametrize("header", ["event;who;sku;total\n", "event;who;sku;total;;\n", ""])
def test_columns_at_the_end_may_be_empty_in_most_rows(tmp_path, header):
    end = ";" * (header.count(";") - 3 if header else 0)
    rows = [f"view;{number};s1;{end}\n" for number in range(8)] + [f"buy;9;s1;12,50{end}\n"] * 2
    path = file(tmp_path, header + "".join(rows))
    fields = {} if header else {"fields": {"type": "Column 1", "user_id": "Column 2", "revenue": "Column 4"}}
    found = read(path, mapped(path, **fields, decimal=","))
    assert [record["user_id"] for record in found.records] == [*map(str, range(8)), "9", "9"]
    assert found.records[-1]["revenue"] == 12.5
    assert found.rejected == []


def test_line_breaks_within_quotes_stay_in_their_cell(tmp_path):
    path = file(tmp_path, 'event,who,title\nview,a,"two\nlines, ""quoted"""\nview,b,one\n')
    fields = {"type": "event", "user_id": "who", "context.custom_context.title": "title"}
    said = [record["context"]["custom_context"]["title"] for record in read(path, mapped(path, fields=fields)).records]
    assert said == ['two\nlines, "quoted"', "one"]


@pytest.mark.parametrize(
    ("total", "number"),
    [
        ("12.50", 12.5),
        ("1,234.50", 1234.5),
        ("$ 1,234.50", 1234.5),
        ("-3", -3),
        (".5", 0.5),
        ("1e3", 1000),
        ("007", 7),
        ("(12.50)", -12.5),
        ("12.50-", -12.5),
        ("\u22123", -3),
        ("EUR 1,234.50", 1234.5),
        ("12.50 USD", 12.5),
        ("-kr 12.50", -12.5),
        ("R$ 12.50", 12.5),
    ],
)
def test_numbers_are_read_as_they_are_written(tmp_path, total, number):
    path = file(tmp_path, f'event,who,total\nbuy,a,"{total}"\nbuy,b,2.25\n')
    assert [record["revenue"] for record in read(path).records] == [number, 2.25]


def test_a_decimal_comma_is_found(tmp_path):
    path = file(tmp_path, "event;who;total\nbuy;a;12,50\nbuy;b;1.234,50 €\nbuy;c;7\n")
    assert [record["revenue"] for record in read(path).records] == [12.5, 1234.5, 7]


def test_what_is_no_number_and_no_time_is_kept_for_the_codec_to_refuse(tmp_path):
    path = file(
        tmp_path, "event,who,total,when\nbuy,a,many,2026-01-01 10:00:00\nbuy,b,3,someday\nbuy,c,4,2026-01-01 11:00\n"
    )
    opened = table.open_table(path)
    preview = table.preview(table.sample_of(opened), mapped(path))
    assert [[problem.path for problem in shown.problems] for shown in preview.shown] == [["revenue"], ["timestamp"], []]
    assert [shown.problems[0].value for shown in preview.shown[:2]] == ["many", "someday"]
    assert (preview.rows, preview.records, preview.rejected) == (3, 3, 2)


def test_the_preview_shows_twenty_and_counts_the_sample(tmp_path):
    path = file(tmp_path, "event,who\n" + "view,a\n" * 50 + "what,b\n")
    preview = table.preview(table.sample_of(table.open_table(path)), mapped(path), 20)
    assert len(preview.shown) == 20
    assert [shown.row for shown in preview.shown[:3]] == [2, 3, 4]
    assert (preview.rows, preview.records, preview.types) == (51, 50, {"product_detail_page_view": 50})
    assert [said.name for said in preview.skipped] == ["what"]


def test_texts_that_mean_nothing_are_absent(tmp_path):
    path = file(tmp_path, "event,who,device\nview,NULL,d1\nview,a,\\N\n")
    assert suggested(path).absent == ("NULL", "\\N")
    assert read(path).records == [
        {"type": "product_detail_page_view", "anonymous_id": "d1"},
        {"type": "product_detail_page_view", "user_id": "a"},
    ]


def test_addresses_are_cut_short(tmp_path):
    path = file(tmp_path, "event,who,ip\nview,a,203.0.113.77\nview,b,2001:db8::1\nview,c,10.0.0.5\n")
    said = [record.get("context") for record in read(path).records]
    assert said == [{"truncated_ip": "203.0.113.0"}, None, {"truncated_ip": "10.0.0.0"}]


def test_a_page_without_an_address_is_none(tmp_path):
    path = file(tmp_path, "event,who,url,title\nview,a,,Mugs\nview,b,/mugs,Mugs\n")
    said = [record.get("context") for record in read(path).records]
    assert said == [None, {"page": {"url": "/mugs", "title": "Mugs"}}]


def test_a_mapping_that_does_not_fit_says_why(tmp_path):
    path = file(tmp_path, SHOP)
    opened = table.open_table(path)
    for mapping, sentence in (
        (Mapping(fields={"user_id": "nobody"}), 'The file has no column "nobody", which the mapping uses.'),
        (Mapping(fields={"users": "customer"}), 'An interaction has no field "users".'),
        (
            Mapping(fields={"user_id": "customer"}),
            "Choose the interaction type: a column, or the same type for all rows.",
        ),
        (Mapping(constants={"type": "buy"}), 'There is no interaction type "buy".'),
    ):
        with pytest.raises(MappingRefused, match=sentence):
            table.Records(opened, mapping)


def test_nothing_is_read_while_a_question_is_open(tmp_path):
    path = file(tmp_path, SHOP)
    with pytest.raises(Unanswered, match="The times don't say their time zone"):
        list(table.Records(table.open_table(path), suggested(path)))


def test_names_and_values_are_never_part_of_a_statement(tmp_path):
    path = file(
        tmp_path,
        'when,"select""; DROP TABLE cells; --",event,"who\'\'"" OR 1=1"\n'
        '2026-01-01,$1,view,"a\'); DROP TABLE cells; --"\n'
        '2026-01-02,?,view,"""quoted"" \\ text"\n',
    )
    drop, who = table.open_table(path).columns[1], table.open_table(path).columns[3]
    fields = {"type": "event", "user_id": who, "timestamp": "when", "context.custom_context.a\"b'; --": drop}
    found = read(path, mapped(path, fields=fields, absent=("'; DROP TABLE cells",)))
    assert [record["user_id"] for record in found.records] == ["a'); DROP TABLE cells; --", '"quoted" \\ text']
    said = [record["context"]["custom_context"]["a\"b'; --"] for record in found.records]
    assert said == ["$1", "?"]


def test_a_value_is_read_alike_whatever_stands_beside_it(tmp_path):
    """Plain cells go a shorter way, which no other cell of their batch may change."""
    plain = ["2026-11-02 10:00:00,buy,a,s1,12.50", '2026-11-02 10:00:01.5,buy,b,"s1,s2",7']
    odd = '2026-11-02,buy,"x ""y""","s 1 ,s2","1,000.10"'
    alone = read(file(tmp_path, "\n".join(["when,event,who,skus,total", *plain, ""]), "alone"))
    mapping = mapped(tmp_path / "alone", "Europe/Berlin")
    both = [read(tmp_path / "alone", mapping).records]
    both.append(
        read(file(tmp_path, "\n".join(["when,event,who,skus,total", *plain, odd, ""]), "both"), mapping).records
    )
    lines = [io.BytesIO(b"\n".join(json.dumps(record).encode() for record in some[:2])) for some in both]
    tables = [next(iter(read_records(text))).tables for text in lines]
    assert [one.drop_columns(["received_at"]) for one in tables[0]] == [
        one.drop_columns(["received_at"]) for one in tables[1]
    ]
    assert len(alone.records) == 2
    assert both[1][2]["user_id"] == 'x "y"'
    assert both[1][2]["product_ids"] == ["s 1", "s2"]


@pytest.mark.parametrize(
    "odd", ["2026-11-02,Order Completed,a,1", "2026-11-02 10:00:00,Order Completed,a| b,1| 2", "11 pm,view,a,x"]
)
def test_times_with_their_offset_and_lists_are_read_alike_whatever_stands_beside_them(tmp_path, odd: str):
    plain = [
        "2026-11-02T10:00:00Z,Order Completed,a|b,1|2",
        "2026-11-02T10:00:00.123456+05:30,Order Completed,a,1.5",
        "2026-11-02 23:59:59-08:00,Order Completed,a|b|c,1|2.25|3",
        "2026-02-30T10:00:00Z,Order Completed,,",
    ]
    found = []
    for rows in (plain, [*plain, odd]):
        path = file(tmp_path, "\n".join(["when,event,product_ids,quantities", *rows, ""]))
        mapping = mapped(path, separators={"product_ids": "|", "quantities": "|"})
        lines = io.BytesIO(b"\n".join(json.dumps(record).encode() for record in read(path, mapping).records[:4]))
        (batch,) = read_records(lines)
        assert [each.index for each in batch.rejected] == [3]
        found.append([one.drop_columns(["received_at"]) for one in batch.tables])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [(["1|2", "3"], [[1, 2], [3]]), (["1.5|2", "3"], [[1.5, 2], [3]]), (["1| 2", "3"], [[1, 2], [3]])],
)
def test_lists_of_numbers_are_read_plain_or_not(tmp_path, cells: list[str], numbers: list[list[float]]):
    rows = "".join(f"2026-11-02 10:00:00,Order Completed,a|b,{cell}\n" for cell in cells)
    path = file(tmp_path, f"when,event,product_ids,quantities\n{rows}")
    mapping = mapped(path, separators={"product_ids": "|", "quantities": "|"})
    assert [record["quantities"] for record in read(path, mapping).records] == numbers


@pytest.mark.parametrize(
    ("cells", "lists"),
    [
        (["Home & Garden|Lamps"], [["Home & Garden", "Lamps"]]),
        (["Home & Garden|Lamps", " Home | Lamps "], [["Home & Garden", "Lamps"], ["Home", "Lamps"]]),
    ],
)
def test_a_blank_within_a_value_of_a_list_is_kept_and_one_around_it_is_not(tmp_path, cells: list[str], lists: object):
    rows = "".join(f"2026-11-02 10:00:00,Product List Viewed,{cell}\n" for cell in cells)
    path = file(tmp_path, f"when,event,category\n{rows}")
    assert [record["category"] for record in read(path, mapped(path, separators={"category": "|"})).records] == lists


@pytest.mark.parametrize("piece", [1, 2, 3, 5])
def test_characters_are_whole_wherever_a_text_is_cut(piece: int):
    text = "aé€😀\n" * 50
    assert Utf8(Pieces(text.encode(), piece)).read().decode() == text


@pytest.mark.parametrize("bad", [b"\xff", b"\xe2\x82", b"\xc3", "\uffff".encode()])
def test_what_is_no_character_is_marked_wherever_a_text_is_cut(bad: bytes):
    for piece in (1, 2, 3, 64):
        utf8 = Utf8(Pieces("aé€\n".encode() * 20 + bad + b"\nb" * 20, piece))
        assert MARK in utf8.read().decode() and utf8.is_marked


def test_a_text_that_ends_within_a_character_is_marked():
    for piece in (1, 2, 64):
        utf8 = Utf8(Pieces("aé\n".encode() * 20 + "€".encode()[:2], piece))
        assert utf8.read().decode().endswith(MARK) and utf8.is_marked


class Pieces(io.BytesIO):
    """A text that is read a few bytes at a time."""

    def __init__(self, text: bytes, size: int) -> None:
        super().__init__(text)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size)
