"""``interaction_stats``: what an environment holds, as JSON."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from interactions.warehouse.lake import Lake
from tests.lakes import append, record
from tests.processes import HOUSE

pytestmark = pytest.mark.usefixtures("own_cache", "own_folders")


def stats(*arguments: str) -> dict:
    out = io.StringIO()
    call_command("interaction_stats", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_the_command_says_what_an_environment_holds(db: None) -> None:
    append(
        [
            record("search", "2024-01-01T10:00:00Z", user_id="u1"),
            record("checkout", "2024-01-03T11:30:00Z", user_id="u1", anonymous_id="a1", product_ids=["p1", "p2"]),
        ]
    )
    assert stats() == {
        "total": 2,
        "by_type": {"search": 1, "checkout": 1},
        "users": 1,
        "anonymous": 1,
        "products": 2,
        "first": "2024-01-01T10:00:00Z",
        "last": "2024-01-03T11:30:00Z",
        "version": Lake("production").version(),
    }


def test_the_command_says_that_there_is_nothing(db: None) -> None:
    assert stats("--environment", "playground") == {
        "total": 0,
        "by_type": {},
        "users": 0,
        "anonymous": 0,
        "products": 0,
        "first": None,
        "last": None,
        "version": -1,
    }


def test_the_command_names_the_environments_there_are(db: None) -> None:
    with pytest.raises(CommandError, match="production, playground, development"):
        stats("--environment", "nowhere")


def test_without_tables_a_command_says_what_to_do(tmp_path: Path) -> None:
    environ = {name: text for name, text in os.environ.items() if name != "DATABASE_URL"}
    said = subprocess.run(
        [sys.executable, "manage.py", "interaction_stats"],
        cwd=HOUSE, env=environ | {"DOJO_DATA_DIR": str(tmp_path / "data")}, capture_output=True, text=True,
    )  # fmt: skip
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.splitlines()[0].startswith("The database has no tables yet: start Dojo once with make run")
    assert said.stderr.count("\n") == 1
