"""What has to hold of any bytes: the ways of reading them agree, and nothing is lost or raised."""

from __future__ import annotations

import random

import msgspec

from interactions.codec.calls import BadCall, read_call
from interactions.codec.origin import Origin
from interactions.codec.rulebook import check_bytes
from interactions.errors import FileRefused
from tests.codec.read import RECEIVED, read_blocks, read_file, read_lines, same
from tests.codec.split.test_windows import small
from tests.codec.verdicts import agrees, by_rule_book, of_call

USUAL = b'{"type":"like","user_id":"ann","timestamp":"2024-03-01T09:41:07Z"}'
CROWD = 25  # so many go to the compiled loops


def check_file(text: bytes, chance: random.Random) -> None:
    """A file is read alike whole and cut anywhere; a call of the same bytes is answered."""
    try:
        read_call(text, Origin(0, RECEIVED))
    except BadCall:
        pass
    try:
        whole = read_file(text)
    except FileRefused:
        return
    with small(chance.randrange(20, 700)):
        same(read_file(text), whole)
        same(read_blocks(text, chance.randrange(20, 700)), whole)
    assert all(bytes(each) for each in whole.texts if each)


def check_record(raw: bytes) -> None:
    """A record that is JSON gets one verdict: alone, in a crowd, in a list, in a call, and by the rule book."""
    if b"\n" in raw or not _is_one_record(raw):
        check_bytes(raw)
        return
    for raws in ([raw], [USUAL, raw, USUAL], [raw] * CROWD):
        agrees(read_lines(raws), raws)
    raws = [USUAL, raw, USUAL]
    agrees(read_file(b"[" + b",".join(raws) + b"]"), raws)
    _, bad = by_rule_book(raws)
    assert list(of_call(raws).problems.named) == [index for index, _ in bad]
    assert len(of_call(raws * 20).problems.named) == 20 * len(bad)


def _is_one_record(raw: bytes) -> bool:
    """Whether a reader of files takes it for a record: not where it holds a list called data."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(value, dict) and "data" not in value
