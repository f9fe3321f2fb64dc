"""The Interactions page: what stands in it, at which address, for whom; and the command beside it."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from interactions.lake import Lake
from interactions.models import Environment, Import
from interactions.queries import dashboard as questions
from interactions.queries.answers import DataSetBusy
from interactions.queries.period import Period, Unit
from interactions.views.dashboard_choice import Choice, address_of, span

from . import cast
from .lakes import append, record

PAGE = "/production/interactions/"
DATA = "/production/interactions/dashboard.json"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def here(settings, tmp_path: Path) -> None:
    settings.LAKE_DIR = tmp_path / "lake"
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    cache.clear()


@pytest.fixture
def reader(db: None, client: Client) -> Client:
    """Somebody who may look and not import."""
    client.force_login(cast.viewer())
    return client


@pytest.fixture
def analyst(db: None, client: Client) -> Client:
    """Somebody who may import too."""
    client.force_login(cast.analyst())
    return client


@pytest.fixture
def imported(db: None) -> Import:
    """An import of one of the two records of three below."""
    environment = Environment.objects.get(slug="production")
    return Import.objects.create(environment=environment, file_name="march.json", size=1, state=Import.State.DONE)


@pytest.fixture
def records() -> None:
    append(
        [
            record("search", "2024-01-01T10:00:00Z", user_id="u1"),
            record("checkout", "2024-01-03T11:30:00Z", user_id="u1", anonymous_id="a1", product_ids=["p1", "p2"]),
        ],
        import_id=1_000_001,
    )


def rows(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode())))


# --- The page ---


def test_a_stranger_is_asked_to_log_in(db: None, client: Client) -> None:
    for address in (PAGE, DATA):
        assert client.get(address).headers["Location"].startswith("/login/")


def test_an_unknown_environment_is_not_found(reader: Client) -> None:
    assert reader.get("/nowhere/interactions/").status_code == 404
    assert reader.get("/nowhere/interactions/dashboard.json?panel=version").status_code == 404


def test_the_page_comes_without_asking_for_numbers(reader: Client, records: None, monkeypatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("The page waited for a question.")

    for name in ("by_type", "over_time", "totals", "users"):
        monkeypatch.setattr(questions, name, refuse)
    page = reader.get(PAGE).content.decode()
    assert "Interactions over time" in page
    assert 'class="skeleton"' in page


def test_the_fragment_brings_the_numbers(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE, headers=FRAGMENT).content.decode()
    assert "<html" not in fragment
    assert '<tr data-name="checkout" data-records="1">' in fragment
    assert "1 – 3 Jan 2024" in fragment
    assert "50.0 %" in fragment


def test_page_and_fragment_are_kept_apart_by_caches(reader: Client, records: None) -> None:
    assert "HX-Request" in reader.get(PAGE)["Vary"]


def test_without_scripts_one_address_gives_page_and_numbers(reader: Client, records: None) -> None:
    page = reader.get(PAGE).content.decode()
    address = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"', page).group(1)
    whole = reader.get(PAGE + address.replace("&amp;", "&")).content.decode()
    assert "<html" in whole and "skeleton" not in whole.split('data-slot="types"')[1]
    assert re.search(r'data-figure="products">2<', whole)


def test_nothing_in_the_page_is_inline(reader: Client, records: None) -> None:
    for page in (reader.get(PAGE), reader.get(PAGE + "?figures=now"), reader.get("/playground/interactions/")):
        text = page.content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_an_environment_without_data_says_what_to_do(analyst: Client) -> None:
    page = analyst.get(PAGE).content.decode()
    assert "Production has no interactions yet" in page
    assert 'href="/production/interactions/imports/new/"' in page
    assert 'name="action" value="sample"' in page


def test_who_may_not_import_is_offered_no_import(reader: Client, records: None) -> None:
    assert "Import data file" not in reader.get(PAGE).content.decode()
    assert "Load sample data" not in reader.get("/playground/interactions/").content.decode()


def test_who_may_import_is_offered_it(analyst: Client, records: None) -> None:
    assert "Import data file" in analyst.get(PAGE).content.decode()


def test_what_the_address_says_wrongly_is_named(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE + "?period=fortnight&from=2024-13-01", headers=FRAGMENT).content.decode()
    assert "period=fortnight" in fragment
    assert "from=2024-13-01, which is no date" in fragment
    assert 'data-name="checkout"' in fragment


def test_an_empty_period_says_so(reader: Client, records: None) -> None:
    fragment = reader.get(PAGE + "?from=2020-01-01&to=2020-02-01", headers=FRAGMENT).content.decode()
    assert "There are no interactions in this period." in fragment


# --- One import ---


def test_an_import_is_shown_alone_and_can_be_cleared(reader: Client, records: None, imported: Import) -> None:
    append([record("like", "2024-03-05T00:00:00Z")], import_id=imported.pk)
    fragment = reader.get(f"{PAGE}?import={imported.pk}", headers=FRAGMENT).content.decode()
    assert f"Import {imported.pk} · march.json" in fragment
    assert 'id="clear-import" href="?"' in fragment
    assert "5 Mar 2024" in fragment
    assert 'data-name="like"' in fragment and 'data-name="checkout"' not in fragment


def test_an_import_of_another_environment_is_not_found(reader: Client, records: None, imported: Import) -> None:
    assert reader.get(f"/playground/interactions/?import={imported.pk}").status_code == 404
    address = f"/playground/interactions/dashboard.json?panel=people&import={imported.pk}"
    assert reader.get(address).status_code == 404


# --- The data of the panels ---


def test_people_are_counted(reader: Client, records: None) -> None:
    assert reader.get(DATA + "?panel=people").json() == {"users": 1, "anonymous": 1, "products": 2}


def test_the_chart_is_by_group_unless_types_are_asked_for(reader: Client, records: None) -> None:
    def names(query: str) -> list[str]:
        option = reader.get(f"{DATA}?panel=over_time{query}").json()["option"]
        return [each["name"] for each in option["series"]]

    assert names("") == ["Core click-streams", "Conversion"]
    assert names("&split=type") == ["search", "checkout"]


def test_the_chart_takes_the_unit_of_the_address(reader: Client, records: None) -> None:
    answer = reader.get(DATA + "?panel=over_time&unit=week").json()
    assert answer["unit"] == "week"
    assert answer["option"]["xAxis"]["data"] == ["2024-01-01T00:00Z"]


def test_a_unit_too_fine_for_the_period_gives_way(reader: Client) -> None:
    append([record(at="2000-01-01T00:00:00Z"), record(at="2024-01-01T00:00:00Z")])
    assert reader.get(DATA + "?panel=over_time&unit=hour").json()["unit"] == "month"


def test_the_version_tells_that_there_is_something_new(reader: Client, records: None) -> None:
    before = reader.get(DATA + "?panel=version").json()
    append([record()])
    after = reader.get(DATA + "?panel=version").json()
    assert after == {"version": before["version"] + 1, "is_empty": False}
    assert reader.get("/playground/interactions/dashboard.json?panel=version").json() == {
        "version": -1,
        "is_empty": True,
    }


def test_an_unknown_panel_is_refused(reader: Client) -> None:
    answer = reader.get(DATA + "?panel=weather")
    assert answer.status_code == 400
    assert "panel has to be one of" in answer.content.decode()


def test_a_table_that_is_being_rewritten_is_said_so(reader: Client, records: None, monkeypatch) -> None:
    def busy(*args: object, **kwargs: object) -> None:
        raise DataSetBusy

    monkeypatch.setattr(questions, "by_type", busy)
    answer = reader.get(DATA + "?panel=people")
    assert answer.status_code == 503
    assert "Try again" in answer.json()["message"]


def test_bars_come_as_csv_with_their_zone(reader: Client, records: None) -> None:
    answer = reader.get(DATA + "?panel=over_time&format=csv&unit=day&split=type")
    assert rows(answer) == [
        ["start_utc", "search", "checkout"],
        ["2024-01-01T00:00Z", "1", "0"],
        ["2024-01-02T00:00Z", "0", "0"],
        ["2024-01-03T00:00Z", "0", "1"],
    ]
    assert 'filename="interactions-production-by-day-2024-01-01-to-2024-01-03.csv"' in answer["Content-Disposition"]


def test_types_and_groups_come_as_csv(reader: Client, records: None) -> None:
    assert rows(reader.get(DATA + "?panel=by_type&format=csv"))[1] == ["search", "Core click-streams", "1", "0.5"]
    assert rows(reader.get(DATA + "?panel=by_group&format=csv"))[2] == ["Conversion", "1", "0.5"]


# --- The address ---


def test_presets_count_back_from_the_newest_record() -> None:
    choice = Choice.of(QueryDict("period=7d"))
    assert choice.period(datetime(2011, 12, 9, 12, 50, tzinfo=UTC)) == Period(
        datetime(2011, 12, 3, tzinfo=UTC), datetime(2011, 12, 10, tzinfo=UTC)
    )


def test_the_last_day_of_a_period_is_inside_it() -> None:
    choice = Choice.of(QueryDict("from=2024-01-01&to=2024-01-31"))
    assert (choice.start, choice.end) == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC))


MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(st.none() | MOMENTS, st.none() | MOMENTS, st.none() | st.sampled_from(Unit), st.sampled_from(["group", "type"]))
def test_an_address_gives_back_the_choice_it_was_made_of(start, end, unit, split) -> None:
    if start and end and start >= end:
        start, end = None, None
    choice = Choice("30d", start, end, unit, split, 7)
    assert Choice.of(QueryDict(choice.query().removeprefix("?"))) == choice


def test_a_period_that_ends_before_it_starts_is_named() -> None:
    choice = Choice.of(QueryDict("from=2024-02-01&to=2024-01-01"))
    assert choice.mistakes == ["The period ends before it starts. Swap the two dates."]
    assert not choice.is_custom


@pytest.mark.parametrize("given", ["0", "-1", "x", "1" * 30, "٣"])
def test_an_import_that_is_no_number_is_named(given: str) -> None:
    choice = Choice.of(QueryDict(f"import={given}"))
    assert choice.import_id is None and len(choice.mistakes) == 1


def test_midnights_are_written_as_days() -> None:
    moment = datetime(2024, 2, 1, tzinfo=UTC)
    assert (address_of(moment), address_of(moment, ends=True)) == ("2024-02-01", "2024-01-31")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2024-01-01T00:00", "2024-03-31T00:00", "1 Jan – 30 Mar 2024"),
        ("2024-01-01T00:00", "2024-01-02T00:00", "1 Jan 2024"),
        ("2024-01-01T00:00", "2024-01-08T00:00", "1 – 7 Jan 2024"),
        ("2023-12-30T00:00", "2024-01-02T00:00", "30 Dec 2023 – 1 Jan 2024"),
        ("2024-01-01T05:00", "2024-01-01T07:00", "1 Jan 2024, 05:00 – 07:00"),
        ("2024-01-01T05:00", "2024-01-02T00:00", "1 Jan, 05:00 – 2 Jan 2024, 00:00"),
    ],
)
def test_periods_are_written_as_people_say_them(start: str, end: str, text: str) -> None:
    assert span(datetime.fromisoformat(start + "Z"), datetime.fromisoformat(end + "Z")) == text


# --- The command ---


def stats(*arguments: str) -> dict:
    out = io.StringIO()
    call_command("interaction_stats", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_the_command_says_what_an_environment_holds(db: None, records: None) -> None:
    assert stats() == {
        "total": 2,
        "by_type": {"search": 1, "checkout": 1},
        "users": 1,
        "anonymous": 1,
        "products": 2,
        "first": "2024-01-01T10:00:00Z",
        "last": "2024-01-03T11:30:00Z",
        "version": Lake("production").version(),
    }


def test_the_command_says_that_there_is_nothing(db: None) -> None:
    assert stats("--environment", "playground") == {
        "total": 0,
        "by_type": {},
        "users": 0,
        "anonymous": 0,
        "products": 0,
        "first": None,
        "last": None,
        "version": -1,
    }


def test_the_command_names_the_environments_there_are(db: None) -> None:
    with pytest.raises(CommandError, match="production, playground, development"):
        stats("--environment", "nowhere")
