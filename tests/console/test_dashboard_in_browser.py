"""The Interactions page in a real browser: dragging, going back, new records, themes, the phone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.lakes import append, record
from tests.looks import PATIENCE, expect, fits, frames, says
from tests.processes import Dojo, add_environment, log_in, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ENVIRONMENT = "charts"
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def page(browser: "Browser", dojo: Dojo, settings) -> Iterator["Page"]:
    """A page of somebody logged in, on forty days of likes in an environment of their own."""
    settings.LAKE_DIR, settings.SCRATCH_DIR = dojo.data_dir / "lake", dojo.data_dir / "scratch"
    if not (settings.LAKE_DIR / ENVIRONMENT).exists():
        add_environment(dojo, ENVIRONMENT)
        days = range(40)
        append((record("like", (START + timedelta(days=day)).isoformat()) for day in days), environment=ENVIRONMENT)
    refused: list[str] = []
    context = browser.new_context(base_url=dojo.url, viewport={"width": 1440, "height": 960})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    log_in(page)
    page.goto(f"/{ENVIRONMENT}/interactions/")
    page.wait_for_selector("#over-time canvas")
    yield page
    context.close()
    assert refused == []  # nothing fails unseen, the content security policy included


def records_shown(page: "Page") -> int:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    return int(page.inner_text("dd >> nth=0").replace(",", ""))


def shows_records(page: "Page", count: int) -> None:
    """Wait for the number: it comes a request after the click or the address."""
    wait_for(lambda: records_shown(page) == count)


def sum_of(page: "Page", panel: str, cells: str) -> int:
    found = page.locator(f"[data-panel={panel}] .chart-table {cells}").all_inner_texts()
    return sum(int(count.replace(",", "")) for count in found)


def pointed(page: "Page", x: float, y: float) -> None:
    """Move the pointer there until the chart, which is drawn anew now and then, says what is below it."""

    def moved() -> bool:
        page.mouse.move(x - 1, y)
        page.mouse.move(x, y)
        return page.locator("#over-time .tip").is_visible()

    wait_for(moved)


def test_numbers_that_took_long_do_not_hold_up_looking_for_new_records(page: "Page") -> None:
    def slowly(route: "Route") -> None:
        page.wait_for_timeout(5000)
        route.continue_()

    page.route("**/interactions/panels/*", slowly)
    with page.expect_response("**/interactions/panels/*"):
        page.click("text=Week")
    page.wait_for_selector("#dashboard:not([aria-busy])")
    # The numbers are not asked for again for ten seconds; whether there are new ones is.
    for _ in range(3):
        with page.expect_request("**/dashboard.json?*panel=version*", timeout=8_000):
            pass


def test_a_drag_across_the_bars_zooms_and_the_back_button_returns(page: "Page") -> None:
    everything = records_shown(page)
    place = page.locator("#over-time").bounding_box()
    assert place
    page.mouse.move(place["x"] + 300, place["y"] + 100)
    page.mouse.down()
    page.mouse.move(place["x"] + 500, place["y"] + 100, steps=5)
    page.mouse.up()
    page.wait_for_url("**from=2024-01-*")
    wait_for(lambda: 1 < records_shown(page) < everything)
    page.go_back()
    page.wait_for_selector("#reset-zoom", state="detached")
    shows_records(page, everything)


def test_after_a_zoom_no_tip_of_a_bar_that_is_gone_is_left(page: "Page") -> None:
    """The pointer rests where it let go; what it pointed at before may be beyond the bars of now."""
    page.wait_for_selector("#dashboard:not([aria-busy])")
    place = page.locator("#over-time").bounding_box()
    assert place
    pointed(page, place["x"] + place["width"] / 2, place["y"] + 100)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.8, place["y"] + 100, steps=8)
    page.mouse.up()
    page.wait_for_url("**from=2024-*")
    page.wait_for_selector("#dashboard:not([aria-busy])")
    frames(page, 30)  # in which a tip would be drawn anew
    assert "NaN" not in page.locator("#over-time").inner_text()


def test_a_bar_tells_its_numbers(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    place = page.locator("#over-time").bounding_box()
    assert place
    pointed(page, place["x"] + 300, place["y"] + 100)
    says(page, "#over-time .tip", "Feedback signals")


def test_new_records_appear_by_themselves(page: "Page") -> None:
    before = records_shown(page)
    append([record("like", (START + timedelta(days=3)).isoformat())], environment=ENVIRONMENT, import_id=2)
    page.wait_for_selector(f"dd:text-is('{before + 1}')")


def test_the_table_shows_the_numbers_of_the_bars(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    page.click("[data-panel=over_time] [data-show-table]")
    wait_for(lambda: sum_of(page, "over_time", "tbody td:nth-child(2)") == records_shown(page))


def test_the_chart_comes_as_a_picture(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    page.click(".tool-menu summary")
    with page.expect_download() as download:
        page.click("[data-download-png]")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_every_panel_comes_as_a_picture(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    for name in ("rhythm", "by_type", "devices"):
        page.click(f"[data-panel={name}] .tool-menu summary")
        with page.expect_download() as download:
            page.click(f"[data-panel={name}] [data-download-png]")
        assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_heat_map_has_a_table(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    page.click("[data-panel=rhythm] [data-show-table]")
    expect(page.locator("[data-panel=rhythm] .chart-table td")).to_have_count(7 * 24)
    wait_for(lambda: sum_of(page, "rhythm", "td") == records_shown(page))


def test_a_filter_is_set_by_a_form_or_a_row_and_cleared_by_its_chip(page: "Page") -> None:
    everything = records_shown(page)
    page.click("#add-filter")
    page.click("text=All fields")
    page.fill(".filter-person [name=id]", "nobody")
    page.press(".filter-person [name=id]", "Enter")
    page.wait_for_url("**user=u-*")
    shows_records(page, 0)
    page.click("[data-chip=user]")
    page.wait_for_url(f"**/{ENVIRONMENT}/interactions/")
    shows_records(page, everything)
    page.click("[data-panel=by_type] tr[data-name=like] a")
    page.wait_for_url("**type=like")
    expect(page.locator(".chip-condition")).to_have_text("Type: like", use_inner_text=True)
    page.click(".chip-clear-all")
    page.wait_for_selector("[data-chip]", state="detached")


def test_a_filter_of_several_values_that_a_field_is_not_is_set_by_the_keyboard(page: "Page") -> None:
    everything = records_shown(page)
    page.focus("#add-filter")
    page.keyboard.press("Enter")
    page.click("text=All fields")
    region = page.get_by_role("group", name="Region")
    region.get_by_role("combobox").focus()
    page.keyboard.press("ArrowDown")
    region.get_by_role("textbox").fill("Kent")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("Wien")
    page.keyboard.press("Enter")
    page.wait_for_url("**?region!=Kent&region!=Wien")
    shows_records(page, everything)
    chip = page.locator(".chip-condition")
    expect(chip).to_have_text("Region is not Kent or Wien", use_inner_text=True)
    page.click("#add-filter")
    page.click("text=All fields")
    region.get_by_role("combobox").select_option("is")
    region.get_by_role("textbox").last.fill("")
    page.keyboard.press("Backspace")
    expect(region.get_by_role("textbox")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**?region=Kent")
    shows_records(page, 0)


def test_the_filter_goes_along_in_the_address_and_survives_a_reload(page: "Page") -> None:
    page.goto(f"/{ENVIRONMENT}/interactions/?type=like&period=7d")
    shows_records(page, 7)
    page.reload()
    shows_records(page, 7)
    here = page.locator(".pane a[aria-current=page]")
    expect(here).to_have_attribute("href", re.compile(r"\?period=7d&type=like$"))


def test_the_chart_follows_the_theme(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    label = "window.echarts.getInstanceByDom(document.getElementById('over-time')).getOption().yAxis[0].axisLabel.color"
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    light = page.evaluate(label)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    wait_for(lambda: page.evaluate(label) != light)


def test_nothing_is_wider_than_a_phone(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    records_shown(page)
    fits(page)


def test_periods_are_chosen_by_keyboard_alone(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    page.focus("#period-chip")
    for key in ("Enter", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**period=7d")
    shows_records(page, 7)


def test_the_bar_of_the_newest_record_is_hatched_and_says_so_far(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    decals = """async (name) => {
        const { getInstanceByDom } = window.echarts;
        const series = getInstanceByDom(document.getElementById(name)).getOption().series[0].data;
        return series.map((each) => Boolean(each.itemStyle?.decal));
    }"""
    wait_for(lambda: page.evaluate(decals, "over-time").count(True) == 1)
    assert page.evaluate(decals, "over-time")[-1]
    says(page, "[data-slot=note]", "the hatched bar isn't complete yet")
    place = page.locator("#over-time").bounding_box()
    assert place
    pointed(page, place["x"] + place["width"] - 18, place["y"] + 100)
    says(page, "#over-time .tip", "so far")
    page.click("[data-panel=over_time] [data-show-table]")
    says(page, "[data-panel=over_time] .chart-table tbody tr:first-child th", "(so far)")


def opened_beside(page: "Page", button: "Locator") -> None:
    text = page.locator("#about-sessions")
    text.wait_for(state="visible")
    wait_for(lambda: _beside(button.bounding_box(), text.bounding_box()))
    assert "30 minutes" in text.inner_text()


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_an_explanation_opens_beside_its_button_and_closes(page: "Page", way: str) -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    button = page.locator("[popovertarget=about-sessions]")
    expect(page.locator("#about-sessions")).to_be_hidden()
    if way == "keyboard":
        button.focus()
        page.keyboard.press("Enter")
    else:
        button.click()
    opened_beside(page, button)
    page.keyboard.press("Escape")
    page.wait_for_selector("#about-sessions", state="hidden")


def test_an_explanation_opens_by_a_tap_on_a_phone_and_closes_by_another(page: "Page", browser: "Browser") -> None:
    context = browser.new_context(
        base_url=page.url,
        storage_state=page.context.storage_state(),
        has_touch=True,
        viewport={"width": 390, "height": 844},
    )
    context.set_default_timeout(PATIENCE)
    phone = context.new_page()
    phone.goto(page.url)
    phone.wait_for_selector("#dashboard:not([aria-busy])")
    button = phone.locator("[popovertarget=about-sessions]")
    button.tap()
    opened_beside(phone, button)
    phone.touchscreen.tap(20, 20)
    phone.wait_for_selector("#about-sessions", state="hidden")
    context.close()


def _beside(button: Any, text: Any) -> bool:
    return abs(text["y"] - button["y"] - button["height"]) < 12 and abs(text["x"] - button["x"]) < 400


def test_charts_are_told_in_sentences(page: "Page") -> None:
    page.wait_for_selector("#dashboard:not([aria-busy])")
    days = (
        r"Interactions over time: \d+ days from Mon, Jan 1, 2024 to .+, 2024, \d+ in all\. The highest is \d+, on .+\."
    )
    expect(page.locator("#over-time")).to_have_attribute("aria-label", re.compile(days))
    hours = r"Hours of the week: \d+ records by weekday and hour\. The highest is \d+, on \w+day from 00:00 to 00:59\."
    expect(page.locator("[data-chart=rhythm]")).to_have_attribute("aria-label", re.compile(hours))


def test_an_axis_of_two_years_says_which(page: "Page") -> None:
    def label(query: str) -> str:
        page.goto(f"/{ENVIRONMENT}/interactions/?{query}&unit=day")
        page.wait_for_selector("#dashboard:not([aria-busy])")
        return page.evaluate(
            """() => {
              const [axis] = window.echarts.getInstanceByDom(document.getElementById("over-time")).getOption().xAxis;
              return axis.axisLabel.formatter(axis.data.at(-1));
            }"""
        )

    assert label("from=2024-01-01&to=2024-01-10") == "Jan 10"
    assert label("from=2023-12-20&to=2024-01-10") == "Jan 10, 2024"


def test_on_a_phone_links_lead_to_the_panels_and_load_nothing(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("#dashboard:not([aria-busy])")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/figures/" in request.url else None)
    page.get_by_role("navigation", name="Panels").get_by_role("link", name="Hours").click()
    expect(page.locator("#rhythm-title")).to_be_in_viewport()
    frames(page, 10)
    assert asked == []


def test_on_a_wide_screen_three_panels_are_beside_each_other(page: "Page") -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.wait_for_selector("#dashboard:not([aria-busy])")
    lefts = page.eval_on_selector_all(
        ".panel-columns .panel:not([hidden])", "all => all.map((each) => each.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == 3
