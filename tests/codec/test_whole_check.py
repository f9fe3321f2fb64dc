"""Checking records all at once: what passes keeps every rule, and what sites commonly send passes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions import synthetic
from interactions.codec.check import check_bytes
from interactions.codec.custom import Customs
from interactions.codec.record import list_decoder
from interactions.codec.table import Doubtful, Origin, to_table
from interactions.codec.whole_check import check_whole
from interactions.contract import schema
from tests.codec.reading import KEYRING, RECEIVED, Record
from tests.codec.strategies import dumped, faulty, interactions, respelled

ORIGIN = Origin(0, RECEIVED)
UUID = "123E4567-e89b-12d3-a456-426614174000"
many = settings(max_examples=200)
pieces = msgspec.json.Decoder(list[msgspec.Raw])


def passes(text: bytes) -> bool:
    try:
        check_whole(list_decoder.decode(b"[" + text + b"]"), text, Customs())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Doubtful):
        return False
    return True


def agrees(text: bytes) -> None:
    """Where the text passes, the rule book has nothing against it, and it becomes a table."""
    if passes(text):
        assert to_table(list_decoder.decode(b"[" + text + b"]"), ORIGIN, KEYRING).num_rows
        assert not any(check_bytes(bytes(piece)).violations for piece in pieces.decode(b"[" + text + b"]"))


def like(**context: Any) -> bytes:
    return json.dumps({"type": "like", "context": context}).encode()


class TestItAgreesWithTheRuleBook:
    @many
    @given(st.lists(st.builds(dumped, interactions(), st.integers(0, 3)), min_size=1, max_size=4))
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
    @given(interactions(unknown=False), interactions(unknown=False), st.sampled_from(["user_id", "context", "type"]))
    def test_on_keys_given_twice(self, record: Record, other: Record, key: str) -> None:
        twice = json.dumps({**record, "twice": other.get(key, "x")}).replace('"twice"', f'"{key}"')
        agrees(twice.encode())
        agrees(b",".join([json.dumps(other).encode(), twice.encode()]))

    @pytest.mark.parametrize("written", ["{0}", "\\u0022:{0}", '\\"\\u003a{0}', "\\u0022\\u003A{0}", '\\":null{0}'])
    @pytest.mark.parametrize("twice", ['"user_id":"a","user_id":"b"', '"user_id":null,"user_id":"b"', '"user_id":"b"'])
    def test_a_string_that_reads_like_a_key_hides_none_given_twice(self, written: str, twice: str) -> None:
        for within in ('"value":"%s"', '"context":{"custom_context":{"a":"%s"}}', '"context":{"region":"%s"}'):
            field = within % written.format("x")
            agrees(f'{{"type":"feedback",{twice},{field}}}'.encode())


class TestWhatPasses:
    @pytest.mark.parametrize("way", range(3))
    def test_what_sites_send(self, tmp_path: Path, way: int) -> None:
        file = tmp_path / "records.jsonl"
        synthetic.write(
            file, 2000, seed=11, start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 8, tzinfo=UTC)
        )
        records = [json.loads(line) for line in file.read_bytes().splitlines()]
        assert passes(b",".join(dumped(record, way) for record in records))

    @pytest.mark.parametrize("kind", schema.TYPES)
    def test_a_record_of_every_type(self, kind: str) -> None:
        named = {"custom_action_name": "wave"} if kind == "custom" else {}
        assert passes(json.dumps({"type": kind, **named}).encode())

    @pytest.mark.parametrize(
        "text", ["", "Jürgen", "😀", 'a "b": c', "null", "a\\b", "Zwei\nZeilen", "{x}", "a: b", "a : b"]
    )
    @pytest.mark.parametrize("escaped", [True, False])
    def test_strings_however_they_are_escaped(self, text: str, escaped: bool) -> None:
        record = {"type": "like", "user_id": text, "product_ids": [text], "context": {"region": text}}
        assert passes(json.dumps(record, ensure_ascii=escaped).encode())

    def test_a_context_of_nothing_but_a_custom_one(self) -> None:
        assert passes(like(custom_context={"uuid": UUID, "n": None, "m": [{"a": None}]}))
        assert passes(like(custom_context={}))

    def test_nulls(self) -> None:
        assert passes(b'{"type":"like","user_id":null,"context":{"region": null,"locale":"de","custom_context":null}}')


class TestWhatDoesNot:
    @pytest.mark.parametrize(
        "record",
        [
            b'{"type":"like","miso_id":"x"}',
            b'{"type":"like","context":{"truncated_ip":"1.2.3.256"}}',
            b'{"type":"like","context":{"campaign":{}}}',
            b'{"type":"like","context":{"custom_context":{"a":[1,"b"]}}}',
            b'{"type":"like","context":{"custom_context":{"a":1,"a":2}}}',
            b'{"type":"like","timestamp":"9999-12-31T23:59:59-01:00"}',
            b'{"type":"like","user_id":"a","user_id":"b"}',
            b'{"type":"like","user_id":"a","user_id":"a","context":{"region":null}, "duration":null}',
        ],
    )
    def test_it_is_doubted_beside_good_ones_too(self, record: bytes) -> None:
        good = b'{"type":"like","user_id":"ann","miso_id":null}'
        assert not passes(record)
        assert not passes(b",".join([good, record, good]))
