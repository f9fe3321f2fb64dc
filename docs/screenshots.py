"""Take the pictures of docs/images from a Dojo that runs and has data in it.

    .venv/bin/python docs/screenshots.py http://127.0.0.1:8000 admin PASSWORD FILE

FILE is a file of interactions: it is dropped into the wizard of the playground, looked at and loaded there, so let it
take some seconds to load. The other pictures show production: import something there first, the numbers are its own.
Needs Chromium and the packages of requirements-dev.txt.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TABLE = "Date;Action;Customer;Articles;Order total\n" + "".join(
    f"0{day}/04/2026 1{hour}:15;{action};C-10{hour}{day};{articles};{total}\n"
    for day in range(1, 8)
    for hour, (action, articles, total) in enumerate(
        (("Viewed item", "mug-7", ""), ("Add to basket", "mug-7", ""), ("Purchase", "mug-7|cup-2", "24,50"))
    )
)
EVENTS = (
    *("Product Viewed",) * 41,
    *("Product List Viewed",) * 18,
    *("Search",) * 12,
    *("Product Added",) * 9,
    *("Order Completed",) * 4,
    *("Newsletter Opened",) * 3,
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def event(place: int, name: str) -> dict[str, object]:
    """An event as PostHog sends it."""
    said = {"product_id": f"mug-{place % 7}", "category": "Mugs", "query": "mug", "revenue": 24.5, "$device_id": "d-1"}
    moment = f"2026-11-02T10:{place // 60:02}:{place % 60:02}Z"
    return {"uuid": f"shown-{place}", "event": name, "distinct_id": "d-1", "timestamp": moment, "properties": said}


class Photographer:
    """Somebody who is logged in and takes pictures of ``1440`` or ``390`` CSS pixels' width."""

    def __init__(self, browser: Browser, url: str, user: str, password: str) -> None:
        self.browser = browser
        self.url = url.rstrip("/")
        page = browser.new_page(base_url=self.url)
        page.goto("/login/")
        page.fill("[name=username]", user)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        page.wait_for_selector(".pane-menu", state="attached")
        self.cookies = page.context.storage_state()
        page.context.close()

    def page(self, *, size: dict[str, int] = WIDE, theme: str = "light", sharp: int = 1) -> Page:
        context = self.browser.new_context(
            base_url=self.url,
            storage_state=self.cookies,
            viewport=size,
            color_scheme=theme,
            device_scale_factor=sharp,
            reduced_motion="reduce",
            bypass_csp=True,  # waiting for a condition evaluates one in the page
        )
        return context.new_page()

    def shoot(self, page: Page, name: str) -> None:
        page.evaluate("document.fonts.ready")
        page.mouse.move(0, 0)
        path = IMAGES / f"{name}.png"
        page.screenshot(path=path, animations="disabled")
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")

    def dashboard(self, name: str, **options: object) -> None:
        page = self.page(**options)  # type: ignore[arg-type]
        page.goto("/production/interactions/")
        page.wait_for_selector("#over-time canvas")
        page.wait_for_selector(".skeleton", state="detached")
        page.wait_for_timeout(1500)  # the bars grow
        self.shoot(page, name)
        page.context.close()

    def wizard(self, file: Path) -> None:
        """The three faces of the wizard, by a file that is really dropped in and loaded."""
        page = self.page(size={"width": 1440, "height": 640})
        page.goto("/playground/interactions/imports/new/")
        self.shoot(page, "wizard-choose")
        page.set_input_files("#file", file)
        page.locator("#first-title").wait_for()
        page.set_viewport_size({"width": 1440, "height": 820})
        page.evaluate("document.activeElement.blur()")
        self.shoot(page, "wizard-check")
        page.set_viewport_size({"width": 1440, "height": 640})
        page.get_by_role("button", name="Next step").click()
        page.wait_for_url("**/load/")
        # In the middle, with all its figures there.
        page.wait_for_function(
            """() => {
              const bar = document.getElementById("loading-bar");
              const figures = [...document.querySelectorAll("#progress dd:not(.is-there)")];
              return bar && bar.value > 0.5 && figures.every((each) => each.textContent.trim() !== "–");
            }""",
            timeout=300_000,
        )
        self.shoot(page, "wizard-load")
        page.get_by_role("link", name="Next step").wait_for(timeout=600_000)
        page.context.close()

    def mapping(self) -> None:
        """The step that maps a table, by one with other names that is dropped in, looked at and discarded."""
        page = self.page(size={"width": 1440, "height": 1180})
        page.goto("/playground/interactions/imports/new/")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "shop-export.csv")
            file.write_text(TABLE)
            page.set_input_files("#file", file)
            page.get_by_text("CSV table").wait_for()
        page.get_by_label("written with the day first").select_option("day first")
        page.get_by_text("No problems in the first").wait_for()
        page.evaluate("document.activeElement.blur()")
        self.shoot(page, "wizard-map")
        page.get_by_role("button", name="Discard").click()
        page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        page.get_by_text("The file was discarded.").wait_for()
        page.context.close()

    def connection(self) -> None:
        """A connected tool, by one that is added to the playground, sends events and is removed."""
        page = self.page(size={"width": 1440, "height": 760})
        page.goto("/playground/connections/new/")
        page.get_by_label("PostHog").check()
        page.get_by_label("Name").fill("Shop")
        page.get_by_role("button", name="Add connection").click()
        address = page.locator("#address-text").inner_text()
        for place, name in enumerate(EVENTS):
            page.request.post(address, data=event(place, name))
        page.get_by_role("link", name="See what arrives").click()
        page.get_by_text(EVENTS[0]).first.wait_for()
        page.evaluate("document.activeElement.blur()")
        self.shoot(page, "connection")
        page.get_by_role("link", name="Remove").click()
        page.get_by_role("button", name="Remove connection").click()
        page.context.close()

    def deletion(self) -> None:
        """What a request would erase: prepared for two who bought something, looked at and cancelled."""
        page = self.page()
        page.goto("/production/interactions/records/?type=checkout")
        buyers = page.locator(".record-person a:not(.is-quiet)").all_inner_texts()
        page.goto("/production/privacy/requests/new/")
        page.get_by_label("Ids", exact=True).fill("\n".join(dict.fromkeys(buyers[:2])))
        page.get_by_label("Who asked").fill("Two customers, by letter")
        page.get_by_label("Reference").fill("Letter 2026-17")
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("heading", name="Letter 2026-17").wait_for()
        page.wait_for_load_state("networkidle")
        self.shoot(page, "privacy")
        page.get_by_role("button", name="Cancel request").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel request").click()
        page.get_by_text("The request was cancelled.").wait_for()
        page.context.close()

    def still(self, name: str, path: str, shown: str) -> None:
        """A page of production, once ``shown`` is there."""
        page = self.page()
        page.goto(f"/production/{path}")
        page.wait_for_selector(shown)
        page.wait_for_load_state("networkidle")
        self.shoot(page, name)
        page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of docs/images.")
    parser.add_argument("url", help="where Dojo runs")
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("file", type=Path, help="a file to drop into the playground")
    options = parser.parse_args()
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("There is no Chromium here: apt install chromium.")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        photographer = Photographer(browser, options.url, options.user, options.password)
        photographer.wizard(options.file)
        photographer.mapping()
        photographer.connection()
        photographer.dashboard("dashboard-light")
        photographer.dashboard("dashboard-dark", theme="dark")
        photographer.dashboard("phone", size=PHONE, sharp=2)
        photographer.still("overview", "", ".tile-health .tile-more")
        photographer.still("records", "interactions/records/", "tbody tr")
        photographer.still("health", "interactions/health/", ".health-seal")
        by_region = "interactions/breakdown/?measure=people&by=region&unit=week"
        photographer.still("breakdown", by_region, "#breakdown canvas")
        photographer.still("paths", "interactions/paths/?start=search&steps=4", "#paths table")
        photographer.still("retention", "interactions/retention/", "table.returns")
        photographer.deletion()
        browser.close()


if __name__ == "__main__":
    main()
