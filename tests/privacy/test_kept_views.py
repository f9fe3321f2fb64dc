"""Erased people in saved views, share links and notes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from interactions import identity, privacy
from interactions.contract.tombstones import Person
from interactions.models import Annotation, Environment, SavedView, ShareLink
from interactions.privacy import kept_views, refused
from interactions.saved import links, notes, views
from tests import cast
from tests.ingest.imports.house import House

ANN = "ann.smith@shop.example"


@pytest.fixture
def here() -> Environment:
    return Environment.objects.get(slug="production")


def view(here: Environment, name: str, query: str) -> SavedView:
    user = cast.owner(f"author of {name}")
    return views.save(here, user, name=name, page="records", query=query, is_shared=False, sees_people=True)


def link(here: Environment, name: str, query: str) -> ShareLink:
    ends, user = timezone.now() + timedelta(days=1), cast.owner(f"sharer of {name}")
    return links.create(here, user, name=name, page="dashboard", query=query, expires_at=ends)[0]


def erased(house: House, here: Environment, *ids: str) -> int:
    """Erase people; how many rows named them. Nothing is found afterwards."""
    house.ask(privacy.request, here, list(ids))
    stones = refused(here.pk)
    found = kept_views.count(here, stones).total()
    kept_views.erase(here, stones)
    assert not kept_views.count(here, stones)
    return found


@pytest.mark.parametrize("field", ["user", "user!"])
def test_a_view_about_an_erased_person_goes_and_one_about_another_stays(
    house: House, here: Environment, field: str
) -> None:
    ann, bob = (Person(user_key=identity.keyring().key(name)).address for name in (ANN, "bob"))
    view(here, "First", f"{field}={ann}")
    view(here, "Second", f"{field}={bob}")
    assert erased(house, here, ANN) == 1
    assert [each.name for each in SavedView.objects.all()] == ["Second"]


@pytest.mark.parametrize(
    "query", [f"keywords={ANN}", f"custom.email={ANN}", f"page=/profile/{ANN}", f"any1.campaign!~={ANN}"]
)
def test_a_view_or_link_that_filters_by_an_id_as_a_text_goes(house: House, here: Environment, query: str) -> None:
    view(here, "First", query)
    link(here, "Second", query)
    assert erased(house, here, ANN) == 2
    assert not SavedView.objects.exists() and not ShareLink.objects.exists()


def test_a_name_or_a_note_with_an_id_is_replaced(house: House, here: Environment) -> None:
    kept = view(here, f"For {ANN}", "region=Kent")
    other = link(here, ANN, "region=Kent")
    notes.add(here, cast.analyst(), day=date(2026, 11, 5), text=f"{ANN} complained")
    assert erased(house, here, ANN) == 3
    assert SavedView.objects.get().name == f"(erased) {kept.pk}"
    assert ShareLink.objects.get().name == f"(erased) {other.pk}"
    assert Annotation.objects.get().text == "(erased)"


@pytest.mark.parametrize("query", ["product=12", "category=12", "period=7d&unit=day", "import=12", "any1.product!=12"])
def test_things_with_the_number_of_a_person_are_not_theirs(house: House, here: Environment, query: str) -> None:
    view(here, "Kent", query)
    notes.add(here, cast.analyst(), day=date(2026, 11, 5), text="Sale of 12 days")
    assert erased(house, here, "12") == 0


def test_an_erasure_of_another_environment_changes_nothing_here(house: House, here: Environment) -> None:
    view(here, "Kent", f"keywords={ANN}")
    there: Any = Environment.objects.get(slug="playground")
    assert erased(house, there, ANN) == 0
    assert SavedView.objects.exists()
