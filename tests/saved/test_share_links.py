"""Share links: a stranger sees what the link shows and nothing else, until it ends or is revoked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from interactions.access.roles import ROUTES, Access, Role
from interactions.console.saved.shared import PAGES
from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry, Environment, ShareLink
from interactions.saved import links, notes
from tests import cast
from tests.access.test_roles import NAMED, PLACES
from tests.lakes import append, record
from tests.pages import HTMX, text_of

NEW = "/production/share-links/new/"
pytestmark = pytest.mark.usefixtures("here")


def shared(here: Environment, page: str = "dashboard", **given: Any) -> tuple[ShareLink, str]:
    """A link that works, and its address."""
    row = {"name": "For the agency", "query": "", "expires_at": timezone.now() + timedelta(days=7), **given}
    user = User.objects.filter(username="maker").first() or cast.owner("maker")
    link, token = links.create(here, user, page=page, **row)
    return link, reverse("shared", args=[token])


def records_in(client: Client, address: str) -> int:
    """The first tile of a shared dashboard."""
    found = re.search(r'data-figure="interactions"[^>]*>([\d,]+)<', text_of(client, address, **HTMX))
    assert found
    return int(found[1].replace(",", ""))


def test_every_page_that_can_be_shared_has_a_view_and_a_right_that_viewers_have() -> None:
    assert set(PAGES) == links.PAGES
    assert {ROUTES[page] for page in PAGES} == {"look"}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_stranger_sees_the_page_of_a_link_and_no_navigation(client: Client, here: Environment, page: str) -> None:
    _, address = shared(here, page)
    for text in (text_of(client, address), text_of(client, f"{address}?figures=now"), text_of(client, address, **HTMX)):
        assert "/production/" not in text and "csrf" not in text.lower() and "pane-link" not in text
    assert "For the agency" in text_of(client, address)
    assert not client.cookies


def test_the_figures_are_those_of_the_links_filter(client: Client, here: Environment) -> None:
    _, address = shared(here, query="region=Kent")
    assert records_in(client, address) == 3


@pytest.mark.parametrize(
    "widened", ["region=Bath", "region!=Kent", "period=all", "from=2024-01-01&to=2024-12-31", "type=like", "import=1"]
)
def test_the_address_widens_no_filter(client: Client, here: Environment, widened: str) -> None:
    _, address = shared(here, query="region=Kent&from=2024-01-02&to=2024-01-03")
    assert records_in(client, f"{address}?{widened}") == 2


def test_visitors_choose_another_period_where_the_link_allows_it_and_no_other_filter(
    client: Client, here: Environment
) -> None:
    _, address = shared(here, query="region=Kent&from=2024-01-02&to=2024-01-03", is_adjustable=True)
    assert records_in(client, f"{address}?period=all") == 3
    assert records_in(client, f"{address}?from=2024-01-03&to=2024-01-31&region=Bath&group=feedback") == 2


def test_a_link_to_a_dashboard_serves_its_panels_and_the_version_of_the_table(
    client: Client, here: Environment
) -> None:
    _, address = shared(here, query="region=Kent")
    assert "Hours of the week" in text_of(client, address)
    assert 'data-slot="funnel"' in text_of(client, f"{address}panels/", **HTMX)
    assert client.get(f"{address}data.json").json()["is_empty"] is False
    assert client.get(f"{address}data.json?panel=searches&format=csv")["Content-Type"] == "application/json"


@pytest.mark.parametrize("given", [{"page": "retention"}, {"panel": "over_time"}])
def test_below_other_links_there_is_nothing(client: Client, here: Environment, given: dict[str, str]) -> None:
    _, address = shared(here, **given)
    for below in ("figures/", "panels/", "data.json"):
        assert client.get(address + below).status_code == 404


@pytest.mark.parametrize("name", sorted(name for name, rule in ROUTES.items() if rule is not Access.PUBLIC))
def test_the_token_opens_no_other_address(client: Client, here: Environment, name: str) -> None:
    _, address = shared(here)
    token = address.split("/")[2]
    client.get(address)
    client.raise_request_exception = False
    places = {"environment": "production", **PLACES, "token": token, "key": token}
    path = reverse(name, kwargs={each: places.get(each, "1") for each in NAMED[name].pattern.converters})
    for asked in (path, f"{path}?token={token}"):
        answer = client.get(asked)
        refused = answer.status_code in (401, 405) or (
            answer.status_code == 302 and answer["Location"].startswith(reverse("login"))
        )
        assert refused, (asked, answer)


def test_who_is_logged_in_sees_no_more_by_a_link_than_anybody(client: Client, here: Environment) -> None:
    _, address = shared(here)
    stranger = text_of(client, address)
    client.force_login(cast.owner())
    assert text_of(client, address) == stranger


def test_a_link_takes_no_post(client: Client, here: Environment) -> None:
    _, address = shared(here)
    assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    "ended", [{"expires_at": timezone.now() - timedelta(seconds=1)}, {"revoked_at": timezone.now()}]
)
def test_a_link_that_ended_says_so_and_nothing_else(client: Client, here: Environment, ended: dict[str, Any]) -> None:
    link, address = shared(here)
    ShareLink.objects.filter(pk=link.pk).update(**ended)
    for each in (address, f"{address}figures/", f"{address}panels/", f"{address}data.json"):
        answer = client.get(each)
        assert answer.status_code == 404 and "This link doesn't work" in answer.content.decode()
        assert "For the agency" not in answer.content.decode()


def test_a_link_whose_filter_lost_a_condition_ends_rather_than_show_more(client: Client, here: Environment) -> None:
    link, address = shared(here, query="region=Kent")
    ShareLink.objects.filter(pk=link.pk).update(query="region=Kent&device=gone")
    assert client.get(address).status_code == 404


def test_a_filter_with_a_mistake_is_not_shared(client: Client) -> None:
    client.force_login(cast.owner())
    form = {"name": "A", "page": "dashboard", "query": "device=nonsense", "period": "moving", "expires": "7"}
    assert "device=nonsense in the address" in client.post(NEW, form).content.decode()
    assert not ShareLink.objects.exists()


def test_wrong_tokens_are_refused_and_after_many_nobody_gets_in_from_there(client: Client, here: Environment) -> None:
    _, address = shared(here)
    for _ in range(30):
        assert client.get("/shared/wrong/").status_code == 404
    assert client.get(address).status_code == 429
    assert client.get(address, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_responses_stay_out_of_caches_search_engines_and_referrers(client: Client, here: Environment) -> None:
    _, address = shared(here)
    for each in (address, f"{address}panels/", f"{address}data.json", "/shared/wrong/"):
        answer = client.get(each)
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"].startswith("noindex")
        assert answer["Referrer-Policy"] == "no-referrer"


def test_a_page_is_embedded_nowhere(client: Client, here: Environment) -> None:
    _, address = shared(here)
    answer = client.get(address)
    assert answer["X-Frame-Options"] == "DENY" and "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_a_chart_is_embedded_by_the_sites_that_the_link_names(client: Client, here: Environment) -> None:
    _, address = shared(here, panel="over_time", allowed_origins="https://wiki.example/\nhttp://localhost:3000")
    answer = client.get(address)
    assert "frame-ancestors https://wiki.example http://localhost:3000" in answer["Content-Security-Policy"]
    assert not answer.has_header("X-Frame-Options")


def test_a_chart_without_sites_is_embedded_nowhere(client: Client, here: Environment) -> None:
    _, address = shared(here, panel="over_time")
    assert client.get(address)["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("panel", ["over_time", "by_type", "by_group", "funnel", "products", "regions", "searches"])
def test_a_single_chart_comes_with_its_figures(client: Client, here: Environment, panel: str) -> None:
    _, address = shared(here, panel=panel, query="region=Kent")
    page = text_of(client, address)
    assert "Bath" not in page and "data-figure" not in page
    assert ("Kent" in page) and "chip-clear" not in page


def test_notes_are_for_members(client: Client, here: Environment) -> None:
    from datetime import date

    notes.add(here, cast.owner(), day=date(2024, 1, 3), text="Only for us")
    _, address = shared(here)
    assert "Only for us" not in text_of(client, address, **HTMX)


@pytest.mark.parametrize("name", ["user", "anonymous", "user!"])
def test_a_filter_about_a_person_is_not_shared(client: Client, name: str) -> None:
    key = Person(user_key=1) if name.startswith("user") else Person(anonymous_key=1)
    client.force_login(cast.owner())
    form = {"name": "Ann", "page": "dashboard", "query": f"{name}={key.address}", "period": "moving", "expires": "7"}
    assert "can&#x27;t be shared by link" in client.post(NEW, form).content.decode().replace("can't", "can&#x27;t")
    assert not ShareLink.objects.exists()


def test_pages_of_records_and_people_are_not_shared(client: Client) -> None:
    client.force_login(cast.owner())
    for page in ("records", "people", "live", "nonsense"):
        assert client.get(NEW, {"page": page}).status_code == 404


def made(client: Client, **form: str) -> tuple[ShareLink, str]:
    """A link made by the form, and its address, which is shown once."""
    given = {"name": "Agency", "page": "dashboard", "query": "", "period": "moving", "expires": "7", **form}
    page = client.post(NEW, given).content.decode()
    found = re.search(r"http://testserver(/shared/[\w-]+/)", page)
    assert found, page
    return ShareLink.objects.get(), found[1]


def test_an_analyst_makes_a_link_whose_address_is_shown_once_and_stored_nowhere(client: Client) -> None:
    client.force_login(cast.analyst())
    link, address = made(client, query="?region=Kent")
    token = address.split("/")[2]
    assert len(token) >= 32
    assert token not in str(ShareLink.objects.values()) and token not in str(ActivityEntry.objects.values())
    assert token not in text_of(client, "/production/share-links/")
    client.logout()
    assert records_in(client, address) == 3
    assert timedelta(days=6) < link.expires_at - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize(("period", "now"), [("moving", 3), ("fixed", 2)])
def test_the_period_of_a_link_moves_with_the_data_or_stays(client: Client, period: str, now: int) -> None:
    client.force_login(cast.analyst())
    _, address = made(client, query="period=7d", period=period)
    assert records_in(client, address) == 2
    append([record("like", "2024-02-03T12:00:00Z", user_id="eve")])
    cache.clear()
    assert records_in(client, address) == now


def test_all_time_stays_when_it_is_fixed(client: Client) -> None:
    client.force_login(cast.analyst())
    link, _ = made(client, period="fixed")
    assert link.query == "from=2024-01-02&to=2024-02-02"


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example", "wiki.example", "https://a.example/page", "'self'", "null"]
)
def test_a_site_that_may_embed_a_chart_is_an_origin(client: Client, origin: str) -> None:
    client.force_login(cast.analyst())
    form = {"name": "A", "page": "dashboard", "period": "moving", "expires": "7", "panel": "funnel"}
    page = client.post(NEW, form | {"allowed_origins": origin}).content.decode()
    assert "isn&#x27;t a site" in page and not ShareLink.objects.exists()


def test_only_a_chart_is_embedded(client: Client) -> None:
    client.force_login(cast.analyst())
    form = {"name": "A", "page": "dashboard", "period": "moving", "expires": "7"}
    page = client.post(NEW, form | {"allowed_origins": "https://wiki.example"}).content.decode()
    assert "Only a single chart can be embedded" in page and not ShareLink.objects.exists()


def test_the_list_says_who_made_a_link_and_how_often_it_was_opened(client: Client, here: Environment) -> None:
    link, address = shared(here)
    for _ in range(2):
        client.get(address)
        client.get(address, headers=HTMX)  # its figures are no visit of their own
    client.force_login(cast.analyst())
    page = text_of(client, "/production/share-links/")
    link.refresh_from_db()
    assert link.uses == 2 and link.last_used_at is not None
    assert "maker" in page and "For the agency" in page and ">2</td>" in page


def test_a_link_is_revoked_by_whoever_made_it_or_an_owner(client: Client, here: Environment) -> None:
    link, address = shared(here)
    revoke = f"/production/share-links/{link.pk}/revoke/"
    client.force_login(cast.analyst())
    assert client.post(revoke).status_code == 403
    client.force_login(cast.owner())
    assert client.post(revoke).status_code == 302
    assert client.get(address).status_code == 404
    assert ActivityEntry.objects.filter(action="link_revoked", object=f"share link {link.pk}").count() == 1


def test_a_form_that_is_sent_twice_makes_one_link(client: Client) -> None:
    client.force_login(cast.analyst())
    form = {"name": "A", "page": "dashboard", "period": "moving", "expires": "7", "once": "abc"}
    for _ in range(2):
        client.post(NEW, form)
    assert ShareLink.objects.count() == 1


def test_a_member_without_the_right_makes_and_sees_none(client: Client) -> None:
    for role in (Role.VIEWER, Role.PRIVACY):
        client.force_login(cast.member(role.value, role))
        assert client.get("/production/share-links/").status_code == client.get(NEW).status_code == 403


def test_while_the_index_is_away_the_page_says_so(client: Client, here: Environment, monkeypatch: Any) -> None:
    from interactions.console import retention
    from interactions.errors import DataNotReady

    def away(*_: Any) -> None:
        raise DataNotReady("The records are being counted.")

    monkeypatch.setattr(retention, "standing", away)
    _, address = shared(here, "retention")
    answer = client.get(address)
    assert answer.status_code == 503 and "being counted" in answer.content.decode()
