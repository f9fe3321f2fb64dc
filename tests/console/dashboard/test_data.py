"""The data of the panels: as CSV, and whether there is something new."""

import csv
import io
import re

import pytest
from django.test import Client

from interactions.analytics.data_sets import IndexBeingBuilt
from interactions.console.dashboard.tables import TABLES
from interactions.models import Environment
from interactions.questions import question
from tests.lakes import append, record
from tests.traffic import REFUND

PAGE = "/production/interactions/"
DATA = "/production/interactions/dashboard.json"
FRAGMENT = {"HX-Request": "true"}


def rows(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_version_tells_that_there_is_something_new(viewer: Client, records: None) -> None:
    before = viewer.get(DATA + "?panel=version").json()
    append([record()])
    after = viewer.get(DATA + "?panel=version").json()
    assert after == {"version": before["version"] + 1, "is_behind": False, "is_empty": False}
    assert viewer.get("/playground/interactions/dashboard.json?panel=version").json() == {
        "version": -1,
        "is_behind": False,
        "is_empty": True,
    }


def test_an_unknown_panel_is_refused(viewer: Client) -> None:
    for query in ("panel=weather&format=csv", "panel=weather"):
        answer = viewer.get(f"{DATA}?{query}")
        assert answer.status_code == 400
        assert "panel has to be" in answer.content.decode()


def test_an_index_that_is_being_built_is_said_so(viewer: Client, records: None, monkeypatch) -> None:
    def busy(*args: object, **kwargs: object) -> None:
        raise IndexBeingBuilt

    monkeypatch.setattr(question, "settled", busy)
    answer = viewer.get(DATA + "?panel=by_type&format=csv")
    assert answer.status_code == 503
    assert "for the first time" in answer.content.decode()
    for address in (PAGE, "/production/interactions/panels/"):
        answer = viewer.get(address, headers=FRAGMENT)
        assert (answer.status_code, "for the first time" in answer.content.decode()) == (503, True)


def test_bars_come_as_csv_with_their_zone(viewer: Client, records: None) -> None:
    answer = viewer.get(DATA + "?panel=over_time&format=csv&unit=day&split=type")
    assert rows(answer) == [
        ["day (UTC)", "search", "checkout"],
        ["2024-01-01T00:00Z", "1", "0"],
        ["2024-01-02T00:00Z", "0", "0"],
        ["2024-01-03T00:00Z", "0", "1"],
    ]
    assert 'filename="interactions-production-over-time-2024-01-01-to-2024-01-03.csv"' in answer["Content-Disposition"]


def test_types_and_groups_come_as_csv(viewer: Client, records: None) -> None:
    assert rows(viewer.get(DATA + "?panel=by_type&format=csv"))[1] == ["search", "Core click-streams", "1", "0.5"]
    assert rows(viewer.get(DATA + "?panel=by_group&format=csv"))[2] == ["Conversion", "1", "0.5"]


@pytest.mark.parametrize("panel", TABLES)
def test_every_panel_comes_as_csv(viewer: Client, shop: None, panel: str) -> None:
    heading, *lines = rows(viewer.get(f"{DATA}?panel={panel}&format=csv"))
    assert all(len(line) == len(heading) for line in lines)
    assert lines or panel in ("campaigns", "categories")


def test_a_csv_holds_no_formula(viewer: Client) -> None:
    append([record("search", keywords="=HYPERLINK(1)")])
    assert rows(viewer.get(f"{DATA}?panel=searches&format=csv"))[1][0] == "'=HYPERLINK(1)"


def test_a_sum_of_money_is_what_people_would_say(viewer: Client) -> None:
    append([record("checkout", "2024-01-03T11:30:00Z", revenue=price) for price in (0.1, 0.2)])
    heading, line = rows(viewer.get(f"{DATA}?panel=totals&format=csv&unit=day"))
    assert line[heading.index("gross_revenue")] == "0.3"


def test_the_totals_have_refunds_and_net_revenue_in_every_bar_if_any_refund_has_an_amount(
    viewer: Client, shop: None
) -> None:
    def columns() -> list[tuple[str, ...]]:
        heading, *lines = rows(viewer.get(f"{DATA}?panel=totals&format=csv&unit=day"))
        places = [heading.index(name) for name in ("gross_revenue", "refunds", "net_revenue")]
        return [tuple(line[place] for place in places) for line in lines]

    append([record("refund", "2024-01-02T10:00:00Z", user_id="u1")])
    assert columns() == [("12.5", "0", ""), ("0", "0", "")]
    append([record("refund", "2024-01-02T11:00:00Z", user_id="u1", extra=REFUND % 2.1)])
    assert columns() == [("12.5", "0", "12.5"), ("0", "2.1", "-2.1")]


def test_revenue_is_gross_and_in_the_currency_of_the_environment(viewer: Client, shop: None) -> None:
    append([record("checkout", "2024-01-01T11:30:00Z", revenue=1234.567, product_ids=["p1"])])
    assert re.search(r'data-figure="revenue"[^>]*>1,[\d.]+<', viewer.get(PAGE, headers=FRAGMENT).content.decode())
    Environment.objects.filter(slug="production").update(currency="EUR")
    page = viewer.get(PAGE, headers=FRAGMENT).content.decode()
    assert "Gross revenue" in page and re.search(r'data-figure="revenue"[^>]*>€1,[\d.]+<', page)
    panels = viewer.get("/production/interactions/panels/", headers=FRAGMENT).content.decode()
    assert re.search(r'<td class="is-number">€1,[\d.]+</td>', panels)
    heading, line = rows(viewer.get(f"{DATA}?panel=totals&format=csv&unit=week"))
    assert re.fullmatch(r"\d+\.\d\d?", line[heading.index("gross_revenue (EUR)")])


def test_the_group_and_the_figure_have_different_names(viewer: Client, shop: None) -> None:
    page = viewer.get(PAGE + "?figures=now").content.decode()
    assert "Conversions" not in page and ">Conversion<" in page and "Goals" in page
    for panel in TABLES:
        heading = rows(viewer.get(f"{DATA}?panel={panel}&format=csv"))[0]
        assert not [name for name in heading if name.startswith("conversion") or name.startswith("revenue")], panel


def test_products_are_ranked_by_any_record_where_none_is_viewed_or_bought(viewer: Client) -> None:
    append([record("like", product_ids=["p1", "p1", "p2"]), record("read", product_ids=["p1"]), record("share")])
    append([record("rate", product_ids=["p3"])])
    panels = viewer.get("/production/interactions/panels/", headers=FRAGMENT).content.decode()
    assert "there are no views, carts or check-outs" in panels and "No records with a product" not in panels
    assert rows(viewer.get(f"{DATA}?panel=products&format=csv")) == [
        ["product_id", "records", "share"], ["p1", "2", "0.5"], ["p2", "1", "0.25"], ["p3", "1", "0.25"],
    ]  # fmt: skip
