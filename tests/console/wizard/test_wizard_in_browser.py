"""The main job in a real browser: a file dropped in, watched while it loads, looked at, undone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.console.wizard import files
from tests.console.wizard.browser import Seen, bring_in, dashboard, drop, faultless, log_in, outcome, percent_of
from tests.looks import expect, says
from tests.processes import Dojo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ORDERS = Seen(
    tiles={"Interactions": "1,260", "Products": "25"},
    facts=[
        "90 user ids",
        "8 anonymous ids",
        "First record Mar 1, 2024, 08:26",
        "Last record Mar 27, 2024, 13:56",
        "Times are in UTC",
    ],
    types={"checkout": "1,203", "refund": "40", "custom": "17"},
    in_bars=1260,
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return files.as_list(tmp_path / "orders.json.gz", files.orders())


def test_a_file_goes_from_the_log_in_to_its_dashboard(
    browser: Browser, dojo: Dojo, environment: str, orders: Path
) -> None:
    with faultless(browser, dojo) as context:
        page = context.new_page()
        log_in(page)
        page.goto(f"/{environment}/")
        page.get_by_role("link", name="Interactions", exact=True).click()
        says(page, "main", "has no interactions yet")

        page.get_by_role("link", name="Import data file").click()
        says(page, "main", "Drop a file of interactions here")
        drop(page, orders)

        page.get_by_text("Types in the first").wait_for()
        expect(page.locator(".file-name")).to_have_text("orders.json.gz", use_inner_text=True)
        says(page, ".file-facts", "JSON, a list, gzip")
        assert [row.split()[:2] for row in page.locator(".type-bars li").all_inner_texts()] == [
            ["checkout", "1,203"],
            ["refund", "40"],
            ["custom", "17"],
        ]
        says(page, ".sample", "SKU-0")
        says(page, "main", "No problems in the first 1,260 records")
        page.get_by_role("button", name="Next step").click()

        page.get_by_role("link", name="Next step").wait_for()
        assert percent_of(page) == "100%"
        assert outcome(page) | {"Records read": "1,260", "Accepted": "1,260", "Rejected": "0"} == outcome(page)
        page.get_by_role("link", name="Next step").click()

        page.wait_for_url("**/interactions/?import=*")
        assert dashboard(page) == ORDERS


def test_a_file_chosen_from_the_disk_is_taken_as_well(page: Page, environment: str, orders: Path) -> None:
    page.goto(f"/{environment}/interactions/imports/new/")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-drop-zone]").click()
    chooser.value.set_files(orders)
    page.get_by_text("No problems in the first 1,260 records").wait_for()


def test_a_file_dropped_before_the_pages_scripts_are_there_is_taken_as_well(
    page: Page, environment: str, orders: Path
) -> None:
    held: list[Route] = []
    page.route("**/js/wizard*.js", lambda route: held.append(route))
    page.goto(f"/{environment}/interactions/imports/new/", wait_until="commit")
    says(page, "main", "Drop a file of interactions here")
    drop(page, orders)
    page.wait_for_function("() => document.querySelector('[data-file]').files.length")
    held.pop().continue_()
    page.get_by_text("No problems in the first 1,260 records").wait_for()


def test_a_file_dropped_again_adds_nothing_and_says_so(page: Page, environment: str, orders: Path) -> None:
    bring_in(page, environment, orders)
    bring_in(page, environment, orders)
    says(page, "#progress", "All records of this file were already in the data set. Nothing was added.")
    assert outcome(page) | {"Accepted": "0", "Duplicates": "1,260"} == outcome(page)
    page.get_by_role("link", name="Next step").click()
    page.wait_for_url("**/interactions/")
    assert dashboard(page) == ORDERS


def test_an_import_undone_leaves_the_data_set_as_it_was(page: Page, environment: str, orders: Path) -> None:
    bring_in(page, environment, orders)
    bring_in(page, environment, files.as_lines(orders.with_name("likes.jsonl"), files.likes(50)))
    page.goto(f"/{environment}/interactions/")
    assert dashboard(page).tiles["Interactions"] == "1,310"

    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="likes.jsonl").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo import").click()
    page.get_by_text("The import was undone.").wait_for()
    page.goto(f"/{environment}/interactions/")
    assert dashboard(page) == ORDERS


def test_rejects_are_told_apart_with_their_causes(page: Page, environment: str, tmp_path: Path) -> None:
    bring_in(page, environment, files.as_list(tmp_path / "searches.json", files.faulty()))
    says(page, "#progress", "4 records were not loaded.")
    assert outcome(page) | {"Records read": "9", "Accepted": "5", "Rejected": "4"} == outcome(page)
    causes = page.locator(".causes tbody tr").all_inner_texts()
    assert [row.split("\t")[1] for row in causes] == ["3", "1"]
    assert causes[0].startswith("timestamp") and "record 3" in causes[0] and "2024-02-30 10:02" in causes[0]
    assert causes[1].startswith("type") and "record 6" in causes[1] and "page_view" in causes[1]

    page.get_by_role("link", name="Imports").last.click()
    expect(page.locator("#rows .cell-state")).to_have_text(["Done with rejects"], use_inner_text=True)


def test_rejected_records_once_mended_are_all_accepted(page: Page, environment: str, tmp_path: Path) -> None:
    bring_in(page, environment, files.as_list(tmp_path / "searches.json.gz", files.faulty()))
    with page.expect_download() as download:
        page.get_by_role("link", name="rejected.jsonl").click()
    text = download.value.path().read_text()
    assert [json.loads(line)["_dojo"]["record"] for line in text.splitlines()] == [3, 5, 6, 8]

    mended = tmp_path / "mended.jsonl"
    mended.write_text(re.sub(r'"timestamp": "2024-02-30 (10:\d\d)"', r'"timestamp": "2024-02-29T\1:00Z"', text))
    mended.write_text(mended.read_text().replace('"page_view"', '"home_page_view"'))
    bring_in(page, environment, mended)
    assert outcome(page) | {"Records read": "4", "Accepted": "4", "Rejected": "0"} == outcome(page)
    page.goto(f"/{environment}/interactions/")
    assert dashboard(page).types == {"search": "8", "home_page_view": "1"}


def test_a_file_that_cannot_be_imported_is_refused_with_a_sentence(
    page: Page, environment: str, tmp_path: Path, orders: Path
) -> None:
    picture = tmp_path / "orders.json"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(2000))
    page.goto(f"/{environment}/interactions/imports/new/")
    drop(page, picture)
    page.get_by_text("This file can't be imported.").wait_for()
    says(page, "[role=alert]", "The file is a PNG picture, not JSON.")

    page.get_by_role("link", name="Choose another file").click()
    drop(page, orders)
    page.get_by_text("No problems in the first 1,260 records").wait_for()


@pytest.mark.parametrize("what", ["an empty file", "a folder", "two files"])
def test_what_is_not_one_file_with_something_in_it_is_not_sent(
    page: Page, environment: str, tmp_path: Path, orders: Path, what: str
) -> None:
    empty = tmp_path / "empty.json"
    empty.touch()
    dropped, said = {
        "an empty file": ([empty], "empty.json is empty. Choose another file."),
        "a folder": ([tmp_path], "That's a folder. Drop one file."),
        "two files": ([empty, orders], "Drop one file at a time."),
    }[what]
    page.goto(f"/{environment}/interactions/imports/new/")
    drop(page, *dropped)
    expect(page.locator("[data-choosing-error]")).to_have_text(said, use_inner_text=True)
    expect(page.locator("[data-sending]")).to_be_hidden()


def test_sample_data_ends_on_a_dashboard_of_50_000_records(page: Page, environment: str) -> None:
    page.goto(f"/{environment}/interactions/")
    page.get_by_role("button", name="Load sample data").click()
    page.get_by_role("link", name="Next step").wait_for(timeout=60_000)
    assert outcome(page) | {"Accepted": "50,000", "Rejected": "0"} == outcome(page)
    page.get_by_role("link", name="Next step").click()
    seen = dashboard(page)
    assert seen.tiles["Interactions"] == "50,000" and seen.in_bars == 50_000
    assert len(seen.types) > 15
