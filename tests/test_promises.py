"""docs/promises.md and the tests hold each other: every promise names a test that exists."""

import ast
import re
from pathlib import Path

import pytest

from tests.processes import HOUSE

_ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<tests>[^|]+) \|$")
_NAME = re.compile(r"`([^`]+)`")


def promises(page: str = "promises.md") -> list[tuple[str, list[str]]]:
    """Each promise with the tests named beside it, as ``path`` or ``path::test``."""
    _, _, tables = (HOUSE / "docs" / page).read_text().partition("| Promise | Test |")
    rows = map(_ROW.match, tables.splitlines())
    found = [(row["promise"].strip(), _NAME.findall(row["tests"])) for row in rows if row]
    return [(promise, tests) for promise, tests in found if promise != "Promise" and set(promise) != {"-"}]


def names_in(path: Path) -> set[str]:
    """The names of the test functions in a file, also those of its classes."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_line_of_a_table_is_read():
    lines = [line for line in (HOUSE / "docs" / "promises.md").read_text().splitlines() if line.startswith("| ")]
    headings = sum(line.startswith("| Promise |") for line in lines)
    assert headings
    assert len(promises()) == len(lines) - headings


@pytest.mark.parametrize(("promise", "tests"), [*promises(), *promises("scaling.md")])
def test_a_promise_names_tests_that_exist(promise: str, tests: list[str]):
    assert tests, promise
    for test in tests:
        path, _, name = test.partition("::")
        assert (HOUSE / path).exists(), test
        assert not name or name in names_in(HOUSE / path), test
