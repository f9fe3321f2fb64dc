"""Change a text a little: most of what comes out is nearly what it was, which is where readers go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

# What readers stumble over, one a line; escapes as Python writes them.
_TOKENS = [
    line.encode("latin-1").decode("unicode_escape").encode("latin-1")
    for line in r"""
"|\\|{|}|[|]|,|:|\n|\r| |\t|\0|\xef\xbb\xbf|\xff|\xed\xa0\x80|\xc3\x9f\xf0\x9f\x98\x80\xe2\x80\xa8
null|true|false|0|-0|1e15|1E400|-1e-400|123456789012345678901234567890|NaN
""|{}|[]|"user_id":|"type":"like"|"user_id":"",|"foo":null,|"revenue":1e16,|"context":{"n":1.0},
\\u0000|\\ud83d\\ude00|\\ud800|\\"|\\u0022:|"custom_context":{"uuid":"x"}
2024-03-01T09:41:07.9999999Z|2024-03-01 09:41:07+0530|23:59:60Z|0001-01-01T00:00:00Z|:60|+24:00
{"type":"like"}|{"type":"like"},|\n{"type":"like"}\n|{"data":[|]}
""".strip()
    .replace("\n", "|")
    .split("|")
]


def _replace(text: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :]


def _insert(text: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_TOKENS) + text[at:]


def _cut_out(text: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.randrange(1, 9) :]


def _repeat(text: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(text) + 1)
    end = start + chance.randrange(1, 40)
    return text[:end] + text[start:end] + text[end:]


def _splice(text: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return text[: chance.randrange(len(text) + 1)] + other[chance.randrange(len(other) + 1) :]


_Way = Callable[[bytes, random.Random, Sequence[bytes]], bytes]
_WAYS: list[_Way] = [_replace, _insert, _insert, _cut_out, _repeat, _splice]


def mutated(text: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """``text`` with one to four changes; ``others`` are texts of which parts may come into it."""
    for _ in range(chance.randrange(1, 5)):
        text = chance.choice(_WAYS)(text, chance, others)
    return text
