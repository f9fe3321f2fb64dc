"""Identity: equal records have equal fingerprints, however they are spelled."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.contract.fingerprint import BY_UUID, SIZE
from tests.codec.read import Record, fingerprint, plain, read_lines
from tests.codec.strategies import dumped, interactions, respelled


def by_uuid(found: bytes) -> bool:
    return found >= b"\x80"


def custom(**values: object) -> Record:
    return {"type": "like", "context": {"custom_context": values}}


class TestSpelling:
    @settings(max_examples=80)
    @given(st.lists(interactions(), min_size=1, max_size=4), st.integers(0, 2**32))
    def test_says_nothing(self, records: list[Record], seed: int) -> None:
        one = read_lines([dumped(record, 0) for record in records])
        other = read_lines([respelled(record, seed).replace(b"\n", b" ") for record in records])
        assert one.rules == other.rules == []
        assert one.table["fingerprint"] == other.table["fingerprint"]

    @settings(max_examples=60)
    @given(interactions(), interactions())
    def test_is_all_that_it_leaves_out(self, one: Record, other: Record) -> None:
        if one.get("timestamp") is None or other.get("timestamp") is None:
            one, other = ({**each, "timestamp": "2024-01-01T00:00:00Z"} for each in (one, other))
        if not by_uuid(fingerprint(one)) and plain(one) != plain(other):
            assert fingerprint(one) != fingerprint(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"type": "checkout", "revenue": 10}, {"revenue": 10.0, "type": "checkout"}),
            ({"type": "checkout", "quantities": [1, 2]}, {"type": "checkout", "quantities": [1.0, 2.0]}),
            (
                {"type": "like", "timestamp": "2024-01-01T02:00:00+02:00"},
                {"type": "like", "timestamp": "2024-01-01T00:00:00Z"},
            ),
            (
                {"type": "like", "timestamp": "2024-01-01T00:00:00.50Z"},
                {"type": "like", "timestamp": "2024-01-01T00:00:00.500000Z"},
            ),
            ({"type": "like", "user_id": "a"}, {"type": "like", "user_id": "a", "miso_id": None, "context": None}),
            (custom(a=10, b=1), custom(b=1.0, a=10.0)),
            (custom(a=[1, 2.5, {}][:2]), custom(a=[1.0, 2.5])),
            (custom(a=[{"b": [{"c": 3}]}]), custom(a=[{"b": [{"c": 3.0}]}])),
            ({"type": "like", "context": {"x": {"y": [1]}}}, {"type": "like", "context": {"x": {"y": [1.0]}}}),
        ],
    )
    def test_of_one_record_in_two_ways_is_one(self, one: Record, other: Record) -> None:
        assert fingerprint(one) == fingerprint(other)
        assert fingerprint(json.dumps(one, indent=1).replace("\n", "\r").encode()) == fingerprint(one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"type": "like"}, {"type": "dislike"}),
            ({"type": "like"}, {"type": "like", "context": {}}),
            ({"type": "like", "user_id": "a"}, {"type": "like", "anonymous_id": "a"}),
            ({"type": "like", "user_id": "042"}, {"type": "like", "user_id": "42"}),
            ({"type": "like", "user_id": "A"}, {"type": "like", "user_id": "a"}),
            ({"type": "like", "user_id": "\u00e9"}, {"type": "like", "user_id": "e\u0301"}),
            ({"type": "checkout", "quantities": 1}, {"type": "checkout", "quantities": [1]}),
            (custom(a=True), custom(a=1)),
            (custom(a="1"), custom(a=1)),
            (custom(a=10.5), custom(a=10)),
            (custom(a=2**53), custom(a=2**53 + 1)),
        ],
    )
    def test_of_two_records_is_two(self, one: Record, other: Record) -> None:
        assert fingerprint(one) != fingerprint(other)


class TestUuid:
    def test_is_the_identity_whatever_else_the_record_says(self) -> None:
        one = {"type": "like", "user_id": "a", "context": {"custom_context": {"uuid": "u-1", "n": 10.0}}}
        other = {"type": "read", "context": {"more": 1, "custom_context": {"uuid": "u-1"}}}
        assert fingerprint(one) == fingerprint(other)
        assert fingerprint(one) != fingerprint(custom(uuid="u-2"))

    @pytest.mark.parametrize("value", ["", None, 5, True, ["u"], 10.0])
    def test_has_to_be_a_text(self, value: object) -> None:
        assert not by_uuid(fingerprint(custom(uuid=value)))
        assert fingerprint(custom(uuid=value, a=1)) != fingerprint(custom(uuid=value, a=2))

    def test_shows_in_the_first_bit(self) -> None:
        assert BY_UUID == 0x80
        for number in range(50):
            found = fingerprint(custom(uuid=str(number))), fingerprint(custom(number=number))
            assert [by_uuid(each) for each in found] == [True, False]
            assert {len(each) for each in found} == {SIZE}


class TestKept:
    """Fingerprints stand in tables: a change of these values makes everybody's records new."""

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            ({"type": "like"}, "76b5adc9e32871f74a102fad0eb3222f"),
            (
                {
                    "type": "checkout",
                    "timestamp": "2024-02-29T12:00:00.25+01:00",
                    "user_id": "0042",
                    "product_ids": ["a"],
                    "quantities": [2],
                    "context": {"page": {"url": "/"}, "custom_context": {"b": 1.0, "a": "x"}, "more": [None]},
                },
                "73469deb7ef144dc1fe3ad6947602f86",
            ),
            (
                {
                    "type": "read",
                    "context": {
                        "page": {"url": "/", "scroll": 10.0},
                        "campaign": {"id": "x", "name": None},
                        "device": "mobile",
                        "n": 2**63,
                    },
                },
                "5ac5a48ecd81df07d39c65990289afc9",
            ),
            ({"type": "like", "context": {"campaign": {}}}, "51b33d7073048ab9431347b7e24d0b0f"),
            ({"type": "like", "context": {"app": {"b": 1, "a": [1.5, "ä"]}}}, "7180f802a318c165dc768495bcecd88f"),
            (custom(uuid="2b0d6f3e"), "9f9423e522b5ed6787a28585626900c5"),
        ],
    )
    def test_they_stay_what_they_are(self, record: Record, expected: str) -> None:
        assert fingerprint(record).hex() == expected
