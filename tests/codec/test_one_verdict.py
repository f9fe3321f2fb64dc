"""One verdict: whatever a record looks like, every reader and every way in says the same of it, beside whatever else.

The rule book, ``check_bytes``, is what all others are held to. ``forms`` leaves no form out.
"""

from __future__ import annotations

import json
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.codec.calls import FEW
from interactions.codec.problems import Problems
from interactions.codec.rulebook import check_bytes
from interactions.contract import schema
from interactions.ingest.live.rows import Kept, to_rows
from tests.codec import forms
from tests.codec.read import KEYRING, RECEIVED, read_blocks, read_file, read_lines, same
from tests.codec.scans import takes
from tests.codec.split.test_windows import small
from tests.codec.verdicts import agrees, by_rule_book, of_call

many = settings(max_examples=300)
some = settings(max_examples=60)
batches = st.lists(forms.records() | forms.usual, min_size=1, max_size=6)


@many
@given(forms.records())
def test_a_record_alone_is_judged_by_a_file_as_by_the_rule_book(raw: bytes) -> None:
    agrees(read_lines([raw]), [raw])
    agrees(read_lines([raw] * 25), [raw] * 25)  # so many go to the compiled loops


@some
@given(batches)
def test_neighbours_change_nothing(raws: list[bytes]) -> None:
    crowd = [raw for raw in raws for _ in range(4)]
    agrees(read_lines(crowd), crowd)
    agrees(read_file(b"[" + b",".join(crowd) + b"]"), crowd)


@some
@given(batches, st.integers(20, 700), st.integers(20, 700))
def test_cuts_change_nothing(raws: list[bytes], window: int, block: int) -> None:
    for text in (b"\n".join([b'{"type":"like"}', *raws]), b'[{"type":"like"},' + b",".join(raws) + b"]"):
        whole = read_file(text)
        with small(window):
            same(read_file(text), whole)
            same(read_blocks(text, block), whole)


@many
@given(batches)
def test_a_call_is_judged_as_a_file(raws: list[bytes]) -> None:
    _, bad = by_rule_book(raws)
    few = of_call(raws)
    many = of_call(raws * (FEW // len(raws) + 1))
    assert list(few.problems.named) == [index for index, _ in bad]
    assert list(many.problems.named) == [
        start + index for start in range(0, many.records, len(raws)) for index, _ in bad
    ]


@some
@given(batches)
def test_what_a_call_accepts_becomes_the_rows_that_a_file_makes(raws: list[bytes]) -> None:
    good = [raw for raw in raws if check_bytes(raw).record is not None]
    if not good:
        return
    for times in (1, FEW // len(good) + 1):
        calls = [Kept(b",".join(good), len(good), RECEIVED)] * times
        expected, _ = by_rule_book(good * times)
        assert to_rows(calls, KEYRING).to_pylist() == [{**row, "import_id": 0} for row in expected]


LIKE = '{"type":"like",%s}'
CHECKOUT = '{"type":"checkout",%s}'
# What is settled: the text of a field, and whether a record with it is good.
SETTLED = [
    (LIKE, '"timestamp":"2024-03-01T09:41:07"', False),
    (LIKE, '"timestamp":"2024-03-01T09:41:07.5"', False),
    (LIKE, '"timestamp":"2024-03-01 09:41:07Z"', True),
    (LIKE, '"timestamp":"2024-03-01t09:41:07z"', True),
    (LIKE, '"timestamp":"2024-03-01T09:41:07+0530"', True),
    (LIKE, '"timestamp":"2024-03-01T09:41:07+05"', False),
    (LIKE, '"timestamp":"2024-03-01  09:41:07Z"', False),
    (LIKE, '"timestamp":"2024-03-01_09:41:07Z"', False),
    (LIKE, '"timestamp":"2016-12-31T23:59:60Z"', True),
    (LIKE, '"timestamp":"2017-01-01T05:29:60+05:30"', True),
    (LIKE, '"timestamp":"2016-12-31T22:59:60Z"', False),
    (LIKE, '"timestamp":"2016-12-31T23:59:60+01:00"', False),
    (LIKE, '"timestamp":"9999-12-31T23:59:60Z"', False),
    (LIKE, '"timestamp":"0001-01-01T00:00:00Z"', True),
    (LIKE, '"timestamp":"0001-01-01T00:00:00+00:01"', False),
    (LIKE, '"timestamp":"0000-12-31T23:59:00-00:01"', True),
    (LIKE, '"timestamp":"0000-12-31T23:58:00-00:01"', False),
    (LIKE, '"timestamp":"9999-12-31T23:59:59.9999999Z"', True),
    (LIKE, '"timestamp":"9999-12-31T23:59:59-00:01"', False),
    (LIKE, '"timestamp":""', False),
    (LIKE, '"user_id":""', True),
    (LIKE, '"user_id":"","user_id":"a"', False),
    (LIKE, '"user_id":"a","user_\\u0069d":"b"', False),
    (LIKE, '"user_id":"' + "😀" * 512 + '"', True),
    (LIKE, '"user_id":"' + "😀" * 513 + '"', False),
    (LIKE, '"foo":null', True),
    (LIKE, '"rating":null', True),
    (CHECKOUT, '"revenue":1e15', True),
    (CHECKOUT, '"revenue":-1000000000000000', True),
    (CHECKOUT, '"revenue":1000000000000000.2', False),
    (CHECKOUT, '"quantities":[1,1e16]', False),
    (CHECKOUT, '"quantities":1e16', False),
    ('{"type":"rate",%s}', '"rating":1e300', False),
    ('{"type":"read",%s}', '"duration":1E400', False),
    (LIKE, '"context":{"custom_context":{"n":123456789012345678901234567890}}', True),
    (LIKE, '"context":{"n":123456789012345678901234567890}', True),
    (LIKE, '"context":{"n":[{"m":-99999999999999999999}]}', True),
    (LIKE, '"context":{"n":1e400}', False),
    (LIKE, '"context":{"n":' + "9" * 400 + "}", False),
    (LIKE, '"context":{"custom_context":{"n":[' + "9" * 400 + "]}}", False),
]  # fmt: skip


@pytest.mark.parametrize(("record", "field", "good"), SETTLED)
def test_what_is_settled(record: str, field: str, good: bool) -> None:
    raw = (record % field).encode()
    bad_one, fine = b'{"type":"like","rating":1}', b'{"type":"like","user_id":"ann"}'
    assert (check_bytes(raw).record is not None) == good
    for raws in ([raw], [fine, raw], [raw, bad_one], [fine] * 30 + [raw] + [fine] * 30, [raw] * 25):
        agrees(read_lines(raws), raws)
        agrees(read_file(b"[" + b",".join(raws) + b"]"), raws)
        call = of_call(raws)
        assert all((raws[index] == raw) != good or raws[index] == bad_one for index in call.problems.named)
        assert any(raws[index] == raw for index in call.problems.named) != good


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-01T23:59:59.9999999Z", "2024-03-01T23:59:59.999999Z"),
        ("2024-03-01T23:59:59.123456999Z", "2024-03-01T23:59:59.123456Z"),
        ("2024-03-01T23:59:59.0000009Z", "2024-03-01T23:59:59Z"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.5Z"),
        ("2024-03-01 09:41:07+0530", "2024-03-01T04:11:07Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0000-12-31T23:59:59-23:59", "0001-01-01T23:58:59Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_fractions_are_cut_and_instants_are_in_utc(text: str, instant: str) -> None:
    raw = json.dumps({"type": "like", "timestamp": text}).encode()
    for raws in ([raw], [raw] * 25, [raw, b'{"type":"like","rating":1}']):
        assert {record["timestamp"] for record in read_lines(raws).accepted} == {instant}
    assert to_rows([Kept(raw, 1, RECEIVED)], KEYRING)["timestamp"] == to_rows([Kept(raw, 1, RECEIVED)] * 60, KEYRING)[
        "timestamp"
    ].slice(0, 1)


@pytest.mark.parametrize("date", ["2024-03-01", "2024-02-29", "1970-01-01", "0002-01-01", "9998-12-31"])
@pytest.mark.parametrize("separator", ["T", "t", " "])
@pytest.mark.parametrize("rest", [".123Z", "Z", "z", "+05:30", "-0800", ".1234567+00:00", ".123456789z"])
def test_usual_forms_are_decided_in_the_loops(date: str, separator: str, rest: str) -> None:
    assert takes(json.dumps({"type": "like", "timestamp": f"{date}{separator}09:41:07{rest}"}).encode())


def test_an_id_of_no_characters_is_absent_everywhere() -> None:
    raws = [
        json.dumps({"type": "like", "user_id": "", "anonymous_id": f"visitor {number}"}).encode() for number in range(3)
    ]
    for rows in (
        read_lines(raws).table,
        read_lines(raws * 10).table.slice(0, 3),
        to_rows([Kept(b",".join(raws), 3, RECEIVED)], KEYRING),
    ):
        assert rows["user_id"].null_count == rows["user_key"].null_count == 3
        assert len(set(rows["anonymous_key"].to_pylist())) == 3
    bare = read_lines([b'{"type":"like","timestamp":"2024-01-01T00:00:00Z"}']).table["fingerprint"]
    empty = [b'{"type":"like","timestamp":"2024-01-01T00:00:00Z","user_id":"","anonymous_id":""}']
    assert read_lines(empty).table["fingerprint"] == bare
    assert read_lines(empty * 25).table["fingerprint"].slice(0, 1) == bare


def test_whole_numbers_beyond_64_bits_come_out_as_they_came() -> None:
    number = 123456789012345678901234567890
    record = {"type": "like", "context": {"custom_context": {"a": number, "b": [-number]}, "n": {"m": number}}}
    raw = json.dumps(record).encode()
    for raws in ([raw], [raw] * 25, [raw, b'{"type":"like","rating":1}']):
        assert read_lines(raws).accepted[0]["context"] == record["context"]
    other = json.dumps({"type": "like", "context": {**record["context"], "n": {"m": number + 1}}}).encode()
    assert read_lines([raw]).table["fingerprint"] != read_lines([other]).table["fingerprint"]


def test_sums_of_amounts_stay_finite() -> None:
    assert float("inf") > schema.LARGEST_AMOUNT * 1e12


class TestManyViolations:
    RAW = b'{"type":"click",' + b",".join(b'"k%d":1' % number for number in range(600)) + b"}"

    def test_a_record_names_twenty(self) -> None:
        checked = check_bytes(self.RAW)
        assert (len(checked.violations), checked.more) == (20, 580)

    @pytest.mark.parametrize("records", [1, 60, 600])
    def test_a_call_names_ten_thousand_and_counts_the_others(self, records: int) -> None:
        call = of_call([self.RAW] * records)
        named = len(call.problems.lines)
        assert named == min(20 * records, 10_000)
        assert (call.problems.records, named + call.problems.more) == (records, 600 * records)

    def test_what_is_counted_only_is_not_put_into_words(self) -> None:
        with patch("interactions.codec.rulebook.did_you_mean", return_value="") as guessed:
            of_call([self.RAW] * 600)
        assert guessed.call_count <= 10_000 + 600 * 20  # those of the window in which the bound is reached, too

    def test_a_file_names_twenty_of_each_and_counts_the_others(self) -> None:
        outcome = read_lines([self.RAW, self.RAW])
        assert [len(rules) for _, _, rules in outcome.rejected] == [20, 20]

    def test_the_last_that_is_named_may_be_one_of_several(self) -> None:
        problems = Problems()
        for index in range(10_001):
            problems.add(index, check_bytes(b'{"type":"like","rating":1}').violations, 0)
        assert (len(problems.named), problems.records, problems.more) == (10_000, 10_001, 1)


def test_the_received_time_is_no_timestamp_that_a_record_may_have() -> None:
    """What stands for "when it was received" until that is known: a record may say any instant of the calendar."""
    raws = [
        b'{"type":"like","timestamp":"%s"}' % moment for moment in (b"9999-12-31T00:00:00Z", b"0001-01-01T00:00:00Z")
    ]
    later = RECEIVED + timedelta(days=1)
    rows = to_rows([Kept(b",".join([*raws, b'{"type":"like"}']), 3, later)], KEYRING)["timestamp"].to_pylist()
    assert [moment.year for moment in rows] == [9999, 1, later.year]
