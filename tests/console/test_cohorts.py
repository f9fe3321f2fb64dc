"""Cohorts: the list, the form, the filter on every page, and the file of ids."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from interactions.console.navigation import _FILTERED
from interactions.models import ActivityEntry, Cohort, Environment
from tests import cast
from tests.lakes import append, record
from tests.pages import HTMX, text_of

PAGE = "/production/interactions/cohorts/"
VIEW, BUY = "product_detail_page_view", "checkout"
ONE_RULE = {"rule": "0", "did-0": "did", "type-0": BUY, "times-0": "2", "when-0": "ever", "days-0": "30"}


@pytest.fixture(autouse=True)
def here(db: None, emptied_cache: None, own_folders: Path) -> Environment:
    return Environment.objects.get(slug="production")


def some_buyers() -> None:
    """Ann bought twice and refunded; Bob bought twice; the visitor v1 bought three times, once as Kim; Eve looked."""
    append(
        [
            record(BUY, "2024-01-01T12:00:00Z", user_id="ann", region="Kent"),
            record(BUY, "2024-01-20T12:00:00Z", user_id="ann", region="Bath"),
            record("refund", "2024-01-21T12:00:00Z", user_id="ann"),
            record(BUY, "2024-01-28T12:00:00Z", user_id="bob", region="Kent"),
            record(BUY, "2024-01-29T12:00:00Z", user_id="bob", region="Kent"),
            record(BUY, "2024-01-29T12:00:00Z", anonymous_id="v1"),
            record(BUY, "2024-01-30T12:00:00Z", anonymous_id="v1"),
            record(BUY, "2024-01-30T13:00:00Z", anonymous_id="v1", user_id="kim"),
            record(VIEW, "2024-01-30T12:00:00Z", anonymous_id="v2"),
            record(VIEW, "2024-01-31T12:00:00Z", user_id="eve"),
            record(BUY, "2024-01-31T12:00:00Z"),
        ]
    )


def made(here: Environment, *rules: dict[str, Any], name: str = "Frequent buyers") -> Cohort:
    return Cohort.objects.create(environment=here, name=name, rules=list(rules))


def people(client: Client, cohort: Cohort) -> int:
    found = re.search(r">([\d,]+)</span>", text_of(client, f"{PAGE}{cohort.pk}/count/"))
    assert found
    return int(found[1])


TWICE = {"types": [BUY], "at_least": 2}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([TWICE], 3),  # Ann, Bob and Kim
        ([TWICE, {"types": ["refund"], "is_not": True}], 2),
        ([{"types": [BUY], "at_least": 2, "days": 7}], 2),
        ([{"types": [BUY], "at_least": 2, "first": "2024-01-28", "last": "2024-01-29"}], 1),
        ([{"types": [BUY], "conditions": [{"field": "region", "values": ["Kent", "Bath"]}]}], 2),
        ([{"types": [BUY, "refund"], "at_least": 3}], 2),
        ([{"types": [BUY], "is_not": True}], 2),
        ([], 5),
    ],
)
def test_people_are_counted(
    admin_client: Client, here: Environment, rules: list[dict[str, Any]], expected: int
) -> None:
    some_buyers()
    assert people(admin_client, made(here, *rules)) == expected


def test_the_list_says_who_is_in_a_cohort(admin_client: Client, here: Environment) -> None:
    conditions = [{"field": "region", "values": ["Kent"], "is_not": True}]
    made(here, {**TWICE, "days": 30, "conditions": conditions}, {"types": ["refund"], "is_not": True})
    said = "did checkout at least 2 times where region is not Kent in the last 30 days, and never did refund"
    assert said in text_of(admin_client, PAGE)


def test_without_cohorts_the_page_offers_to_create_one_to_those_who_may(client: Client) -> None:
    client.force_login(cast.analyst())
    assert f'href="{PAGE}new/"' in text_of(client, PAGE)
    client.force_login(cast.viewer())
    page = text_of(client, PAGE)
    assert "has no cohorts yet" in page
    assert f'href="{PAGE}new/"' not in page


def test_a_cohort_is_created_as_the_form_says(client: Client, here: Environment) -> None:
    client.force_login(cast.analyst())
    sent = {
        "name": "Lost buyers",
        "rule": ["0", "1"],
        "did-0": "did", "type-0": [BUY, "refund"], "times-0": "2", "when-0": "ever", "days-0": "30",
        "field-0": ["region", "region", "custom", "assisted"], "form-0": ["", "", "!", ""],
        "value-0": ["Kent", "Bath", "gold", "yes"], "key-0": ["", "", "plan", ""],
        "did-1": "not", "type-1": "", "times-1": "5", "when-1": "days", "days-1": "90",
    }  # fmt: skip
    assert client.post(f"{PAGE}new/", sent).status_code == 302
    cohort = Cohort.objects.get()
    assert (cohort.name, cohort.made_by) == ("Lost buyers", "anna")
    assert cohort.rules[1] == {"days": 90, "is_not": True}
    first = cohort.rules[0]
    assert (first["types"], first["at_least"]) == ([BUY, "refund"], 2)
    assert [(each["field"], each["values"], each["is_not"]) for each in first["conditions"]] == [
        ("region", ["Kent", "Bath"], False),
        ("custom_context.plan", ["gold"], True),
        ("is_assisted", [True], False),
    ]
    assert ActivityEntry.objects.get(action="cohort_created").object == f"cohort {cohort.pk}"


def test_a_cohort_comes_back_into_the_form_as_it_was_sent(admin_client: Client, here: Environment) -> None:
    some_buyers()
    rule = {**TWICE, "first": "2024-01-02", "conditions": [{"field": "region", "values": ["Kent", "Bath"]}]}
    cohort = made(here, rule)
    page = text_of(admin_client, f"{PAGE}{cohort.pk}/")
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        if name := re.search(r' name="([^"]+-0|rule|name)"', tag):
            sent.setdefault(name[1], []).append((re.search(r' value="([^"]*)"', tag) or ["", ""])[1])
    for name, options in re.findall(r'<select name="([^"]+-0)"(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        assert chosen
        sent.setdefault(name, []).append(chosen[2] if chosen[1] is None else chosen[1])
    assert admin_client.post(f"{PAGE}{cohort.pk}/", sent).status_code == 302
    again = Cohort.objects.get().rules[0]
    assert (again["types"], again["at_least"], again["first"]) == ([BUY], 2, "2024-01-02")
    assert again["conditions"][0]["values"] == ["Kent", "Bath"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "x" * 81}, "The name can have up to 80 characters."),
        ({"name": "FREQUENT buyers"}, "There is already a cohort called FREQUENT buyers."),
        ({"times-0": "0"}, "Times: enter a whole number from 1 to 1,000,000."),
        ({"times-0": "²"}, "Times: enter a whole number"),
        ({"when-0": "days", "days-0": "many"}, "Days: enter a whole number from 1 to 3,650."),
        ({"when-0": "dates", "first-0": "2024-02-02", "last-0": "2024-02-01"}, "ends before it starts"),
        ({"when-0": "dates"}, "Enter the first day or the last day"),
        ({"when-0": "dates", "first-0": "soon"}, "isn&#x27;t a date"),
        ({"did-0": "fewer", "times-0": "1"}, "choose &quot;didn&#x27;t do&quot;"),
        ({"field-0": "region", "form-0": "", "value-0": " ", "key-0": ""}, "Region: enter a value."),
        ({"field-0": "device", "form-0": "", "value-0": "fridge", "key-0": ""}, "device=fridge in the address"),
        ({"field-0": "custom", "form-0": "", "value-0": "x", "key-0": ""}, "You can&#x27;t filter by the key"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    admin_client: Client, here: Environment, change: dict[str, str], sentence: str
) -> None:
    made(here)
    sent = {"name": "Another", **ONE_RULE, **change}
    assert sentence in admin_client.post(f"{PAGE}new/", sent).content.decode()
    assert Cohort.objects.count() == 1


def test_an_id_of_a_person_is_no_field_of_a_rule(admin_client: Client) -> None:
    sent = {"name": "Ann", **ONE_RULE, "field-0": "user", "form-0": "", "value-0": "u-1", "key-0": ""}
    admin_client.post(f"{PAGE}new/", sent)
    assert "conditions" not in Cohort.objects.get().rules[0]


def test_lines_are_added_and_removed_without_saving(admin_client: Client) -> None:
    def lines(step: str, **more: Any) -> tuple[int, int, int]:
        sent = {"name": "A", **ONE_RULE, **more, "step": step}
        page = admin_client.post(f"{PAGE}new/", sent, headers=HTMX).content.decode()
        return tuple(page.count(f'name="{name}') for name in ("rule", "type-0", "field-0"))  # type: ignore[return-value]

    assert lines("add") == (2, 1, 0)
    assert lines("drop 0") == (1, 1, 0)
    assert lines("add-type 0") == (1, 2, 0)
    assert lines("drop-type 0 1", **{"type-0": [BUY, VIEW]}) == (1, 1, 0)
    assert lines("add-line 0") == (1, 1, 1)
    assert lines("drop-line 0 7") == (1, 1, 0)
    assert lines("nonsense x 9") == (1, 1, 0)
    assert not Cohort.objects.exists()


def test_the_form_counts_people_as_it_is_filled_in(admin_client: Client) -> None:
    some_buyers()
    draft = admin_client.post(f"{PAGE}draft/", ONE_RULE, headers=HTMX).content.decode()
    assert "<strong>3 people</strong> now, of 5" in draft
    draft = admin_client.post(f"{PAGE}draft/", {**ONE_RULE, "times-0": "0"}, headers=HTMX).content.decode()
    assert "Times: enter a whole number" in draft


def test_a_cohort_is_changed_and_deleted(admin_client: Client, here: Environment) -> None:
    cohort = made(here, TWICE)
    address = f"{PAGE}{cohort.pk}/"
    assert admin_client.post(address, {"name": "frequent Buyers", **ONE_RULE, "times-0": "3"}).status_code == 302
    cohort.refresh_from_db()
    assert (cohort.name, cohort.rules[0]["at_least"]) == ("frequent Buyers", 3)
    assert "You can't undo this" in text_of(admin_client, f"{address}delete/")
    assert admin_client.post(f"{address}delete/").status_code == 302
    assert not Cohort.objects.exists()
    assert [each.action for each in ActivityEntry.objects.order_by("id")][-2:] == ["cohort_changed", "cohort_deleted"]


@pytest.mark.parametrize("page", sorted(_FILTERED))
def test_a_cohort_is_a_filter_of_every_page_with_a_filter(admin_client: Client, here: Environment, page: str) -> None:
    some_buyers()
    cohort, address = made(here, {**TWICE, "days": 30}), reverse(page, args=["production"])
    shown = text_of(admin_client, f"{address}?cohort={cohort.pk}")
    assert re.search(r'data-chip="cohort"[^>]*aria-label="In cohort Frequent buyers\. Remove"', shown)
    shown = text_of(admin_client, f"{address}?cohort!={cohort.pk}")
    assert "Not in cohort Frequent buyers" in shown


def records(client: Client, query: str) -> int:
    found = re.search(r"([\d,]+)", text_of(client, f"/production/interactions/records/count/?{query}"))
    assert found
    return int(found[1])


def test_records_are_those_of_the_people_in_the_cohort(admin_client: Client, here: Environment) -> None:
    some_buyers()
    cohort = made(here, TWICE)
    assert records(admin_client, f"cohort={cohort.pk}") == 8
    assert records(admin_client, f"cohort!={cohort.pk}") == 3
    page = text_of(admin_client, f"/production/interactions/records/?cohort!={cohort.pk}", **HTMX)
    assert "eve" in page
    assert "bob" not in page


def test_last_days_of_a_cohort_count_back_whatever_the_period_is(admin_client: Client, here: Environment) -> None:
    some_buyers()
    cohort = made(here, {**TWICE, "days": 7})
    assert records(admin_client, f"cohort={cohort.pk}") == 5
    assert records(admin_client, f"cohort={cohort.pk}&period=30d") == 5
    assert records(admin_client, f"cohort={cohort.pk}&from=2024-01-01&to=2024-01-28") == 1


def test_dates_that_are_odd_are_counted_for_a_cohort_that_counts_back(admin_client: Client, here: Environment) -> None:
    some_buyers()
    append([record(BUY, "1999-01-01T12:00:00Z", user_id="bob"), record(BUY, "1999-01-01T12:00:00Z", user_id="zoe")])
    cohort = made(here, {**TWICE, "days": 7})
    page = text_of(admin_client, f"/production/interactions/?figures=now&cohort={cohort.pk}")
    assert re.search("data-earlier.*1 record is dated", page)


def test_nobody_is_in_a_cohort_that_is_not_there_and_the_page_says_so(admin_client: Client) -> None:
    some_buyers()
    assert "There is no cohort 4711 here." in text_of(admin_client, "/production/interactions/?cohort=4711")
    assert records(admin_client, "cohort=4711") == 0
    assert records(admin_client, "cohort!=4711") == 11


@pytest.mark.parametrize("number", ["x", "²", "9" * 30])
def test_what_is_no_number_is_said_and_left_out(admin_client: Client, number: str) -> None:
    some_buyers()
    assert f"cohort={number} in the address" in text_of(admin_client, f"/production/interactions/?cohort={number}")
    assert records(admin_client, f"cohort={number}") == 11


def test_a_cohort_of_another_environment_is_not_there(admin_client: Client) -> None:
    some_buyers()
    cohort = made(Environment.objects.get(slug="playground"), TWICE, name="Secret plans")
    shown = text_of(admin_client, f"/production/interactions/?cohort={cohort.pk}")
    assert "There is no cohort" in shown
    assert "Secret plans" not in shown
    assert admin_client.get(f"{PAGE}{cohort.pk}/count/").status_code == 404


def ids(client: Client, cohort: Cohort) -> list[list[str]]:
    content = b"".join(client.get(f"{PAGE}{cohort.pk}/people.csv").streaming_content)  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_ids_of_its_people_are_for_those_who_may_see_people_and_logged(client: Client, here: Environment) -> None:
    some_buyers()
    cohort = made(here, {"types": ["refund"], "is_not": True})
    client.force_login(cast.privacy_admin())
    assert ids(client, cohort) == [["user_id", "anonymous_id"], ["bob", ""], ["eve", ""], ["kim", ""], ["", "v2"]]
    assert "no-store" in client.get(f"{PAGE}{cohort.pk}/people.csv")["Cache-Control"]
    entry = ActivityEntry.objects.filter(action="cohort_exported").first()
    assert entry is not None
    assert (entry.actor, entry.object, entry.details) == ("petra", f"cohort {cohort.pk}", {"people": 4})
    client.force_login(cast.analyst())
    assert client.get(f"{PAGE}{cohort.pk}/people.csv").status_code == 403
    assert "people.csv" not in text_of(client, PAGE)


def test_an_export_of_records_has_those_of_the_cohort(admin_client: Client, here: Environment) -> None:
    some_buyers()
    cohort = made(here, TWICE)
    answer = admin_client.get(f"/production/interactions/exports/download/?format=jsonl&cohort={cohort.pk}")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]  # type: ignore[attr-defined]
    assert {each.get("user_id") or each["anonymous_id"] for each in lines} == {"ann", "bob", "kim", "v1"}
    assert len(lines) == 8
