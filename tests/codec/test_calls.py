"""Calls that were accepted become rows: all of them at once, and in their order whatever they hold."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec import calls
from interactions.codec.calls import BadCall, read_call
from interactions.codec.origin import Origin
from interactions.codec.rulebook import check_bytes
from interactions.codec.split import windows
from interactions.ingest.live.rows import Kept, to_rows
from tests.codec.read import KEYRING, RECEIVED
from tests.codec.strategies import dumped, interactions

RARE = json.dumps({"type": "like", "user_id": "rare", "context": {"größe": 1}}).encode()  # a key with escapes


def kept(number: int, *texts: bytes) -> Kept:
    return Kept(b",".join(texts), len(texts), RECEIVED + timedelta(seconds=number))


def like(number: int) -> bytes:
    return b'{"type":"like","user_id":"%d","context":{"n":%d}}' % (number, number)


class TestRows:
    @settings(max_examples=60)
    @given(st.lists(st.lists(st.builds(dumped, interactions(), st.integers(0, 3)), min_size=1, max_size=3), min_size=1))
    def test_are_those_of_each_call_by_itself(self, texts: list[list[bytes]]) -> None:
        given = [kept(number, *each) for number, each in enumerate(texts)]
        alone = [row for call in given for row in to_rows([call], KEYRING).to_pylist()]
        assert to_rows(given, KEYRING).to_pylist() == alone

    @pytest.mark.parametrize("places", [[], [0], [399], [7, 8, 150]])
    def test_rare_calls_leave_the_others_to_be_read_at_once(
        self, places: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[bytes] = []
        monkeypatch.setattr(calls, "check_bytes", lambda raw, *most: seen.append(raw) or check_bytes(raw, *most))
        given = [kept(number, RARE if number in places else like(number)) for number in range(400)]
        rows = to_rows(given, KEYRING)
        assert rows["user_id"].to_pylist() == ["rare" if n in places else str(n) for n in range(400)]
        assert rows["received_at"].to_pylist() == [call.received_at for call in given]
        assert len(seen) <= calls.FEW * len(places)

    def test_of_a_large_call_with_a_rare_record_are_all_of_it(self) -> None:
        texts = [RARE if number == 70 else like(number) for number in range(120)]
        rows = to_rows([kept(0, *texts)], KEYRING)
        assert rows["user_id"].to_pylist() == ["rare" if n == 70 else str(n) for n in range(120)]


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "key", "place"),
        [
            (b'{"data":[],"data":[{"type":"like"}]}', "data", 11),
            (b'{"n":1, "n":2,"data":[{"type":"like"}]}', "n", 8),
            (b'\xef\xbb\xbf{"data":[],"\\u0064ata":[]}', "data", 11),
            (b'{"data":[],"more":{"a":1,"a":2},"more":1}', "more", 32),
        ],
    )
    def test_with_a_key_twice_are_refused_and_its_place_is_named(self, body: bytes, key: str, place: int) -> None:
        with pytest.raises(BadCall, match=f"'{key}' is in the body twice, again at byte {place} "):
            read_call(body, Origin(0, RECEIVED))

    def test_may_have_other_keys_and_keys_twice_within_them(self) -> None:
        assert read_call(b'{"a":{"b":1,"b":2},"data":[{"type":"like"}],"c":[]}', Origin(0, RECEIVED)).records == 1

    @pytest.mark.parametrize("count", [10, 60, 3_000])
    def test_of_any_size_name_each_bad_record(self, count: int) -> None:
        texts = [b'{"type":"love"}' if number % 7 == 3 else like(number) for number in range(count)]
        call = read_call(b'{"data": [' + b" ,\n".join(texts) + b"]}", Origin(0, RECEIVED))
        assert (call.records, list(call.problems.named)) == (count, [n for n in range(count) if n % 7 == 3])

    @pytest.mark.parametrize(
        ("body", "records"),
        [
            (b'\x1e{"type":"like"}\n\x1e{"type":"like"}\n', 2),
            (b'\x1e{"type":"like"}\x1e{"type":"like"}', 2),
            (b'\x1e{"data":[{"type":"like"}]}\n', 1),
            (b'\x1e[{"type":"like"}]', 1),
        ],
    )
    def test_may_have_the_record_separators_of_rfc_7464(self, body: bytes, records: int) -> None:
        call = read_call(body, Origin(0, RECEIVED))
        assert (call.records, call.problems.named) == (records, {})

    @pytest.mark.parametrize("before", [b"", b'{"type":"like"}\n'])
    def test_that_are_nested_too_deeply_are_refused_with_that(self, before: bytes) -> None:
        record = b'{"type":"like","context":{"custom_context":{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}}}"
        with pytest.raises(BadCall, match=r"^The body is nested more than 100 levels deep\.$"):
            read_call(before + record, Origin(0, RECEIVED))


def test_values_are_told_apart_wherever_windows_end(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"data": [' + b" , ".join([b'{"type":"like","user_id":"a, b"}', b"1", b"[2,{}]"] * 2_000) + b"]}"
    at_once = read_call(body, Origin(0, RECEIVED))
    monkeypatch.setattr(windows, "WINDOW_BYTES", 100)
    assert read_call(body, Origin(0, RECEIVED)).problems.lines == at_once.problems.lines
    assert at_once.records == 6_000
