"""Notes on days: who writes them, and where they are shown."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from interactions.models import ActivityEntry, Annotation, Environment
from interactions.saved import notes
from tests import cast
from tests.pages import HTMX, text_of

NEW = "/production/notes/new/"
PAGE = "/production/interactions/"
pytestmark = pytest.mark.usefixtures("here")


def note(here: Environment, user: User, day: str, text: str = "Sale") -> Annotation:
    return notes.add(here, user, day=date.fromisoformat(day), text=text)


def drawn(page: str) -> list[dict[str, str]]:
    found = re.search(r'id="annotations" type="application/json">(.*?)</script>', page)
    assert found
    drawn: list[dict[str, str]] = json.loads(found[1])
    return drawn


def test_a_note_is_on_the_chart_and_listed_below_it(client: Client, here: Environment) -> None:
    anna = cast.analyst()
    note(here, anna, "2024-01-03", "<b>Sale</b>")
    note(here, anna, "2024-01-02", "Campaign")
    client.force_login(cast.viewer())
    page = text_of(client, PAGE, **HTMX)
    assert drawn(page) == [{"day": "2024-01-02", "text": "Campaign"}, {"day": "2024-01-03", "text": "<b>Sale</b>"}]
    assert "&lt;b&gt;Sale&lt;/b&gt;" in page and "<b>Sale" not in page


def test_a_breakdown_has_the_notes_of_its_days(client: Client, here: Environment) -> None:
    note(here, cast.owner(), "2024-01-03", "Campaign")
    client.force_login(cast.viewer())
    page = text_of(client, f"{PAGE}breakdown/?from=2024-01-02&to=2024-01-04", **HTMX)
    assert drawn(page) == [{"day": "2024-01-03", "text": "Campaign"}]
    assert drawn(text_of(client, f"{PAGE}breakdown/?from=2024-01-02&to=2024-01-02", **HTMX)) == []


def test_a_chart_has_the_notes_of_its_days_alone(client: Client, here: Environment) -> None:
    for day in ("2024-01-01", "2024-01-03", "2024-01-05"):
        note(here, cast.owner(f"olga{day}"), day, day)
    client.force_login(cast.owner())
    page = text_of(client, f"{PAGE}?from=2024-01-02&to=2024-01-04", **HTMX)
    assert [each["text"] for each in drawn(page)] == ["2024-01-03"]


def test_notes_of_another_environment_are_not_shown(client: Client, here: Environment) -> None:
    olga = cast.owner()
    note(Environment.objects.get(slug="playground"), olga, "2024-01-03")
    client.force_login(olga)
    assert drawn(text_of(client, PAGE, **HTMX)) == []


def test_an_analyst_writes_a_note_and_the_page_is_loaded_anew(client: Client) -> None:
    client.force_login(cast.analyst())
    answer = client.post(NEW, {"day": "2024-01-03", "text": "  Sale "}, headers=HTMX)
    assert answer["HX-Refresh"] == "true"
    written = Annotation.objects.get()
    assert (written.day, written.text, written.created_by.username) == (date(2024, 1, 3), "Sale", "anna")


@pytest.mark.parametrize(
    "form", [{"day": "2024-02-30", "text": "Sale"}, {"day": "2024-01-03", "text": " "}, {"day": "", "text": "x" * 201}]
)
def test_a_note_has_a_day_and_a_text_of_200_characters_at_most(client: Client, form: dict[str, str]) -> None:
    client.force_login(cast.analyst())
    assert "field-error" in client.post(NEW, form).content.decode()
    assert not Annotation.objects.exists()


def test_viewers_read_notes_and_write_none(client: Client, here: Environment) -> None:
    note(here, cast.analyst(), "2024-01-03")
    client.force_login(cast.viewer())
    page = text_of(client, "/production/notes/")
    assert "Sale" in page and "Add note" not in page and "/edit/" not in page
    assert client.get(NEW).status_code == 403


def test_a_note_is_changed_by_its_author_or_an_owner(client: Client, here: Environment) -> None:
    written = note(here, cast.analyst(), "2024-01-03")
    form = {"day": "2024-01-04", "text": "Sale began"}
    client.force_login(cast.analyst("amos"))
    assert client.post(f"/production/notes/{written.pk}/", form).status_code == 403
    assert client.post(f"/production/notes/{written.pk}/delete/").status_code == 403
    client.force_login(cast.owner())
    assert client.post(f"/production/notes/{written.pk}/", form).status_code == 302
    written.refresh_from_db()
    assert (written.day, written.text) == (date(2024, 1, 4), "Sale began")
    client.force_login(User.objects.get(username="anna"))
    assert client.post(f"/production/notes/{written.pk}/delete/").status_code == 302
    assert not Annotation.objects.exists()


def test_the_overview_marks_the_days_of_notes(client: Client, here: Environment) -> None:
    olga = cast.owner()
    note(here, olga, timezone.localdate(timezone=here.zone).isoformat(), "Import of history")
    client.force_login(olga)
    page = text_of(client, "/production/")
    assert "growth-noted" in page and page.count("Import of history") == 3  # in the bar's title, the list, and the JSON


def test_the_log_has_the_day_and_not_the_text(client: Client) -> None:
    client.force_login(cast.analyst())
    client.post(NEW, {"day": "2024-01-03", "text": "Ann called"})
    entry = ActivityEntry.objects.get(action="note_added")
    assert (entry.object, entry.details) == (f"note {Annotation.objects.get().pk}", {"day": "2024-01-03"})
