"""The plugin on Debian's WordPress, against a running Dojo. WooCommerce's hooks are fired by stand-ins."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.wordpress.package import PLUGIN
from interactions.connectors import Options, woocommerce
from tests.clients.calls import call
from tests.integrations.conftest import Sites
from tests.integrations.wordpress import ADMIN, CUSTOMER, Somebody, WordPress
from tests.processes import free_port

pytestmark = pytest.mark.slow

ORDER: dict[str, Any] = {
    "order_key": "wc_order_x",
    "status": "processing",
    "date_created_gmt": "2026-11-04T10:30:00",
    "total": "29.90",
    "customer_id": 26,
    "customer_ip_address": "203.0.113.77",
    "customer_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "line_items": [
        {"product_id": 93, "variation_id": 931, "quantity": 2},
        {"product_id": 94, "variation_id": 0, "quantity": 1},
        {"product_id": 0, "variation_id": 0, "quantity": 1},
    ],
    "meta_data": [
        {"key": "_wc_order_attribution_utm_source", "value": "news"},
        {"key": "_wc_order_attribution_utm_campaign", "value": "winter"},
        {"key": "_wc_order_attribution_utm_medium", "value": "(none)"},
    ],
}


@pytest.fixture
def site(wordpress_site: WordPress, sites: Sites) -> Iterator[WordPress]:
    """The site with its plugin set up, on which everybody agrees; stand-ins are put back."""
    wordpress_site.stand_in()
    set_up(wordpress_site, sites)
    yield wordpress_site
    wordpress_site.stand_in()


def set_up(site: WordPress, sites: Sites, **more: str) -> None:
    keys = {"address": sites.host, "publishable_key": sites.publishable, "secret_key": sites.secret}
    value = {**keys, "assume_consent": "1", **more}
    Somebody(site.url).do("set", {"name": "dojo_interactions", "value": value})


def guest(site: WordPress) -> tuple[Somebody, str]:
    """A visitor who has the cookie, and the visitor's id."""
    somebody, visitor = Somebody(site.url), str(uuid.uuid4())
    somebody.cookies["dojo_visitor"] = visitor
    return somebody, visitor


def fire(somebody: Somebody, *hooks: list[Any], cart: Any = None) -> None:
    somebody.do("fire", {"hooks": hooks, "cart": cart or {}})


def sale(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, **ORDER, **more}


@pytest.mark.parametrize("file", sorted(PLUGIN.rglob("*.php")), ids=lambda file: file.name)
def test_php_reads_each_file(file: Any) -> None:
    if shutil.which("php") is None:
        pytest.skip("There is no PHP here.")
    done = subprocess.run(["php", "-l", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_added_to_the_cart_and_removed_is_sent(site: WordPress, sites: Sites) -> None:
    somebody, visitor = guest(site)
    cart = {"k": {"product_id": 93, "variation_id": 931, "quantity": 3}}
    # More of what is there already: WooCommerce changes the quantity first, then says that it was added.
    fire(
        somebody,
        ["woocommerce_after_cart_item_quantity_update", "k", 3, 1, "cart"],
        ["woocommerce_add_to_cart", "k", 93, 2, 931, [], []],
        cart=cart,
    )
    fire(somebody, ["woocommerce_after_cart_item_quantity_update", "k", 3, 2, "cart"], cart=cart)
    fire(somebody, ["woocommerce_after_cart_item_quantity_update", "k", 1, 3, "cart"], cart=cart)
    fire(somebody, ["woocommerce_remove_cart_item", "k", "cart"], cart=cart)
    fire(somebody, ["woocommerce_cart_item_restored", "k", "cart"], cart=cart)
    fire(somebody, ["woocommerce_remove_cart_item", "unknown", "cart"], cart=cart)
    rows = sites.wait_for_visitor(visitor, 5)
    assert sorted((row["type"], tuple(row["quantities"] or ())) for row in rows) == [
        ("add_to_cart", (1.0,)),
        ("add_to_cart", (2.0,)),
        ("add_to_cart", (3.0,)),
        ("remove_from_cart", ()),
        ("remove_from_cart", ()),
    ]
    assert {(*row["product_ids"], *row["product_group_ids"]) for row in rows} == {("931", "93")}
    assert {row["truncated_ip"] for row in rows} <= {None, ""}


def test_an_order_is_what_the_connector_makes_of_it_with_its_visitor(site: WordPress, sites: Sites) -> None:
    somebody, visitor = guest(site)
    somebody.do("place", sale(727))
    Somebody(site.url).do("pay", {"id": 727, "status": "processing"})  # the payment service's own call
    row = sites.wait_for_uuid("woocommerce:order:727")
    made = woocommerce.interactions(sale(727), Options())
    assert isinstance(made, list)
    (expected,) = made
    assert (row["type"], row["user_id"], row["anonymous_id"]) == ("checkout", expected["user_id"], visitor)
    for field in ("product_ids", "product_group_ids", "quantities", "revenue"):
        assert row[field] == expected[field], field
    about = expected["context"]
    assert row["timestamp"].isoformat() == "2026-11-04T10:30:00+00:00"
    assert (row["truncated_ip"], row["user_agent"]) == (about["truncated_ip"], about["user_agent"])
    assert (row["campaign_name"], row["campaign_source"]) == ("winter", "news")
    assert row["campaign_medium"] is None
    assert row["custom"] == about["custom_context"]


def test_an_order_counts_once_by_status_thanks_and_webhook(site: WordPress, sites: Sites) -> None:
    somebody, visitor = guest(site)
    somebody.do("place", sale(728))
    Somebody(site.url).do("pay", {"id": 728, "status": "on-hold"})
    for _ in range(2):
        fire(somebody, ["woocommerce_thankyou", 728])
    record = woocommerce.interactions(sale(728), Options())
    assert isinstance(record, list)
    send(sites, [*record, {"type": "like", "anonymous_id": f"after-{visitor}"}])
    sites.wait_for_visitor(f"after-{visitor}", 1)
    row = sites.wait_for_uuid("woocommerce:order:728")
    assert (row["anonymous_id"], row["revenue"]) == (visitor, 29.9)


def send(sites: Sites, records: list[dict[str, Any]]) -> None:
    assert call(f"{sites.host}/v1/interactions?api_key={sites.secret}", {"data": records})[0] == 200


def test_an_order_that_is_not_placed_is_not_sent_and_staff_are_no_buyers(site: WordPress, sites: Sites) -> None:
    buyer = Somebody(site.url)
    for number, status in ((730, "failed"), (731, "completed")):
        buyer.do("place", sale(number, customer_id=0))
        staff, _ = guest(site)
        staff.log_in(*ADMIN)
        staff.do("pay", {"id": number, "status": status})
        fire(staff, ["woocommerce_thankyou", number])
    row = sites.wait_for_uuid("woocommerce:order:731")
    assert (row["anonymous_id"], row["user_id"]) == (None, None)
    assert sites.with_uuid("woocommerce:order:730") == []


def test_signing_in_joins_visitor_and_user_once_and_signing_out_parts_them(site: WordPress, sites: Sites) -> None:
    somebody, visitor = guest(site)
    somebody.log_in(*CUSTOMER)
    for _ in range(2):
        assert somebody.ask("/")[0] == 200
    (row,) = sites.wait_for_visitor(visitor, 1)
    assert (row["user_id"], row["custom_action_name"]) == (str(site.made["customer"]), "sign_in")
    # Somebody who is signed in already and comes with another cookie.
    other = str(uuid.uuid4())
    somebody.cookies["dojo_visitor"] = other
    assert somebody.ask("/")[0] == 200
    (row,) = sites.wait_for_visitor(other, 1)
    assert row["user_id"] == str(site.made["customer"])
    somebody.log_out()
    assert any(each.startswith("dojo_visitor=deleted;") for each in somebody.told_cookies)


def test_pages_say_nothing_about_who_looks(site: WordPress, sites: Sites) -> None:
    pages = []
    for _ in range(2):
        somebody, visitor = guest(site)
        pages.append(somebody.ask(f"/?p={site.made['post']}")[1])
        assert visitor not in pages[-1] and sites.secret not in pages[-1]
    assert pages[0] == pages[1] and "dojoInteractions" in pages[0]
    assert somebody.told_cookies == []


@pytest.mark.parametrize("address", ["/?p=9999999", "/?order-received=5&key=wc_order_x", "/?account=1"])
def test_pages_of_one_person_and_pages_that_are_not_there_are_not_counted(site: WordPress, address: str) -> None:
    assert "dojoInteractions" not in Somebody(site.url).ask(address)[1]


def test_without_consent_nothing_names_the_visitor(site: WordPress, sites: Sites) -> None:
    site.stand_in(consent=True)
    somebody, visitor = guest(site)
    fire(somebody, ["woocommerce_add_to_cart", "k", 93, 1, 0])
    somebody.log_in(*CUSTOMER)
    somebody.do("place", sale(740))
    somebody.do("pay", {"id": 740, "status": "processing"})
    assert sites.wait_for_uuid("woocommerce:order:740")["anonymous_id"] is None
    assert sites.of_visitor(visitor) == []
    somebody.cookies["wp_consent_statistics"] = "allow"
    fire(somebody, ["woocommerce_add_to_cart", "k", 93, 1, 0])
    assert "add_to_cart" in {row["type"] for row in sites.wait_for_visitor(visitor, 2)}


def test_action_scheduler_keeps_records_and_tries_again_while_dojo_is_away(site: WordPress, sites: Sites) -> None:
    site.stand_in(actions=True)
    set_up(site, sites, address=f"http://127.0.0.1:{free_port()}")
    somebody, visitor = guest(site)
    fire(somebody, ["woocommerce_add_to_cart", "k", 93, 1, 0])
    (kept,) = somebody.do("actions")
    assert (kept["hook"], kept["group"]) == ("dojo_interactions_send", "dojo-interactions")
    somebody.do("run", kept)
    (again,) = somebody.do("actions")
    assert again["args"] == [kept["args"][0], 1] and again["timestamp"] > 0
    assert "Dojo could not be reached" in site.debug_log()
    set_up(site, sites, secret_key="dojo_sk_" + "x" * 40)
    somebody.do("run", again)  # a wrong key can be corrected, so the record waits
    (again,) = somebody.do("actions")
    assert again["args"][1] == 2
    set_up(site, sites)
    somebody.do("run", again)
    sites.wait_for_visitor(visitor, 1)
    assert somebody.do("actions") == []
    somebody.do("run", {**kept, "args": ['{"type":"no such type"}', 0]})  # what Dojo refuses is not tried again
    assert somebody.do("actions") == []
    somebody.do("run", {**kept, "args": [kept["args"][0], 0]})
    sites.wait_for_visitor(visitor, 1)


def test_an_order_too_long_for_action_scheduler_is_sent_at_once(site: WordPress, sites: Sites) -> None:
    site.stand_in(actions=True)
    somebody, _ = guest(site)
    lines = [{"product_id": 10_000_000 + at, "variation_id": 20_000_000 + at, "quantity": 1} for at in range(400)]
    somebody.do("place", sale(750, line_items=lines))
    somebody.do("pay", {"id": 750, "status": "processing"})
    assert len(sites.wait_for_uuid("woocommerce:order:750")["product_ids"]) == 400
    assert somebody.do("actions") == []


def test_pages_work_while_dojo_is_away_and_when_anything_fails(site: WordPress, sites: Sites) -> None:
    set_up(site, sites, address=f"http://127.0.0.1:{free_port()}")
    somebody, _ = guest(site)
    fire(somebody, ["woocommerce_add_to_cart", "k", 93, 1, 0])
    somebody.do("break", {"id": 760})
    fire(somebody, ["woocommerce_thankyou", 760], ["woocommerce_order_status_changed", 760, "pending", "processing"])
    fire(somebody, ["woocommerce_remove_cart_item", "k", "no cart"], ["woocommerce_checkout_create_order", None])
    log = site.debug_log()
    assert "Dojo Interactions: woocommerce_thankyou: RuntimeException" in log
    assert "Fatal error" not in log


@pytest.mark.parametrize(
    ("setting", "typed", "kept"),
    [
        ("address", " https://dojo.example/v1/ ", "https://dojo.example"),
        ("address", "http://dojo.example:8000/under/it/v1/interactions", "http://dojo.example:8000/under/it"),
        ("address", "javascript:alert(1)", None),
        ("address", "https://user:word@dojo.example", None),
        ("publishable_key", "dojo_sk_" + "a" * 40, None),
        ("publishable_key", "<b>dojo_pk_" + "a" * 40, "dojo_pk_" + "a" * 40),
        ("secret_key", "dojo_sk_" + "b" * 40, "dojo_sk_" + "b" * 40),
        ("secret_key", "", None),
        ("secret_key", "nonsense'\"><script>", None),
    ],
)
def test_settings_keep_what_can_be_right(
    site: WordPress, sites: Sites, setting: str, typed: str, kept: str | None
) -> None:
    before = Somebody(site.url).do("option", {"name": "dojo_interactions"})
    admin = Somebody(site.url)
    admin.log_in(*ADMIN)
    form = {**form_of(admin), f"dojo_interactions[{setting}]": typed}
    assert admin.ask("/wp-admin/options.php", form)[0] == 302
    page = admin.ask("/wp-admin/options-general.php?page=dojo-interactions&settings-updated=true")[1]
    after = admin.do("option", {"name": "dojo_interactions"})
    assert after == {**before, setting: before[setting] if kept is None else kept}
    assert ("notice-error" in page) == (kept is None and typed != "")
    assert sites.secret not in page and "nonsense" not in page


def form_of(admin: Somebody) -> dict[str, str]:
    """The form of the settings page as a browser would send it."""
    page = admin.ask("/wp-admin/options-general.php?page=dojo-interactions")[1]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page.partition('<form method="post"')[2].partition("</form>")[0]):
        found = dict(re.findall(r"""(\w+)=["']([^"']*)["']""", tag))
        if found.get("name") and (found.get("type") != "checkbox" or "checked" in tag):
            fields[found["name"]] = found.get("value", "")
    assert fields["option_page"] == "dojo-interactions" and fields["_wpnonce"]
    return fields


def test_a_forged_form_and_anybody_else_change_nothing(site: WordPress) -> None:
    admin, customer = Somebody(site.url), Somebody(site.url)
    admin.log_in(*ADMIN)
    customer.log_in(*CUSTOMER)
    before = admin.do("option", {"name": "dojo_interactions"})
    form = {**form_of(admin), "dojo_interactions[address]": "https://evil.example"}
    assert admin.ask("/wp-admin/options.php", {**form, "_wpnonce": "0123456789"})[0] == 403
    assert customer.ask("/wp-admin/options.php", form)[0] == 403
    assert customer.ask("/wp-admin/options-general.php?page=dojo-interactions")[0] == 403
    test = {"action": "dojo_interactions_test", "nonce": "0123456789", "address": "https://evil.example"}
    for somebody in (admin, customer):
        assert somebody.ask("/wp-admin/admin-ajax.php", test)[0] == 403
    assert Somebody(site.url).ask("/wp-admin/admin-ajax.php", test)[0] in (400, 403)
    assert admin.do("option", {"name": "dojo_interactions"}) == before


def test_the_saved_key_is_tried_at_the_saved_address_alone(site: WordPress, sites: Sites) -> None:
    admin = Somebody(site.url)
    admin.log_in(*ADMIN)
    page = admin.ask("/wp-admin/options-general.php?page=dojo-interactions")[1]
    nonce = re.search(r'"nonce":"(\w+)"', page.partition("dojoInteractionsTest")[2])
    assert nonce

    def tried(address: str, key: str = "") -> Any:
        form = {"action": "dojo_interactions_test", "nonce": nonce[1], "address": address, "secret_key": key}
        return json.loads(admin.ask("/wp-admin/admin-ajax.php", form)[1])

    assert tried(sites.host) == {"success": True}
    assert "save the new address" in tried(f"http://127.0.0.1:{free_port()}")["data"]["message"]
    assert "unknown" in tried(sites.host, "dojo_sk_" + "c" * 40)["data"]["message"]
    assert "dojo_sk_" in tried(sites.host, sites.publishable)["data"]["message"]
    assert "could not reach" in tried(f"http://127.0.0.1:{free_port()}", sites.secret)["data"]["message"]
    assert "is not a Dojo" in tried(site.url, sites.secret)["data"]["message"]


def test_uninstalling_leaves_nothing(site: WordPress, sites: Sites) -> None:
    somebody, _ = guest(site)
    somebody.log_in(*CUSTOMER)
    script = site.folder / "uninstall.php"
    script.write_text(
        "<?php require ABSPATH . 'wp-load.php'; define('WP_UNINSTALL_PLUGIN', 'dojo-interactions');"
        ' global $wpdb; $count = fn() => (int) $wpdb->get_var("SELECT (SELECT COUNT(*) FROM $wpdb->options WHERE'
        " option_name LIKE 'dojo%') + (SELECT COUNT(*) FROM $wpdb->usermeta WHERE meta_key LIKE 'dojo%')\");"
        " $before = $count(); include WP_PLUGIN_DIR . '/dojo-interactions/uninstall.php';"
        " echo json_encode([$before, $count()]);"
    )
    before, after = json.loads(site.php(script))
    assert before >= 2 and after == 0
