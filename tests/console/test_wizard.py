"""The import wizard, plain and with htmx."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.ingest import imports as importing
from interactions.ingest.connections.types import kept_types
from interactions.ingest.imports import storage
from interactions.models import Block, Environment, Import
from tests.connectors.test_mixpanel import event
from tests.connectors.test_segment import track
from tests.ingest.imports.files import as_lines
from tests.ingest.uploads.tus import RECORDS
from tests.pages import HTMX, State, half_loaded, made, page_of, received, text_of
from tests.unpack.archives import zipped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


# --- Step 1: choose a file ---


def test_the_drop_zone_states_the_servers_own_limits(client: Client, importer: User, settings: Any) -> None:
    settings.UPLOAD_CHUNK_BYTES = 5_000_000
    settings.DISK_RESERVE_BYTES = 1 << 60
    page = text_of(client, reverse("import_new", args=["production"]))
    assert "up to 0 bytes free here" in page
    assert 'data-chunk-bytes="5000000"' in page and 'data-free-bytes="0"' in page


def test_an_upload_that_broke_off_is_named_with_what_has_arrived(client: Client, importer: User) -> None:
    imp = importing.begin(Environment.objects.get(slug="production"), file_name="march.json", size=1000, user=importer)
    storage.whole_upload(imp)
    type(imp.upload).objects.update(offset=400)
    page = text_of(client, reverse("import_new", args=["production"]))
    assert "march.json" in page and "400 bytes of 1 kB sent" in page


def test_sample_data_goes_straight_to_loading(client: Client, importer: User) -> None:
    answer = client.post(reverse("import_new", args=["playground"]), {"action": "sample"})
    imp = Import.objects.get()
    assert answer["Location"] == page_of("import_load", imp)
    assert (imp.environment.slug, imp.source, imp.state) == ("playground", Import.Source.SAMPLE, State.LOADING)


def test_the_check_shows_what_the_file_is(client: Client, importer: User) -> None:
    page = text_of(client, page_of("import_check", received(RECORDS)))
    assert "JSON Lines" in page
    assert "No problems in the first 2 records." in page
    assert "home_page_view" in page and "&quot;user_id&quot;: &quot;ann&quot;" in page
    assert re.search(r'name="check_duplicates" value="1" checked', page)


def test_the_check_names_dates_that_can_hardly_be_right(client: Client, importer: User) -> None:
    dates = ("1970-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2999-01-01T00:00:00Z")
    content = "".join(f'{{"type":"like","timestamp":"{at}"}}\n' for at in dates).encode()
    page = text_of(client, page_of("import_check", received(content)))
    assert "2 records of these are dated in the future or before 2000." in page
    assert "dated in the future" not in text_of(client, page_of("import_check", received(RECORDS)))


def test_the_check_groups_the_problems_of_the_sample(client: Client, importer: User) -> None:
    content = RECORDS + b'{"type":"page_view"}\n{"type":"page_visit"}\n'
    page = text_of(client, page_of("import_check", received(content)))
    assert "Problems in the first records" in page
    assert "record 3" in page and "page_view" in page


def test_htmx_gets_the_card_alone_and_the_address_of_the_page(client: Client, importer: User) -> None:
    address = page_of("import_check", received(RECORDS))
    answer = client.get(address, headers=HTMX)
    assert "<html" not in answer.content.decode() and 'id="wizard"' in answer.content.decode()
    assert answer["HX-Replace-Url"] == address
    assert "HX-Request" in answer["Vary"]


def test_a_refused_file_says_why_and_offers_another(client: Client, importer: User) -> None:
    imp = received(b"\x89PNG\r\n\x1a\n" + bytes(100), "photo.json")
    assert imp.state == State.FAILED
    page = text_of(client, page_of("import_check", imp))
    assert imp.error in page.replace("&#x27;", "'") and "Choose another file" in page


def test_the_progress_of_a_refused_file_is_its_refusal(client: Client, importer: User) -> None:
    imp = made(State.FAILED, started_at=None, error="It is empty.")
    assert client.get(page_of("import_load", imp))["Location"] == page_of("import_check", imp)


def test_next_step_starts_the_loading_with_the_chosen_option(client: Client, importer: User) -> None:
    imp = received(RECORDS)
    answer = client.post(page_of("import_check", imp), {"check_duplicates": "1"})
    imp.refresh_from_db()
    assert answer["Location"] == page_of("import_load", imp)
    assert (imp.state, imp.check_duplicates) == (State.LOADING, True)


UNKNOWN = b'{"type":"like","user_id":"ann","colour":"red"}\n{"type":"like","user_id":"bob"}\n'


def test_unknown_fields_can_be_ignored_and_the_check_follows(client: Client, importer: User) -> None:
    imp = received(UNKNOWN)
    page = text_of(client, page_of("import_check", imp))
    assert "1 of the first 2 records will be rejected." in page and "There is no such field." in page
    assert re.search(r'name="ignore_unknown_fields" value="1" aria', page)
    sent = {"preview": "1", "ignore_unknown_fields": "1"}
    page = client.post(page_of("import_check", imp), sent, headers=HTMX).content.decode()
    assert "No problems in the first 2 records." in page and "<code>colour</code> in 1" in page
    assert re.search(r'name="ignore_unknown_fields" value="1" checked', page)
    assert not re.search(r'name="check_duplicates" value="1" checked', page)
    imp.refresh_from_db()
    assert (imp.state, imp.ignore_unknown_fields) == (State.CHECKING, False)
    client.post(page_of("import_check", imp), {"ignore_unknown_fields": "1"})
    imp.refresh_from_db()
    assert (imp.state, imp.ignore_unknown_fields) == (State.LOADING, True)


def test_ignored_fields_are_named_in_the_outcome(client: Client, importer: User) -> None:
    imp = made(State.DONE, records=3, accepted=3, ignore_unknown_fields=True)
    for number, fields in enumerate(({"colour": 2, "size": 1}, {"colour": 1})):
        Block.objects.create(of=imp, number=number, start=0, end=1, state=Block.State.DONE, ignored_fields=fields)
    for name in ("import_load", "import_detail"):
        page = text_of(client, page_of(name, imp))
        assert "2 fields that Dojo doesn't know were left out:" in page.replace("&#x27;", "'")
        assert "<code>colour</code> of 3 records, <code>size</code> of 1 record." in page


def test_the_first_interactions_are_shown_as_they_will_be_with_their_problems(client: Client, importer: User) -> None:
    content = b'{"type":"like","timestamp":"2024-03-01T10:00:00+02:00"}\n{"type":"rate","rating":"good"}\n'
    page = text_of(client, page_of("import_check", received(content)))
    assert "First 2 interactions" in page and "&quot;2024-03-01T08:00:00Z&quot;" in page
    assert "rating (good): It must be a finite number." in page


# --- The types of other tools' events ---


def events(*names: str) -> bytes:
    return as_lines([event(name, **{"$insert_id": str(number)}) for number, name in enumerate(names)])


def test_the_types_of_events_can_be_changed_and_are_kept(client: Client, importer: User) -> None:
    imp = received(events("Search", "Search", "Viewed Product", "Signed Up"))
    page = text_of(client, page_of("import_check", imp))
    assert re.findall(r'name="event-(\d)" value="([^"]+)"', page) == [
        ("0", "Search"), ("1", "Signed Up"), ("2", "Viewed Product"),
    ]  # fmt: skip
    assert "Default: search" in page and "Suggested: product_detail_page_view" in page
    chosen = {
        "event-0": "Search", "event-type-0": "-",
        "event-1": "Signed Up", "event-type-1": "subscribe",
        "event-2": "Viewed Product", "event-type-2": "",
    }  # fmt: skip
    page = client.post(page_of("import_check", imp), {**chosen, "preview": "1"}, headers=HTMX).content.decode()
    assert "3 events of 4 will be skipped" in page and "&quot;type&quot;: &quot;subscribe&quot;" in page
    assert "<option selected>subscribe</option>" in page
    assert kept_types(imp.environment_id, "mixpanel") == {}
    client.post(page_of("import_check", imp), chosen)
    imp.refresh_from_db()
    kept = {"Search": None, "Signed Up": "subscribe"}
    assert (imp.state, imp.event_types) == (State.LOADING, kept)
    assert kept_types(imp.environment_id, "mixpanel") == kept
    again = received(events("Search", "Signed Up"))
    page = text_of(client, page_of("import_check", again))
    assert '<option value="-" selected>Skipped</option>' in page and "<option selected>subscribe</option>" in page
    client.post(page_of("import_check", again), {"event-0": "Search", "event-type-0": ""})
    assert kept_types(imp.environment_id, "mixpanel") == {"Signed Up": "subscribe"}


def test_a_type_that_there_is_not_starts_nothing(client: Client, importer: User) -> None:
    imp = received(events("Search"))
    answer = client.post(page_of("import_check", imp), {"event-0": "Search", "event-type-0": "nonsense"})
    imp.refresh_from_db()
    assert imp.state == State.CHECKING
    page = client.get(answer["Location"], follow=True).content.decode()
    assert "There is no interaction type called" in page


def test_the_check_for_duplicates_can_be_left_out(client: Client, importer: User) -> None:
    imp = received(RECORDS)
    client.post(page_of("import_check", imp), {})
    imp.refresh_from_db()
    assert not imp.check_duplicates


def test_a_second_press_of_next_step_leads_to_the_same_loading(client: Client, importer: User) -> None:
    imp = received(RECORDS)
    for _ in range(2):
        answer = client.post(page_of("import_check", imp), {"check_duplicates": "1"})
    assert answer["Location"] == page_of("import_load", imp)


def test_the_check_of_an_import_that_loads_leads_on(client: Client, importer: User) -> None:
    imp = made(State.LOADING)
    assert client.get(page_of("import_check", imp))["Location"] == page_of("import_load", imp)
    answer = client.get(page_of("import_check", imp), headers=HTMX)
    assert answer["HX-Redirect"] == page_of("import_load", imp)


# --- Step 2: watch it load ---


def test_the_progress_comes_from_the_work_itself(client: Client, importer: User) -> None:
    loading = half_loaded()
    page = text_of(client, page_of("import_load", loading))
    assert 'value="0.5000"' in page and "50%" in page
    assert "1,200" in page and "1,187" in page
    assert "record 41" in page and "2024-02-30" in page


def test_the_progress_is_asked_for_again_only_while_it_is_loading(client: Client, importer: User) -> None:
    loading = half_loaded()
    assert 'hx-trigger="every 1s"' in text_of(client, page_of("import_load", loading), **HTMX)
    Import.objects.update(state=State.DONE)
    assert "every 1s" not in text_of(client, page_of("import_load", loading), **HTMX)


def test_next_step_is_off_until_it_is_done(client: Client, importer: User) -> None:
    loading = half_loaded()
    dashboard = f"{reverse('dashboard', args=['production'])}?import={loading.pk}"
    page = text_of(client, page_of("import_load", loading))
    assert re.search(r"<button[^>]*disabled>Next step", page) and dashboard not in page
    Import.objects.update(state=State.DONE, accepted=1, records=1)
    assert f'href="{dashboard}">Next step' in text_of(client, page_of("import_load", loading))


def test_the_last_fragment_brings_next_step_and_takes_cancel_away(client: Client, importer: User) -> None:
    loading = half_loaded()
    Import.objects.update(state=State.DONE)
    fragment = text_of(client, page_of("import_load", loading), **HTMX)
    assert 'id="load-foot" hx-swap-oob="true"' in fragment and "Next step" in fragment
    assert 'id="load-cancel" hx-swap-oob="true"' in fragment and "cancel-import" not in fragment


def test_done_with_rejects_is_told_apart(client: Client, importer: User) -> None:
    imp = made(State.DONE_WITH_REJECTS, records=5000, accepted=3766, rejected=1234)
    (storage.folder(imp) / "rejected.jsonl.gz").touch()
    page = text_of(client, page_of("import_load", imp))
    assert "1,234 records were not loaded." in page
    assert page_of("import_rejected", imp) in page


def test_a_file_that_was_here_already_says_so(client: Client, importer: User) -> None:
    imp = made(State.DONE, records=25_900, duplicates=25_900)
    assert "All records of this file were already in the data set." in text_of(client, page_of("import_load", imp))


def test_a_failed_import_says_why_and_can_be_retried(client: Client, importer: User) -> None:
    page = text_of(client, page_of("import_load", made(State.FAILED, phase="blocks", error="The disk is full.")))
    assert "The disk is full." in page and "Retry" in page


def test_a_file_that_brought_nothing_failed_with_its_rejects_and_no_way_on(client: Client, importer: User) -> None:
    imp = made(State.FAILED, records=30, rejected=30, error="All 30 records were rejected.")
    (storage.folder(imp) / "rejected.jsonl.gz").touch()
    for name in ("import_load", "import_detail"):
        page = text_of(client, page_of(name, imp))
        assert "Nothing was loaded.</strong> All 30 records were rejected." in page
        assert page_of("import_rejected", imp) in page
        assert "/retry/" not in page and "bar-good" not in page.replace("bar bar-thin bar-good", "")
    assert "Choose another file" in text_of(client, page_of("import_load", imp))
    assert 'class="state state-red">Failed' in text_of(client, reverse("imports", args=["production"]))


@pytest.mark.parametrize("content", [b"[]", b'{"data":[]}', b"", b" \n"])
def test_a_file_without_records_has_no_next_step(client: Client, importer: User, content: bytes) -> None:
    page = text_of(client, page_of("import_check", received(content)))
    assert "The file has no records." in page and "Choose another file" in page and "Next step" not in page


def test_the_check_says_how_many_of_the_sample_will_be_rejected(client: Client, importer: User) -> None:
    broken = b'{"type":"page_view"}\n'
    some = text_of(client, page_of("import_check", received(RECORDS + broken)))
    assert "1 of the first 3 records will be rejected." in some
    every = text_of(client, page_of("import_check", received(broken * 4)))
    assert "All of the first 4 records will be rejected." in every
    only = text_of(client, page_of("import_check", received(broken)))
    assert "The only record read so far will be rejected." in only


def test_a_value_is_shown_as_what_it_was(client: Client, importer: User) -> None:
    content = b'{"type":"rate","rating":"12"}\n{"type":"like","user_id":12}\n{"type":"like","timestamp":"noon"}\n'
    page = text_of(client, page_of("import_check", received(content)))
    for shown in ("&quot;12&quot;", "12", "&quot;noon&quot;"):
        assert f"<code>{shown}</code>" in page


def test_files_that_an_archive_left_out_are_named_on_every_page(client: Client, importer: User) -> None:
    imp = received(zipped({"a.jsonl": RECORDS, "README.txt": b"Read me."}))
    sentence = "1 file in the archive has no JSON and was left out: README.txt."
    assert sentence in text_of(client, page_of("import_check", imp))
    done = made(State.DONE, records=2, accepted=2, left_out=sentence)
    for name in ("import_load", "import_detail"):
        assert sentence in text_of(client, page_of(name, done))


def test_what_to_do_about_rejects_of_a_known_origin_is_said(client: Client, importer: User) -> None:
    page = text_of(client, page_of("import_check", received(RECORDS + b'{"type":"checkout","revenue":"12.5"}\n')))
    assert "Numbers are in quotes, as BigQuery exports integers and decimals." in page


def test_a_cancelled_import_says_that_nothing_was_kept(client: Client, importer: User) -> None:
    assert "Nothing was kept." in text_of(client, page_of("import_load", made(State.CANCELLED)))


# --- Files of other tools ---


def words_of(client: Client, address: str) -> str:
    """A page without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", text_of(client, address)).split())


def test_a_file_of_events_is_named_with_what_becomes_of_them(client: Client, importer: User) -> None:
    bad = event("Order Completed", revenue="a lot")
    listed = [event("Search", query="mug"), event("Search"), event("Signed Up"), bad]
    imp = received(as_lines(listed))
    page = words_of(client, page_of("import_check", imp))
    assert "Mixpanel export , 4 events, 3 event names" in page
    assert re.search(r"Search Example .{,400} 2 Default: search ", page)
    assert re.search(r"Signed Up Example .{,2000} It has no interaction type\.", page)
    assert "1 event of 4 will be skipped: it has no interaction type." in page
    assert "1 of the first 3 records will be rejected." in page
    assert "Time zone of the project" in page


def test_the_zone_is_taken_in_any_spelling_and_a_wrong_one_is_refused(client: Client, importer: User) -> None:
    imp = received(as_lines([event("Search", query="mug")]))
    address = page_of("import_check", imp)
    answer = client.post(address, {"zone": "nowhere"}, follow=True)
    assert "There is no time zone called nowhere." in answer.content.decode()
    client.post(address, {"zone": "berlin"})
    imp.refresh_from_db()
    assert (imp.zone, imp.state) == ("Europe/Berlin", Import.State.LOADING)


def test_only_what_the_file_cannot_say_is_asked(client: Client, importer: User) -> None:
    imp = received(as_lines([track("Product Viewed", product_id="m")]))
    page = words_of(client, page_of("import_check", imp))
    assert "Segment or RudderStack export , 1 event, 1 event name" in page
    assert "Time zone of the project" not in page
