"""target-miso, the Singer target as it is published, with only its server changed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Api

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def target(api: Api, clients: Path, tmp_path: Path) -> Run:
    """Pass records through the target, as a tap would; what it said is in ``stderr``."""
    templates = tmp_path / "templates"
    templates.mkdir()
    # What a pipeline has for each stream: its rows in, interactions out.
    (templates / "events.jinja").write_text(
        '{"type": {{ data.event|tojson }}, "user_id": {{ data.who|tojson }}, "product_ids": [{{ data.sku|tojson }}]}'
    )

    def run(records: list[dict[str, Any]], **config: Any) -> subprocess.CompletedProcess[str]:
        told = {"api_server": api.host, "api_key": api.secret, "template_folder": str(templates), **config}
        (tmp_path / "config.json").write_text(json.dumps(told))
        messages = [{"type": "SCHEMA", "stream": "events", "schema": {"type": "object"}, "key_properties": []}]
        messages += [{"type": "RECORD", "stream": "events", "record": record} for record in records]
        messages.append({"type": "STATE", "value": {"bookmark": len(records)}})
        return subprocess.run(
            [clients / "venv" / "bin" / "target-miso", "--config", tmp_path / "config.json"],
            input="\n".join(map(json.dumps, messages)), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return run


def events(who: str, count: int) -> list[dict[str, Any]]:
    return [{"event": "like", "who": who, "sku": f"SKU-{number}"} for number in range(count)]


def test_records_go_in_a_thousand_a_call(api: Api, target: Run) -> None:
    done = target(events("singer-many", 2_500))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1])["bookmark"] == 2_500
    rows = api.wait_for("singer-many", 2_500)
    assert len({row["product_ids"][0] for row in rows}) == 2_500
    assert len({row["received_at"] for row in rows}) == 3


def test_it_says_which_records_of_a_refused_call_are_bad(api: Api, target: Run) -> None:
    bad = [{"event": "page_view (see data.7.url)", "who": "singer-bad", "sku": "SKU-1"}]
    done = target([*events("singer-bad", 2), *bad])
    assert done.returncode == 0, done.stderr
    assert "Data record [2/3]" in done.stderr and done.stderr.count("Data record [") == 1
    assert api.holds_nothing_of("singer-bad")


def test_its_dry_run_stores_nothing(api: Api, target: Run) -> None:
    done = target(events("singer-dry", 3), dry_run="true")
    assert '"message":"success"' in done.stderr
    assert api.holds_nothing_of("singer-dry")


def test_its_asynchronous_calls_are_stored_as_well(api: Api, target: Run) -> None:
    target(events("singer-async", 3), use_async="true")
    api.wait_for("singer-async", 3)
