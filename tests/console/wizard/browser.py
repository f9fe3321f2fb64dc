"""A person at a browser: logs in, drops files in, goes through the wizard, reads the numbers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.looks import PATIENCE
from tests.processes import ADMIN, PASSWORD, Dojo, query, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# What a page must not do is told in its console, where Chromium tells of failed scripts and requests, too.
TELL_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`The security policy forbids ${event.violatedDirective}: ${event.blockedURI}`));
"""


@contextmanager
def faultless(browser: Browser, dojo: Dojo, *, but: str = "", **options: Any) -> Iterator[BrowserContext]:
    """A browser of its own; fails at the end if any of its pages had an error in the console, ``but`` for one."""
    options = {"base_url": dojo.url, "viewport": {"width": 1440, "height": 960}, **options}
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(TELL_OF_VIOLATIONS)
    faults: list[str] = []
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    try:
        yield context
    finally:
        context.close()
    unexpected = [fault for fault in faults if not but or but not in fault]
    assert not unexpected, unexpected


def log_in(page: Page) -> None:
    page.goto("/login/")
    page.fill("[name=username]", ADMIN)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/production/")


@contextmanager
def standstill(dojo: Dojo) -> Iterator[None]:
    """The worker stops where it is, and goes on at the end."""
    first = dojo.worker()
    processes = [first, *first.children(recursive=True)]

    def stopped() -> bool:
        for process in processes:
            process.suspend()
        if _is_writable(dojo):
            return True
        _resume(processes)  # it held the database, and nobody else could write
        return False

    try:
        wait_for(stopped)
        yield
    finally:
        _resume(processes)


def _resume(processes: list[psutil.Process]) -> None:
    for process in processes:
        process.resume()


def _is_writable(dojo: Dojo) -> bool:
    """Whether nobody is in the middle of a transaction."""
    if "DATABASE_URL" in dojo.environ:
        open_ones = "datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        return not query(dojo.environ, f"SELECT 1 FROM pg_stat_activity WHERE {open_ones}")
    database = dojo.data_dir / "dojo.sqlite3"
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as asked:
        try:
            asked.execute("BEGIN IMMEDIATE")
            asked.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        return True


def drop(page: Page, *paths: Path) -> None:
    """Drag files from outside the browser onto the drop zone and let them go."""
    box = page.locator("[data-drop-zone]").bounding_box()
    assert box
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    mouse = page.context.new_cdp_session(page)
    for moment in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": moment, **place, "data": files})


def start_loading(page: Page, environment: str, path: Path) -> int:
    """Drop a file in and press "Next step"; the number of its import."""
    page.goto(f"/{environment}/interactions/imports/new/")
    drop(page, path)
    page.get_by_text("Skip records that are already in the data set").wait_for()
    page.get_by_role("button", name="Next step").click()
    page.wait_for_url("**/load/")
    return number_of(page)


def bring_in(page: Page, environment: str, path: Path) -> int:
    """Drop a file in and load it to its end; the number of its import."""
    number = start_loading(page, environment, path)
    page.get_by_role("link", name="Next step").wait_for()
    return number


def number_of(page: Page) -> int:
    found = re.search(r"/imports/(\d+)/", page.url)
    assert found, page.url
    return int(found[1])


def outcome(page: Page) -> dict[str, str]:
    """The figures of an import, as the page shows them: "Accepted" → "1,187"."""
    return dict(
        zip(
            page.locator(".figures dt").all_inner_texts(),
            page.locator(".figures dd").all_inner_texts(),
            strict=True,
        )
    )


def percent_of(page: Page) -> str:
    return page.inner_text(".load-percent")


@dataclass(frozen=True)
class Seen:
    """What the Interactions page shows: two tiles, the line below, the records of each type, the sum of all bars."""

    tiles: dict[str, str]
    facts: list[str]
    types: dict[str, str]
    in_bars: int


_TILES = ("Interactions", "Products")


def dashboard(page: Page) -> Seen:
    """The numbers of the Interactions page that is open, once they are there."""
    page.wait_for_selector("#dashboard:not([aria-busy])")
    page.wait_for_selector("#over-time canvas")
    page.wait_for_selector("#dashboard .tiles .skeleton", state="detached")
    tiles = zip(
        page.locator(".tiles dt").all_inner_texts(), page.locator(".tiles [data-figure]").all_inner_texts(), strict=True
    )
    types = zip(
        page.locator("[data-slot=by_type] .bar-name").all_inner_texts(),
        page.locator("[data-slot=by_type] tbody td:nth-child(2)").all_inner_texts(),
        strict=True,
    )
    page.click("[data-panel=over_time] [data-show-table]")
    bars = page.locator("[data-panel=over_time] .chart-table tbody td:nth-child(2)").all_inner_texts()
    page.click("[data-panel=over_time] [data-show-table]")
    facts = page.locator(".dash-facts span").all_inner_texts()
    return Seen(
        {name: value for name, value in tiles if name in _TILES},
        facts,
        dict(types),
        sum(int(bar.replace(",", "")) for bar in bars),
    )
