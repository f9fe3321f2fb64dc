"""The plugin's pages in a real Chromium: what visitors do becomes interactions, once they agreed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.integrations.conftest import Sites
from tests.integrations.wordpress import ADMIN, Somebody, WordPress

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SETTINGS = "/wp-admin/options-general.php?page=dojo-interactions"


@pytest.fixture
def site(wordpress_site: WordPress, sites: Sites) -> Iterator[WordPress]:
    wordpress_site.stand_in()
    value = {"address": sites.host, "publishable_key": sites.publishable, "assume_consent": "1"}
    Somebody(wordpress_site.url).do("set", {"name": "dojo_interactions", "value": value})
    yield wordpress_site
    wordpress_site.stand_in()


@pytest.fixture
def page(browser: Browser, site: WordPress) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, locale="de-AT", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def visit(page: Page, address: str) -> None:
    """Open a page, and wait until it was counted."""
    with page.expect_response("**/v1/interactions*") as answered:
        page.goto(address)
    assert answered.value.status == 200


def visitor_of(page: Page) -> str:
    (found,) = [each["value"] for each in page.context.cookies() if each["name"] == "dojo_visitor"]
    return str(found)


def test_each_kind_of_page_is_its_interaction(site: WordPress, sites: Sites, page: Page) -> None:
    keywords = "blue </script><script>document.title='broken'</script> & \"mug\""
    made = site.made
    visit(page, "/?utm_source=letter&utm_campaign=winter&email=someone@example.org")
    visit(page, f"/?post_type=product&p={made['product']}")
    visit(page, "/?product_cat=mugs")
    visit(page, f"/?p={made['post']}")
    visit(page, f"/?page_id={made['page']}")
    visit(page, f"/?s={keywords.replace('&', '%26')}")
    assert page.title() != "broken"
    rows = sites.wait_for_visitor(visitor_of(page), 6)
    found = {row["type"]: row for row in rows}
    assert set(found) == {
        *("home_page_view", "product_detail_page_view", "category_page_view", "read", "custom", "search"),
    }
    product = str(made["product"])
    assert found["product_detail_page_view"]["product_ids"] == [product]
    assert found["product_detail_page_view"]["product_group_ids"] == [product]
    assert found["category_page_view"]["category"] == ["Kitchen & table", "Mugs"]
    assert found["read"]["product_ids"] == [str(made["post"])]
    assert found["custom"]["custom_action_name"] == "page_view"
    assert found["search"]["keywords"] == keywords
    home = found["home_page_view"]
    assert home["page_url"] == f"{site.url}/?utm_source=letter&utm_campaign=winter"
    assert (home["campaign_source"], home["campaign_name"], home["locale"]) == ("letter", "winter", "de-AT")
    assert all(row["custom"]["source"] == "wordpress" and row["user_id"] is None for row in rows)
    assert found["read"]["page_title"] == "About mugs – The shop"


def test_a_page_is_counted_and_a_cookie_set_only_once_the_visitor_agrees(
    site: WordPress, sites: Sites, page: Page
) -> None:
    site.stand_in(consent=True)
    calls: list[Any] = []
    page.on("request", lambda request: calls.append(request) if "/v1/" in request.url else None)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert calls == [] and "dojo_visitor" not in {each["name"] for each in page.context.cookies()}
    with page.expect_response("**/v1/interactions*"):
        page.evaluate("wp_set_consent('statistics', 'allow')")
    page.evaluate("wp_set_consent('statistics', 'allow')")
    visitor = visitor_of(page)
    visit(page, f"/?p={site.made['post']}")
    assert visitor_of(page) == visitor and len(calls) == 2
    sites.wait_for_visitor(visitor, 2)
    page.evaluate("wp_set_consent('statistics', 'deny')")
    assert "dojo_visitor" not in {each["name"] for each in page.context.cookies()}


def test_without_a_choice_nothing_is_counted(site: WordPress, sites: Sites, page: Page) -> None:
    value = {"address": sites.host, "publishable_key": sites.publishable}
    Somebody(site.url).do("set", {"name": "dojo_interactions", "value": value})
    calls: list[Any] = []
    page.on("request", lambda request: calls.append(request) if "/v1/" in request.url else None)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert calls == [] and page.context.cookies() == []


def test_a_page_works_while_dojo_is_away(site: WordPress, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/v1/interactions*", lambda route: route.abort())
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert errors == [] and page.locator("h1").inner_text() == "The shop"


def test_an_administrator_sets_it_up_and_tests_the_connection(site: WordPress, sites: Sites, page: Page) -> None:
    Somebody(site.url).do("set", {"name": "dojo_interactions", "value": []})
    page.goto("/wp-login.php")
    page.fill("#user_login", ADMIN[0])
    page.fill("#user_pass", ADMIN[1])
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/**")
    page.goto(SETTINGS)
    page.fill("#dojo-interactions-address", f"{sites.host}/v1/")
    page.fill("#dojo-interactions-publishable_key", sites.key(site.url))
    page.fill("#dojo-interactions-secret_key", sites.secret)
    outcome = page.locator("#dojo-interactions-outcome")
    page.get_by_role("button", name="Test connection").click()
    outcome.locator(".notice-success", has_text="Publishable key: it works.").wait_for()
    outcome.locator(".notice-success", has_text="Secret key: it works.").wait_for()
    page.get_by_role("button", name="Save Changes").click()
    page.get_by_text("Settings saved.").wait_for()
    assert page.input_value("#dojo-interactions-address") == sites.host
    assert page.input_value("#dojo-interactions-secret_key") == "" and sites.secret not in page.content()
    elsewhere = sites.key("https://shop.example")
    page.fill("#dojo-interactions-publishable_key", elsewhere)
    page.get_by_role("button", name="Test connection").click()
    outcome.locator(".notice-error", has_text=re.compile("can't be used from the origin")).wait_for()
    outcome.locator(".notice-success", has_text="Secret key: it works.").wait_for()
    page.goto("/wp-admin/plugins.php")
    page.locator("[data-slug=dojo-interactions]").get_by_role("link", name="Settings").wait_for()
