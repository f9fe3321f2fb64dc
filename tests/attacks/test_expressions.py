"""The work of every regular expression of the product grows with its text, whatever stands in it: counted in steps."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any

import pytest

from tests.processes import HOUSE

from .expression_steps import ONE, REPEATS, TooMany, counted, fits, parsed

SEARCHING = ("search", "sub", "subn", "split", "finditer", "findall")
SOURCES = {
    path: path.read_text()
    for folder in ("interactions", "dojo")
    for path in sorted((HOUSE / folder).rglob("*.py"))
    if re.search(r"^(import|from) re\b", path.read_text(), re.MULTILINE)
}
TRUSTED = ("dojo.processes",)  # it reads what supervisord writes about our own processes
# Made of our own formats of ``strptime``, in each of which no part of any length follows another.
MADE = {"interactions/connectors/table/times.py": "_written"}
SHORT, LONG = 16, 48  # three times: a square would be nine times
ALPHABET = [chr(code) for code in (*range(33, 127), *range(33), *range(127, 0x2100))]
NOWHERE = "\x00"


@dataclass(frozen=True)
class Expression:
    """A pattern, where it is written, and whether it is looked for at every place of a text."""

    place: str
    pattern: re.Pattern[Any]
    searching: bool


def _expressions() -> Iterator[Expression]:
    for path, source in SOURCES.items():
        name = ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__")
        for held, value in vars(importlib.import_module(name)).items():
            pattern = getattr(value, "__self__", value)
            if isinstance(pattern, re.Pattern) and not name.startswith(TRUSTED):
                yield Expression(f"{name}.{held}", pattern, _is_looked_for(held, value, source))
        for call in _calls(ast.parse(source)):
            kind = call.func.attr  # type: ignore[attr-defined]
            if kind not in ("compile", "escape"):
                pattern = re.compile(ast.literal_eval(call.args[0]))  # written where it is used
                yield Expression(f"{name}:{call.lineno}", pattern, kind in SEARCHING)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                yield node


def _is_looked_for(name: str, value: Any, source: str) -> bool:
    """Whether it is, in its own source or, where its name is public, in any."""
    if not isinstance(value, re.Pattern):
        return value.__name__ in SEARCHING
    used = re.compile(rf"\b{name}\.({'|'.join(SEARCHING)})\b")
    return any(used.search(each) for each in ([source] if name.startswith("_") else SOURCES.values()))


def shortest(nodes: Sequence[Any]) -> str:
    """A short text that the nodes match, without what they look ahead for."""
    return "".join(map(_shortest, nodes))


def _shortest(node: Any) -> str:
    kind, told = node
    if kind in ONE:
        return next(one for one in ALPHABET if fits(node, one))
    if kind in REPEATS:
        return shortest(told[2]) * max(told[0], 1)
    if kind is op.SUBPATTERN:
        return shortest(told[3])
    if kind is op.BRANCH:
        return shortest(told[1][0])
    return shortest(told) if kind is op.ATOMIC_GROUP else ""


def _inner(node: Any) -> list[Sequence[Any]]:
    kind, told = node
    if kind in REPEATS:
        return [told[2]]
    if kind is op.SUBPATTERN:
        return [told[3]]
    if kind is op.BRANCH:
        return list(told[1])
    return [told] if kind is op.ATOMIC_GROUP else []


def places(nodes: Sequence[Any], before: str = "") -> Iterator[tuple[str, Sequence[Any]]]:
    """Each part of the expression that is more than letters, and a text that leads to it."""
    for node in nodes:
        if node[0] is not op.LITERAL:
            yield before, [node]
        for inner in _inner(node):
            yield before, inner
            yield from places(inner, before)
        before += _shortest(node)
    yield before, nodes


def texts(nodes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """A beginning and what comes after it again and again: what is taken there, blanks, digits, and any pair."""
    found = list(places(nodes))
    ones = dict.fromkeys(one for _, part in found for node in part if node[0] in ONE for one in _taken(node))
    whole = dict.fromkeys(shortest(part) for _, part in found)
    pairs = (one + other for one in ones for other in ones)
    texts = [(before, shortest(part)) for before, part in found]
    texts += [(before, one) for before, _ in found for one in " 1a" if one in ones]
    texts += [("", piece) for piece in (*whole, *pairs)]
    yield from dict.fromkeys((before, piece) for before, piece in texts if piece)


def _taken(node: Any) -> Iterator[str]:
    yield _shortest(node)
    yield from (one for one in " 1a" if fits(node, one))


@pytest.mark.parametrize("expression", list(_expressions()), ids=lambda each: each.place)
def test_the_work_of_an_expression_grows_with_its_text(expression: Expression) -> None:
    for beginning, piece in texts(parsed(expression.pattern)):
        short = _steps(expression, beginning + piece * SHORT + NOWHERE, most=20_000)
        _steps(expression, beginning + piece * LONG + NOWHERE, most=short * 10 // 3 + 300)


def _steps(expression: Expression, text: str, *, most: int) -> int:
    try:
        return counted(expression.pattern, text, searching=expression.searching, most=most)[1]
    except TooMany:
        raise AssertionError(f"{text[:60]!r} takes more than {most} steps.") from None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_expression_is_one_that_the_test_above_finds(path: Path) -> None:
    """By a name at the top of its module, or written out where it is used."""
    tree = ast.parse(SOURCES[path])
    named = [node.value for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    named = [value.value if isinstance(value, ast.Attribute) else value for value in named]
    made = [node for node in tree.body if getattr(node, "name", "") == MADE.get(str(path.relative_to(HOUSE)))]
    named += [call for node in made for call in ast.walk(node) if isinstance(call, ast.Call)]  # type: ignore[misc]
    compiled = [call for call in _calls(tree) if call.func.attr == "compile"]  # type: ignore[attr-defined]
    assert [call.lineno for call in compiled if call not in named] == []


@pytest.mark.parametrize(
    ("pattern", "searching"),
    [(r"(a*)*b", False), (r"\s*\{", True), (r"(?:a|ab?)*c", False), (r"\d+\d+x", False), (r"x.*y.*z", True)],
)
def test_an_expression_that_grows_faster_is_found(pattern: str, searching: bool) -> None:
    with pytest.raises(AssertionError, match="takes more than"):
        test_the_work_of_an_expression_grows_with_its_text(Expression("", re.compile(pattern), searching))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a|ab)(c|bcd)(d*)\Z", "abcd"),
        (r"a++b", "aaab"),
        (r"(?>a|ab)c", "abc"),
        (r"\w+?\b.*", "ab cd"),
        (r"[^x-z]{2,3}$", "abx"),
        (r"(?i)A(?=b)(?!bc)B", "ab"),
    ],
)
def test_the_counting_matcher_says_what_python_says(pattern: str, text: str) -> None:
    assert counted(re.compile(pattern), text, searching=False, most=1000)[0] == bool(re.match(pattern, text))
