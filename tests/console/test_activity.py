"""The activity page: what is shown to whom, filters, pages, CSV; plain and with htmx."""

import csv
import io
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from interactions.access import audit
from interactions.access.audit import Action
from interactions.access.audit.read import GROUPS
from interactions.console.activity import PAGE_SIZE
from interactions.models import ActivityEntry, Environment
from tests import cast
from tests.pages import HTMX, text_of

pytestmark = pytest.mark.django_db

PAGE = "/production/activity/"


@pytest.fixture(autouse=True)
def olga(client: Client) -> User:
    """An owner, logged in before the log begins."""
    user = cast.owner()
    client.force_login(user)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM interactions_activityentry")
    return user


def noted(action: Action = Action.KEY_CREATED, *, environment: str = "production", **values: Any) -> ActivityEntry:
    here = Environment.objects.get(slug=environment) if environment else None
    return audit.note(action, environment=here, **values)


def objects(page: str) -> list[str]:
    """What was done to what, in the order of the rows."""
    return re.findall(r"</strong> · (?:<a[^>]*>)?([^<]+)<", page)


def read(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{PAGE}?format=csv{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_a_log_without_entries_says_so(client: Client) -> None:
    assert "No activity yet." in text_of(client, PAGE)


def test_entries_come_newest_first_with_all_that_is_known(client: Client, olga: User) -> None:
    noted(object="API key 1", by=olga, address="10.0.0.9", details={"kind": "secret", "hours": 2000})
    noted(Action.IMPORT_FAILED, object="import 7")
    page = text_of(client, PAGE)
    assert objects(page) == ["import 7", "API key 1"]
    for fact in ("olga", "10.0.0.9", "hours 2,000 · kind secret", "API key created", "Dojo itself"):
        assert fact in page
    assert 'href="/production/interactions/imports/7/"' in page


def test_a_moment_among_the_details_is_in_the_zone_of_the_environment(client: Client, olga: User) -> None:
    Environment.objects.update(time_zone="Asia/Tokyo")
    noted(Action.RETENTION_RUN, details={"records": 5, "before": "2026-10-25T15:00:00+00:00"})
    assert "before Oct 26, 2026, 00:00 · records 5" in text_of(client, PAGE)


def test_one_sees_ones_environment_and_what_belongs_to_none(client: Client) -> None:
    noted(object="here")
    noted(object="there", environment="playground")
    noted(Action.LOG_IN_FAILED, object="everywhere", environment="")
    assert objects(text_of(client, PAGE)) == ["everywhere", "here"]


def test_the_steps_of_one_action_are_one_row(client: Client) -> None:
    shared = audit.shared_by("import", 7)
    noted(Action.IMPORT_STARTED, object="import 7", shared=shared)
    noted(object="between")
    noted(Action.IMPORT_DONE, object="import 7", shared=shared)
    page = text_of(client, PAGE)
    assert objects(page) == ["import 7", "between"]
    assert "1 step before" in page and "Import started" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=import_done", ["import 7"]),
        ("action=Imports", ["import 8", "import 7"]),
        ("action=nonsense", ["import 8", "import 7", "API key 1"]),
        ("actor=olg", ["API key 1"]),
        ("object=IMPORT", ["import 8", "import 7"]),
        ("object=100%25", []),
        ("action=Imports&object=8", ["import 8"]),
    ],
)
def test_the_list_is_filtered_as_asked(client: Client, olga: User, query: str, found: list[str]) -> None:
    noted(object="API key 1", by=olga)
    noted(Action.IMPORT_DONE, object="import 7")
    noted(Action.IMPORT_FAILED, object="import 8")
    assert objects(text_of(client, f"{PAGE}?{query}")) == found


def test_days_are_those_of_the_environment_and_both_count(client: Client) -> None:
    Environment.objects.filter(slug="production").update(time_zone="Asia/Tokyo")
    here = Environment.objects.get(slug="production")
    for hour in (14, 15):  # the last of 31 January in Tokyo, and the first of 1 February
        at = datetime(2024, 1, 31, hour, 30, tzinfo=UTC)
        ActivityEntry.objects.create(action=Action.LOG_IN, at=at, environment=here, object=f"at {hour}")
    assert objects(text_of(client, f"{PAGE}?until=2024-01-31")) == ["at 14"]
    assert objects(text_of(client, f"{PAGE}?since=2024-02-01")) == ["at 15"]
    assert objects(text_of(client, f"{PAGE}?since=2024-01-31&until=2024-02-01")) == ["at 15", "at 14"]
    assert objects(text_of(client, f"{PAGE}?since=never")) == ["at 15", "at 14"]


def test_older_actions_are_a_page_away_and_come_once(client: Client) -> None:
    for number in range(PAGE_SIZE + 3):
        noted(object=f"number {number}")
    first = text_of(client, PAGE)
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    noted(object="meanwhile")
    second = text_of(client, PAGE + older[1])
    assert objects(first) + objects(second) == [f"number {number}" for number in reversed(range(PAGE_SIZE + 3))]
    assert "No older entries" in second


def test_htmx_gets_the_older_rows_alone(client: Client) -> None:
    entries = [noted(object=f"number {number}") for number in range(3)]
    part = text_of(client, f"{PAGE}?before={entries[2].pk}", **HTMX)
    assert "<html" not in part and "<table" not in part and objects(part) == ["number 1", "number 0"]


def test_htmx_gets_the_list_and_the_address_it_belongs_to(client: Client) -> None:
    noted()
    answer = client.get(f"{PAGE}?actor=&action=Imports", headers=HTMX)
    part = answer.content.decode()
    assert answer["HX-Push-Url"] == f"{PAGE}?action=Imports"
    assert "<html" not in part and "No matching entries." in part
    assert 'href="?action=Imports&amp;format=csv"' in part


def test_the_csv_holds_every_entry_that_matches(client: Client, olga: User) -> None:
    shared = uuid.uuid4()
    noted(Action.IMPORT_STARTED, object="import 7", by=olga, shared=shared, address="10.0.0.9")
    noted(Action.IMPORT_DONE, object="import 7", shared=shared, details={"accepted": 3})
    noted(object="API key 1")
    rows = read(client, "&action=Imports")
    assert [(row["action"], row["actor"], row["details"]) for row in rows] == [
        ("import_done", "", "accepted: 3"),
        ("import_started", "olga", ""),
    ]
    assert {row["shared"] for row in rows} == {str(shared)}
    assert {row["environment"] for row in rows} == {"production"}


def test_times_of_the_csv_say_their_offset(client: Client) -> None:
    Environment.objects.filter(slug="production").update(time_zone="Asia/Tokyo")
    noted()
    assert read(client)[0]["time"].endswith("+09:00")


def test_a_spreadsheet_takes_no_name_for_a_formula(client: Client) -> None:
    noted(object='=HYPERLINK("x")')
    assert read(client)[0]["object"] == '\'=HYPERLINK("x")'


def test_every_action_is_in_one_group() -> None:
    listed = [action for actions in GROUPS.values() for action in actions]
    assert sorted(listed) == sorted(Action)


def test_every_action_can_be_shown(client: Client) -> None:
    for action in Action:
        noted(action, object=f"of {action.label}")
    first = text_of(client, PAGE)
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    assert len(objects(first) + objects(text_of(client, PAGE + older[1]))) == len(Action)


def test_a_page_asks_as_often_for_many_actions_as_for_few(client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(PAGE_SIZE):
        noted(object=f"number {number}")
    client.get("/account/")  # the first page notes that the session is used
    with django_assert_max_num_queries(9):
        client.get(PAGE)
