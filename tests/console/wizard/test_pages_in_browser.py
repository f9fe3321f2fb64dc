"""All pages in a real browser: by keyboard alone, without an error, on a phone, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.wizard import files
from tests.console.wizard.browser import bring_in, drop, faultless, number_of
from tests.looks import fits
from tests.processes import ADMIN, PASSWORD, Dojo, add_environment, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
LONG_NAME = "clickstream-of-all-shops-and-all-countries-in-one-file-without-a-break-2024-q1-final-2"


def press_until(page: Page, name: str, *, key: str = "Tab") -> None:
    """Press a key until the focus is on what is called ``name``, once the page is there."""
    page.wait_for_load_state()

    def reached() -> bool:
        # In one look: a fragment that is swapped meanwhile may take what has the focus with it.
        if name in page.evaluate("() => [(document.activeElement.innerText ?? '').trim(), document.activeElement.id]"):
            return True
        page.keyboard.press(key)
        return False

    wait_for(reached, seconds=60, pause=0, because=lambda: f"{name} is not reached by {key}.")


def test_the_wizard_is_gone_through_by_keyboard_alone(
    browser: Browser, dojo: Dojo, environment: str, tmp_path: Path
) -> None:
    orders = files.as_list(tmp_path / "orders.json", files.orders())
    with faultless(browser, dojo) as context:
        page = context.new_page()
        page.on("filechooser", lambda chooser: chooser.set_files(orders))
        page.goto(f"/{environment}/interactions/")
        page.wait_for_function("() => document.activeElement.name === 'username'")
        page.keyboard.type(ADMIN)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{dojo.url}/{environment}/interactions/")  # the log-in's address ends like it, too
        press_until(page, "Import data file")
        page.keyboard.press("Enter")
        page.wait_for_url("**/imports/new/")
        press_until(page, "file")
        page.keyboard.press("Enter")
        page.wait_for_url("**/check/")
        page.get_by_role("button", name="Next step").wait_for()
        press_until(page, "Next step")
        page.keyboard.press("Enter")
        page.wait_for_url("**/load/")
        page.get_by_role("link", name="Next step").wait_for()
        press_until(page, "Next step")
        page.keyboard.press("Enter")
        page.wait_for_url("**/interactions/?import=*")
        page.get_by_text("1,260").first.wait_for()


@pytest.fixture(scope="module")
def addresses(browser: Browser, dojo: Dojo, logged_in: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page there is, empty and full, by what it shows; each may be asked for again and again."""
    here, empty = add_environment(dojo, "full-shop"), add_environment(dojo, "empty-shop")
    folder = tmp_path_factory.mktemp("pages")
    good = files.as_list(folder / f"{LONG_NAME}.json.gz", files.orders())
    faulty = files.as_list(folder / "searches.json", files.faulty())
    broken = folder / f"{LONG_NAME}.json"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with faultless(browser, dojo, storage_state=logged_in) as context:
        page = context.new_page()
        done = bring_in(page, here, good)
        with_rejects = bring_in(page, here, faulty)
        page.goto(f"/{here}/interactions/imports/new/")
        drop(page, broken)
        page.wait_for_url("**/check/")
        refused = number_of(page)
        page.goto(f"/{here}/interactions/imports/new/")
        drop(page, faulty)
        page.wait_for_url("**/check/")
        checked = number_of(page)
    imports = f"/{here}/interactions/imports"
    return {
        "overview": f"/{here}/",
        "empty overview": f"/{empty}/",
        "dashboard": f"/{here}/interactions/",
        "dashboard by type": f"/{here}/interactions/?split=type",
        "dashboard of one import": f"/{here}/interactions/?import={done}",
        "empty dashboard": f"/{empty}/interactions/",
        "imports": f"{imports}/",
        "no imports": f"/{empty}/interactions/imports/",
        "choose": f"{imports}/new/",
        "check": f"{imports}/{checked}/check/",
        "refused": f"{imports}/{refused}/check/",
        "loaded": f"{imports}/{done}/load/",
        "loaded with rejects": f"{imports}/{with_rejects}/load/",
        "import": f"{imports}/{done}/",
        "import with rejects": f"{imports}/{with_rejects}/",
        "refused import": f"{imports}/{refused}/",
        "account": "/account/",
    }


def test_no_page_has_an_error_or_is_wider_than_a_phone(
    browser: Browser, dojo: Dojo, logged_in: Any, addresses: dict[str, str]
) -> None:
    too_wide = {}
    with faultless(browser, dojo, storage_state=logged_in, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        for name, address in addresses.items():
            answer = page.goto(address)
            assert answer and answer.ok, name
            page.wait_for_selector(".skeleton", state="detached")
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                page.wait_for_selector(f"html[data-bs-theme={theme}]")
                page.evaluate("() => document.fonts.ready")
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    too_wide[name, theme] = page.evaluate("document.documentElement.scrollWidth")
    assert too_wide == {}


def test_the_log_in_has_no_error_and_fits_a_phone(browser: Browser, dojo: Dojo) -> None:
    with faultless(browser, dojo, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto("/login/")
        page.fill("[name=username]", ADMIN)
        page.fill("[name=password]", "wrong")
        page.press("[name=password]", "Enter")
        page.get_by_text("The user name or password is wrong.").wait_for()
        fits(page)
