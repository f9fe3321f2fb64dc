"""The Interactions page: what stands in it, at which address, for whom."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from interactions.console.dashboard.tables import TABLES
from interactions.models import Environment, Import
from interactions.queries import dashboard as questions
from interactions.queries.answers import DataSetBusy
from tests import cast
from tests.lakes import append, record

PAGE = "/production/interactions/"
DATA = "/production/interactions/dashboard.json"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def here(settings, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


@pytest.fixture
def reader(db: None, client: Client) -> Client:
    """Somebody who may look and not import."""
    client.force_login(cast.viewer())
    return client


@pytest.fixture
def analyst(db: None, client: Client) -> Client:
    """Somebody who may import too."""
    client.force_login(cast.analyst())
    return client


@pytest.fixture
def imported(db: None) -> Import:
    """An import of one of the two records of three below."""
    environment = Environment.objects.get(slug="production")
    return Import.objects.create(environment=environment, file_name="march.json", size=1, state=Import.State.DONE)


@pytest.fixture
def records() -> None:
    append(
        [
            record("search", "2024-01-01T10:00:00Z", user_id="u1"),
            record("checkout", "2024-01-03T11:30:00Z", user_id="u1", anonymous_id="a1", product_ids=["p1", "p2"]),
        ],
        import_id=1_000_001,
    )


def rows(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


# --- The page ---


def test_a_stranger_is_asked_to_log_in(db: None, client: Client) -> None:
    for address in (PAGE, DATA):
        assert client.get(address).headers["Location"].startswith("/login/")


def test_an_unknown_environment_is_not_found(reader: Client) -> None:
    assert reader.get("/nowhere/interactions/").status_code == 404
    assert reader.get("/nowhere/interactions/dashboard.json?panel=version").status_code == 404


def test_the_page_comes_without_asking_for_numbers(reader: Client, records: None, monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("The page waited for a question.")

    for name in ("by_type", "over_time", "totals", "sparklines"):
        monkeypatch.setattr(questions, name, refuse)
    page = reader.get(PAGE).content.decode()
    assert "Interactions over time" in page
    assert 'class="skeleton"' in page


def test_the_fragment_brings_the_numbers(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE, headers=FRAGMENT).content.decode()
    assert "<html" not in fragment
    assert 'data-name="checkout"' in fragment
    assert "1 – 3 Jan 2024" in fragment
    assert "50.0 %" in fragment


def test_page_and_fragment_are_kept_apart_by_caches(reader: Client, records: None) -> None:
    assert "HX-Request" in reader.get(PAGE)["Vary"]


def test_without_scripts_one_address_gives_page_and_numbers(reader: Client, records: None) -> None:
    page = reader.get(PAGE).content.decode()
    address = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"', page).group(1)
    whole = reader.get(PAGE + address.replace("&amp;", "&")).content.decode()
    assert "<html" in whole and "skeleton" not in whole.split('data-slot="by_type"')[1]
    assert re.search(r'data-figure="products">2<', whole)
    assert "Hours of the week" in whole and ">p2<" in whole


def test_nothing_in_the_page_is_inline(reader: Client, records: None) -> None:
    for page in (reader.get(PAGE), reader.get(PAGE + "?figures=now"), reader.get("/playground/interactions/")):
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*(\ssrc=|\stype=\"application/json\"))", text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_an_environment_without_data_says_what_to_do(analyst: Client) -> None:
    page = analyst.get(PAGE).content.decode()
    assert "Production has no interactions yet" in page
    assert 'href="/production/interactions/imports/new/"' in page
    assert 'name="action" value="sample"' in page


def test_who_may_not_import_is_offered_no_import(reader: Client, records: None) -> None:
    assert "Import data file" not in reader.get(PAGE).content.decode()
    assert "Load sample data" not in reader.get("/playground/interactions/").content.decode()


def test_who_may_import_is_offered_it(analyst: Client, records: None) -> None:
    assert "Import data file" in analyst.get(PAGE).content.decode()


def test_what_the_address_says_wrongly_is_named(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE + "?period=fortnight&from=2024-13-01", headers=FRAGMENT).content.decode()
    assert "period=fortnight" in fragment
    assert "from=2024-13-01, which is no date" in fragment
    assert 'data-name="checkout"' in fragment


def test_an_empty_period_says_so(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE + "?from=2020-01-01&to=2020-02-01", headers=FRAGMENT).content.decode()
    assert "There are no interactions in this period." in fragment


# --- One import ---


def test_an_import_is_shown_alone_and_can_be_cleared(reader: Client, records: None, imported: Import) -> None:
    append([record("like", "2024-03-05T00:00:00Z")], import_id=imported.pk)
    fragment = reader.get(f"{PAGE}?import={imported.pk}", headers=FRAGMENT).content.decode()
    assert f"Import {imported.pk} · march.json" in fragment
    assert 'id="clear-import" href="?"' in fragment
    assert "data-version" in fragment
    assert "5 Mar 2024" in fragment
    assert 'data-name="like"' in fragment and 'data-name="checkout"' not in fragment


def test_an_import_of_another_environment_is_not_found(reader: Client, records: None, imported: Import) -> None:
    assert reader.get(f"/playground/interactions/?import={imported.pk}").status_code == 404
    for address in ("dashboard.json?panel=version&", "panels/?"):
        assert reader.get(f"/playground/interactions/{address}import={imported.pk}").status_code == 404


# --- The data of the panels ---


def bars(client: Client, query: str = "") -> dict:
    """What the page's chart is drawn from."""
    fragment = client.get(f"{PAGE}?{query}", headers=FRAGMENT).content.decode()
    return json.loads(re.search(r'<script id="over-time-data"[^>]*>(.*?)</script>', fragment).group(1))


def test_totals_are_shown(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE, headers=FRAGMENT).content.decode()
    figures = dict(re.findall(r'data-figure="(\w+)">([^<]*)<', fragment))
    assert figures == {
        "interactions": "2", "people": "1", "sessions": "2", "products": "2", "searches": "1", "conversions": "1",
        "revenue": "0",
    }  # fmt: skip
    assert "1 user id" in fragment and "1 anonymous id" in fragment


def test_a_period_is_compared_with_the_one_before(reader: Client, records: None) -> None:
    append([record("search", f"2024-01-03T10:0{minute}:00Z") for minute in range(3)])
    compared = reader.get(PAGE + "?from=2024-01-03&to=2024-01-04", headers=FRAGMENT).content.decode()
    assert "Compared with 1 – 2 Jan 2024" in compared
    assert "+300.0 %" in compared  # 4 records after 1
    alone = reader.get(PAGE + "?from=2024-01-03&to=2024-01-04&compare=no", headers=FRAGMENT).content.decode()
    assert "+300.0 %" not in alone and 'aria-checked="false"' in alone


def test_all_time_is_compared_with_nothing(reader: Client, records: None) -> None:
    assert "on before" not in reader.get(PAGE, headers=FRAGMENT).content.decode()


def test_the_chart_is_by_group_unless_types_are_asked_for(reader: Client, records: None) -> None:
    def names(query: str = "") -> list[str]:
        return [each["name"] for each in bars(reader, query)["option"]["series"]]

    assert names() == ["Core click-streams", "Conversion"]
    assert names("split=type") == ["search", "checkout"]


def test_the_chart_takes_the_unit_of_the_address(reader: Client, records: None) -> None:
    answer = bars(reader, "unit=week")
    assert answer["unit"] == "week"
    assert answer["option"]["xAxis"]["data"] == ["2024-01-01T00:00Z"]


def test_a_unit_too_fine_for_the_period_gives_way(reader: Client) -> None:
    append([record(at="2000-01-01T00:00:00Z"), record(at="2024-01-01T00:00:00Z")])
    assert bars(reader, "unit=hour")["unit"] == "month"


def test_days_are_those_of_the_environment(reader: Client, records: None) -> None:
    Environment.objects.filter(slug="production").update(time_zone="America/Los_Angeles")
    answer = bars(reader, "unit=day")
    assert answer["zone"] == "America/Los_Angeles"
    assert answer["option"]["xAxis"]["data"][0] == "2024-01-01T00:00-08:00"


# --- The other panels ---


@pytest.fixture
def shop() -> None:
    """A visit of a shop, from a search to a check-out."""
    start = {"user_id": "u1", "page_url": "https://shop.example/p?x=1", "region": "Wien", "locale": "de-AT"}
    miso = "3f0c6a36-5c1f-4a57-a6f5-6c6c3a9d2f10"
    append(
        [
            record("search", "2024-01-01T10:00:00Z", keywords="dome tent", **start),
            record("impression", "2024-01-01T10:00:05Z", product_ids=["p1"], miso_id=miso, **start),
            record("product_detail_page_view", "2024-01-01T10:01:00Z", product_ids=["p1"], miso_id=miso, **start),
            record("add_to_cart", "2024-01-01T10:05:00Z", product_ids=["p1"], **start),
            record("checkout", "2024-01-01T10:09:00Z", product_ids=["p1"], revenue=12.5, **start),
        ]
    )


def panels(client: Client, query: str = "") -> str:
    answer = client.get(f"/production/interactions/panels/?{query}", headers=FRAGMENT)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_panel_has_its_numbers(reader: Client, shop: None) -> None:
    text = panels(reader)
    for title in ("Funnel", "Top products", "Top searches", "Top pages", "Top regions", "Devices"):
        assert title in text
    assert "half of them within 4 min" in text  # from the view to the cart, and from there to the check-out
    assert "40.0 %" in text  # of all records are assisted


def test_a_row_leads_to_the_page_of_it_alone(reader: Client, shop: None) -> None:
    text = panels(reader, "period=30d")
    for link in ("product=p1", "keywords=dome+tent", "region=Wien", "page=https%3A%2F%2Fshop.example%2Fp"):
        assert f'href="?period=30d&amp;{link}"' in text


def test_pages_are_told_apart_by_their_paths(reader: Client, shop: None) -> None:
    assert 'title="https://shop.example/p">/p</a>' in panels(reader)


def test_pages_of_several_sites_keep_their_hosts(reader: Client, shop: None) -> None:
    append(
        record("home_page_view", page_url=address)
        for address in ("https://other.example/", "http://[::1", "https://shop.example/caf%C3%A9")
    )
    text = panels(reader)
    assert ">shop.example/p</a>" in text
    assert ">shop.example/café</a>" in text
    assert ">other.example/</a>" in text
    assert ">[::1/</a>" in text  # whatever was sent as an address


def test_a_panel_without_numbers_says_why(reader: Client, shop: None) -> None:
    assert "No record has a campaign in this period." in panels(reader)


def test_the_steps_of_the_funnel_can_be_chosen(reader: Client, shop: None) -> None:
    text = panels(reader, "step=search&step=checkout")
    steps = re.findall(r'class="funnel-name">([^<]+)<', text)
    assert steps == ["search", "checkout"]


def test_the_funnel_says_that_it_leaves_the_types_of_the_filter_aside(reader: Client, shop: None) -> None:
    assert "whatever types are filtered for" not in panels(reader, "region=Wien")
    assert "whatever types are filtered for" in panels(reader, "type=search")


def test_a_publisher_is_shown_a_funnel_of_content(reader: Client) -> None:
    append([record("impression", user_id="u"), record("read", "2024-01-01T01:00:00Z", user_id="u")])
    assert "Read, watch or listen" in panels(reader)


# --- The filter ---


def test_a_filter_narrows_all_numbers(reader: Client, shop: None) -> None:
    fragment = reader.get(PAGE + "?type=search&type=checkout&region=Wien", headers=FRAGMENT).content.decode()
    assert re.search(r'data-figure="interactions">2<', fragment)
    assert "Top products" in panels(reader, "product=p1")
    assert "dome tent" not in panels(reader, "product=p1").split("Top searches")[0]


def test_each_part_is_a_chip_that_takes_it_away(reader: Client, shop: None) -> None:
    fragment = reader.get(PAGE + "?type=search&region=Wien&period=7d", headers=FRAGMENT).content.decode()
    chips = re.findall(r'href="([^"]*)" data-choice data-chip="(\w+)"', fragment)
    assert chips == [("?period=7d&amp;region=Wien", "type"), ("?period=7d&amp;type=search", "region")]


def test_a_filter_that_nothing_matches_says_so(reader: Client, shop: None) -> None:
    fragment = reader.get(PAGE + "?product=nothing", headers=FRAGMENT).content.decode()
    assert "No interaction matches this filter" in fragment


# --- The data of the panels ---


def test_the_version_tells_that_there_is_something_new(reader: Client, records: None) -> None:
    before = reader.get(DATA + "?panel=version").json()
    append([record()])
    after = reader.get(DATA + "?panel=version").json()
    assert after == {"version": before["version"] + 1, "is_empty": False}
    assert reader.get("/playground/interactions/dashboard.json?panel=version").json() == {
        "version": -1,
        "is_empty": True,
    }


def test_an_unknown_panel_is_refused(reader: Client) -> None:
    for query in ("panel=weather&format=csv", "panel=weather"):
        answer = reader.get(f"{DATA}?{query}")
        assert answer.status_code == 400
        assert "panel has to be" in answer.content.decode()


def test_a_table_that_is_being_rewritten_is_said_so(reader: Client, records: None, monkeypatch) -> None:
    def busy(*args: object, **kwargs: object) -> None:
        raise DataSetBusy

    monkeypatch.setattr(questions, "by_type", busy)
    answer = reader.get(DATA + "?panel=by_type&format=csv")
    assert answer.status_code == 503
    assert "Try again" in answer.json()["message"]
    for address in (PAGE, "/production/interactions/panels/"):
        answer = reader.get(address, headers=FRAGMENT)
        assert (answer.status_code, "Try again" in answer.content.decode()) == (503, True)


def test_bars_come_as_csv_with_their_zone(reader: Client, records: None) -> None:
    answer = reader.get(DATA + "?panel=over_time&format=csv&unit=day&split=type")
    assert rows(answer) == [
        ["day (UTC)", "search", "checkout"],
        ["2024-01-01T00:00Z", "1", "0"],
        ["2024-01-02T00:00Z", "0", "0"],
        ["2024-01-03T00:00Z", "0", "1"],
    ]
    assert 'filename="interactions-production-over-time-2024-01-01-to-2024-01-03.csv"' in answer["Content-Disposition"]


def test_types_and_groups_come_as_csv(reader: Client, records: None) -> None:
    assert rows(reader.get(DATA + "?panel=by_type&format=csv"))[1] == ["search", "Core click-streams", "1", "0.5"]
    assert rows(reader.get(DATA + "?panel=by_group&format=csv"))[2] == ["Conversion", "1", "0.5"]


@pytest.mark.parametrize("panel", TABLES)
def test_every_panel_comes_as_csv(reader: Client, shop: None, panel: str) -> None:
    heading, *lines = rows(reader.get(f"{DATA}?panel={panel}&format=csv"))
    assert all(len(line) == len(heading) for line in lines)
    assert lines or panel in ("campaigns", "categories")


def test_a_csv_holds_no_formula(reader: Client) -> None:
    append([record("search", keywords="=HYPERLINK(1)")])
    assert rows(reader.get(f"{DATA}?panel=searches&format=csv"))[1][0] == "'=HYPERLINK(1)"


def test_a_sum_of_money_is_what_people_would_say(reader: Client) -> None:
    append([record("checkout", "2024-01-03T11:30:00Z", revenue=price) for price in (0.1, 0.2)])
    heading, line = rows(reader.get(f"{DATA}?panel=totals&format=csv&unit=day"))
    assert line[heading.index("gross_revenue")] == "0.3"


def test_revenue_is_gross_and_in_the_currency_of_the_environment(reader: Client, shop: None) -> None:
    append([record("checkout", "2024-01-01T11:30:00Z", revenue=1234.567, product_ids=["p1"])])
    assert re.search(r'data-figure="revenue"[^>]*>1,[\d.]+<', reader.get(PAGE, headers=FRAGMENT).content.decode())
    Environment.objects.filter(slug="production").update(currency="EUR")
    page = reader.get(PAGE, headers=FRAGMENT).content.decode()
    assert "Gross revenue" in page and re.search(r'data-figure="revenue"[^>]*>€1,[\d.]+<', page)
    panels = reader.get("/production/interactions/panels/", headers=FRAGMENT).content.decode()
    assert re.search(r'<td class="is-number">€1,[\d.]+</td>', panels)
    heading, line = rows(reader.get(f"{DATA}?panel=totals&format=csv&unit=week"))
    assert re.fullmatch(r"\d+\.\d\d?", line[heading.index("gross_revenue (EUR)")])


def test_the_group_and_the_figure_have_different_names(reader: Client, shop: None) -> None:
    page = reader.get(PAGE + "?figures=now").content.decode()
    assert "Conversions" not in page and ">Conversion<" in page and "Goals" in page
    for panel in TABLES:
        heading = rows(reader.get(f"{DATA}?panel={panel}&format=csv"))[0]
        assert not [name for name in heading if name.startswith("conversion") or name.startswith("revenue")], panel


def test_products_are_ranked_by_any_record_where_none_is_viewed_or_bought(reader: Client) -> None:
    append([record("like", product_ids=["p1", "p1", "p2"]), record("read", product_ids=["p1"]), record("share")])
    append([record("rate", product_ids=["p3"])])
    panels = reader.get("/production/interactions/panels/", headers=FRAGMENT).content.decode()
    assert "there are no views, carts or check-outs" in panels and "No record names a product" not in panels
    assert rows(reader.get(f"{DATA}?panel=products&format=csv")) == [
        ["product_id", "records", "share"], ["p1", "2", "0.5"], ["p2", "1", "0.25"], ["p3", "1", "0.25"],
    ]  # fmt: skip


def test_each_figure_is_explained_behind_a_button(reader: Client, records: None) -> None:
    page = reader.get(PAGE, headers=FRAGMENT).content.decode()
    named = re.findall(r'<button class="info" type="button" popovertarget="([\w-]+)" aria-label="About [^"]+">', page)
    assert len(named) == 7 and all(f'id="{name}" popover' in page for name in named)
