"""The step of the import wizard for tables, plain and with htmx, and what comes of its import."""

from __future__ import annotations

import html
import json
import re

import msgspec
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.errors import ImportStateError
from interactions.ingest.imports import tables
from interactions.models import Environment, Import, SourceMapping
from tests.connectors.table.opened import workbook
from tests.pages import HTMX, received

pytestmark = pytest.mark.usefixtures("own_folders")

SHOP = (
    b"when;what happened;customer no;items;order total\n"
    b"03/04/2026 10:00;Viewed item;ann;mug-7;\n"
    b"04/04/2026 10:00;Purchase;bob;mug-7|mug-8;12,50\n"
    b"04/04/2026 11:00;heartbeat;bob;;\n"
    b"04/04/2026 12:00;Viewed item\n"
)


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
    for name, value in re.findall(r'<input class="form-control"[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page):
        fields[name] = html.unescape(value)
    fields.pop("csrfmiddlewaretoken", None)
    return fields


@pytest.mark.django_db
def test_a_table_is_shown_with_suggestions_and_what_is_to_be_answered(client: Client, importer: User) -> None:
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
def test_the_preview_follows_what_is_chosen(client: Client, importer: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    page = client.post(address(imp), {**form, "times": "day first"}, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "2026-04-03 10:00:00Z" in page
    assert "1 of the first 4 rows will be rejected." in page and "Problems in the first rows" in page
    assert "heartbeat" in page and "It is mapped to no type." in page
    month = client.post(address(imp), {**form, "times": "month first"}, headers=HTMX).content.decode()
    assert "2026-03-04 10:00:00Z" in month
    other = {**form_in(page), "field-2": "anonymous_id", "field-0": "timestamp", "times": "day first"}
    assert "anonymous_id&quot;: &quot;ann" in client.post(address(imp), other, headers=HTMX).content.decode()


@pytest.mark.django_db
def test_a_field_goes_to_the_column_that_was_changed(client: Client, importer: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    page = client.post(
        address(imp), {**form, "field-3": "user_id", "times": "day first"}, headers=HTMX
    ).content.decode()
    assert form_in(page)["field-3"] == "user_id"
    assert form_in(page)["field-2"] == ""


@pytest.mark.django_db
def test_a_mapping_is_kept_and_offered_for_the_same_shape(client: Client, importer: User) -> None:
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
def test_the_mark_between_the_values_of_a_list_is_shown_and_can_be_changed(client: Client, importer: User) -> None:
    imp = received(SHOP.replace(b"mug-7|mug-8", b"mug-7|mug/8"), "shop.csv")
    form = form_in(client.get(address(imp)).content.decode()) | {"times": "day first"}
    assert (form["separator-product_ids"], form["list-of-product_ids"]) == ("|", "items")
    page = client.post(address(imp), {**form, "separator-product_ids": "/"}, headers=HTMX).content.decode()
    assert "&quot;mug-7|mug&quot;" in page and form_in(page)["separator-product_ids"] == "/"
    again = client.post(address(imp), form_in(page), headers=HTMX).content.decode()
    assert form_in(again)["separator-product_ids"] == "/"
    moved = {**form_in(page), "field-3": "product_group_ids"}
    assert (
        "|" in form_in(client.post(address(imp), moved, headers=HTMX).content.decode())["separator-product_group_ids"]
    )


@pytest.mark.django_db
def test_the_sheet_of_a_workbook_is_chosen_and_kept(client: Client, importer: User) -> None:
    rows = [["event", "who"], ["view", "ann"], ["view", "ann"]]
    book = workbook([["note"], ["none"]], Views=rows, Orders=[["what", "buyer", "sku"], ["buy", "bob", "s1"]])
    imp = received(book, "shop.xlsx")
    form = form_in(client.get(address(imp)).content.decode())
    assert form["sheet"] == "Sales"
    page = client.post(address(imp), {**form, "sheet": "Orders"}, headers=HTMX).content.decode()
    assert form_in(page)["sheet"] == "Orders" and "&quot;bob&quot;" in page
    client.post(address(imp), {**form_in(page), "keep": "Orders", "start": "1"})
    imp.refresh_from_db()
    assert (imp.state, '"sheet":"Orders"' in imp.mapping) == (Import.State.LOADING, True)
    again = received(book, "next.xlsx")
    form = form_in(client.get(address(again)).content.decode())
    assert (form["kept"], form["sheet"]) == ("Orders", "Orders")
    page = client.post(address(again), {**form, "sheet": "Views"}, headers=HTMX).content.decode()
    assert (form_in(page)["sheet"], form_in(page).get("kept", "")) == ("Views", "")
    assert tables.mapping_for(again, "", "Orders").reading.sheet == "Orders"
    with pytest.raises(ImportStateError, match="no kept mapping fits"):
        tables.mapping_for(again, "", "Views")
    with pytest.raises(ImportStateError, match="Only workbooks have sheets: this file is CSV"):
        tables.mapping_for(received(SHOP, "shop.csv"), "", "Orders")


@pytest.mark.django_db
def test_a_kept_mapping_reads_a_file_that_is_written_in_another_way(client: Client, importer: User) -> None:
    here = Environment.objects.get(slug="production")
    first = received(SHOP, "shop.csv")
    tables.keep(here, "Shop", tables.in_zone(tables.table.suggested(tables.sample(first)), "UTC"))
    other = received(SHOP.decode().replace(",", ".").replace(";", "\t").encode("utf-16"), "shop.tsv")
    mapping = tables.mapping_for(other, "")
    assert (mapping.reading.delimiter, mapping.fields) == ("\t", tables.mapping_for(first, "Shop").fields)


DAYS = b"when;event;who\n%s 10:00;view;ann\n%s 11:00;view;bob\n"


def kept_for(content: bytes) -> None:
    """Keep the mapping that is suggested for a table, in UTC."""
    mapping = tables.table.suggested(tables.sample(received(content, "first.csv")))
    tables.keep(Environment.objects.get(slug="production"), "Shop", tables.in_zone(mapping, "UTC"))


@pytest.mark.django_db
def test_a_kept_mapping_takes_over_the_form_of_other_times(client: Client, importer: User) -> None:
    kept_for(DAYS % (b"2026-04-03", b"2026-04-04"))
    imp = received(DAYS % (b"03/04/2026", b"13/04/2026"), "next.csv")
    assert "2026-04-03 10:00:00Z" in client.get(address(imp)).content.decode()
    assert tables.require_mapped(imp, tables.mapping_for(imp, "")).times.form == "day first"


@pytest.mark.django_db
def test_a_kept_mapping_of_other_times_asks_whether_day_or_month_is_first(client: Client, importer: User) -> None:
    kept_for(DAYS % (b"2026-04-03", b"2026-04-04"))
    imp = received(DAYS % (b"03/04/2026", b"04/04/2026"), "next.csv")
    page = client.get(address(imp)).content.decode()
    assert form_in(page)["times"] == ""
    assert "No problems" not in page
    with pytest.raises(tables.table.Unanswered, match='Is "03/04/2026 10:00" written with the day first'):
        tables.require_mapped(imp, tables.mapping_for(imp, ""))


@pytest.mark.django_db
def test_a_kept_mapping_that_answered_it_is_not_asked_again(client: Client, importer: User) -> None:
    kept_for(DAYS % (b"13/04/2026", b"14/04/2026"))
    imp = received(DAYS % (b"03/04/2026", b"04/04/2026"), "next.csv")
    assert tables.require_mapped(imp, tables.mapping_for(imp, "")).times.form == "day first"


@pytest.mark.django_db
def test_an_encoding_that_cannot_be_detected_is_said(client: Client, importer: User) -> None:
    kept_for(DAYS % (b"2026-04-03", b"2026-04-04"))
    content = (DAYS % (b"2026-04-03", b"2026-04-04")).decode().replace("ann", "Jos\xe9")
    said = {
        encoding: tables.said_of_encoding(tables.mapping_for(received(content.encode(encoding), "next.csv"), ""))
        for encoding in ("latin-1", "utf-8", "utf-16")
    }
    sentence = "The file isn't in UTF-8, so it's read as windows-1252. Choose another encoding in the import wizard."
    assert said == {"latin-1": sentence, "utf-8": "", "utf-16": ""}


@pytest.mark.django_db
def test_what_was_answered_of_a_header_and_an_encoding_stays_answered(client: Client, importer: User) -> None:
    content = "when,event,who\ndate,text,id\n2026-01-01,view,José\n2026-01-02,view,b\n".encode("latin-1")
    imp = received(content, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode()) | {"header": "2-2", "encoding": "windows-1253"}
    page = client.post(address(imp), form, headers=HTMX).content.decode()
    assert (form_in(page)["header"], form_in(page)["encoding"]) == ("2-2", "windows-1253")
    page = client.post(address(imp), form_in(page), headers=HTMX).content.decode()
    assert (form_in(page)["header"], form_in(page)["encoding"]) == ("2-2", "windows-1253")


@pytest.mark.django_db
def test_duplicates_stay_unchecked_while_a_table_is_mapped(client: Client, importer: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    assert not re.search(
        r'name="check_duplicates" value="1" checked',
        client.post(address(imp), form, headers=HTMX).content.decode(),
    )


@pytest.mark.django_db
def test_rows_are_left_out_by_the_values_of_a_column(client: Client, importer: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode()) | {"times": "day first", "skip_column": "2"}
    page = client.post(address(imp), form, headers=HTMX).content.decode()
    assert form_in(page)["skip_column"] == "2"  # its values are still to come
    page = client.post(address(imp), {**form_in(page), "skip_values": "ann"}, headers=HTMX).content.decode()
    assert "1 row skipped: customer no: ann." in page
    others = {**form_in(page), "skip_others": "1"}
    page = client.post(address(imp), others, headers=HTMX).content.decode()
    assert "2 rows skipped: customer no: bob." in page and form_in(page)["skip_values"] == "ann"


@pytest.mark.django_db
def test_a_thousand_columns_can_be_mapped(client: Client, importer: User) -> None:
    names = ["event", "who", *(f"c{number}" for number in range(998))]
    content = ",".join(names) + "\n" + ("view,ann" + ",x" * 998 + "\n") * 2
    imp = received(content.encode(), "wide.csv")
    form = form_in(client.get(address(imp)).content.decode())
    assert client.post(address(imp), {**form, "start": "1"}).status_code == 302


@pytest.mark.django_db
def test_rejected_rows_come_back_to_the_mapping_that_refused_them(client: Client, importer: User) -> None:
    first = received(SHOP, "shop.csv")
    suggested = tables.in_zone(tables.table.suggested(tables.sample(first)), "Europe/Berlin")
    suggested = msgspec.structs.replace(suggested, times=tables.Times("day first", "Europe/Berlin"))
    Import.objects.filter(pk=first.pk).update(mapping=tables.json_of(suggested))
    row = {
        "_dojo": {"import": first.pk, "row": 1}, "when": "03/04/2026 10:00", "what happened": "Viewed item",
        "customer no": "ann", "items": "mug-7", "order total": None,
    }  # fmt: skip
    imp = received(json.dumps(row).encode(), "rejected.jsonl")
    page = client.get(address(imp)).content.decode()
    assert form_in(page)["kept"] == f"As for shop.csv (import {first.pk})"
    assert "2026-04-03 08:00:00Z" in page


@pytest.mark.django_db
def test_a_table_without_a_time_says_which_time_its_records_get(client: Client, importer: User) -> None:
    sentence = "No column stands for the time."
    imp = received(DAYS % (b"2026-04-03", b"2026-04-04"), "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    assert sentence not in client.post(address(imp), form, headers=HTMX).content.decode()
    assert sentence in client.post(address(imp), form | {"field-0": ""}, headers=HTMX).content.decode()


@pytest.mark.django_db
def test_nothing_starts_while_a_question_is_open(client: Client, importer: User) -> None:
    imp = received(SHOP, "shop.csv")
    form = form_in(client.get(address(imp)).content.decode())
    page = client.post(address(imp), {**form, "start": "1"}).content.decode()
    assert "written with the day first, or the month?" in page
    imp.refresh_from_db()
    assert imp.state == Import.State.CHECKING


@pytest.mark.django_db
def test_what_is_no_table_is_refused_as_before(client: Client, importer: User) -> None:
    assert (
        received(b"hello", "a.csv").error
        == "The file is neither JSON nor a table: its lines don't have the same columns."
    )
    assert received(b"a,b\n", "a.csv").error == "The file has a header but no rows."


@pytest.mark.django_db
def test_records_of_another_form_can_be_mapped_by_hand(client: Client, importer: User) -> None:
    other = b'{"what":"view","user":{"id":7}}\n{"what":"buy","user":{"id":8}}\n'
    imp = received(other, "other.jsonl")
    page = client.get(address(imp)).content.decode()
    assert "Map the fields by hand" in page
    form = form_in(client.get(f"{address(imp)}?map=1").content.decode())
    assert form["field-1"] == "user_id"


@pytest.mark.django_db
def test_the_command_takes_the_kept_mapping(client: Client, importer: User) -> None:
    here = Environment.objects.get(slug="production")
    imp = received(SHOP, "shop.csv")
    with pytest.raises(ImportStateError, match="no kept mapping fits"):
        tables.mapping_for(imp, "")
    suggested = tables.in_zone(tables.table.suggested(tables.sample(imp)), "UTC")
    tables.keep(here, "Shop", suggested)
    assert tables.mapping_for(imp, "Shop") == tables.mapping_for(imp, "") == suggested
