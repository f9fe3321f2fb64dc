"""Product names: a file is read, looked at, used, and shown beside the ids; and removed again."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from interactions.analytics.reports.product_groups import product_groups
from interactions.models import ActivityEntry, Cohort, Environment, ProductNameBlock, ProductNameList
from interactions.product_names import change, named_like, names_of
from interactions.product_names.read import NotNames, read
from interactions.saved import links
from tests import cast
from tests.lakes import append, record
from tests.pages import HTMX, text_of

PAGE = "/production/interactions/product-names/"
TWO = {"SKU-1": "Trail shoe", "SKU-2": "Rain coat, blue"}


@pytest.fixture(autouse=True)
def here(db: None, emptied_cache: None, own_folders: Path) -> Environment:
    return Environment.objects.get(slug="production")


@pytest.mark.parametrize(
    "content",
    [
        b'id,name\nSKU-1,Trail shoe\nSKU-2,"Rain coat, blue"\n',
        b"\xef\xbb\xbfprice;Product ID;Title\r\n9;SKU-1;Trail shoe\r\n8;SKU-2;Rain coat, blue\r\n",
        b"SKU-1\tTrail shoe\n\nSKU-2\tRain coat, blue",
        b'{"SKU-1": "Trail shoe", "SKU-2": "Rain coat, blue"}',
        b'[{"id": "SKU-1", "name": "Trail shoe"}, {"sku": "SKU-2", "title": " Rain coat, blue "}]',
        b'{"products": [{"id": "SKU-1", "name": "Trail shoe"}, {"id": "SKU-2", "name": "Rain coat, blue"}]}',
        b'{"product_id": "SKU-1", "name": "Trail shoe"}\n\n{"product_id": "SKU-2", "name": "Rain coat, blue"}\n',
    ],
)
def test_names_are_read_from_csv_and_json(content: bytes) -> None:
    found = read(content)
    assert (found.by_id, found.refused, found.repeated) == (TWO, 0, 0)


def test_one_product_in_json_is_no_table_of_names() -> None:
    assert read(b'{"id": "7", "name": "Trail shoe"}').by_id == {"7": "Trail shoe"}
    assert read(b'[{"id": 7, "name": "Trail shoe"}]').by_id == {"7": "Trail shoe"}


def test_rows_that_cannot_be_used_are_told_by_number() -> None:
    found = read(b"id,name\nSKU-1,Trail shoe\n,No id\nSKU-2,\nSKU-3\nSKU-1,Trail shoe 2\n")
    assert found.by_id == {"SKU-1": "Trail shoe 2"}
    assert (found.repeated, found.refused) == (1, 3)
    assert found.refusals == [(3, "It has no product id."), (4, "It has no name."), (5, "It has no name.")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "first line needs"),
        (b"\xff\xfe\x00", "isn't UTF-8"),
        (b"a,b,c\n1,2,3\n", "needs the columns id and name"),
        (b'id,name\n1,"open\n', "Line 2 isn't CSV"),
        (b'{"id": "1", "name": "a"}\n{"id":\n', "Line 2 isn't JSON"),
        (b"[1, 2]", "Row 1: It has no product id."),
        (b"[" * 100_000, "JSON"),
        (b"id,name\n1," + b"x" * 301, "more than 300 characters"),
    ],
)
def test_a_file_without_names_is_refused_with_a_reason(content: bytes, sentence: str) -> None:
    with pytest.raises(NotNames, match=re.escape(sentence)):
        read(content)


def uploaded(client: Client, content: bytes, name: str = "names.csv") -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content)})


def test_a_file_is_looked_at_before_its_names_are_used(client: Client, here: Environment) -> None:
    client.force_login(cast.analyst())
    answer = uploaded(client, b"id,name\nSKU-1,Trail shoe\nSKU-2,\n")
    names = ProductNameList.objects.get()
    assert answer["Location"] == f"{PAGE}{names.pk}/"
    page = text_of(client, f"{PAGE}{names.pk}/")
    assert "names.csv names 1 product" in page
    assert "Row 3: It has no name." in page
    assert names_of(here, ["SKU-1"]) == {}
    assert client.post(f"{PAGE}{names.pk}/").status_code == 302
    assert names_of(here, ["SKU-1", "SKU-2", None]) == {"SKU-1": "Trail shoe"}
    assert ActivityEntry.objects.get(action="product_names_changed").details == {"products": 1, "file": "names.csv"}
    assert "1 product with a name" in text_of(client, PAGE)


def test_a_file_can_be_discarded(admin_client: Client) -> None:
    uploaded(admin_client, b"id,name\nSKU-1,Trail shoe\n")
    names = ProductNameList.objects.get()
    admin_client.post(f"{PAGE}{names.pk}/", {"discard": "1"})
    assert not ProductNameList.objects.exists()
    assert admin_client.post(f"{PAGE}{names.pk}/").status_code == 404


def test_what_is_no_list_of_names_is_said(admin_client: Client) -> None:
    assert "needs the columns id and name" in uploaded(admin_client, b"a,b,c\n").content.decode()
    assert not ProductNameList.objects.exists()


def used(here: Environment, names: dict[str, str]) -> ProductNameList:
    made = change.upload(here, json.dumps(names).encode(), "names.json", cast.owner(f"o{len(names)}"))
    change.use(made)
    return made


def test_a_new_list_replaces_the_one_before_and_is_used_once(here: Environment) -> None:
    used(here, TWO)
    made = used(here, {"SKU-2": "Rain coat", "SKU-3": "Cap", "SKU-4": "Tent"})
    change.use(made)
    assert ProductNameList.objects.count() == 1
    assert names_of(here, ["SKU-1", "SKU-2"]) == {"SKU-2": "Rain coat"}
    assert ActivityEntry.objects.filter(action="product_names_changed").count() == 2


def test_names_are_removed(admin_client: Client, here: Environment) -> None:
    used(here, TWO)
    assert admin_client.post(f"{PAGE}remove/").status_code == 302
    assert not ProductNameBlock.objects.exists()
    assert ActivityEntry.objects.filter(action="product_names_removed").exists()


def test_a_page_reads_only_the_blocks_of_its_ids(here: Environment) -> None:
    many = {f"SKU-{number}": f"Product {number} é" for number in range(20_000)}
    made = used(here, many)
    assert made.blocks > 30
    with CaptureQueriesContext(connection) as queries:
        found = names_of(here, ["SKU-7", "SKU-19999", "none"])
    assert found == {"SKU-7": "Product 7 é", "SKU-19999": "Product 19999 é"}
    assert len(queries) == 2
    assert names_of(here, many) == many


def test_names_are_found_by_a_part_of_them(here: Environment) -> None:
    used(here, {"1": "Trail Shoe", "2": 'Größe "XL"', "3": "Tent"})
    assert named_like(here, " shoe", 5) == {"1": "Trail Shoe"}
    assert named_like(here, "GRÖSSE", 5) == {}
    assert named_like(here, 'größe "', 5) == {"2": 'Größe "XL"'}
    assert len(named_like(here, "t", 1)) == 1
    assert named_like(here, "", 5) == {}
    assert named_like(Environment.objects.get(slug="playground"), "shoe", 5) == {}


def shop() -> None:
    view = "product_detail_page_view"
    append(
        [
            record(view, "2024-01-01T12:00:00Z", user_id="ann", product_ids=["SKU-1"]),
            record(view, "2024-01-01T12:01:00Z", user_id="ann", product_ids=["SKU-9"]),
        ]
    )


def test_names_stand_beside_the_ids_of_products(admin_client: Client, here: Environment) -> None:
    shop()
    used(here, TWO)
    panels = text_of(admin_client, "/production/interactions/panels/")
    assert re.search(r'title="Trail shoe · SKU-1">Trail shoe</a> <small class="bar-also">SKU-1</small>', panels)
    assert ">SKU-9</a>" in panels
    rows = text_of(admin_client, "/production/interactions/records/")
    assert re.search(r'SKU-1</a> <small class="cell-name">Trail shoe</small>', rows)
    addresses = set(re.findall(r"/production/interactions/records/\d+-[0-9a-f]+-\d+/", rows))
    assert ["Trail shoe" in text_of(admin_client, each) for each in addresses].count(True) == 1
    person = re.search(r"user=(u-[^&\"]+)", rows)
    assert person
    assert "</code> Trail shoe" in text_of(admin_client, f"/production/people/{person[1]}/")


def test_products_are_suggested_by_a_part_of_their_name(admin_client: Client, here: Environment) -> None:
    shop()
    address = "/production/interactions/filter-values.json?of=product&text="
    assert admin_client.get(f"{address}trail").json()["values"] == []
    used(here, {**TWO, "SKU-3": "Trail tent"})
    found = admin_client.get(f"{address}trail").json()["values"]
    assert found == [{"value": "SKU-1", "words": "Trail shoe · SKU-1", "records": 1}]
    assert len(admin_client.get(f"{address}sku").json()["values"]) == 2


def test_a_file_of_products_has_names_where_there_are_some(admin_client: Client, here: Environment) -> None:
    shop()
    address = "/production/interactions/dashboard.json?format=csv&panel=products"
    assert "product_name" not in admin_client.get(address).content.decode()
    used(here, TWO)
    lines = admin_client.get(address).content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"product_id","product_name"')
    assert {line.split(",")[1] for line in lines[1:]} == {'"Trail shoe"', '""'}


def test_names_stand_in_chips_and_in_what_a_chip_is_changed_with(admin_client: Client, here: Environment) -> None:
    shop()
    used(here, TWO)
    page = text_of(admin_client, "/production/interactions/records/?product=SKU-1&product=SKU-9&any1.product!=SKU-2")
    assert '<span class="chip-label">Product id is</span> Trail shoe · SKU-1 or SKU-9</button>' in page
    assert "Product id is not</span> Rain coat, blue · SKU-2" in page
    assert "[&quot;SKU-1&quot;, &quot;Trail shoe \\u00b7 SKU-1&quot;]" in page
    assert "Product id contains</span> SKU-1<" in text_of(admin_client, "/production/interactions/?product~=SKU-1")


def test_names_stand_in_rules_of_cohorts(admin_client: Client, here: Environment) -> None:
    used(here, TWO)
    rules = [{"types": ["checkout"], "conditions": [{"field": "product_id", "values": ["SKU-1", "SKU-9"]}]}]
    cohort = Cohort.objects.create(environment=here, name="Runners", rules=rules)
    page = text_of(admin_client, "/production/interactions/cohorts/")
    assert "where product id is Trail shoe · SKU-1 or SKU-9" in page
    form = text_of(admin_client, f"/production/interactions/cohorts/{cohort.pk}/")
    assert form.count("data-name>Trail shoe</span>") == 1 and 'value="SKU-1"' in form


def test_names_stand_in_paths_and_funnels_by_product(admin_client: Client, here: Environment) -> None:
    shop()
    used(here, TWO)
    paths = "/production/interactions/paths/?field=product"
    page = text_of(admin_client, f"{paths}&figures=now")
    assert "Trail shoe (SKU-1), Start" in page and ">Trail shoe <tspan>" in page and ">SKU-9</td>" in page
    assert "after Trail shoe" in text_of(admin_client, f"{paths}&start=SKU-1&figures=now")
    lines = admin_client.get(f"{paths}&format=csv").content.decode("utf-8-sig").splitlines()
    assert '"Start name"' in lines[0] and '"SKU-1","SKU-9"' in lines[1] and '"Trail shoe"' in lines[1]
    view = "product_detail_page_view"
    funnel = f"/production/interactions/funnel/?step={view}&step={view}&breakdown=product&step1.product=SKU-1"
    page = text_of(admin_client, f"{funnel}&figures=now")
    assert "Trail shoe</th>" in page and "Product id is</span> Trail shoe · SKU-1" in page
    lines = admin_client.get(f"{funnel}&format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"value","product_name"') and lines[1].startswith('"SKU-1","Trail shoe"')


def test_steps_of_a_funnel_name_the_products_of_their_conditions(admin_client: Client, here: Environment) -> None:
    shop()
    used(here, TWO)
    view = "product_detail_page_view"
    query = f"?step={view}&step={view}&step1.product=SKU-1&step1.product=SKU-9&step2.product~=SKU-2"
    step, other = f"{view}, Product id is Trail shoe · SKU-1 or SKU-9", f"{view}, Product id contains SKU-2"
    page = text_of(admin_client, f"/production/interactions/funnel/{query}&breakdown=region&figures=now").replace(
        "<wbr>", ""
    )
    assert (
        f'funnel-name">{step}<' in page and f">{step} → {other}<" in page and f'class="is-number">{step}</th>' in page
    )
    panels = text_of(admin_client, f"/production/interactions/panels/{query}", **HTMX).replace("<wbr>", "")
    assert f'funnel-name">{step}<' in panels
    for path in ("funnel/{}", "funnel/{}&breakdown=product", "dashboard.json{}&panel=funnel"):
        answer = admin_client.get(f"/production/interactions/{path.format(query)}&format=csv")
        content = answer.content.decode("utf-8-sig")
        assert f'"{step}"' in content and f'"{other}"' in content


def test_a_share_link_shows_names(client: Client, here: Environment) -> None:
    shop()
    used(here, TWO)
    ends = timezone.now() + timedelta(days=1)
    for page, panel in (("dashboard", "products"), ("breakdown", "values")):
        row = {"name": page, "query": "by=product&product=SKU-1", "panel": panel, "expires_at": ends}
        _, token = links.create(here, cast.owner(f"of-{page}"), page=page, **row)
        text = text_of(client, f"/shared/{token}/")
        assert ">Trail shoe<" in text and "Product id is Trail shoe · SKU-1" in text


GROUPED = (
    *((["SKU-1", "SKU-2"], ["shoe", "coat"]), (["SKU-1"], ["boot"]), (["SKU-1", "SKU-3"], ["boot"])),
    *((["SKU-4", "SKU-5"], ["a", "b", "c"]), (["SKU-6"], ["SKU-6"]), (["SKU-7"], None), (["SKU-8"], [""])),
    *((["SKU-9"], ["z"]), (["SKU-9"], ["y"])),
)


def test_groups_of_products_are_those_sent_most_often(here: Environment) -> None:
    append([record("like", product_ids=ids, product_group_ids=groups) for ids, groups in GROUPED])
    found = product_groups("production", 100)
    assert found == {"SKU-1": "boot", "SKU-2": "coat", "SKU-3": "boot", "SKU-6": "SKU-6", "SKU-9": "y"}
    assert product_groups("production", 2) == {"SKU-1": "boot", "SKU-2": "coat"}


def test_products_without_a_name_take_that_of_their_group(admin_client: Client, here: Environment) -> None:
    append([record("like", product_ids=ids, product_group_ids=groups) for ids, groups in GROUPED])
    used(here, {"SKU-1": "My shoe", "boot": "Winter boot"})
    answer = admin_client.post(PAGE, {"groups": "1"})
    page = text_of(admin_client, answer["Location"])
    assert "product_group_ids names 5 products" in page and "Winter boot" in page
    admin_client.post(answer["Location"])
    expected = {"SKU-1": "My shoe", "SKU-2": "coat", "SKU-3": "Winter boot", "SKU-9": "y"}
    assert names_of(here, [f"SKU-{number}" for number in range(1, 10)]) == expected
    answer = admin_client.post(PAGE, {"groups": "1"}, follow=True)
    assert "name no product that has no name yet" in answer.content.decode()


def test_without_groups_the_page_says_so(admin_client: Client, here: Environment) -> None:
    shop()
    answer = admin_client.post(PAGE, {"groups": "1"}, follow=True)
    assert "No record has product_group_ids beside product_ids" in answer.content.decode()
    assert not ProductNameList.objects.exists()


def test_names_are_for_those_who_may_import(client: Client) -> None:
    client.force_login(cast.viewer())
    assert client.get(PAGE).status_code == 403


def test_paths_and_funnels_name_products(client: Client, here: Environment) -> None:
    client.force_login(cast.owner())
    client.post(uploaded(client, b"id,name\nSKU-1,Trail shoe\n")["Location"])
    did = [("10:00", "SKU-1"), ("10:01", "SKU-2")]
    append([record("like", f"2024-01-01T{at}:00Z", user_id="ann", product_ids=[each]) for at, each in did])
    page = text_of(client, "/production/interactions/paths/?field=product&start=SKU-1", **HTMX)
    assert "1 person after Trail shoe" in page and "<title>Trail shoe (SKU-1), Start: 1, 100.0%</title>" in page
    assert 'Trail shoe</span> <span class="paths-step"><span class="paths-arrow">→</span>&nbsp;SKU-2' in page
    assert 'href="?field=product&amp;start=SKU-1&amp;through=0%3ASKU-1"' in page
    page = text_of(client, "/production/interactions/funnel/?step=like,like&breakdown=product", **HTMX)
    assert '<th scope="row" title="SKU-1">Trail shoe</th>' in page
