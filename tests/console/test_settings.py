"""The settings of an environment, and what the activity log says of changes."""

import pytest
from django.test import Client

from interactions.access import environments
from interactions.models import ActivityEntry, Environment
from tests import cast
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PAGE = "/production/settings/"


@pytest.fixture(autouse=True)
def owner(client: Client) -> None:
    client.force_login(cast.owner())


def production() -> Environment:
    return Environment.objects.get(slug="production")


def changes() -> list[tuple[str, dict[str, str]]]:
    entries = ActivityEntry.objects.filter(action="settings_changed", environment=production()).order_by("id")
    return list(entries.values_list("object", "details"))


def test_the_page_shows_what_is_set(client: Client) -> None:
    Environment.objects.filter(slug="production").update(time_zone="Asia/Tokyo", retention_months=13)
    page = text_of(client, PAGE)
    assert 'value="Asia/Tokyo"' in page and "once they are 13 months old" in page
    assert '<option value="Europe/Berlin">UTC+0' in page


@pytest.mark.parametrize(
    ("sent", "name", "value", "before", "after"),
    [
        ({"form": "name", "name": "Shop"}, "name", "Shop", "Production", "Shop"),
        ({"form": "zone", "time_zone": "Europe/Berlin"}, "time_zone", "Europe/Berlin", "UTC", "Europe/Berlin"),
        ({"form": "zone", "time_zone": "america/new york"}, "time_zone", "America/New_York", "UTC", "America/New_York"),
        ({"form": "zone", "time_zone": " Tokyo"}, "time_zone", "Asia/Tokyo", "UTC", "Asia/Tokyo"),
        ({"form": "currency", "currency": "EUR"}, "currency", "EUR", "none", "EUR"),
        ({"form": "approval", "needs_approval": "on"}, "needs_approval", True, "not needed", "needed"),
    ],
)
def test_a_change_is_kept_and_noted(
    client: Client, sent: dict[str, str], name: str, value: object, before: str, after: str
) -> None:
    answer = client.post(PAGE, sent, follow=True)
    assert "Saved." in answer.content.decode()
    assert getattr(production(), name) == value
    assert changes() == [(environments.SETTINGS[name], {"before": before, "after": after})]


def test_each_form_leaves_the_others_alone(client: Client) -> None:
    Environment.objects.filter(slug="production").update(retention_months=13, needs_approval=True)
    client.post(PAGE, {"form": "name", "name": "Shop"})
    assert (production().retention_months, production().needs_approval) == (13, True)


def test_what_stays_the_same_is_not_noted(client: Client) -> None:
    client.post(PAGE, {"form": "zone", "time_zone": "UTC"})
    assert changes() == []


@pytest.mark.parametrize(
    "sent",
    [
        {"form": "zone", "time_zone": "Middle/Earth"},
        {"form": "zone", "time_zone": "../../etc/passwd"},
        {"form": "name", "name": " "},
    ],
)
def test_what_cannot_be_gets_its_sentence_beside_the_field(client: Client, sent: dict[str, str]) -> None:
    assert "field-error" in client.post(PAGE, sent).content.decode()
    assert changes() == []


def test_every_zone_that_is_offered_can_be_chosen() -> None:
    names = [name for name, _ in environments.zones()]
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata"} <= set(names) and len(names) == len(set(names))
    assert all(Environment(time_zone=name).zone for name in names)


def test_thresholds_of_health_are_noted_too(client: Client) -> None:
    environments.change(production(), thresholds={"history": [90, 30]})
    assert changes() == [("health thresholds", {"before": "the usual ones", "after": "history [90, 30]"})]


def test_a_role_is_shown_on_the_account_page(client: Client) -> None:
    page = text_of(client, "/account/")
    assert page.count(">Owner<small>") == 3


def test_a_changed_password_is_noted(client: Client) -> None:
    user = cast.analyst()
    user.set_password("correct horse battery")
    user.save()
    client.force_login(user)
    fresh = "staple a horse to it"
    form = {"form": "password", "old_password": "correct horse battery", "new_password1": fresh, "new_password2": fresh}
    client.post("/account/", form)
    assert ActivityEntry.objects.filter(action="password_changed", actor="anna").count() == 1
