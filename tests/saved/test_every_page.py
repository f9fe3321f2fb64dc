"""Every page with a filter: as a saved view, as the start page, by share link, and one chart of it in other sites."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.urls import reverse

from interactions.console.navigation import FILTERED_PAGES
from interactions.console.saved.link_forms import PANELS
from interactions.models import Environment, SavedView, ShareLink
from interactions.saved import links
from tests import cast
from tests.pages import HTMX, text_of

from .test_share_links import shared

OPTIONS = {
    "dashboard": "region=Kent&unit=week&split=type&compare=no",
    "breakdown": "region=Kent&unit=week&measure=people&by=type&limit=25",
    "records": "period=90d&region=Kent&columns=type,region&sort=oldest",
    "retention": "region=Kent&unit=week&first=product_detail_page_view&returning=like",
    "paths": "region=Kent&field=page&direction=before&steps=4&within=7d&count=sessions&repeats=keep",
    "funnel": "region=Kent&step=product_detail_page_view,like&window=7d&breakdown=device",
}
"""A filter and the page's own choices."""
LINKED = sorted(links.PAGES)
CHARTS = [(page, chart) for page in LINKED for chart in PANELS[page]]


def test_every_page_with_a_filter_is_tried_here() -> None:
    assert set(OPTIONS) == set(FILTERED_PAGES) and set(PANELS) == links.PAGES


@pytest.mark.parametrize("page", sorted(OPTIONS))
def test_a_view_opens_with_its_filter_and_the_pages_choices(client: Client, here: Environment, page: str) -> None:
    client.force_login(cast.owner())
    form = {"name": "Kent", "page": page, "query": "?" + OPTIONS[page], "is_shared": "on"}
    answer = client.post("/production/views/new/", form)
    found = client.get(answer["Location"])
    assert sorted(parse_qsl(found.context["choice"].query()[1:])) == sorted(parse_qsl(OPTIONS[page]))
    assert not found.context["choice"].mistakes
    assert 'aria-current="true"><span>Kent</span>' in found.content.decode()


@pytest.mark.parametrize("page", sorted(OPTIONS))
def test_any_of_them_can_be_the_start_page(client: Client, here: Environment, page: str) -> None:
    client.force_login(cast.owner())
    client.post("/production/views/new/", {"name": "Kent", "page": page, "query": OPTIONS[page], "is_shared": "on"})
    view = SavedView.objects.get()
    client.post(f"/production/views/{view.pk}/start/", {"start": "1"})
    client.force_login(cast.viewer())
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse(page, args=["production"]))
    assert answer.status_code == 200 and "Kent" in answer.content.decode()


@pytest.mark.parametrize("page", LINKED)
def test_a_view_is_shared_by_link_from_its_menu(client: Client, here: Environment, page: str) -> None:
    client.force_login(cast.analyst())
    menu = text_of(client, reverse(page, args=["production"]) + "?" + OPTIONS[page])
    assert f"/production/share-links/new/?page={page}" in menu
    form = {"name": "Agency", "page": page, "query": OPTIONS[page], "period": "moving", "expires": "7"}
    assert client.post("/production/share-links/new/", form).status_code == 200
    assert (ShareLink.objects.get().page, ShareLink.objects.get().query) == (page, OPTIONS[page].replace(",", "%2C"))


@pytest.mark.parametrize("page", LINKED)
def test_a_visitor_can_change_and_download_nothing(client: Client, here: Environment, page: str) -> None:
    _, address = shared(here, page, query=OPTIONS[page])
    for text in (text_of(client, f"{address}?figures=now"), text_of(client, address, **HTMX)):
        assert "Kent" in text or "<html" not in text
        for hidden in ("/production/", "format=csv", "<form", "region=Kent", "period=7d"):
            assert hidden not in text, hidden


@pytest.mark.parametrize("page", LINKED)
def test_a_visitor_gets_no_file_of_the_page(client: Client, here: Environment, page: str) -> None:
    _, address = shared(here, page, query=OPTIONS[page])
    assert client.get(f"{address}?format=csv")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("page", "panel"), CHARTS)
def test_a_chart_of_any_page_stands_alone_and_can_be_embedded(
    client: Client, here: Environment, page: str, panel: str
) -> None:
    _, address = shared(
        here, page, panel=panel, query=OPTIONS[page], allowed_origins="https://wiki.example", is_adjustable=False
    )
    answer = client.get(address)
    text = answer.content.decode()
    assert "frame-ancestors https://wiki.example" in answer["Content-Security-Policy"]
    assert text.count('<section class="card panel') == 1
    assert "page-head" not in text and "period-chip" not in text and "<form" not in text
    assert "Region is Kent · " in text and "hx-get" not in text  # its figures are in it


@pytest.mark.parametrize("page", [page for page in LINKED if page != "dashboard"])
def test_a_chart_that_is_gone_is_a_link_that_does_not_work(client: Client, here: Environment, page: str) -> None:
    _, address = shared(here, page, panel="gone")
    assert client.get(address).status_code == 404


def test_the_list_says_which_chart_a_link_shows(client: Client, here: Environment) -> None:
    shared(here, "paths", panel="frequent")
    client.force_login(cast.analyst())
    assert "<small>Most frequent paths</small>" in text_of(client, "/production/share-links/")
