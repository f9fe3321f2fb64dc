"""Scanning: what it takes it reads as the typed way does, and it takes what sites commonly send."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions import schema, synthetic
from interactions.codec import scanning
from interactions.codec.check import check_bytes
from interactions.codec.custom import Customs
from interactions.codec.record import list_decoder
from interactions.codec.scanned import Scanned, Scanner
from interactions.codec.table import Doubtful, Origin, to_table
from tests.codec.reading import KEYRING, RECEIVED, Record
from tests.codec.strategies import dumped, faulty, interactions, numbers, respelled, texts, timestamps

ORIGIN = Origin(7, RECEIVED)
many = settings(max_examples=200)
pieces = msgspec.json.Decoder(list[msgspec.Raw])
UUID = "123E4567-e89b-12d3-a456-426614174000"
FULL: Record = {
    "type": "checkout",
    "timestamp": "2024-02-29T23:59:59.5+05:30",
    "user_id": "Jürgen",
    "anonymous_id": "😀",
    "product_ids": ["a", "", "0042"],
    "product_group_ids": [],
    "miso_id": UUID,
    "quantities": [1, 2.5],
    "revenue": -19.99,
    "context": {
        "campaign": {"name": "n", "source": "s", "medium": "m", "term": "t", "content": "c"},
        "truncated_ip": "10.0.255.0",
        "locale": "de-DE",
        "region": "Köln",
        "page": {"url": 'https://a.example/?q="1"&r=\\', "referrer": None, "title": "Zwei\nZeilen"},
        "user_agent": "Mozilla/5.0",
        "custom_context": {"b": [1, 2.0], "a": {"x": 1}.get("x"), "uuid": None, "items": [{"n": 1}]},
    },
}
FULL_RAW = json.dumps(FULL).encode()
names = st.one_of(st.text("ab", max_size=20), st.sampled_from(["uuid", "uuid ", "ä", "\x7f", "x" * 70]))


def scanned(text: bytes, *, by_line: bool = False) -> Scanned:
    return Scanner(ORIGIN, KEYRING, Customs()).read(text, by_line=by_line)


def takes(text: bytes) -> bool:
    try:
        return bool(scanned(text).records)
    except Doubtful:
        return False


def agrees(text: bytes) -> None:
    """Where the text is taken, the rule book has nothing against it, and the typed way makes the same rows."""
    try:
        found = scanned(text)
    except Doubtful:
        return
    records = list_decoder.decode(b"[" + text + b"]")
    assert found.records == len(records)
    assert found.untimed == sum(record.timestamp is None for record in records)
    (table,) = found.tables
    table.validate(full=True)
    assert table.to_pylist() == to_table(records, ORIGIN, KEYRING).to_pylist()
    assert not any(check_bytes(bytes(piece)).violations for piece in pieces.decode(b"[" + text + b"]"))


class TestItAgreesWithTheTypedWay:
    @many
    @given(st.lists(st.builds(dumped, interactions(unknown=False), st.integers(0, 3)), min_size=1, max_size=4))
    def test_on_good_records(self, raws: list[bytes]) -> None:
        agrees(b",".join(raws))

    @many
    @given(interactions(unknown=False), st.integers(0, 1000))
    def test_however_a_record_is_spelled(self, record: Record, seed: int) -> None:
        agrees(respelled(record, seed))

    @many
    @given(st.builds(dumped, faulty(), st.integers(0, 1)), st.integers(0, 1000), st.integers(0, 255))
    def test_on_faulty_and_damaged_ones(self, raw: bytes, place: int, code: int) -> None:
        agrees(raw)
        place %= len(raw)
        agrees(raw[:place] + bytes([code]) + raw[place + 1 :])

    @many
    @given(timestamps())
    def test_on_times(self, stamp: str) -> None:
        agrees(json.dumps({"type": "like", "timestamp": stamp}).encode())

    @many
    @given(numbers | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-1000, 1000, places=3).map(float))
    def test_on_numbers(self, number: float) -> None:
        agrees(json.dumps({"type": "checkout", "revenue": number, "quantities": number}).encode())

    @many
    @given(texts, st.booleans())
    def test_on_strings(self, text: str, escaped: bool) -> None:
        agrees(json.dumps({"type": "like", "user_id": text, "product_ids": [text]}, ensure_ascii=escaped).encode())

    @pytest.mark.parametrize("size", range(35))
    def test_on_strings_that_end_at_any_place_of_a_lane(self, size: int) -> None:
        for special in ("", '"', "\\", "\n", "\x1f", "\x7f", "ä", "😀"):
            for text in ("b" * size + special, special + "b" * size, "b" * size + special + "c" * 17):
                record = {"type": "custom", "custom_action_name": text, "product_ids": [text, text]}
                raw = json.dumps({**record, "context": {"custom_context": {text: text}}}, ensure_ascii=False).encode()
                assert takes(raw)
                agrees(raw)
                agrees(json.dumps({"type": "like", text: 1}, ensure_ascii=False).encode())

    @pytest.mark.parametrize("size", range(1, 40))
    def test_on_custom_contexts_that_differ_in_their_last_byte(self, size: int) -> None:
        contexts = [{"a": "x" * size + last} for last in ("y", "z", "y", "")]
        records = [{"type": "like", "context": {"custom_context": context}} for context in contexts]
        raw = b",".join(json.dumps(record).encode() for record in records)
        assert takes(raw)
        agrees(raw)

    @many
    @given(st.dictionaries(names, st.one_of(names, st.booleans(), st.integers(-(1 << 63), 1 << 63)), max_size=40))
    def test_on_custom_contexts_of_many_plain_keys(self, values: dict[str, object]) -> None:
        for written in (json.dumps(values), json.dumps(values, separators=(",", ":"), ensure_ascii=False)):
            agrees(b'{"type":"like","context":{"custom_context":%s}}' % written.encode())

    @pytest.mark.parametrize(
        "inner",
        [
            b"{}",
            b'{ "b" : 1 ,\t"a":"x" , "ab":true}',
            b'{"a":-0}',
            b'{"a":-7,"b":0,"c":999999999999999999,"d":1000000000000000000}',
            b'{"a":01}',
            b'{"a":1.0}',
            b'{"a":1e3}',
            b'{"a":truest}',
            b'{"a":"x","a":"y"}',
            b'{"a":null,"b":1}',
            b'{"uuid":"one"}',
            b'{"z":1,"uuid":"\\u00e4"}',
            b'{"uuid":""}',
            b'{"uuid":7}',
            b'{"uuid":"two","prices":[1.5]}',
            b'{"uuids":"three","uui":"four"}',
        ],
    )
    def test_on_custom_contexts_at_the_edge_of_plain(self, inner: bytes) -> None:
        raw = b'{"type":"like","context":{"custom_context":%s}}' % inner
        agrees(raw)
        agrees(b",".join([raw, FULL_RAW, raw.replace(b"like", b"share")]))

    @pytest.mark.parametrize("size", [0, 1, 31, 32, 255, 256, 65_535, 65_536])
    def test_on_the_hash_of_long_strings_and_lists(self, size: int) -> None:
        agrees(json.dumps({"type": "custom", "custom_action_name": "ä" * size}).encode())
        agrees(json.dumps({"type": "like", "product_ids": ["a"] * min(size, 60_000)}).encode())

    @pytest.mark.parametrize(
        "stamp", ["0002-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2106-02-07T06:28:16Z", "2600-01-01T00:00:00Z"]
    )
    def test_on_the_hash_of_times_far_away(self, stamp: str) -> None:
        text = json.dumps({"type": "like", "timestamp": stamp}).encode()
        assert takes(text)
        agrees(text)


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

    def test_what_a_site_sends(self, tmp_path: Path) -> None:
        synthetic.write(tmp_path / "site.jsonl", 3_000, seed=5, start=RECEIVED - timedelta(days=9), end=RECEIVED)
        text = (tmp_path / "site.jsonl").read_bytes()
        found = scanned(text, by_line=True)
        assert found.records == 3_000
        assert sum(table.num_rows for table in found.tables) == 3_000


class TestRoom:
    def test_more_rows_than_are_read_at_once(self) -> None:
        count = 2 * scanning.ROWS + 1
        text = b",".join(b'{"type":"like","user_id":"%d"}' % number for number in range(count))
        tables = scanned(text).tables
        assert [name for table in tables for name in table["user_id"].to_pylist()] == [str(n) for n in range(count)]

    def test_more_items_than_there_is_room_for(self) -> None:
        half = scanning.ITEMS // 2 + 1
        text = b",".join(json.dumps({"type": "like", "product_ids": ["a"] * half}).encode() for _ in range(3))
        assert [len(ids) for table in scanned(text).tables for ids in table["product_ids"].to_pylist()] == [half] * 3

    def test_a_list_that_has_more_alone_is_not_taken(self) -> None:
        assert not takes(json.dumps({"type": "checkout", "quantities": [1] * (scanning.ITEMS + 1)}).encode())


class TestLines:
    @pytest.mark.parametrize("text", [b'{"type":"like"}\n', b'{"type":"like"}', b' {"type" : "like" } \r\n'])
    def test_a_record_a_line(self, text: bytes) -> None:
        assert scanned(text, by_line=True).records == 1

    @pytest.mark.parametrize(
        "text",
        [
            b'{"type":\n"like"}',
            b'{"type":"like"}{"type":"like"}',
            b'{"type":"like"},\n{"type":"like"}',
            b'{"type":"like"}\n\n{"type":"like"}',
            b'{"type":"like","context":{"custom_context":{"a":\n1}}}',
        ],
    )
    def test_anything_else_is_not_taken(self, text: bytes) -> None:
        with pytest.raises(Doubtful):
            scanned(text, by_line=True)
