"""How many steps a regular expression takes on a text: a plain backtracking matcher that counts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Then = Callable[[int], bool]
CATEGORIES = {
    op.CATEGORY_DIGIT: str.isdigit,
    op.CATEGORY_NOT_DIGIT: lambda one: not one.isdigit(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    op.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    op.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
ONE = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)


class TooMany(Exception):
    """The text took more steps than it may."""


def parsed(pattern: re.Pattern[Any]) -> Sequence[Any]:
    return parser.parse(pattern.pattern, pattern.flags)  # type: ignore[no-any-return]


def counted(pattern: re.Pattern[Any], text: str, *, searching: bool, most: int) -> tuple[bool, int]:
    """Whether it matches, at the start or anywhere, and in how many steps; raises TooMany after ``most``."""
    matcher = _Matcher(text, pattern.flags, most)
    nodes = list(parsed(pattern))
    with _deep():
        for start in range(len(text) + 1) if searching else (0,):
            if matcher.runs(nodes, 0, start, lambda _: True):
                return True, matcher.steps
    return False, matcher.steps


@contextmanager
def _deep() -> Iterator[None]:
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(200_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def fits(node: Any, one: str, flags: int = 0) -> bool:
    """Whether a node for a single character takes this one."""
    kind, told = node
    if flags & re.IGNORECASE:
        return _fits(kind, told, one.lower(), flags) or _fits(kind, told, one.upper(), flags)
    return _fits(kind, told, one, flags)


def _fits(kind: Any, told: Any, one: str, flags: int) -> bool:
    if kind is op.LITERAL:
        return bool(ord(one) == told)
    if kind is op.NOT_LITERAL:
        return bool(ord(one) != told)
    if kind is op.ANY:
        return one != "\n" or bool(flags & re.DOTALL)
    is_negated = told[0][0] is op.NEGATE
    found = any(_is_in(each, one) for each in told if each[0] is not op.NEGATE)
    return found != is_negated


def _is_in(each: Any, one: str) -> bool:
    kind, told = each
    if kind is op.LITERAL:
        return bool(ord(one) == told)
    if kind is op.RANGE:
        return bool(told[0] <= ord(one) <= told[1])
    return bool(CATEGORIES[told](one))


class _Matcher:
    def __init__(self, text: str, flags: int, most: int) -> None:
        self._text = text
        self._flags = flags
        self._most = most
        self.steps = 0

    def runs(self, nodes: Sequence[Any], at: int, place: int, then: Then) -> bool:
        """Whether the nodes from ``at`` on match at ``place`` and what comes ``then`` does, too."""
        self._count()
        if at == len(nodes):
            return then(place)
        kind, told = nodes[at]

        def rest(end: int) -> bool:
            return self.runs(nodes, at + 1, end, then)

        if kind in ONE:
            return self._takes(nodes[at], place) and rest(place + 1)
        if kind in REPEATS:
            return self._repeated(kind, told, place, rest)
        if kind is op.SUBPATTERN:
            return self.runs(list(told[3]), 0, place, rest)
        if kind is op.BRANCH:
            return self._one_of([list(each) for each in told[1]], place, rest)
        if kind is op.ATOMIC_GROUP:
            end = self._first(list(told), place)
            return end is not None and rest(end)
        if kind in (op.ASSERT, op.ASSERT_NOT):
            is_behind, inner = told[0] < 0, told[1]
            start = place - inner.getwidth()[0] if is_behind else place  # what stands behind has one width
            found = start >= 0 and self._first(list(inner), start) is not None
            return found == (kind is op.ASSERT) and rest(place)
        assert kind is op.AT, f"{kind} is not counted here."
        return self._is_at(told, place) and rest(place)

    def _count(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise TooMany

    def _takes(self, node: Any, place: int) -> bool:
        return place < len(self._text) and fits(node, self._text[place], self._flags)

    def _one_of(self, ways: list[list[Any]], place: int, rest: Then) -> bool:
        for way in ways:  # noqa: SIM110 - the frames of any() are C's, and the stack is deep
            if self.runs(way, 0, place, rest):
                return True
        return False

    def _first(self, nodes: list[Any], place: int) -> int | None:
        ends: list[int] = []

        def keep(end: int) -> bool:
            ends.append(end)
            return True

        self.runs(nodes, 0, place, keep)
        return ends[0] if ends else None

    def _repeated(self, kind: Any, told: Any, place: int, rest: Then) -> bool:
        least, most, body = told[0], told[1], list(told[2])
        if kind is op.POSSESSIVE_REPEAT:
            count = 0
            while count < most and (end := self._first(body, place)) is not None and (end > place or count < least):
                place, count = end, count + 1
            return count >= least and rest(place)
        if len(body) == 1 and body[0][0] in ONE:
            return self._repeated_one(kind, least, most, body[0], place, rest)
        return self._again(kind, (least, most, body), 0, place, rest)

    def _repeated_one(self, kind: Any, least: int, most: int, node: Any, place: int, rest: Then) -> bool:
        count = 0
        while count < most and self._takes(node, place + count):
            self._count()
            count += 1
        ends = range(place + least, place + count + 1)
        for end in ends if kind is op.MIN_REPEAT else reversed(ends):  # noqa: SIM110 - as above
            if rest(end):
                return True
        return False

    def _again(self, kind: Any, told: tuple[int, int, list[Any]], count: int, place: int, rest: Then) -> bool:
        least, most, body = told

        def more(end: int) -> bool:
            return (end > place or count < least) and self._again(kind, told, count + 1, end, rest)

        if kind is op.MIN_REPEAT and count >= least and rest(place):
            return True
        if count < most and self.runs(body, 0, place, more):
            return True
        return kind is op.MAX_REPEAT and count >= least and rest(place)

    def _is_at(self, where: Any, place: int) -> bool:
        size = len(self._text)
        if where in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            return place == 0
        if where is op.AT_END_STRING:
            return place == size
        if where is op.AT_END:
            return place == size or (place == size - 1 and self._text[place] == "\n")
        before = place > 0 and CATEGORIES[op.CATEGORY_WORD](self._text[place - 1])
        after = place < size and CATEGORIES[op.CATEGORY_WORD](self._text[place])
        return (before != after) == (where is op.AT_BOUNDARY)
