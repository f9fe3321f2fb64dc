"""Markup in every field that a page shows, in forms and in addresses, stays text, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.urls import Resolver404, resolve

from .markup import HERE, KEPT, MARKUP, assert_harmless, opened, settle, upload_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.processes import Dojo

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = [
    "interactions/",
    "interactions/?type=custom",
    "interactions/breakdown/?by=region&figures=now",
    "interactions/retention/",
    "interactions/paths/",
    "interactions/funnel/",
    "interactions/records/",
    "interactions/health/",
    "interactions/imports/",
    "interactions/imports/new/",
    "interactions/exports/",
    "interactions/exports/schedules/",
    "interactions/cohorts/",
    "interactions/product-names/",
    "views/",
    "notes/",
    "share-links/",
    "connections/",
    "notifications/",
    "live/",
    "live/problems/",
    "people/",
    "api/",
    "keys/",
    "keys/new/",
    "members/",
    "members/new/",
    "settings/",
    "activity/",
    "privacy/requests/",
    "privacy/requests/new/",
    "privacy/data-retention/",
]


SINGLE = {
    "record",
    "import_detail",
    "person",
    "deletion_request",
    "deletion_receipt",
    "member_edit",
    "key_rotate",
    "key_revoke",
    "live_call",
    "cohort_edit",
    "cohort_delete",
    "connection",
    "view_edit",
    "annotation_edit",
    "share_link_revoke",
    "schedule",
    "exports",
    "health",
    "import_load",
}
# Each has forms: their fields are filled with markup, and what the server says to that is a page, too.
FORMS = [
    "settings/",
    "members/new/",
    "keys/new/",
    "interactions/health/thresholds/",
    "privacy/requests/new/",
    "privacy/access/",
    "privacy/data-retention/",
    "people/",
    "interactions/cohorts/new/",
    "interactions/exports/schedules/new/",
    "views/new/?page=dashboard&query=",
    "notes/new/",
    "share-links/new/?page=dashboard&query=",
    "connections/new/",
    "notifications/",
    "interactions/records/",
    "interactions/",
    "api/",
    "live/",
    "activity/",
]
PARAMETERS = [
    "action",
    "after",
    "anonymous",
    "before",
    "breakdown",
    "by",
    "campaign",
    "category",
    "cohort",
    "columns",
    "compare",
    "count",
    "day",
    "device",
    "direction",
    "end",
    "field",
    "find",
    "first",
    "format",
    "from",
    "goal",
    "group",
    "id",
    "import",
    "key",
    "keywords",
    "kind",
    "limit",
    "locale",
    "measure",
    "medium",
    "miso_id",
    "months",
    "object",
    "of",
    "origin",
    "outcome",
    "page",
    "page_url",
    "panel",
    "people",
    "period",
    "person",
    "product",
    "q",
    "query",
    "region",
    "repeats",
    "returning",
    "show",
    "sort",
    "source",
    "split",
    "start",
    "state",
    "status",
    "step",
    "steps",
    "text",
    "through",
    "to",
    "type",
    "unit",
    "user",
    "waited",
    "who",
    "window",
    "within",
    "words",
]
PLACES = [
    "{}/",
    f"{HERE}/{{}}/",
    f"{HERE}/interactions/records/{{}}/",
    f"{HERE}/interactions/imports/{{}}/",
    f"{HERE}/people/{{}}/",
    f"{HERE}/live/{{}}/",
    f"{HERE}/keys/{{}}/rotate/",
    f"{HERE}/members/{{}}/",
    f"{HERE}/privacy/requests/{{}}/",
    f"{HERE}/connections/new/{{}}/",
    f"{HERE}/connections/types/{{}}/",
    "shared/{}/",
    "set-password/{}/{}/",
    "uploads/{}/",
    "v1/{}",
    "static/{}",
    "admin/{}/",
    "admin/interactions/deletionrequest/{}/change/",
]
SENT = "[...document.querySelectorAll('main form, dialog form')].filter((form) => form.method !== 'dialog')"
SEND = f"""([number, typed]) => {{
  const form = {SENT}[number];
  for (const field of form.querySelectorAll("textarea, input:is([type=text], [type=number], [type=search])")) {{
    if (field.matches("input")) field.type = "text";
    field.removeAttribute("maxlength");
    field.value = typed;
  }}
  HTMLFormElement.prototype.submit.call(form);
}}"""
# By the attribute: the ``href`` of a link in an SVG is no text.
LINKED = 'all => all.map((each) => new URL(each.getAttribute("href"), document.baseURI).href)'


def test_no_page_takes_what_it_shows_for_markup(page: Page) -> None:
    for address in ("", *PAGES):
        opened(page, f"/{HERE}/{address}")


def test_no_single_page_takes_what_it_shows_for_markup(page: Page) -> None:
    """Every kind of page that a link leads to, from the lists on, twice."""
    seen: dict[str, list[str]] = {}
    waiting = [f"/{HERE}/{address}" for address in PAGES]
    while waiting:
        address = waiting.pop(0)
        name = name_of(address)
        if name is None or address in seen.setdefault(name, []) or len(seen[name]) == 2:
            continue
        seen[name].append(address)
        opened(page, address)
        links = page.eval_on_selector_all("a[href]:not([download])", LINKED)
        links = [link for link in links if link.startswith(f"{origin_of(page)}/{HERE}/")]
        waiting += links + [f"{link}load/" for link in links if name_of(link) == "import_detail"]
    assert set(seen) >= SINGLE


def name_of(address: str) -> str | None:
    """The name of an address of Dojo's that answers with a page."""
    try:
        name = resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return None
    return None if name.endswith(("_data", "_file", "_json", "_rejected", "_at_once")) else name


def origin_of(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.scheme}://{parts.netloc}"


def test_no_form_takes_what_is_typed_for_markup(page: Page) -> None:
    for address in FORMS:
        opened(page, f"/{HERE}/{address}")
        for number in range(page.evaluate(f"{SENT}.length")):
            opened(page, f"/{HERE}/{address}")
            with page.expect_navigation():
                page.evaluate(SEND, [number, KEPT])  # of nobody, so that no answer is a file
            settle(page)
            assert_harmless(page)


def test_the_log_in_takes_no_name_for_markup(browser: Browser, dojo: Dojo) -> None:
    page = browser.new_page(base_url=dojo.url)
    opened(page, f"/login/?next={quote(MARKUP)}#{quote(MARKUP)}")
    page.fill("[name=username]", MARKUP)
    page.fill("[name=password]", MARKUP)
    page.press("[name=password]", "Enter")
    page.get_by_text("The user name or password is wrong.").wait_for()
    assert page.input_value("[name=username]") == MARKUP
    assert_harmless(page)
    page.close()


def test_no_address_becomes_markup(page: Page) -> None:
    query = urlencode(dict.fromkeys(PARAMETERS, MARKUP))
    for address in ("", *PAGES):
        opened(page, f"/{HERE}/{address.partition('?')[0]}?{query}#{quote(MARKUP)}")
    for place in PLACES:
        opened(page, "/" + place.replace("{}", quote(MARKUP, safe="")))


def test_no_name_of_a_file_becomes_markup(page: Page) -> None:
    page.goto(f"/{HERE}/interactions/imports/new/")
    name = MARKUP.replace("/", "")
    page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": b'{"type":"like"}\n'})
    page.wait_for_url("**/check/")
    page.get_by_role("button", name="Next step").wait_for()
    assert page.inner_text(".file-name") == name
    assert_harmless(page)


def test_no_name_of_a_file_of_products_becomes_markup(page: Page) -> None:
    upload_names(page)
    assert page.inner_text("main").count("onerror=window.attacked=1") == 3  # the file, a product, and its name
    assert_harmless(page)


@pytest.mark.parametrize("shared", ["dashboard", "retention"])
def test_no_shared_page_takes_what_it_shows_for_markup(page: Page, shared: str) -> None:
    query = urlencode({"page": shared, "query": urlencode({"product": MARKUP})})
    opened(page, f"/{HERE}/share-links/new/?{query}")
    page.fill("[name=name]", MARKUP[:60])
    page.get_by_role("button", name="Create link").click()
    address = page.locator("#link-text").inner_text()
    assert_harmless(page)
    opened(page, address)
    assert MARKUP[:60] in page.inner_text("body")
    opened(page, f"{address}?{urlencode(dict.fromkeys(PARAMETERS, MARKUP))}#{quote(MARKUP)}")
