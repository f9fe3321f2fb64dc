"""An environment of a running Dojo with something on every page: sample records, rejects, a key, a call, a connection,
an export, a member, a cohort, names of products, two deletion requests, a channel, a schedule and two files that wait
to be looked at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import HOUSE, Dojo, add_environment, query

if TYPE_CHECKING:
    from playwright.sync_api import Page

ENVIRONMENT, EMPTY = "furnished", "bare"
TABLE = "Date;Action;Customer;Article\n01/04/2026 11:15;Viewed item;C-1;mug-7\n02/04/2026 11:15;Purchase;C-1;mug-7\n"


def furnish(dojo: Dojo, folder: Path) -> None:
    """Fill ENVIRONMENT by commands, once; EMPTY stays empty."""
    if query(dojo.environ, "SELECT 1 FROM interactions_environment WHERE slug = ?", ENVIRONMENT):
        return
    add_environment(dojo, ENVIRONMENT)
    add_environment(dojo, EMPTY)
    file = folder / "week.jsonl"
    end = datetime(2026, 11, 1, tzinfo=UTC).isoformat()
    dojo.manage("generate_interactions", "6000", str(file), "--days", "60", "--end", end, "--verbosity", "0")
    users = re.findall(r'"user_id":"([^"]+)"', file.read_text())
    with file.open("a") as more:
        more.write('{"type": "dance"}\n{"type": "like", "timestamp": "yesterday"}\n')
    _import(dojo, file)
    told = dojo.manage("create_api_key", "--environment", ENVIRONMENT, "--kind", "secret", "--name", "Pipeline")
    _call(dojo, re.findall(r"\S{30,}", told)[-1])
    dojo.manage("create_connection", "segment", "--environment", ENVIRONMENT, "--name", "Shop events")
    dojo.manage("erase_users", "--user-id", users[0], "--environment", ENVIRONMENT)


def _import(dojo: Dojo, file: Path) -> None:
    """Load a file of which two records are rejected, which the command says in its exit code."""
    command = [sys.executable, "manage.py", "import_interactions", str(file), "--environment", ENVIRONMENT]
    done = subprocess.run(command, cwd=HOUSE, env=dojo.environ, capture_output=True, text=True, check=False)
    assert "First: record 6001" in done.stdout + done.stderr, done.stderr


def _call(dojo: Dojo, key: str) -> None:
    body = json.dumps({"data": [{"type": "like", "user_id": "ann"}]}).encode()
    headers = {"X-API-KEY": key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{dojo.url}/v1/interactions", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def furnish_by_hand(page: Page, folder: Path) -> None:
    """What only pages can do."""
    page.goto(f"/{ENVIRONMENT}/members/new/")
    page.fill("[name=username]", "vera")
    page.get_by_label("Viewer").check()
    page.get_by_role("button", name="Add member").click()
    page.wait_for_load_state()
    page.goto(f"/{ENVIRONMENT}/notes/new/")
    page.fill("[name=day]", "2026-10-20")
    page.fill("[name=text]", "A sale began")
    page.get_by_role("button", name="Add note").click()
    page.goto(f"/{ENVIRONMENT}/views/new/?page=dashboard&query=period%3D30d")
    page.fill("[name=name]", "Last month")
    page.get_by_role("button", name="Save view").click()
    page.goto(f"/{ENVIRONMENT}/share-links/new/?page=retention&query=")
    page.fill("[name=name]", "For the agency")
    page.get_by_role("button", name="Create link").click()
    page.locator("#link-text").wait_for()
    page.goto(f"/{ENVIRONMENT}/privacy/requests/new/")
    page.get_by_label("Ids", exact=True).fill("ann")
    page.get_by_label("Who asked").fill("A customer, by letter")
    page.get_by_label("Reference").fill("Letter 17")
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url(re.compile(r"/requests/\d+/$"))
    page.goto(f"/{ENVIRONMENT}/interactions/cohorts/new/")
    page.get_by_label("Name").fill("Everybody")
    page.get_by_role("button", name="Save cohort").last.click()
    page.wait_for_url(re.compile(r"/cohorts/$"))
    (folder / "names.csv").write_text("id,name\nmug-7,A mug\n,No id\n")
    page.goto(f"/{ENVIRONMENT}/interactions/product-names/")
    page.set_input_files("[name=file]", folder / "names.csv")
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Use these names").click()
    page.goto(f"/{ENVIRONMENT}/notifications/")
    page.check("[name=kind][value=webhook]")
    page.fill("[name=address]", "http://127.0.0.1:9/hooks")
    page.get_by_role("button", name="Add channel").click()
    page.get_by_role("button", name="Send test").click()
    page.wait_for_load_state()
    page.goto(f"/{ENVIRONMENT}/interactions/exports/schedules/new/")
    page.fill("[name=target]", "warehouse/daily")
    page.get_by_role("button", name="Create schedule").click()
    page.get_by_role("button", name="Run now").click()
    page.wait_for_load_state()
    for name, content in (("orders.csv", TABLE), ("more.jsonl", '{"type": "like"}\n')):
        (folder / name).write_text(content)
        page.goto(f"/{ENVIRONMENT}/interactions/imports/new/")
        page.set_input_files("#file", folder / name)
        page.locator("#wizard [data-focus]").wait_for()


def loaded_import(dojo: Dojo) -> int:
    """The number of the import that was loaded."""
    return _first(dojo, "import")


def erased_request(dojo: Dojo) -> int:
    """The number of the deletion request that was carried out."""
    return _first(dojo, "deletionrequest")


def _first(dojo: Dojo, table: str) -> int:
    sql = (
        f"SELECT min(one.id) FROM interactions_{table} one"
        " JOIN interactions_environment here ON here.id = one.environment_id WHERE here.slug = ?"
    )
    return int(query(dojo.environ, sql, ENVIRONMENT)[0][0])
