"""Faulty files: a bad record never stops a file, and whatever the file is, it is read in constant memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from interactions.codec.split import documents
from interactions.codec.split.windows import ByteRange
from interactions.errors import FileRefused
from tests.codec.read import Outcome, read_blocks, read_file, reader, same
from tests.codec.split.test_windows import small
from tests.processes import HOUSE

LIKE = b'{"type":"like"}'
USER = b'{"type":"like","user_id":"},{ \\" \xf0\x9f\x98\x80","context":{"custom_context":{"a":[{"type":"read"}]}}}'
IN_THE_MIDDLE = "It is not valid JSON: it ends in the middle."


def whole(texts: list[bytes], form: str) -> bytes:
    """A file of these records, one of which may be broken."""
    if form == "lines":
        return b"\n".join(texts) + b"\n"
    array = b"[" + b",\n".join(texts) + b"]"
    return array if form == "array" else b'{"n":1,"data":' + array + b',"m":[2]}'


def read(text: bytes, *, longest: int = 1 << 20) -> Outcome:
    """Read it whole, and assert that cut into small blocks and windows the same is found."""
    found = read_file(text, longest=longest)
    with small(64):
        same(read_blocks(text, 100, longest=longest), found)
    return found


@pytest.mark.parametrize("form", ["array", "object", "lines"])
class TestOneBadRecord:
    @pytest.mark.parametrize(
        "bad",
        [
            b'{"type":"rate","rating":NaN}',
            b'{"type":"rate","rating":Infinity}',
            b'{"type":"rate","rating":1e400}',
            b'{"type":"rate","rating":1' + b"0" * 400 + b"}",
            b'{"type":"like","user_id":"\xff\xfe"}',
            b'{"type":"like","user_id":"\xed\xa0\x80"}',
            b'{"type":"like","user_id":"\\ud800"}',
            b'{"type":"like","user_id":"\\udc00\\ud800"}',
            b'{"type":"like","type":"like"}',
            b'{"type":"like","context":{"custom_context":{"a":[{"b":1,"b":1}]}}}',
            b'{"type":"like","context":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
            b'{"type":"like","context":{"custom_context":{"a":[' + b'{"a":[' * 500 + b"]}" * 500 + b"]}}}",
            b'{"type":"like","timestamp":"2024-01-01T00:00:00"}',
            b'{"type":"like","user_id":"' + b"x" * 100_000 + b'"}',
            b'{"type":"like",}',
            b'{"type":"like" "user_id":"a"}',
            b"{'type':'like'}",
            b'{"type":"like","a":[1}',
            b'{"type":"like","user_id":"a\tb"}',
            b'{"type":"like","user_id":"\\x"}',
            b'{"type":"like"/* as they say */}',
            b"{}",
            b"null",
            b"17",
            b'"like"',
        ],
    )
    def test_is_refused_and_the_others_are_kept(self, form: str, bad: bytes) -> None:
        text = whole([LIKE, USER, bad, USER, LIKE], form)
        found = read(text)
        assert [index for index, _, _ in found.rejected] == [2]
        assert found.offsets == [text.index(bad, text.index(USER) + len(USER) - 1)]
        assert len(found.accepted) == 4

    @pytest.mark.parametrize("size", [301, 1000, 5000])
    def test_that_is_too_large_is_passed_over(self, form: str, size: int) -> None:
        large = b'{"type":"like","user_id":"' + b"x" * (size - 28) + b'"}'
        assert len(large) == size
        text = whole([LIKE, large, USER, large, large, LIKE], form)
        found = read(text, longest=300)
        too_large = "It is larger than 300 bytes, or its quotes and brackets do not match."
        assert [index for index, _, _ in found.rejected] == [1, 3, 4]
        assert found.rules == [too_large] * 3
        assert len(found.accepted) == 3
        assert [len(text) for text in found.texts] == [min(size, 1000)] * 3

    def test_that_is_just_not_too_large_is_read(self, form: str) -> None:
        large = b'{"type":"like","context":{"user_agent":"' + b"x" * (300 - 43) + b'"}}'
        assert len(large) == 300
        found = read(whole([LIKE, large, large, USER], form), longest=300)
        assert (len(found.accepted), found.rules) == (4, [])


class TestAFileThatIsCutShort:
    @pytest.mark.parametrize("form", ["array", "object", "lines"])
    def test_keeps_what_came_before(self, form: str) -> None:
        records = [LIKE, USER, LIKE, USER]
        text = whole(records, form)
        ends = [text.index(LIKE) + len(LIKE)]
        for record in records[1:]:
            ends.append(text.index(record, ends[-1]) + len(record))
        first = text.index(LIKE)
        for cut in range(first + 1, len(text)):
            try:
                found = read(text[:cut])
            except FileRefused:
                assert cut < ends[0]
                continue
            assert len(found.accepted) == sum(end <= cut for end in ends), text[:cut]
            complete = form == "lines" and (cut in ends or cut - 1 in ends)
            assert len(found.rejected) == (0 if complete else 1), text[:cut]
            if found.rules:
                assert found.rules[0] in (documents.CUT_SHORT, documents.NOT_CLOSED)

    def test_in_a_record_names_its_offset(self) -> None:
        found = read(b"[" + LIKE + b',{"type":"like","user_id":"a')
        assert (found.offsets, found.rules) == ([17], [documents.CUT_SHORT])

    def test_between_records_names_the_end(self) -> None:
        for text in (b"[" + LIKE + b",\n", b"[" + LIKE, b'{"data":[' + LIKE + b"]"):
            found = read(text)
            assert (found.offsets, found.rules) == ([len(text)], [documents.NOT_CLOSED])


class TestWhatStandsAfterTheList:
    @pytest.mark.parametrize("after", [b"x", b"]", b"}", b"x]}y", b"\x00", b" " * 3000 + b"x", b"x" * 900_000])
    def test_is_one_problem_where_it_is_no_document(self, after: bytes) -> None:
        text = b"[" + LIKE + b"]\n" + after
        found = read(text)
        assert (found.rules, len(found.accepted)) == ([documents.STRAY], 1)
        assert found.offsets == [len(text) - len(after.lstrip())]

    @pytest.mark.parametrize(
        "after", [b"}", b' , "a" : [1, {"b":"]}"}] }\n', b',"a":"' + b"x" * 900_000 + b'"}', b" " * 200 + b"}"]
    )
    def test_may_be_the_rest_of_the_object(self, after: bytes) -> None:
        assert read(b'{"data":[' + LIKE + b"]" + after).rules == []

    @pytest.mark.parametrize(
        ("after", "rules"),
        [
            (b",", [documents.NOT_CLOSED]),
            (b',"a":[', [documents.NOT_CLOSED]),
            (b"]}", [documents.NOT_CLOSED, documents.STRAY]),
            (b"}}", [documents.STRAY]),
            (b',"a":}', [documents.NOT_CLOSED, documents.STRAY]),
            (b"\n" + LIKE, [documents.NOT_CLOSED]),
        ],
    )
    def test_has_to_be_the_rest_of_the_object(self, after: bytes, rules: list[str]) -> None:
        found = read(b'{"data":[' + LIKE + b"]" + after)
        assert (found.rules, len(found.accepted)) == (rules, 1 + after.count(LIKE))

    def test_may_name_no_key_twice(self) -> None:
        found = read(b'{"n":1,"data":[' + LIKE + b'],"data":[' + LIKE + b'],"m":2,"\\u006e":3}' + LIKE)
        assert (found.rules, len(found.accepted)) == ([documents.REPEATED] * 2, 3)
        assert found.texts == [b'"data"', b'"\\u006e"']


class TestLines:
    def test_may_hold_several_records_or_a_list(self) -> None:
        lines = [LIKE + b" " + LIKE, LIKE + b"," + LIKE, b"[" + LIKE + b"]", LIKE]
        assert (read(b"\n".join(lines)).records, read(b"\n".join(lines)).rules) == (6, [])

    @pytest.mark.parametrize(
        "user", [USER, b'{"user_id":"a","type":"like","product_ids":["a"],"context":{"page":{"url":"/"}}}']
    )
    def test_that_break_off_anywhere_cost_that_record_alone(self, user: bytes) -> None:
        for end in range(1, len(user)):
            found = read(LIKE + b"\n" + user[:end] + b"\n" + USER + b"\n" + LIKE + b"\n")
            assert (len(found.accepted), found.texts) == (3, [user[:end]]), user[:end]

    def test_that_begin_in_the_middle_cost_that_record_alone(self) -> None:
        for start in range(1, len(USER) - 1):
            found = read(LIKE + b"\n" + USER[start:] + b"\n" + USER + b"\n" + LIKE + b"\n")
            assert len(found.accepted) in (3, 4), USER[start:]
            assert len(found.rejected) <= 3

    def test_that_are_empty_are_nothing(self) -> None:
        found = read(b"\n \n" + LIKE + b"\n\n\r\n\t" + LIKE + b"\n\n" + b"x\n\n")
        assert (found.records, len(found.accepted)) == (3, 2)

    def test_go_on_after_a_quote_too_many(self) -> None:
        found = read(LIKE + b'\n{"type":"like","user_id":"a""}\n' + LIKE)
        assert ([index for index, _, _ in found.rejected], len(found.accepted)) == ([1], 2)


def _good(file: BinaryIO) -> None:
    record = b'{"type":"like","context":{"user_agent":"' + b"x" * 550 + b'"}}'
    file.write(b"[" + b",".join([record] * 100_000) + b"]")


def _bodies(file: BinaryIO) -> None:
    body = b'{"data":[' + b",".join([b'{"type":"like","context":{"user_agent":"' + b"x" * 550 + b'"}}'] * 100) + b"]}"
    file.write(b"\n".join([body] * 1_000))


def _joined(file: BinaryIO) -> None:
    file.write(
        b'{"type":"like","context":{"user_agent":"'
        + b'x"}}{"type":"like","context":{"user_agent":"' * 1_000_000
        + b'"}}'
    )


def _bad(file: BinaryIO) -> None:
    file.write(b"[" + b",".join([b'{"type":"love"}'] * 60_000) + b"]")


def _tiny_lines(file: BinaryIO) -> None:
    file.write(LIKE + b"\n" + b"1\n" * 100_000)


def _scalars(file: BinaryIO) -> None:
    file.write(b"[" + LIKE + b",1" * 300_000 + b"]")


def _one_record(file: BinaryIO) -> None:
    file.write(b"[" + LIKE + b',{"type":"like","user_id":"' + b"x" * 60_000_000 + b'"},' + LIKE + b"]")


def _one_line(file: BinaryIO) -> None:
    file.write(LIKE + b'\n{"type":"like","user_id":"' + b"x" * 60_000_000 + b'"}\n' + LIKE)


def _never_closed(file: BinaryIO) -> None:
    file.write(b"[" + LIKE + b',{"type":"' + b"},{" * 20_000_000)


def _blanks(file: BinaryIO) -> None:
    file.write(b"[" + LIKE + b"," + b" " * 60_000_000 + LIKE + b"]")


FILES: dict[str, tuple[Callable[[BinaryIO], None], int, int]] = {
    "good": (_good, 100_000, 0),
    "bodies": (_bodies, 100_000, 0),
    "joined": (_joined, 1_000_001, 0),
    "bad": (_bad, 0, 60_000),
    "tiny lines": (_tiny_lines, 1, 100_000),
    "scalars": (_scalars, 1, 300_000),
    "one record": (_one_record, 2, 1),
    "one line": (_one_line, 2, 1),
    "never closed": (_never_closed, 1, 1),
    "blanks": (_blanks, 2, 0),
}
READ = """
import json, re, sys
from datetime import UTC, datetime
from pathlib import Path
from interactions.contract.keyring import Keyring
from interactions.codec.reader import Reader
from interactions.codec.source import shape_of
from interactions.codec.origin import Origin
from interactions.codec.split.windows import ByteRange
for name in sys.stdin:
    path = Path(name.strip())
    size, counts = path.stat().st_size, [0, 0]
    with path.open("rb") as file:
        shape = shape_of(file)
        reader = Reader(Origin(1, datetime.now(UTC)), Keyring(b""), longest=16 << 20)
        for batch in reader.read(file, ByteRange(0, size, size, shape.inside)):
            counts[0] += batch.accepted
            counts[1] += len(batch.rejected)
    most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10
    print(json.dumps([*counts, most]), flush=True)
"""


@pytest.fixture(scope="module")
def worker() -> Iterator[subprocess.Popen[str]]:
    """A process that reads file after file, as a worker does, and says what was in each, and its memory in MB."""
    command = [sys.executable, "-c", READ]
    options = {"cwd": HOUSE, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **options) as process:
        yield process


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_memory_is_constant_whatever_the_file(worker: subprocess.Popen[str], tmp_path: Path, name: str) -> None:
    """A worker has 300 MB; Python, the libraries and the compiled loops alone take some 220 of them."""
    write, accepted, rejected = FILES[name]
    path = tmp_path / "file"
    with path.open("wb") as file:
        write(file)
    assert worker.stdin and worker.stdout
    worker.stdin.write(f"{path}\n")
    worker.stdin.flush()
    *counts, megabytes = json.loads(worker.stdout.readline())
    assert counts == [accepted, rejected]
    assert megabytes < 300  # of all files up to this one


@pytest.mark.slow
def test_what_lies_beyond_four_gb_is_read_where_it_is(tmp_path: Path) -> None:
    path, start = tmp_path / "file", (4 << 30) - (32 << 20)
    with path.open("wb") as file:
        file.seek(start)  # holes read as zeros and take no room
        file.write(b'{"type":"like","user_id":"')
        file.seek(64 << 20, os.SEEK_CUR)
        file.write(b'"}\n' + LIKE + b"\n" + b'{"type":"love"}')
        size = file.tell()
    with path.open("rb") as text:
        found = list(reader(longest=16 << 20).read(text, ByteRange(start, size, size)))
    assert sum(batch.accepted for batch in found) == 1
    assert [each.offset for batch in found for each in batch.rejected] == [start, size - len(b'{"type":"love"}')]
