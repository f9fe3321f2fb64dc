"""Every page by axe-core (WCAG 2.2 AA): light and dark, wide and at 320 pixels, where nothing scrolls sideways.

The pages are those of the URL table: a new one is looked at because it has an address. Addresses with a number or an
id in them are taken from links on the other pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve, reverse

from interactions.access.roles import ROUTES, Access, Rule
from tests.access.test_roles import NAMED
from tests.console.furnished import EMPTY, ENVIRONMENT, erased_request, furnish, furnish_by_hand, loaded_import
from tests.looks import PATIENCE
from tests.processes import HOUSE, Dojo, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
AXE = HOUSE / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 320, "height": 720}
RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const runOnly = { type: "tag", values: tags };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 4).map(({ target, any }) => `${id} at ${target.join(" ")}: ${any[0]?.message ?? ""}`));
}"""
SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return "";
  const isCut = (each) => /auto|scroll|hidden/.test(getComputedStyle(each).overflowX);
  const scrolls = (each) => each !== null && (isCut(each) || scrolls(each.parentElement));
  const beyond = [...document.querySelectorAll("main *, .bare *")]
    .filter((each) => each.getBoundingClientRect().right > clientWidth + 1 && !scrolls(each.parentElement))
    .slice(0, 4).map((each) => `${each.localName}.${each.className}`);
  return `${scrollWidth} pixels: ${beyond.join(", ")}`;
}"""
# Addresses that aren't looked at: no pages, or pages that nobody comes to by a link or an address.
LEFT_OUT = {
    "logout",  # ends the log-in of all that follow
    "api_connect", "openid_connect_login", "openid_connect_callback",  # other programs call them
    "set_password", "account_reset_password_from_key",  # of a link that is sent; its form is that of the account
    "socialaccount_login_cancelled",
    "mfa_authenticate",  # between a password and its code
}  # fmt: skip


@dataclass
class Findings:
    """What was found on all pages; ``names`` are those of their addresses."""

    names: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)


def simple_addresses(environment: str, is_meant: Callable[[Rule], bool]) -> dict[str, str]:
    """The addresses without a number or an id, by name."""
    found = {}
    for name, pattern in NAMED.items():
        if name not in LEFT_OUT and is_meant(ROUTES[name]) and set(pattern.pattern.converters) <= {"environment"}:
            found[name] = reverse(name, kwargs=dict.fromkeys(pattern.pattern.converters, environment))
    return found


def name_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return ""


def is_page(context: BrowserContext, address: str) -> bool:
    answer = context.request.get(address, max_redirects=0)
    return answer.status == 200 and "<html" in answer.text()[:200]


def settle(page: Page) -> None:
    """Wait until the fragments are there, but not forever: a page that polls is busy now and then."""
    from playwright.sync_api import TimeoutError as StillBusy

    busy = "[aria-busy=true], .htmx-request"
    with suppress(StillBusy):
        page.wait_for_function(
            "(busy) => !document.querySelector(busy) && document.fonts.status === 'loaded'", arg=busy, timeout=10_000
        )


def look_at(page: Page, name: str, address: str, found: Findings, sizes: tuple[dict[str, int], ...]) -> None:
    page.goto(address)
    settle(page)
    for size in sizes:
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_function("(theme) => document.documentElement.dataset.bsTheme === theme", arg=theme)
            where = f"{name} ({theme}, {size['width']})"
            found.violations += [f"{where}: {each}" for each in page.evaluate(RUN)]
        if size is NARROW and (wider := page.evaluate(SIDEWAYS)):
            found.sideways.append(f"{name}: {wider}")
    found.names.append(name)
    for link in page.eval_on_selector_all(
        "a[href^='/'], form[action^='/']", "all => all.map((each) => each.href || each.action)"
    ):
        found.links.setdefault(name_of(link), urlsplit(link).path)
    page.set_viewport_size(WIDE)


@pytest.fixture(scope="module")
def found(browser: Browser, dojo: Dojo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Findings]:
    """All pages, each loaded once."""
    folder: Path = tmp_path_factory.mktemp("furnished")
    furnish(dojo, folder)
    context = browser.new_context(base_url=dojo.url, viewport=WIDE, reduced_motion="reduce", color_scheme="light")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(path=AXE)
    page, found = context.new_page(), Findings()
    look_at_all(page, simple_addresses(ENVIRONMENT, lambda rule: rule is Access.PUBLIC), found)
    log_in(page)
    furnish_by_hand(page, folder)
    look_at_all(page, simple_addresses(ENVIRONMENT, lambda rule: rule is not Access.PUBLIC), found)
    # The pages of what has been done are linked by its own pages alone, not by those of the latest.
    found.links["import_load"] = reverse("import_load", args=[ENVIRONMENT, loaded_import(dojo)])
    found.links["deletion_receipt"] = reverse("deletion_receipt", args=[ENVIRONMENT, erased_request(dojo)])
    look_at_links(page, found)
    for name, address in simple_addresses(EMPTY, lambda rule: not isinstance(rule, Access)).items():
        if is_page(context, address):
            look_at(page, f"{name}, empty", address, found, (NARROW,))
    yield found
    context.close()


def look_at_all(page: Page, addresses: dict[str, str], found: Findings) -> None:
    for name, address in addresses.items():
        if is_page(page.context, address):
            look_at(page, name, address, found, (WIDE, NARROW))


def look_at_links(page: Page, found: Findings) -> None:
    """The pages with a number or an id in their addresses, one each, that pages link to, or the pages linked there."""
    left_out = LEFT_OUT | simple_addresses(ENVIRONMENT, bool).keys()
    while new := {name: found.links[name] for name in found.links.keys() & NAMED.keys() - left_out}:
        left_out |= new.keys()
        look_at_all(page, new, found)


def test_no_page_violates_wcag(found: Findings) -> None:
    assert not found.violations, "\n".join(found.violations)


def test_no_page_scrolls_sideways_on_a_small_phone(found: Findings) -> None:
    assert not found.sideways, "\n".join(found.sideways)


def test_pages_with_a_number_in_their_address_were_looked_at(found: Findings) -> None:
    for name in ("import_detail", "import_load", "import_check", "record", "person", "live_call", "connection",
                 "deletion_request", "deletion_receipt", "key_rotate", "member_edit", "view_edit", "annotation_edit",
                 "share_link_revoke", "cohort_edit", "schedule"):  # fmt: skip
        assert name in found.names
