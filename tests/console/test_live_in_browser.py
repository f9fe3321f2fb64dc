"""The Live page in a real browser: calls arrive, nothing jumps, a call opens, a key is made."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from interactions.ingest.live import calls as ring
from tests.deliveries import body_of, delivery
from tests.looks import PATIENCE, expect, fits, says
from tests.processes import Dojo, add_environment, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ENVIRONMENT = "calls"
pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, settings) -> Iterator["Page"]:
    """The Live page of an environment of its own, of somebody logged in, with one call on it."""
    settings.REDIS_URL = f"unix://{dojo.data_dir}/redis/redis.sock"
    if len(str(dojo.data_dir / "redis" / "redis.sock")) > 100:
        settings.REDIS_URL = dojo.manage("shell", "-c", "from django.conf import settings; print(settings.REDIS_URL)")
        settings.REDIS_URL = settings.REDIS_URL.strip().splitlines()[-1]
    refused: list[str] = []
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 700})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    add_environment(dojo, ENVIRONMENT)
    log_in(page)
    came()
    page.goto(f"/{ENVIRONMENT}/live/")  # it comes with all the calls that there are
    page.wait_for_selector(".call")
    yield page
    context.close()
    assert refused == []  # nothing fails unseen, the content security policy included


def shows_calls(page: "Page", count: int) -> None:
    expect(page.locator(".call")).to_have_count(count)


def calls(page: "Page") -> int:
    return page.locator(".call").count()


def came(number: int = 1, **values: object) -> None:
    ring.push([delivery(environment=ENVIRONMENT, **values) for _ in range(number)])


def test_a_call_appears_by_itself_and_pause_holds_it(page: "Page") -> None:
    before = calls(page)
    came()
    shows_calls(page, before + 1)
    page.click("[data-pause]")
    other = page.context.new_page()
    other.goto(page.url)
    shows_calls(other, before + 1)
    came()
    shows_calls(other, before + 2)
    assert calls(page) == before + 1  # what another page has learnt meanwhile
    page.click("[data-pause]")
    shows_calls(page, before + 2)


def test_the_row_under_the_pointer_stays_where_it_is(page: "Page") -> None:
    before = calls(page)
    came(30)
    shows_calls(page, before + 30)
    row = page.locator(".call").nth(5)
    name = row.get_attribute("id")
    row.hover()
    place = page.locator(f"#{name}").bounding_box()
    assert place
    rows = calls(page)
    came(5)
    shows_calls(page, rows + 5)
    stays = "([name, y]) => Math.abs(document.getElementById(name).getBoundingClientRect().y - y) < 2"
    page.wait_for_function(stays, arg=[name, place["y"]])


def test_a_refused_call_opens_with_its_problem_beside_it(page: "Page") -> None:
    body = body_of({"type": "page_view", "user_id": "ann"})
    came(status=422, body=body, lines=['data.0.type ("page_view") is invalid. It is no type.'])
    page.click(".call[data-refused] a >> nth=0")
    page.wait_for_selector("#sheet[open] .wrong-row")
    says(page, "#sheet .record-problems", "It is no type.")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet-body")).to_be_empty()
    page.wait_for_selector("#problems .causes")  # the panel has it too


def test_filters_go_into_the_address_and_back(page: "Page") -> None:
    page.select_option("[name=status]", "5xx")
    page.wait_for_url("**/live/?status=5xx")
    page.wait_for_selector(".calls-none:visible")
    page.go_back()
    page.wait_for_selector(".call")
    expect(page.locator("[name=status]")).to_have_value("")


def test_a_key_is_made_in_a_dialog_and_shown_once(page: "Page") -> None:
    page.goto(f"/{ENVIRONMENT}/keys/")
    page.click("text=Create API key")
    page.fill("#key [name=name]", "Till")
    page.click("text=Create key")
    key = page.inner_text("#key-text")
    assert key.startswith("dojo_sk_")
    page.mouse.click(5, 5)  # beside the dialog: what is shown once stays until it is put away
    expect(page.locator("#key-text")).to_have_text(key, use_inner_text=True)
    page.click("text=Done")
    page.wait_for_selector("#key-text", state="detached")
    assert key not in page.content()
    says(page, "#key-list", "Till")


def test_a_press_that_begins_in_a_dialog_does_not_close_it_where_it_ends(page: "Page") -> None:
    page.goto(f"/{ENVIRONMENT}/keys/")
    page.click("text=Create API key")
    page.fill("#key [name=name]", "Till")
    box = page.locator("#key [name=name]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(250, box["y"], steps=4)
    page.mouse.up()
    expect(page.locator("#key [name=name]")).to_have_value("Till")
    page.mouse.click(5, 5)
    page.wait_for_selector("#key", state="hidden")


def test_nothing_is_wider_than_a_phone(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for address in (f"/{ENVIRONMENT}/live/", f"/{ENVIRONMENT}/keys/"):
        page.goto(address)
        fits(page)
