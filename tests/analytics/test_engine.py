"""The engine and processes: each has its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from interactions.analytics import engine
from interactions.analytics.engine import DataSetBusy, Snapshot, steady
from interactions.warehouse import steady as steadiness
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import

from ..lakes import append
from ..traffic import traffic

pytestmark = pytest.mark.slow

# A child that closed what it inherited would wait for the engine's threads, which only its parent has.
FORKS = """
import django, gc, os, sys
django.setup()
import pyarrow as pa
from interactions.analytics import engine

def count(rows):
    answer = engine.answer_of(pa.table({"n": list(range(rows))}), lambda table: table.count().as_table())
    return answer.column(0)[0].as_py()

assert count(50_000) == 50_000
parents = engine._connection
for child in range(2):
    pid = os.fork()
    if pid == 0:
        del parents
        gc.collect()
        print("asks", flush=True)
        os._exit(0 if engine._connection is None and count(child) == child else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert engine._connection is parents and count(7) == 7
"""


def test_a_forked_child_asks_an_engine_of_its_own_and_leaves_its_parents_alone() -> None:
    named = {**os.environ, "DJANGO_SETTINGS_MODULE": "dojo.settings"}
    done = subprocess.run([sys.executable, "-c", FORKS], env=named, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["asks", "asks"]


def rows(parts: Snapshot) -> int:
    return int(parts.ask(lambda table: table.count().as_table()).column(0)[0].as_py())


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """A snapshot of which a part has gone."""
    append(traffic(100), import_id=1)
    append(traffic(20, seed=2), import_id=2)
    found = engine.snapshot("production")
    remove_import(Lake("production"), 2)
    return found


def test_parts_that_vanish_while_they_are_read_are_asked_for_again(
    stale: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter([*[stale] * 3, engine.snapshot("production")])
    monkeypatch.setattr(engine, "snapshot", lambda environment: next(states))
    assert steady("production", rows) == 100


def test_a_question_that_takes_longer_than_the_patience_is_asked_again(
    stale: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter([stale, stale, engine.snapshot("production")])
    monkeypatch.setattr(engine, "snapshot", lambda environment: next(states))
    monkeypatch.setattr(steadiness, "_PATIENCE_SECONDS", 0)
    assert steady("production", rows) == 100


def test_a_table_that_will_not_hold_still_is_said_to_be_busy(stale: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "snapshot", lambda environment: stale)
    monkeypatch.setattr(steadiness, "_PATIENCE_SECONDS", 0.1)
    with pytest.raises(DataSetBusy, match="Try again"):
        steady("production", rows)
