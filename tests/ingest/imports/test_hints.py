"""Rejects of one known origin are told with what to do, at the first look and afterwards."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from interactions.ingest import imports
from interactions.models import Import
from tests.processes import HOUSE

from .files import as_lines, record
from .house import House

NUMBERS = "Numbers are in quotes, as BigQuery exports integers and decimals."
TIMES = "Times are written as BigQuery exports them."
SECONDS = "Times are numbers since 1970."
NAN = "NaN and Infinity are not JSON."
PYTHON = "None, True and False are Python, not JSON."


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (record(1, type="checkout", revenue="12.5"), NUMBERS),
        (record(1, duration="3"), NUMBERS),
        (record(1, type="checkout", quantities=["1", "2"]), NUMBERS),
        (record(1, timestamp="2024-03-01 09:41:07 UTC"), TIMES),
        (record(1, timestamp="2024-03-01 09:41:07.123 UTC"), TIMES),
        (record(1, timestamp=1709286067), SECONDS),
        (record(1, timestamp=1709286067123), SECONDS),
        (record(1, timestamp="1709286067"), SECONDS),
        ('{"type": "rate", "user_id": "a", "rating": NaN}', NAN),
        ('{"type": "rate", "rating": -Infinity, "user_id": "a"}', NAN),
        ('{"type": "like", "user_id": None}', PYTHON),
    ],
)
def test_a_known_origin_is_named(house: House, line: dict[str, object] | str, hint: str) -> None:
    content = as_lines([record(7), line])
    for causes in (imports.inspect(house.given(content)).problems, imports.causes(house.done(content))):
        (found,) = imports.hints(causes)
        assert found.startswith(hint)


@pytest.mark.parametrize(
    "line",
    [
        record(1, type="rate", rating="five"),
        record(1, timestamp="yesterday"),
        record(1, type="checkout", revenue=[12]),
        '{"type": "like", "user_id": "NaN", "keywords": }',
    ],
)
def test_other_rejects_have_no_hint(house: House, line: dict[str, object] | str) -> None:
    imp: Import = house.given(as_lines([record(7), line]))
    assert imports.hints(imports.inspect(imp).problems) == []


def test_a_look_at_a_file_loads_nothing_that_asks_questions() -> None:
    """It is what somebody waits for in the wizard, and on the command line."""
    code = (
        "import django, sys; django.setup(); from interactions.ingest.imports import inspection;"
        'sys.exit(bool({"numba", "pandas", "ibis", "duckdb"} & {*sys.modules}))'
    )
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "dojo.settings"}
    assert subprocess.run([sys.executable, "-c", code], cwd=HOUSE, env=named, check=False).returncode == 0
