"""The panels below the chart: their numbers, where their rows lead, and filters."""

import re

from django.test import Client

from tests.lakes import append, record

PAGE = "/production/interactions/"
DATA = "/production/interactions/dashboard.json"
FRAGMENT = {"HX-Request": "true"}


def panels(client: Client, query: str = "") -> str:
    answer = client.get(f"/production/interactions/panels/?{query}", headers=FRAGMENT)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_panel_has_its_numbers(viewer: Client, shop: None) -> None:
    text = panels(viewer)
    for title in ("Funnel", "Top products", "Top searches", "Top pages", "Top regions", "Devices"):
        assert title in text
    assert "half within 4 min" in text  # from the view to the cart, and from there to the check-out
    assert "40.0%" in text  # of all records are assisted


def test_a_row_leads_to_the_page_of_it_alone(viewer: Client, shop: None) -> None:
    text = panels(viewer, "period=30d")
    for link in ("product=p1", "keywords=dome+tent", "region=Wien", "page=https%3A%2F%2Fshop.example%2Fp"):
        assert f'href="?period=30d&amp;{link}"' in text


def test_pages_are_told_apart_by_their_paths(viewer: Client, shop: None) -> None:
    assert 'title="https://shop.example/p">/p</a>' in panels(viewer)


def test_pages_of_several_sites_keep_their_hosts(viewer: Client, shop: None) -> None:
    append(
        record("home_page_view", page_url=address)
        for address in ("https://other.example/", "http://[::1", "https://shop.example/caf%C3%A9")
    )
    text = panels(viewer)
    assert ">shop.example/p</a>" in text
    assert ">shop.example/café</a>" in text
    assert ">other.example/</a>" in text
    assert ">[::1/</a>" in text  # whatever was sent as an address


def test_panels_without_numbers_fold_into_one_line(viewer: Client, shop: None) -> None:
    text = panels(viewer)
    assert "This period has no views of category pages and no records with a campaign." in text
    assert 'data-panel="campaigns"' not in text and 'data-panel="products"' in text


def test_where_there_are_no_records_at_all_no_line_lists_what_is_missing(viewer: Client, shop: None) -> None:
    assert "This period has no" not in panels(viewer, "from=2020-01-01&to=2020-02-01")


def test_the_funnel_begins_with_the_first_step_that_occurs(viewer: Client) -> None:
    append([record("add_to_cart", user_id="u"), record("checkout", "2024-01-01T01:00:00Z", user_id="u")])
    assert re.findall(r'class="funnel-name">([^<]+)<', panels(viewer)) == ["Add to cart", "Check-out"]


def test_a_funnel_of_other_types_has_those_that_occur(viewer: Client) -> None:
    append([record("search", user_id="u"), record("home_page_view", "2024-01-01T01:00:00Z", user_id="u")])
    assert re.findall(r'class="funnel-name">([^<]+)<', panels(viewer)) == ["Home page view", "Search"]


def test_a_filter_by_type_leaves_the_steps_of_the_funnel(viewer: Client, shop: None) -> None:
    steps = re.findall(r'class="funnel-name">([^<]+)<', panels(viewer, "type=checkout"))
    assert steps == ["Impression", "Product view", "Add to cart", "Check-out"]


def test_the_steps_of_the_funnel_can_be_chosen(viewer: Client, shop: None) -> None:
    text = panels(viewer, "step=search&step=checkout")
    steps = re.findall(r'class="funnel-name">([^<]+)<', text)
    assert steps == ["search", "checkout"]


def test_the_funnel_says_that_it_leaves_the_types_of_the_filter_aside(viewer: Client, shop: None) -> None:
    assert "regardless of the type filter" not in panels(viewer, "region=Wien")
    assert "regardless of the type filter" in panels(viewer, "type=search")


def test_a_publisher_is_shown_a_funnel_of_content(viewer: Client) -> None:
    append([record("impression", user_id="u"), record("read", "2024-01-01T01:00:00Z", user_id="u")])
    assert "Read, watch or listen" in panels(viewer)


# --- The filter ---


def test_a_filter_narrows_all_numbers(viewer: Client, shop: None) -> None:
    fragment = viewer.get(PAGE + "?type=search&type=checkout&region=Wien", headers=FRAGMENT).content.decode()
    assert re.search(r'data-figure="interactions">2<', fragment)
    assert "Top products" in panels(viewer, "product=p1")
    assert "dome tent" not in panels(viewer, "product=p1").split("Top searches")[0]


def test_each_part_is_a_chip_that_takes_it_away(viewer: Client, shop: None) -> None:
    fragment = viewer.get(PAGE + "?type=search&region=Wien&period=7d", headers=FRAGMENT).content.decode()
    chips = re.findall(r'href="([^"]*)" data-choice data-chip="(\w+)"', fragment)
    assert chips == [("?period=7d&amp;region=Wien", "type"), ("?period=7d&amp;type=search", "region")]


def test_a_key_of_custom_context_is_indexed_for_who_asks_first_and_then_filters(viewer: Client, shop: None) -> None:
    gold = '{"context":{"custom_context":{"plan":"gold"}}}'
    append([record("search", "2024-01-01T10:00:00Z", extra=gold), record("search", "2024-01-01T10:00:01Z", extra=gold)])
    assert viewer.get("/production/interactions/filter-keys.json").json() == {"keys": ["plan"]}
    first = viewer.get(PAGE + "?custom.plan=gold", headers=FRAGMENT)
    assert (first.status_code, "Dojo is indexing custom_context.plan" in first.content.decode()) == (503, True)
    then = viewer.get(PAGE + "?custom.plan=gold", headers=FRAGMENT).content.decode()
    assert 'data-chip="custom.plan"' in then
    records = {
        form: viewer.get(f"/production/interactions/records/count/?custom.plan{form}=gold").content.decode()
        for form in ("", "!")
    }
    assert "2 records" in records[""] and "5 records" in records["!"]


def test_a_filter_that_nothing_matches_says_so(viewer: Client, shop: None) -> None:
    fragment = viewer.get(PAGE + "?product=nothing", headers=FRAGMENT).content.decode()
    assert "No interactions match this filter" in fragment
