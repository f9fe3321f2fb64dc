"""The list of imports, the page of each, and what can be done there; plain and with htmx."""

import gzip
import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.console.imports.imports import PAGE_SIZE
from interactions.ingest.imports import storage
from interactions.models import Environment, Import
from tests import lakes
from tests.pages import HTMX, State, half_loaded, made, page_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


# --- The list ---


def test_an_environment_without_imports_says_what_comes_here(client: Client, importer: User) -> None:
    page = text_of(client, reverse("imports", args=["production"]))
    assert "No imports yet" in page and page.count("Import data file") == 1


def test_the_list_shows_one_environments_imports(client: Client, importer: User) -> None:
    made(State.DONE, file_name="here.json")
    made(State.DONE, file_name="there.json", environment=Environment.objects.get(slug="playground"))
    page = text_of(client, reverse("imports", args=["production"]))
    assert "here.json" in page and "there.json" not in page


def test_the_list_is_sorted_as_asked(client: Client, importer: User) -> None:
    for name, size in (("b.json", 3), ("a.json", 2), ("c.json", 1)):
        made(State.DONE, file_name=name, size=size)
    by_name = text_of(client, reverse("imports", args=["production"]) + "?sort=file_name")
    assert re.findall(r">(\w)\.json<", by_name) == ["a", "b", "c"]
    assert 'aria-sort="ascending"' in by_name
    by_size = text_of(client, reverse("imports", args=["production"]) + "?sort=-size")
    assert re.findall(r">(\w)\.json<", by_size) == ["b", "a", "c"]


def test_a_sort_by_what_is_no_column_is_the_newest_first(client: Client, importer: User) -> None:
    for name in ("a.json", "b.json"):
        made(State.DONE, file_name=name)
    page = text_of(client, reverse("imports", args=["production"]) + "?sort=created_by__password")
    assert re.findall(r">(\w)\.json<", page) == ["b", "a"]


def test_fifty_imports_a_page(client: Client, importer: User) -> None:
    for _ in range(PAGE_SIZE + 1):
        made(State.DONE)
    address = reverse("imports", args=["production"])
    assert text_of(client, address).count('class="cell-file"') == PAGE_SIZE
    assert text_of(client, f"{address}?page=2").count('class="cell-file"') == 1


def test_the_next_page_has_the_same_order(client: Client, importer: User) -> None:
    for _ in range(PAGE_SIZE + 1):
        made(State.DONE)
    page = text_of(client, reverse("imports", args=["production"]) + "?sort=size")
    assert re.findall(r'rel="next" href="([^"]+)"', page) == ["?sort=size&amp;page=2"]


def test_the_list_refreshes_itself_only_while_something_runs(client: Client, importer: User) -> None:
    half_loaded()
    address = reverse("imports", args=["production"])
    rows = text_of(client, address, **HTMX)
    assert rows.strip().startswith("<tbody") and 'hx-trigger="every 1s"' in rows and "Loading 50%" in rows
    Import.objects.update(state=State.DONE)
    assert "hx-trigger" not in text_of(client, address, **HTMX)


def test_an_import_of_another_environment_is_not_found(client: Client, importer: User) -> None:
    imp = made(State.DONE)
    assert client.get(reverse("import_detail", args=["playground", imp.pk])).status_code == 404


def test_times_are_in_the_zone_of_the_environment(client: Client, importer: User) -> None:
    Environment.objects.filter(slug="production").update(time_zone="Asia/Tokyo")
    made(State.DONE, created_at=datetime(2024, 1, 31, 20, 5, tzinfo=UTC))
    page = text_of(client, reverse("imports", args=["production"]))
    assert "times are in Asia/Tokyo" in page and ">Feb 1, 2024, 05:05</time>" in page


def test_a_zone_is_not_carried_over_to_the_next_page(client: Client, importer: User) -> None:
    Environment.objects.filter(slug="playground").update(time_zone="Asia/Tokyo")
    client.get(reverse("imports", args=["playground"]))
    made(State.DONE, created_at=datetime(2024, 1, 31, 20, 5, tzinfo=UTC))
    assert ">Jan 31, 2024, 20:05</time>" in text_of(client, reverse("imports", args=["production"]))


# --- One import, and what can be done with it ---


def test_the_page_of_an_import_tells_all_that_is_known(client: Client, importer: User) -> None:
    imp = made(State.DONE, records=9000, accepted=9000, table_version=18, created_by=importer, format="lines")
    page = text_of(client, page_of("import_detail", imp))
    for fact in ("2,100,000 bytes", "JSON Lines", "analyst", "9,000", "18", "Times are in UTC"):
        assert fact in page


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.LOADING, {"cancel"}),
        (State.DONE, {"undo"}),
        (State.FAILED, {"retry"}),
        (State.CANCELLED, set()),
        (State.UNDONE, set()),
    ],
)
def test_only_what_applies_is_offered(client: Client, importer: User, state: str, offered: set[str]) -> None:
    phase = "blocks" if state == State.FAILED else ""
    page = text_of(client, page_of("import_detail", made(state, created_by=importer, phase=phase)))
    shown = {
        "cancel": 'commandfor="cancel-import">Cancel' in page,
        "undo": 'command="show-modal" commandfor="undo-import"' in page,
        "retry": "/retry/" in page,
    }
    assert {what for what, is_shown in shown.items() if is_shown} == offered


def test_the_question_before_undo_names_the_number_of_records(client: Client, importer: User) -> None:
    imp = made(State.DONE, records=1500, accepted=1400, duplicates=100, created_by=importer)
    assert "Records that other imports or live calls also sent will stay" in text_of(
        client, page_of("import_detail", imp)
    )
    lakes.append([lakes.record()] * 4, import_id=imp.pk)
    asked = text_of(client, page_of("import_undo_preview", imp), **HTMX)
    assert "This removes 4 records of" in asked and "Everything else stays." in asked


def test_who_may_not_undo_it_is_not_told_what_would_go(client: Client, importer: User) -> None:
    assert client.get(page_of("import_undo_preview", made(State.DONE))).status_code == 403


def test_undo_sets_the_import_on_its_way_out(client: Client, importer: User) -> None:
    imp = made(State.DONE, created_by=importer)
    answer = client.post(page_of("import_undo", imp))
    imp.refresh_from_db()
    assert answer["Location"] == page_of("import_detail", imp)
    assert imp.phase == Import.Phase.UNDOING
    assert "Undoing" in text_of(client, page_of("import_detail", imp))


def test_cancel_leads_back_to_the_page_it_was_pressed_on(client: Client, importer: User) -> None:
    imp = made(State.LOADING)
    answer = client.post(page_of("import_cancel", imp), {"from": "load"})
    imp.refresh_from_db()
    assert answer["Location"] == page_of("import_load", imp)
    assert imp.state == State.CANCELLED


@pytest.mark.parametrize(("action", "state"), [("cancel", "done"), ("undo", "failed"), ("retry", "done")])
def test_what_the_state_forbids_gets_its_sentence(client: Client, importer: User, action: str, state: str) -> None:
    imp = made(state, created_by=importer)
    answer = client.post(page_of(f"import_{action}", imp), follow=True)
    assert "alert-danger" in answer.content.decode()
    imp.refresh_from_db()
    assert (imp.state, imp.phase) == (state, "")


@pytest.mark.parametrize("action", ["cancel", "retry", "undo"])
def test_what_changes_an_import_is_a_post(client: Client, importer: User, action: str) -> None:
    assert client.get(page_of(f"import_{action}", made(State.DONE))).status_code == 405


@pytest.mark.parametrize("action", ["check", "cancel", "retry", "undo"])
def test_who_may_not_import_may_not_change_one(client: Client, onlooker: User, action: str) -> None:
    imp = made(State.CHECKING)
    assert client.post(page_of(f"import_{action}", imp)).status_code == 403
    imp.refresh_from_db()
    assert imp.state == State.CHECKING


def test_who_may_not_import_may_not_make_sample_data(client: Client, onlooker: User) -> None:
    assert client.post(reverse("import_new", args=["production"]), {"action": "sample"}).status_code == 403
    assert not Import.objects.exists()


def test_who_may_not_import_may_look_but_gets_no_buttons(client: Client, onlooker: User) -> None:
    loading = half_loaded()
    assert "cancel-import" not in text_of(client, page_of("import_load", loading))
    assert "undo-import" not in text_of(client, page_of("import_detail", made(State.DONE)))


# --- The rejected records ---


@pytest.mark.parametrize("accepted", ["gzip, br", "identity"])
def test_the_rejected_records_come_as_json_lines(client: Client, importer: User, accepted: str) -> None:
    imp = made(State.DONE_WITH_REJECTS, rejected=1)
    line = b'{"type":"page_view"}\n'
    (storage.folder(imp) / "rejected.jsonl.gz").write_bytes(gzip.compress(line))
    answer = client.get(page_of("import_rejected", imp), headers={"Accept-Encoding": accepted})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    is_packed = answer.headers.get("Content-Encoding") == "gzip"
    assert is_packed == accepted.startswith("gzip")
    assert (gzip.decompress(content) if is_packed else content) == line
    assert f"rejected-{imp.pk}.jsonl" in answer["Content-Disposition"]


def test_where_nothing_was_rejected_there_is_nothing_to_download(client: Client, importer: User) -> None:
    assert client.get(page_of("import_rejected", made(State.DONE))).status_code == 404
