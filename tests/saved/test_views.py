"""Saved views: who sees and changes which, their names, the start page, and views about people."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from interactions.access.roles import Role
from interactions.contract.tombstones import Person
from interactions.models import ActivityEntry, Environment, SavedView
from interactions.saved import views
from interactions.saved.views import ViewRefused
from tests import cast
from tests.pages import text_of

pytestmark = pytest.mark.django_db
LIST = "/production/views/"
NEW = f"{LIST}new/"
SOMEBODY = Person(user_key=4711).address


def saved(here: Environment, user: User, name: str = "Kent", **given: Any) -> SavedView:
    row = {"page": "dashboard", "query": "region=Kent", "is_shared": False, "sees_people": True, **given}
    return views.save(here, user, name=name, **row)


def listed(client: Client, user: User) -> set[str]:
    client.force_login(user)
    return {view.name for view, _, _ in client.get(LIST).context["views"]}


def test_a_view_keeps_the_page_its_filter_and_its_options(client: Client) -> None:
    client.force_login(cast.viewer())
    query = "region!=Kent&region!=Bath&period=30d&unit=week&compare=no&custom.tier=gold"
    answer = client.post(NEW, {"name": "Kent", "page": "dashboard", "query": f"?{query}&figures=now&panel=totals"})
    view = SavedView.objects.get()
    assert (view.name, view.page, view.query, view.is_shared) == ("Kent", "dashboard", query, False)
    assert answer["Location"] == f"/production/interactions/?{query}"
    assert client.get(f"{LIST}{view.pk}/")["Location"] == answer["Location"]


def test_the_page_of_a_view_is_one_with_a_filter(client: Client) -> None:
    client.force_login(cast.owner())
    for page in ("members", "nonsense", "https://evil.example/", ""):
        assert client.post(NEW, {"name": "Kent", "page": page, "query": ""}).status_code == 404


def test_ones_own_views_are_seen_by_oneself_and_shared_ones_by_all_members(client: Client, here: Environment) -> None:
    anna, olga = cast.analyst(), cast.owner()
    saved(here, anna, "Anna's own")
    saved(here, anna, "For all", is_shared=True)
    assert listed(client, anna) == {"Anna's own", "For all"}
    assert listed(client, olga) == {"For all"}


def test_the_menu_beside_a_filter_has_the_views_that_one_sees(client: Client, here: Environment) -> None:
    anna = cast.analyst()
    saved(here, anna, "Anna's own")
    saved(here, cast.owner(), "Olga's own")
    client.force_login(anna)
    page = text_of(client, "/production/interactions/?region=Kent")
    menu = page[page.index('id="views-chip"') :]
    address = "/production/interactions/?region=Kent"
    assert f'<a href="{address}" aria-current="true"><span>Anna&#x27;s own</span>' in menu
    assert "Olga" not in page
    assert f'<a href="{address}" data-go="View">Anna&#x27;s own</a>' in page  # for the palette
    assert 'href="/production/views/new/?page=dashboard&amp;query=region%3DKent"' in menu


@pytest.mark.parametrize("name", ["Kent", "kent"])
@pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_name_is_taken_once_among_the_views_that_one_sees(
    client: Client, here: Environment, name: str, *, first: bool, second: bool
) -> None:
    anna = cast.analyst()
    saved(here, anna, is_shared=first)
    client.force_login(anna)
    form = {"name": name, "page": "records", "query": ""} | ({"is_shared": "on"} if second else {})
    page = client.post(NEW, form).content.decode()
    assert f"There is already a view called &quot;{name}&quot;" in page
    assert SavedView.objects.count() == 1


def test_two_members_may_each_have_a_view_of_the_same_name(here: Environment) -> None:
    saved(here, cast.analyst())
    saved(here, cast.owner())
    assert SavedView.objects.count() == 2


def test_the_database_refuses_the_same_name_twice(here: Environment) -> None:
    anna = cast.analyst()
    row = {"environment": here, "page": "records", "created_by": anna}
    for is_shared in (False, True):
        SavedView.objects.create(name="Kent", is_shared=is_shared, **row)
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedView.objects.create(name="kent", is_shared=is_shared, **row)


def test_a_viewer_shares_no_view(client: Client) -> None:
    client.force_login(cast.viewer())
    client.post(NEW, {"name": "Kent", "page": "dashboard", "query": "", "is_shared": "on"})
    assert not SavedView.objects.get().is_shared


def test_a_view_is_changed_by_its_author_or_an_owner(client: Client, here: Environment) -> None:
    view = saved(here, cast.analyst(), is_shared=True)
    edit, delete = f"{LIST}{view.pk}/edit/", f"{LIST}{view.pk}/delete/"
    for somebody in (cast.analyst("amos"), cast.viewer()):
        client.force_login(somebody)
        assert client.post(edit, {"name": "Bath"}).status_code == client.post(delete).status_code == 403
    client.force_login(cast.owner())
    assert client.post(edit, {"name": "Bath", "is_shared": "on"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Bath", True)
    assert client.post(delete).status_code == 302
    assert not SavedView.objects.exists()


def test_somebody_elses_own_view_is_not_there_for_anybody(client: Client, here: Environment) -> None:
    view = saved(here, cast.analyst())
    client.force_login(cast.owner())
    for page in ("", "edit/"):
        assert client.get(f"{LIST}{view.pk}/{page}").status_code == 404


def test_a_view_about_a_person_is_saved_and_seen_by_those_who_may_see_people(client: Client, here: Environment) -> None:
    form = {"name": "Ann", "page": "records", "query": f"user={SOMEBODY}"}
    anna, olga = cast.analyst(), cast.owner()
    client.force_login(anna)
    assert "Only members who may see people" in client.post(NEW, form).content.decode()
    client.force_login(olga)
    assert client.post(NEW, form | {"is_shared": "on"}).status_code == 302
    view = SavedView.objects.get()
    assert view.names_people
    assert listed(client, anna) == set()
    assert client.get(f"{LIST}{view.pk}/").status_code == 404
    assert listed(client, cast.privacy_admin()) == {"Ann"}


def test_an_id_in_an_address_is_not_kept(here: Environment) -> None:
    view = saved(here, cast.owner(), query="user=ann@shop.example&anonymous!=42&region=Kent")
    assert (view.query, view.names_people) == ("region=Kent", False)


def test_a_filter_that_is_too_long_is_refused_with_a_sentence(client: Client) -> None:
    client.force_login(cast.analyst())
    for query in ("region=" + "K" * 9_000, "&".join(f"region={place}" for place in range(600))):
        page = client.post(NEW, {"name": "Long", "page": "dashboard", "query": query}).content.decode()
        assert "This filter" in page and not SavedView.objects.exists()
        assert client.get(NEW, {"page": "dashboard", "query": query[:4_000]}).status_code == 200


def test_the_home_of_members_is_the_view_that_an_owner_chose(client: Client, here: Environment) -> None:
    olga = cast.owner()
    first, second = (saved(here, olga, name, is_shared=True) for name in ("First", "Second"))
    client.force_login(olga)
    for view in (first, second):
        client.post(f"{LIST}{view.pk}/start/", {"start": "1"})
    assert [view.name for view in SavedView.objects.filter(is_start=True)] == ["Second"]
    client.force_login(cast.viewer())
    assert client.get("/")["Location"] == "/production/interactions/?region=Kent"
    client.force_login(olga)
    client.post(f"{LIST}{second.pk}/start/", {"start": "0"})
    assert client.get("/")["Location"] == "/production/"


def test_a_start_page_that_is_no_longer_shared_is_none(here: Environment) -> None:
    view = saved(here, cast.owner(), is_shared=True)
    views.set_start(view, is_start=True)
    views.change(view, name="Kent", is_shared=False)
    assert views.start_of(here, sees_people=True) is None


@pytest.mark.parametrize("given", [{"is_shared": False}, {"is_shared": True, "query": f"user={SOMEBODY}"}])
def test_a_view_that_not_all_members_see_is_no_start_page(here: Environment, given: dict[str, Any]) -> None:
    view = saved(here, cast.owner(), **given)
    with pytest.raises(ViewRefused):
        views.set_start(view, is_start=True)


def test_a_view_of_a_page_that_is_gone_leads_to_the_overview(client: Client, here: Environment) -> None:
    view = saved(here, cast.owner(), is_shared=True, page="gone")
    views.set_start(view, is_start=True)
    client.force_login(cast.viewer())
    assert client.get("/")["Location"] == "/production/"
    assert client.get(LIST).status_code == 200


def test_a_view_of_one_environment_is_not_there_in_another(client: Client, here: Environment) -> None:
    view = saved(here, cast.owner(), is_shared=True)
    client.force_login(cast.member("paul", Role.OWNER, "playground"))
    assert client.get(f"/playground/views/{view.pk}/").status_code == 404


def test_the_log_says_what_was_done_without_names(client: Client) -> None:
    client.force_login(cast.analyst())
    client.post(NEW, {"name": "Ann Smith", "page": "dashboard", "query": "keywords=ann"})
    view = SavedView.objects.get()
    client.post(f"{LIST}{view.pk}/edit/", {"name": "Ann S."})
    client.post(reverse("view_delete", args=["production", view.pk]))
    entries = ActivityEntry.objects.filter(action__startswith="view_").order_by("id")
    assert [(entry.action, entry.object) for entry in entries] == [
        (f"view_{did}", f"saved view {view.pk}") for did in ("saved", "changed", "deleted")
    ]
    assert "ann" not in str(list(entries.values_list("details"))).lower()
