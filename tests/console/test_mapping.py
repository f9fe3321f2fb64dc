"""The step of the import wizard for tables, plain and with htmx, and what comes of its import."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.errors import ImportStateError
from interactions.ingest.imports import tables
from interactions.models import Environment, Import, SourceMapping
from tests import cast
from tests.pages import HTMX, received

SHOP = (
    b"when;what happened;customer no;items;order total\n"
    b"03/04/2026 10:00;Viewed item;ann;mug-7;\n"
    b"04/04/2026 10:00;Purchase;bob;mug-7|mug-8;12,50\n"
    b"04/04/2026 11:00;heartbeat;bob;;\n"
    b"04/04/2026 12:00;Viewed item\n"
)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def analyst(client: Client) -> User:
    user = cast.analyst("analyst")
    client.force_login(user)
    return user


def address(imp: Import) -> str:
    return reverse("import_check", args=["production", imp.pk])


def form_in(page: str) -> dict[str, str]:
    """What a browser would send of the form of a page."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    for name, inner in re.findall(r'<select[^>]*? name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        options = re.findall(r"<option([^>]*)>([^<]*)</option>", inner)
        chosen = next((option for option in options if " selected" in option[0]), options[0])
        value = re.search(r'value="([^"]*)"', chosen[0])
        fields[name] = value[1] if value else chosen[1]
    if zone := re.search(r'name="zone"[^>]* value="([^"]*)"', page):
        fields["zone"] = zone[1]
    fields.pop("csrfmiddlewaretoken", None)
    return fields


@pytest.mark.django_db
def test_a_table_is_shown_with_suggestions_and_what_is_to_be_answered(client: Client, analyst: User) -> None:
    imp = received(SHOP, "shop.csv")
    assert (imp.state, imp.format) == (Import.State.CHECKING, "CSV")
    page = client.get(address(imp)).content.decode()
    form = form_in(page)
    assert [form[f"field-{number}"] for number in range(5)] == [
        "timestamp",
        "type",
        "user_id",
        "product_ids",
        "revenue",
    ]
    assert [form[f"kind-{number}"] for number in range(3)] == ["product_detail_page_view", "checkout", ""]
    assert "written with the day first, or the month?" in page
    assert form["zone"] == "UTC"
    assert 'value="1" hx-disable disabled' in page.replace("\n", " ") or "disabled>Next step" in page


@pytest.mark.django_db
def test_the_preview_follows_what_is_chosen(client: Client, analyst: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    page = client.post(address(imp), {**form, "times": "day first"}, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "2026-04-03 10:00:00Z" in page
    assert "1 row of the first 4 will be rejected" in page
    assert "heartbeat" in page and "It is mapped to nothing." in page
    month = client.post(address(imp), {**form, "times": "month first"}, headers=HTMX).content.decode()
    assert "2026-03-04 10:00:00Z" in month
    other = {**form_in(page), "field-2": "anonymous_id", "field-0": "timestamp", "times": "day first"}
    assert "anonymous_id&quot;: &quot;ann" in client.post(address(imp), other, headers=HTMX).content.decode()


@pytest.mark.django_db
def test_a_field_goes_to_the_column_that_was_changed(client: Client, analyst: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    page = client.post(
        address(imp), {**form, "field-3": "user_id", "times": "day first"}, headers=HTMX
    ).content.decode()
    assert form_in(page)["field-3"] == "user_id"
    assert form_in(page)["field-2"] == ""


@pytest.mark.django_db
def test_a_mapping_is_kept_and_offered_for_the_same_shape(client: Client, analyst: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    answered = {**form, "times": "day first", "zone": "Europe/Berlin", "keep": "Shop", "start": "1"}
    response = client.post(address(imp), answered)
    assert response.headers["Location"] == reverse("import_load", args=["production", imp.pk])
    kept = SourceMapping.objects.get()
    assert (kept.name, kept.environment.slug) == ("Shop", "production")
    again = received(SHOP, "next.csv")
    page = client.get(address(again)).content.decode()
    assert form_in(page)["kept"] == "Shop"
    assert form_in(page)["zone"] == "Europe/Berlin"
    assert "2026-04-03 08:00:00Z" in page


@pytest.mark.django_db
def test_nothing_starts_while_a_question_is_open(client: Client, analyst: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    page = client.post(address(imp), {**form, "start": "1"}).content.decode()
    assert "written with the day first, or the month?" in page
    imp.refresh_from_db()
    assert imp.state == Import.State.CHECKING


@pytest.mark.django_db
def test_what_is_no_table_is_refused_as_before(client: Client, analyst: User) -> None:
    assert received(b"hello", "a.csv").error == "The file is not JSON: it must begin with { or [."
    assert received(b"a,b\n", "a.csv").error == "The file has a header but no rows."


@pytest.mark.django_db
def test_records_of_another_form_can_be_mapped_by_hand(client: Client, analyst: User) -> None:
    other = b'{"what":"view","user":{"id":7}}\n{"what":"buy","user":{"id":8}}\n'
    imp = received(other, "other.jsonl")
    page = client.get(address(imp)).content.decode()
    assert "Map the fields by hand" in page
    form = form_in(client.get(f"{address(imp)}?map=1").content.decode())
    assert form["field-1"] == "user_id"


@pytest.mark.django_db
def test_the_command_takes_the_kept_mapping(client: Client, analyst: User) -> None:
    here = Environment.objects.get(slug="production")
    imp = received(SHOP, "shop.csv")
    with pytest.raises(ImportStateError, match="no kept mapping fits"):
        tables.mapping_for(imp, "")
    suggested = tables.in_zone(tables.table.suggested(tables.sample(imp)), "UTC")
    tables.keep(here, "Shop", suggested)
    assert tables.mapping_for(imp, "Shop") == tables.mapping_for(imp, "") == suggested
