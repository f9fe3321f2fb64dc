"""Reading: what is written is read back, and the fast way agrees with the rule book on every record."""

from __future__ import annotations

import io
import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactions.codec import reader as reading
from interactions.codec.origin import Origin
from interactions.codec.reader import Batch
from interactions.codec.rulebook import check_bytes
from interactions.codec.scanner import scanner
from interactions.codec.split.documents import Documents
from interactions.codec.split.windows import ByteRange, Unsound
from interactions.contract import schema
from tests.codec import oracle
from tests.codec.read import KEYRING, RECEIVED, Record, plain, read_file, read_lines, read_run, reader
from tests.codec.strategies import dumped, faulty, interactions

BOM = b"\xef\xbb\xbf"
many = settings(max_examples=80)
some = settings(max_examples=40)


def files(records: list[Record], way: int) -> dict[str, bytes]:
    """The records in every form of file, in one spelling."""
    raws = [dumped(record, way) for record in records]
    array = b"[\n" + b",\n".join(raws) + b"]"
    in_lines = [raw.replace(b"\n", b" ") for raw in raws]
    return {
        "array": array,
        "array with BOM and blanks": BOM + b" \r\n" + array + b"\n \n",
        "data": b'{"data":' + array + b"}",
        "data among others": b'{"a":{"data":[{"type":1}]},"b":"]}","data" : ' + array + b',"n":1,"m":[{"x":[]}]}\n',
        "array with CRLF": array.replace(b"\n", b"\r\n"),
        "lines": b"\n".join(in_lines),
        "lines with BOM, CRLF and empty ones": BOM + b"\r\n\r\n".join(in_lines) + b"\r\n",
    }


class TestWhatIsWrittenIsReadBack:
    @some
    @given(st.lists(interactions(), min_size=1, max_size=5), st.integers(0, 3))
    def test_in_every_form_of_file(self, records: list[Record], way: int) -> None:
        expected = [plain(record) for record in records]
        for form, text in files(records, way).items():
            outcome = read_file(text)
            assert outcome.rules == [], form
            assert [plain(record) for record in outcome.accepted] == expected, form

    @pytest.mark.parametrize("kind", schema.TYPES)
    @settings(max_examples=4)
    @given(st.data())
    def test_of_every_type(self, kind: str, data: st.DataObject) -> None:
        record = data.draw(interactions(kind))
        assert [plain(found) for found in read_file(dumped([record], 0)).accepted] == [plain(record)]

    def test_a_list_of_none_has_no_records(self) -> None:
        for text in (b"[]", b" [ ] ", b'{"data":[]}', b'{"data": [\n], "more": 1}'):
            outcome = read_file(text)
            assert (outcome.records, outcome.rules) == (0, [])

    def test_records_without_a_timestamp_are_counted(self) -> None:
        text = b'[{"type":"like"},{"type":"like","timestamp":"2024-01-01T00:00:00Z"},{"type":"like","timestamp":null}]'
        batches = _batches(text)
        assert [sum(each.records for each in batches), sum(each.accepted for each in batches)] == [3, 3]
        assert sum(each.untimed for each in batches) == 2


def _batches(text: bytes) -> list[Batch]:
    return list(reader().read(io.BytesIO(text), ByteRange(0, len(text), len(text))))


def pieces_of(text: bytes) -> list[bytes | None]:
    """What stands in a text, told apart; None for what is no record for sure."""
    found: list[bytes | None] = []
    documents = Documents(io.BytesIO(text), ByteRange(0, len(text), len(text)), len(text))
    while (window := documents.next(len(text))) is not None:
        found += (None if each.rule else window.text[each.start : each.end] for each in window.pieces)
    return found


def by_the_book(raws: list[bytes | None]) -> tuple[list[int], list[dict[str, Any]]]:
    """Which records the rule book refuses, and the rows of the others, each made by itself."""
    refused, rows = [], []
    for index, raw in enumerate(raws):
        if raw is None:
            refused.append(index)
            continue
        checked = check_bytes(raw)
        if checked.record is None:
            refused.append(index)
        else:
            rows.append(oracle.row(raw, Origin(7, RECEIVED), KEYRING))
    return refused, rows


def agrees(raws: list[bytes]) -> None:
    refused, rows = by_the_book(pieces_of(b"\n".join(raws)))
    for few in (1, scanner.FEW):
        with mock.patch.object(scanner, "FEW", few):
            outcome = read_lines(raws)
        assert [index for index, _, _ in outcome.rejected] == refused
        assert outcome.table.to_pylist() == rows


def mutated(raw: bytes, place: int, code: int, how: int) -> bytes:
    """The bytes with one of them changed, left out, put in, or the end cut off; always on one line."""
    place %= max(1, len(raw))
    after = {0: place + 1, 1: place + 1, 2: place, 3: len(raw)}[how]
    put = bytes([code]) if how in (0, 2) else b""
    return (raw[:place] + put + raw[after:]).replace(b"\n", b" ") or b"x"


mutations = st.builds(
    mutated,
    st.builds(dumped, interactions(), st.integers(0, 1)),
    st.integers(0, 10_000),
    st.sampled_from(list(b'"\\{}[],: \x00\xff\xc3a0.-n')) | st.integers(0, 255),
    st.integers(0, 3),
)


class TestTheFastWayAndTheRuleBookAgree:
    @many
    @given(st.lists(st.builds(dumped, interactions(), st.integers(0, 1)) | mutations, min_size=1, max_size=4))
    def test_on_damaged_text(self, raws: list[bytes]) -> None:
        agrees(raws)

    @many
    @given(st.lists(st.builds(dumped, interactions() | faulty(), st.sampled_from([0, 1, 3])), min_size=1, max_size=4))
    def test_on_wrong_values(self, raws: list[bytes]) -> None:
        agrees(raws)

    @some
    @given(interactions(unknown=False))
    @example({"type": "like", "context": {"custom_context": {"l": [{"a": None}]}}})
    def test_on_keys_given_twice(self, record: Record) -> None:
        raw = json.dumps({**record, "user_id": "@"}, separators=(",", ":")).encode()
        for pairs in (
            b'"user_id":"@","user_id":"@"',
            b'"user_id" :"@","user_id":"@"',
            b'"user_id":null,"user_id": null,"user_id":"@"',
            b'"user_id":"@","user_id":null',
        ):
            agrees([raw, raw.replace(b'"user_id":"@"', pairs)])

    @pytest.mark.parametrize(
        "raw",
        [
            b'{"type":"like","type":"like"}',
            b'{"type":"like","user_id":"a","user\\u005fid":"b"}',
            b'{"type":"like","user_id" :"a","user_id":"a"}',
            b'{"type":"like","user_id"\t\t:"a","user_id":"a"}',
            b'{"type":"like","user_id"' + b" " * 100 + b':"a","user_id":"a"}',
            b'{"type":"like","context":{"locale":"a","locale":"b"}}',
            b'{"type":"like","context":{"page":{"url":"a","url":"b"}}}',
            b'{"type":"like","context":{"page":{"url":"a"},"page":{"url":"b"}}}',
            b'{"type":"like","context":{"campaign":{"name":"a","name":"b"}}}',
            b'{"type":"like","context":{"custom_context":{"a":1,"a":2}}}',
            b'{"type":"like","context":{"custom_context":{"a":[{"b":1,"b":2}]}}}',
            b'{"type":"like","user_id":"a","user_id":"b","context":{"custom_context":{"a":[{"b":null}]}}}',
            b'{"type":"like","user_id":"a","user_id":"b","context":{"custom_context":{"b":null}}}',
            b'{"type":"search","search":{"keywords":"a","keywords":"b"}}',
            b'{"type":"search","search":{"filters":{"a":["b"],"a":["b"]}}}',
        ],
    )
    def test_a_key_given_twice_is_refused_at_every_level(self, raw: bytes) -> None:
        good = b'{"type":"like","user_id":"\\":null"}'
        assert read_lines([raw]).rules == ["It has the same key twice."]
        assert [index for index, _, _ in read_lines([good, raw, good]).rejected] == [1]

    @pytest.mark.parametrize("pairs", [b'"user_id":null,"user_id":"a"', b'"user_id":"a","user_id": null'])
    def test_a_null_counts_as_absent_and_so_takes_nothing_back(self, pairs: bytes) -> None:
        (record,) = read_lines([b'{"type":"like",' + pairs + b"}"]).accepted
        assert record["user_id"] == "a"

    def test_a_string_that_reads_like_a_key_is_no_key(self) -> None:
        outcome = read_lines([b'{"type":"like","user_id":":a","anonymous_id":"\\": null, \\" : x"}'] * 3)
        assert outcome.records == len(outcome.accepted) == 3


class TestTheFastWay:
    def test_good_records_never_see_the_rule_book(self, monkeypatch: pytest.MonkeyPatch) -> None:
        record = {
            "type": "checkout",
            "timestamp": "2024-02-29T12:00:00.5+02:00",
            "user_id": "0042",
            "product_ids": ["a", "b"],
            "quantities": [1, 2],
            "revenue": 10,
            "context": {
                "page": {"url": "/", "title": "A : B", "scroll": 7},
                "truncated_ip": "10.0.0.0",
                "campaign": {},
                "device": "mobile",
                "app": {"version": "3.2", "builds": [1, 2.5]},
                "custom_context": {"price": 10.0, "sizes": [1, 2], "variants": [{"a": None}], "none": None},
            },
        }
        monkeypatch.setattr(reading, "check_bytes", _never)
        for text in files([record] * 50, 1).values():
            assert read_file(text).table.num_rows == 50

    def test_one_bad_record_takes_no_other_to_the_rule_book(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bytes] = []
        monkeypatch.setattr(reading, "check_bytes", lambda raw, *most: seen.append(raw) or check_bytes(raw, *most))
        raws = [b'{"type":"like"}'] * 500
        raws[123] = b'{"type":"love"}'
        outcome = read_lines(raws)
        assert [index for index, _, _ in outcome.rejected] == [123]
        assert outcome.table.num_rows == 499
        assert seen == [raws[123]]

    @pytest.mark.parametrize("way", range(4))
    def test_faulty_records_leave_those_between_them_to_the_compiled_loops(
        self, monkeypatch: pytest.MonkeyPatch, way: int
    ) -> None:
        seen: list[bytes] = []
        monkeypatch.setattr(reading, "check_bytes", lambda raw, *most: seen.append(raw) or check_bytes(raw, *most))
        records: list[Record] = [{"type": "like", "context": {"page": {"url": f"/{n}"}, "n": n}} for n in range(300)]
        faults: dict[int, Record] = {
            0: {"type": "love"},
            100: {"type": "like", "context": {"custom_context": {"a": [1, "b"]}}},
            101: {"type": "like", "context": {"n": 10**400}},
            220: {"type": "like", "user_id": "\n", "user": 1},
            299: {},
        }
        for text in files([faults.get(n, record) for n, record in enumerate(records)], way).values():
            seen.clear()
            outcome = read_file(text)
            assert [index for index, _, _ in outcome.rejected] == list(faults)
            assert [row["context"]["n"] for row in outcome.accepted] == [n for n in range(300) if n not in faults]
            assert len(seen) < len(faults) + 4 * scanner.FEW

    def test_records_stay_in_order_beside_those_that_the_rule_book_rewrites_and_rejects(self) -> None:
        forms = [
            b'{"type":"like","user_id":"%d"}',
            b'{"type":"like","user_id":"%d","timestamp":"2016-12-31T23:59:60Z"}',
            b'{"type":"love","user_id":"%d"}',
            b'{"type":"like","user_id":"%d","context":{"custom_context":{"a":1,"a":2}}}',
            b'{"type":"like","user_id":"%d","context":{"custom_context":{"a":1.5}}}',
        ]
        outcome = read_lines(forms[n % 5] % n for n in range(6_000))
        assert [index for index, _, _ in outcome.rejected] == [n for n in range(6_000) if n % 5 in (2, 3)]
        assert outcome.table["user_id"].to_pylist() == [str(n) for n in range(6_000) if n % 5 not in (2, 3)]

    def test_records_beside_faulty_ones_are_not_split_one_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        split: list[int] = []
        one = Documents._one
        monkeypatch.setattr(Documents, "_one", lambda self, *args: split.append(args[-1]) or one(self, *args))
        faults = [b'{"type":"love"}', b'{"type":"like","user_id":{"}":1}}', b'{"type":"rate","rating":NaN}']
        raws = [faults[n % 3] if n % 5 == 2 else b'{"type":"like","user_id":"%d"}' % n for n in range(6_000)]
        outcome = read_lines(raws)
        assert [index for index, _, _ in outcome.rejected] == list(range(2, 6_000, 5))
        assert outcome.offsets[:2] == [len(b"\n".join(raws[:n])) + 1 for n in (2, 7)]
        assert len(split) < 10


class TestAFaultyRecordEndsAtTheSamePlaceBesideOthers:
    @pytest.mark.parametrize(
        "odd",
        [
            b'{"type":"rate","rating":NaN}',
            b'{"type":"like" "user_id":"a"}',
            b'{"type":"like","a":[}',
            b'{"type":"like","a":{]}',
            b'{"type":"like","user_id":"{"type":"like"}',
            b'{"type":"like","user_id":{"type":"like"} {"type":"like"}}',
            b'{"type":"love","data":[{"type":"like"}]}',
            b'{"n":1,"data":[{"type":"like"},{"type":"love"}]}',
            b'{"n":1,"d\\u0061ta":[{"type":"like"}]}',
            b'{"data":[{"type":"like"},{"type":"love"}],"n":NaN}',
            b'{"type":"like","user_id":"\xff"}',
            b'{"type":"like","context":{"custom_context":{"a":[1,"b"]}}} {"type":"lik"}',
        ],
    )
    def test_as_alone(self, odd: bytes) -> None:
        like = b'{"type":"like"}'
        agrees([*[like] * 30, odd, b'{"type":"love"}', *[like] * 30, odd])
        agrees([odd, b'{"type":"love"}', odd, *[like] * 30])


def _never(raw: bytes) -> None:
    raise AssertionError(raw)


class TestAnyBytes:
    @many
    @given(st.binary(max_size=200) | st.text('{}[]",:\\ \n1antype', max_size=80).map(str.encode))
    def test_nothing_but_unsound_is_raised_and_nothing_at_the_end_of_a_file(self, text: bytes) -> None:
        read_run(text, ByteRange(0, len(text), len(text)))
        try:
            read_run(text, ByteRange(0, len(text), len(text) + 1))
        except Unsound:
            assert text

    def test_a_file_that_became_shorter_meanwhile_ends(self) -> None:
        batches = list(reader().read(io.BytesIO(b'{"type":"like"}'), ByteRange(0, 100, 100)))
        assert sum(batch.records for batch in batches) >= 1
