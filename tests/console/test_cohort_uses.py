"""Before a cohort is deleted, its page says what uses it; after that, each of those does what was said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from interactions.analytics.cohorts import CohortCondition
from interactions.analytics.filters import Filter
from interactions.cohorts.stored import definition_of
from interactions.cohorts.uses import uses_of
from interactions.exports.filters import restored, stored
from interactions.models import Cohort, Environment, ExportSchedule, SavedView, ShareLink
from interactions.saved import links, views
from tests import cast
from tests.pages import text_of
from tests.saved.conftest import here, lake  # noqa: F401 - fixtures

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def cohort() -> Cohort:
    rules = [{"types": ["product_detail_page_view"]}]
    return Cohort.objects.create(environment=Environment.objects.get(slug="production"), name="Lookers", rules=rules)


def page(cohort: Cohort) -> str:
    return f"/production/interactions/cohorts/{cohort.pk}/delete/"


def viewed(cohort: Cohort, name: str, query: str, **given: Any) -> SavedView:
    row = {"page": "dashboard", "is_shared": False, "sees_people": True, **given}
    user = row.pop("user", None) or cast.owner(name.replace(" ", ""))
    return views.save(cohort.environment, user, name=name, query=query, **row)


def linked(cohort: Cohort, name: str, query: str) -> tuple[ShareLink, str]:
    ends = timezone.now() + timedelta(days=7)
    link, token = links.create(
        cohort.environment, cast.owner(f"of{name}"), name=name, page="dashboard", query=query, expires_at=ends
    )
    return link, f"/shared/{token}/"


def scheduled(cohort: Cohort) -> ExportSchedule:
    """As earlier versions let them be made."""
    condition = CohortCondition((definition_of(cohort, cohort.environment.zone),))
    filter = stored(Filter(cohorts=(condition,)))
    return ExportSchedule.objects.create(environment=cohort.environment, target="s3://lake/daily", filter=filter)


@pytest.mark.parametrize("query", ["cohort={}", "region=Kent&cohort!={}", "cohort=99&cohort={}", "any1.cohort={}"])
def test_a_view_that_has_the_cohort_uses_it(cohort: Cohort, query: str) -> None:
    view = viewed(cohort, "Kent", query.format(cohort.pk))
    assert uses_of(cohort).views == [view]


@pytest.mark.parametrize("query", ["cohort={}0", "custom.cohort={}", "region={}", "keywords=cohort={}"])
def test_a_view_of_something_else_does_not(cohort: Cohort, query: str) -> None:
    viewed(cohort, "Kent", query.format(cohort.pk))
    assert uses_of(cohort).views == []


def test_links_that_ended_and_removed_schedules_use_nothing(cohort: Cohort) -> None:
    links.revoke(linked(cohort, "Gone", f"cohort={cohort.pk}")[0])
    late = linked(cohort, "Late", f"cohort={cohort.pk}")[0]
    ShareLink.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(days=1))
    ExportSchedule.objects.filter(pk=scheduled(cohort).pk).update(removed_at=timezone.now())
    found = uses_of(cohort)
    assert (found.links, found.schedules) == ([], [])


def test_the_page_lists_what_uses_a_cohort_and_what_becomes_of_it(client: Client, cohort: Cohort) -> None:
    anna = cast.analyst()
    viewed(cohort, "Mine", f"cohort={cohort.pk}", user=anna)
    views.set_start(viewed(cohort, "For all", f"cohort={cohort.pk}", is_shared=True), is_start=True)
    viewed(cohort, "Secret of Olga", f"cohort={cohort.pk}")
    linked(cohort, "Agency", f"cohort={cohort.pk}")
    scheduled(cohort)
    client.force_login(anna)
    text = text_of(client, page(cohort))
    for said in (
        ">Mine</a>: shows nobody",
        ">For all</a>, the start page: shows nobody",
        "1 view of other members",
        ">Agency</a>: stops working",
        "goes on, with the rules that the cohort had",
    ):
        assert said in text, said
    assert "Secret of Olga" not in text and "s3://lake" not in text  # settings are for owners
    client.force_login(cast.owner())
    assert "s3://lake/daily" in text_of(client, page(cohort))


def test_a_cohort_that_nothing_uses_says_so(client: Client, cohort: Cohort) -> None:
    client.force_login(cast.analyst())
    assert "No saved view, share link or scheduled export uses this cohort" in text_of(client, page(cohort))


def test_after_that_views_show_nobody_links_end_and_schedules_go_on(client: Client, cohort: Cohort) -> None:
    view = viewed(cohort, "Mine", f"cohort={cohort.pk}", is_shared=True)
    _, address = linked(cohort, "Agency", f"cohort={cohort.pk}")
    schedule = scheduled(cohort)
    assert client.get(address).status_code == 200
    client.force_login(cast.owner())
    client.post(page(cohort))
    answer = client.get(f"/production/views/{view.pk}/", follow=True)
    assert f"There is no cohort {cohort.pk} here" in answer.content.decode()
    client.logout()
    assert client.get(address).status_code == 404
    (condition,) = restored(schedule.filter).cohorts
    assert condition.cohorts[0].rules == definition_of(cohort, cohort.environment.zone).rules
