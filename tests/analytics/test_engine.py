"""The engine and processes: each has its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

# A child that closed what it inherited would wait for the engine's threads, which only its parent has.
FORKS = """
import django, gc, os, sys
django.setup()
import pyarrow as pa
from interactions.queries import engine

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
