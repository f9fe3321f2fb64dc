"""What may happen on the way: a reload, a pause, a second tab, a broken line, a change of mind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.wizard import files
from tests.console.wizard.browser import drop, faultless, number_of, outcome, percent_of, standstill, start_loading
from tests.looks import PATIENCE, expect, says
from tests.processes import Dojo, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request, Route

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MEGABYTES = 20  # three chunks
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is sent in three chunks."""
    return files.heavy(tmp_path_factory.mktemp("heavy") / "films.jsonl", MEGABYTES)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is loaded in several blocks, for more than a moment: 120,000 records, 100 MB unpacked."""
    return files.as_lines(tmp_path_factory.mktemp("long") / "likes.jsonl.gz", files.likes(120_000))


@contextmanager
def third_chunk_held(page: Page) -> Iterator[list[Route]]:
    """Chunks pass but for the third, which never gets through; gives what is held."""
    held: list[Route] = []

    def pass_or_hold(route: Route) -> None:
        if route.request.method == "PATCH" and int(route.request.headers["upload-offset"]) > 10_000_000:
            held.append(route)
        else:
            route.continue_()

    page.route("**/uploads/*/", pass_or_hold)
    yield held
    page.unroute_all(behavior="ignoreErrors")
    from playwright.sync_api import Error  # where there is no Playwright, there is no page either

    for route in held:
        with suppress(Error):  # of a page that has let go of it
            route.abort()


def reach(page: Page, held: list[Route]) -> None:
    """Wait until the third chunk is on its way."""
    page.wait_for_selector("[data-sent-bar]")
    deadline = PATIENCE // 50
    while not held and deadline:
        page.wait_for_timeout(50)
        deadline -= 1
    assert held


def uploads_of(page: Page) -> list[tuple[str, int]]:
    """Fills, as requests are made, with the method and the offset in bytes of each request of an upload."""
    seen: list[tuple[str, int]] = []

    def note(request: Request) -> None:
        if "/uploads/" in request.url:
            seen.append((request.method, int(request.headers.get("upload-offset", 0))))

    page.on("request", note)
    return seen


def test_after_a_reload_the_same_file_goes_on_where_it_was(page: Page, environment: str, heavy: Path) -> None:
    page.goto(f"/{environment}/interactions/imports/new/")
    with third_chunk_held(page) as held:
        drop(page, heavy)
        reach(page, held)
        page.reload()
    says(page, "[data-unfinished]", "16.8 MB of 20.0 MB sent")

    seen = uploads_of(page)
    drop(page, heavy)
    page.get_by_text("No problems in the first").wait_for()
    assert [method for method, _ in seen] == ["HEAD", "PATCH"]
    assert seen[-1][1] == 2 * (8 << 20)


def test_a_file_that_changed_under_the_same_name_size_and_time_is_sent_from_its_start(
    page: Page, environment: str, tmp_path: Path
) -> None:
    file = files.heavy(tmp_path / "films.jsonl", MEGABYTES)
    before = file.stat()
    page.goto(f"/{environment}/interactions/imports/new/")
    with third_chunk_held(page) as held:
        drop(page, file)
        reach(page, held)
        page.reload()
    file.write_bytes(file.read_bytes().replace(b'"watch"', b'"click"'))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size

    seen = uploads_of(page)
    drop(page, file)
    page.get_by_text("No problems in the first").wait_for()
    assert seen[0] == ("POST", 0)
    assert [offset for method, offset in seen if method == "PATCH"] == [0, 8 << 20, 16 << 20]


def test_a_pause_holds_the_sending_until_it_goes_on(page: Page, environment: str, heavy: Path) -> None:
    page.goto(f"/{environment}/interactions/imports/new/")
    with third_chunk_held(page) as held:
        drop(page, heavy)
        reach(page, held)
        with page.expect_event("requestfailed"):
            page.get_by_role("button", name="Pause").click()
    seen = uploads_of(page)
    page.get_by_role("button", name="Resume").wait_for()
    page.request.get(page.url)  # as long as the server takes for another request, at least
    assert seen == []

    page.get_by_role("button", name="Resume").click()
    page.get_by_text("No problems in the first").wait_for()
    assert ("PATCH", 2 * (8 << 20)) in seen
    assert ("PATCH", 0) not in seen


def test_a_broken_line_is_said_and_mended_without_a_press(
    browser, dojo: Dojo, logged_in, environment: str, heavy: Path
) -> None:
    with faultless(browser, dojo, but="net::ERR_INTERNET_DISCONNECTED", storage_state=logged_in) as context:
        page = context.new_page()
        page.goto(f"/{environment}/interactions/imports/new/")
        with third_chunk_held(page) as held:
            drop(page, heavy)
            reach(page, held)
            context.set_offline(True)
        page.get_by_text("You're offline. The upload resumes once the connection is back.").wait_for()
        context.set_offline(False)
        page.get_by_text("No problems in the first").wait_for()


def test_sending_can_be_given_up(page: Page, environment: str, heavy: Path) -> None:
    page.goto(f"/{environment}/interactions/imports/new/")
    with third_chunk_held(page) as held:
        drop(page, heavy)
        reach(page, held)
        page.get_by_role("button", name="Cancel").click()
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            page.get_by_role("button", name="Cancel upload").click()
        page.locator("[data-drop-zone]").wait_for()
    page.reload()
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    page.goto(f"/{environment}/interactions/imports/")
    expect(page.locator("#rows .cell-state")).to_have_text(["Cancelled"], use_inner_text=True)


def test_a_second_tab_shows_the_same_progress(
    visitor: BrowserContext, page: Page, dojo: Dojo, environment: str, long: Path
) -> None:
    start_loading(page, environment, long)
    wait_until_some_is_read(page)
    with standstill(dojo):
        page.reload()
        second = visitor.new_page()
        second.goto(page.url)
        assert 0 < int(percent_of(page).rstrip("%")) < 100
        figures = [outcome(tab) | {"Left": "", "Rate": ""} for tab in (page, second)]
        assert figures[0] == figures[1]
        assert percent_of(page) == percent_of(second)
    for tab in (page, second):
        tab.get_by_role("link", name="Next step").wait_for()
        assert percent_of(tab) == "100%"
        assert outcome(tab)["Accepted"] == "120,000"


def test_an_import_cancelled_while_it_loads_leaves_nothing(
    page: Page, dojo: Dojo, environment: str, long: Path
) -> None:
    number = start_loading(page, environment, long)
    wait_until_some_is_read(page)
    with standstill(dojo):
        page.get_by_role("button", name="Cancel").click()
        says(page, "dialog[open]", "the data set doesn't change")
        page.get_by_role("button", name="Cancel import").click()
        page.get_by_text("The import was cancelled.").wait_for()
    page.goto(f"/{environment}/interactions/")
    says(page, "main", "has no interactions yet")
    wait_for(lambda: not list(dojo.data_dir.glob(f"imports/{number}/**/*")))
    assert not list((dojo.data_dir / "lake" / environment).rglob("*.parquet"))


def wait_until_some_is_read(page: Page) -> None:
    """Asks oftener than the page does, so that the end does not come first."""
    address = f"{page.url}"
    assert number_of(page)
    wait_for(lambda: ">0%<" not in page.request.get(address, headers=HTMX).text())
