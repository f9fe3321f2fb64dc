"""Scanning takes what sites commonly send, however much of it there is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions import synthetic
from interactions.codec.scanner import rest
from interactions.codec.scanner.found import ITEMS, ROWS, UNKNOWN
from interactions.codec.scanner.scanner import Scanner
from interactions.contract import schema
from tests.codec.read import KEYRING, RECEIVED
from tests.codec.scans import FULL, ORIGIN, agrees, first_scanned, scanned, takes
from tests.codec.strategies import (
    dumped,
)

LIKE = b'{"type":"like"}'


class TestWhatIsTaken:
    @pytest.mark.parametrize("way", range(4))
    def test_a_record_with_every_kind_of_value(self, way: int) -> None:
        assert takes(dumped(FULL, way))
        agrees(dumped(FULL, way))

    @pytest.mark.parametrize("kind", schema.TYPES)
    def test_a_record_of_every_type(self, kind: str) -> None:
        named = {"custom_action_name": "wave"} if kind == "custom" else {}
        assert takes(json.dumps({"type": kind, **named}).encode())

    @settings(max_examples=100)
    @given(
        st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 - the zone is written behind it
        st.sampled_from(["Z", "+00:00", "-23:59", "+05:45"]),
    )
    def test_any_time_of_day(self, moment: datetime, zone: str) -> None:
        assert takes(json.dumps({"type": "like", "timestamp": moment.isoformat() + zone}).encode())

    @settings(max_examples=100)
    @given(st.integers(0, 10**9), st.integers(0, 4))
    def test_prices(self, cents: int, places: int) -> None:
        assert takes(json.dumps({"type": "checkout", "revenue": cents / 10**places}).encode())

    @pytest.mark.parametrize(
        "written",
        [
            "1e-7",
            "4.9e-324",
            "-0.0",
            "-0",
            "-0e3",
            "900719925474099.3",
            "1E+2",
            "999999999999999.99",
            "123456789.123456789012345",
            "0.30000000000000004",
            "1000000000000000",
            "5e-325",
        ],
    )
    def test_a_number_is_the_nearest_that_there_is(self, written: str) -> None:
        found = scanned(b'{"type":"checkout","revenue":%s,"quantities":[%s,%s]}' % ((written.encode(),) * 3))
        assert found is not None
        nearest = float(int(written) if written.lstrip("-").isdigit() else written)
        (row,) = found.tables[0].to_pylist()
        assert [repr(each) for each in (row["revenue"], *row["quantities"])] == [repr(nearest)] * 3

    def test_what_a_site_sends(self, tmp_path: Path) -> None:
        synthetic.write(tmp_path / "site.jsonl", 3_000, seed=5, start=RECEIVED - timedelta(days=9), end=RECEIVED)
        text = (tmp_path / "site.jsonl").read_bytes()
        found = scanned(text)
        assert found.records == 3_000
        assert sum(table.num_rows for table in found.tables) == 3_000

    def test_unknown_keys_of_a_context_whatever_their_values(self) -> None:
        context = {"device": "mobile", "größe": None, "app": {"version": "3.2", "builds": [1, 2.5, {}]}}
        raw = dumped({"type": "like", "context": {**context, "page": {"url": "/", "scroll": 7}}}, 0)
        assert takes(raw)
        agrees(raw)


class TestRoom:
    def test_more_rows_than_are_read_at_once(self) -> None:
        count = 2 * ROWS + 1
        text = b",".join(b'{"type":"like","user_id":"%d"}' % number for number in range(count))
        tables = scanned(text).tables
        assert [name for table in tables for name in table["user_id"].to_pylist()] == [str(n) for n in range(count)]

    def test_more_items_than_there_is_room_for(self) -> None:
        half = ITEMS // 2 + 1
        text = b",".join(json.dumps({"type": "like", "product_ids": ["a"] * half}).encode() for _ in range(3))
        assert [len(ids) for table in scanned(text).tables for ids in table["product_ids"].to_pylist()] == [half] * 3

    @pytest.mark.parametrize("beside", [b"", b'{"type":"like","product_ids":["a"]},'])
    def test_a_list_that_has_more_alone_is_given_more(self, beside: bytes) -> None:
        raw = json.dumps({"type": "checkout", "quantities": [1] * (2 * ITEMS + 1)}).encode()
        found = scanned(beside + raw)
        assert found is not None
        assert found.tables[-1]["quantities"].to_pylist()[-1] == [1.0] * (2 * ITEMS + 1)

    def test_more_unknown_keys_than_there_is_room_for(self) -> None:
        half = UNKNOWN // 2 + 1
        fields = ",".join(f'"x{number}":{number}' for number in range(half))
        text = b",".join(b'{"type":"like","user_id":"%d","context":{%s}}' % (n, fields.encode()) for n in range(3))
        tables = scanned(text).tables
        assert [name for table in tables for name in table["user_id"].to_pylist()] == ["0", "1", "2"]
        for table in tables:
            assert [len(json.loads(extra)["context"]) for extra in table["extra"].to_pylist()] == [half]

    def test_more_different_unknown_values_than_are_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rest, "_REMEMBERED", 2)
        text = b",".join(b'{"type":"like","context":{"n":%d}}' % (number % 7) for number in range(50))
        scanner = Scanner(ORIGIN, KEYRING)
        for _ in range(2):
            ((table,),) = [found.tables for found in scanner.read(text)]
            assert [json.loads(extra)["context"]["n"] for extra in table["extra"].to_pylist()] == [
                number % 7 for number in range(50)
            ]

    def test_a_context_that_has_more_alone_is_given_more(self) -> None:
        raw = json.dumps({"type": "like", "context": {f"x{number}": 1 for number in range(UNKNOWN + 1)}}).encode()
        assert takes(raw)
        agrees(raw)


class TestBetweenRecords:
    @pytest.mark.parametrize(
        "text",
        [
            LIKE + b"\n",
            b' {"type" : "like" } \r\n',
            b'{"type":\n"like"}',
            LIKE + LIKE,
            LIKE + b",\n\n" + LIKE + b"\r\xef\xbb\xbf" + LIKE + b",",
        ],
    )
    def test_may_stand_anything_that_separates_them(self, text: bytes) -> None:
        assert scanned(text).records == text.count(b"type")

    def test_else_reading_ends_behind_the_last_that_is_plain(self) -> None:
        for after in (b"]", b" x", b"\xef\xbb", LIKE[:-1]):
            text = b"\n".join([LIKE] * 30)
            found = first_scanned(text + after)
            assert (found.records, found.end) == (30, len(text))

    def test_a_record_that_may_be_wrong_ends_where_its_brackets_match(self) -> None:
        wrong = b'{"type":"love","a":[{"}":"\\"}"}]}'
        (found,) = Scanner(ORIGIN, KEYRING).read(LIKE * 29 + b" " + wrong + LIKE)
        assert (found.records, sum(table.num_rows for table in found.tables)) == (31, 30)
        assert found.doubtful == {29: (29 * len(LIKE) + 1, 29 * len(LIKE) + 1 + len(wrong))}

    def test_it_is_the_first_that_is_left_where_it_may_end_elsewhere(self) -> None:
        text = (LIKE * 29 + b'{"type":"love"}') * 2 + LIKE
        spans: list[tuple[int, int]] = []

        def may_end(start: int, end: int) -> bool:
            spans.append((start, end))
            return len(spans) == 1

        (found,) = Scanner(ORIGIN, KEYRING).read(text, may_end=may_end)
        assert [text[start:end] for start, end in spans] == [b'{"type":"love"}'] * 2
        assert (found.records, list(found.doubtful), found.end) == (59, [29], spans[1][0])

    def test_a_record_that_is_longer_than_asked_for_is_left(self) -> None:
        text = b"\n".join([LIKE] * 30)
        long = b'{"type":"like","user_id":"' + b"x" * 80 + b'"}'
        assert first_scanned(text + long + text, most=100).end == len(text)
