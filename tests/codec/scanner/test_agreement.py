"""What scanning takes it reads as the typed way and the rule book do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.contract import schema
from tests.codec.read import Record
from tests.codec.scans import FULL_RAW, agrees, many, takes
from tests.codec.strategies import (
    anything,
    campaigns,
    contexts,
    dumped,
    faulty,
    interactions,
    numbers,
    pages,
    respelled,
    texts,
    timestamps,
)

names = st.one_of(st.text("ab", max_size=20), st.sampled_from(["uuid", "uuid ", "ä", "\x7f", "x" * 70]))

plain_keys = st.from_regex(r"x[a-z_]{0,20}", fullmatch=True) | st.sampled_from(["", "urls", "custom_contexts", "a b"])
unknown = st.dictionaries(plain_keys, anything, max_size=3)

UNKNOWN = [
    b'"x":1',
    b'"x" : "a" ',
    b'"x":"\\u00e4\\ud83d\\ude00"',
    b'"x":"\\ud83d"',
    b'"x":"\\x"',
    b'"x":"\xff"',
    b'"x":"\t"',
    b'"x":null',
    b'"x":nul',
    b'"x":true,"y":false',
    b'"x":truefalse',
    b'"x":true false',
    b'"x":-',
    b'"x":-0',
    b'"x":-0.0',
    b'"x":10.0',
    b'"x":01',
    b'"x":1.',
    b'"x":.5',
    b'"x":1e5',
    b'"x":1E400',
    b'"x":NaN',
    b'"x":123456789012345678901234567890.5',
    b'"x":9223372036854775808',
    b'"x":18446744073709551615',
    b'"x":18446744073709551616',
    b'"x":-9223372036854775809',
    b'"x":[-9223372036854775809]',
    b'"x":',
    b'"x"',
    b'"x":,',
    b'"x":{},"y":[]',
    b'"x":[1,]',
    b'"x":{"a":1,}',
    b'"x":[}',
    b'"x":{]',
    b'"x":[},"y":{]',
    b'"x":{"a"}',
    b'"x":{"a":1 "b":2}',
    b'"x":[1 2]',
    b'"x":[{"b":10.0,"a":[null,"]"]},2.5]',
    b'"x":1,"x":2',
    b'"x":1,"y":3,"x":1',
    b'"x":null,"x":2',
    b'"x":1,"\\u0078":2',
    b'"x":{"a":1,"a":1}',
    b'"x":{"a":1,"\\u0061":1}',
    b'"x":{"a":null,"a":1}',
    b'"x":{"context":{"custom_context":1}}',
    b'"":1',
    b'"gr\xc3\xb6\xc3\x9fe":1',
    b'"gr\\u00f6\\u00dfe":1',
    b'"loc\\u0061le":"a"',
    b'"locale" :null,"x":1',
    b'"custom_contexu":1,"custom_contex":2',
    b'"_dojo":{"problems":[]}',
    b'"campaign":{}',
    b'"campaign":{ }',
    b'"campaign":{"name":null}',
    b'"campaign":{"name":null,"id":1}',
    b'"campaign":{},"campaign":{}',
    b'"campaign":{},"campaign":{"name":"a"}',
    b'"campaign":{"name":"a"},"campaign":{}',
    b'"page":{}',
    b'"page":{"x":1}',
    b'"page":{"url":null,"x":1}',
    b'"region":null',
]


@st.composite
def _contexts_with_unknown(draw: st.DrawFn) -> Record:
    """A context with plain keys that the contract does not name, in one of its objects at least."""
    context = draw(contexts)
    if draw(st.booleans()):
        context["campaign"] = {**draw(campaigns), "id": draw(anything)}
    if draw(st.booleans()):
        context["page"] = {**draw(pages), **draw(unknown)}
    return {**context, **draw(unknown), "x": draw(anything)}


contexts_with_unknown = _contexts_with_unknown()


class TestItAgreesWithTheOtherWays:
    @many
    @given(st.lists(st.builds(dumped, interactions(), st.integers(0, 3)), min_size=1, max_size=4))
    def test_on_good_records(self, raws: list[bytes]) -> None:
        agrees(b",".join(raws))

    @many
    @given(interactions(), st.integers(0, 1000))
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

    @many
    @given(st.lists(contexts_with_unknown, min_size=1, max_size=4), st.sampled_from([0, 1, 3]), st.integers(0, 10_000))
    def test_on_unknown_keys_of_a_context(self, contexts: list[Record], way: int, place: int) -> None:
        raws = [dumped({"type": "like", "context": context}, way) for context in contexts]
        assert all(map(takes, raws))
        raw = b",".join(raws)
        agrees(raw)
        place %= len(raw)
        for byte in b'"\\{}[],:0n':
            agrees(raw[:place] + bytes([byte]) + raw[place + 1 :])

    @pytest.mark.parametrize("inner", UNKNOWN)
    def test_on_unknown_keys_at_the_edge_of_plain(self, inner: bytes) -> None:
        for others in (b"", b',"custom_context":{"uuid":7}', b',"custom_context":{"uuid":"a"}', b',"locale":"de"'):
            raw = b'{"type":"like","context":{%s%s}}' % (inner, others)
            agrees(raw)
            agrees(b",".join([raw, FULL_RAW, raw.replace(b"like", b"share")]))
        agrees(b'{"type":"like","context":{"page":{"url":"a",%s}}}' % inner)
        agrees(b'{"type":"search","search":{"filters":{"a":[]}},"context":{"campaign":{%s}}}' % inner)
        agrees(b'{"type":"checkout","quantities":2,"context":{%s,"campaign":{"name":"a",%s}}}' % (inner, inner))
        agrees(b'{"type":"like",%s}' % inner)
        agrees(b'{"type":"search","search":{"keywords":"a",%s}}' % inner)

    @pytest.mark.parametrize(
        "context", [b"{}", b"{ }", b'{},"context":{}', b'{},"context":{"x":1}', b'{"x":1},"context":{}']
    )
    def test_on_empty_contexts(self, context: bytes) -> None:
        agrees(b'{"type":"like","context":%s}' % context)

    @pytest.mark.parametrize("depth", [1, 97, 98, 99, 2_000, 100_000])
    def test_on_unknown_values_that_are_nested(self, depth: int) -> None:
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            value = opening * depth + b"1" + closing * depth
            raw = b'{"type":"like","context":{"x":%s}}' % value
            agrees(raw)
            assert takes(raw) == (depth <= schema.DEEPEST - 2)

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
