"""Events pulled day by day: each day is one import, and whatever goes wrong, nothing is lost or doubled."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from interactions.ingest import imports
from interactions.ingest.pulls import carry, change
from interactions.ingest.pulls.carry import BUSY_WAIT
from interactions.ingest.pulls.change import Asked, PullRefused
from interactions.models import Connection, Environment, Import, KeptEvent, Pull, PulledDay
from interactions.privacy.uploaded import REMOVED
from tests.connectors import test_amplitude as amplitude
from tests.connectors import test_mixpanel as mixpanel
from tests.ingest.imports.crashes import Killed, Moment, interrupted, kill
from tests.ingest.imports.house import House, rows

from .exporter import KEY, SECRET, Exporter, Fault

State = PulledDay.State
DAYS = ("2024-11-01", "2024-11-02")
NOW = datetime(2024, 11, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carry.timezone, "now", lambda: NOW)


def searches(day: str, count: int, **said: Any) -> list[dict[str, Any]]:
    time = int(datetime.fromisoformat(f"{day}T10:00:00+00:00").timestamp())
    return [
        mixpanel.event("Search", query="mug", time=time + number, **{"$insert_id": f"{day}-{number}"}, **said)
        for number in range(count)
    ]


def uploads(hour: str, count: int) -> list[dict[str, Any]]:
    said = {"event_properties": {"query": "mug"}, "event_time": "2024-11-01 10:00:00"}
    return [amplitude.event("Search", **said) | {"$insert_id": f"{hour}-{number}"} for number in range(count)]


def created(house: House, source: str = "mixpanel", **more: Any) -> Pull:
    given: dict[str, Any] = {
        "key": KEY,
        "secret": SECRET,
        "region": "eu",
        "since": date(2024, 11, 1),
        "project": "77",
        **more,
    }
    return house.ask(change.create, Environment.objects.get(slug="production"), Asked(source, **given))


def carried(house: House, pull: Pull) -> Pull:
    """All that is asked of the workers, to the end; and again where a pull waits for its imports."""
    house.carry()
    pull.refresh_from_db()
    while not pull.error and pull.next_at == NOW + BUSY_WAIT:
        due(pull)
        house.ask(carry.sweep)
        house.carry()
        pull.refresh_from_db()
    return pull


def due(pull: Pull) -> Pull:
    """The time of waiting is over."""
    Pull.objects.filter(pk=pull.pk).update(next_at=NOW)
    pull.refresh_from_db()
    return pull


def again(house: House, pull: Pull) -> Pull:
    due(pull)
    house.ask(carry.sweep)
    return carried(house, pull)


def states(pull: Pull) -> list[tuple[str, str]]:
    return [(each.day.isoformat(), each.state) for each in pull.days.order_by("day", "start")]


def test_every_whole_day_becomes_one_import(house: House, exporter: Exporter) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 3), DAYS[1]: searches(DAYS[1], 2)}
    pull = carried(house, created(house, name="Shop"))
    assert states(pull) == [(DAYS[0], State.IMPORTED), (DAYS[1], State.IMPORTED)]
    done = Import.objects.order_by("id")
    assert [(imp.file_name, imp.state, imp.accepted) for imp in done] == [
        ("mixpanel-2024-11-01.jsonl", Import.State.DONE, 3),
        ("mixpanel-2024-11-02.jsonl", Import.State.DONE, 2),
    ]
    assert {imp.imported_by for imp in done} == {"Connection"}
    assert len(rows()) == 5
    assert exporter.asked[0] == {"from_date": DAYS[0], "to_date": DAYS[0], "project_id": "77"}
    assert (pull.error, pull.next_at) == ("", datetime(2024, 11, 4, 6, tzinfo=UTC))


def test_an_import_of_a_day_is_undone_like_any_other_and_can_be_pulled_again(house: House, exporter: Exporter) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 3)}
    pull = carried(house, created(house))
    day = pull.days.get(day=DAYS[0])
    with pytest.raises(PullRefused, match="Undo its import first"):
        change.pull_again(day)
    house.ask(imports.undo, day.imported)
    house.carry()
    assert rows() == []
    assert again(house, pull).days.get(day=DAYS[0]).imported == day.imported  # nobody asked for it
    day.refresh_from_db()
    house.ask(change.pull_again, day)
    carried(house, pull)
    assert len(rows()) == 3


def test_amplitude_is_asked_for_the_hours_of_the_day_and_a_day_without_events_makes_no_import(
    house: House, exporter: Exporter
) -> None:
    exporter.events = {"20241031T22": uploads("22", 2), "20241101T22": uploads("next", 2)}
    pull = carried(house, created(house, "amplitude", zone="Europe/Berlin", since=date(2024, 10, 31)))
    assert [(asked["start"], asked["end"]) for asked in exporter.asked] == [
        ("20241030T23", "20241031T22"),
        ("20241031T23", "20241101T22"),
        ("20241101T23", "20241102T22"),
    ]
    assert states(pull) == [("2024-10-31", State.IMPORTED), (DAYS[0], State.IMPORTED), (DAYS[1], State.EMPTY)]
    assert Import.objects.count() == 2
    assert len(rows()) == 4


def test_times_of_older_mixpanel_projects_are_by_the_projects_clock(house: House, exporter: Exporter) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 1)}
    carried(house, created(house, zone="Europe/Berlin"))
    assert [row["timestamp"] for row in rows()] == [datetime(2024, 11, 1, 9, tzinfo=UTC)]


def test_a_day_too_large_for_one_answer_is_asked_for_in_halves(house: House, exporter: Exporter) -> None:
    exporter.largest = 6
    exporter.events = {f"20241101T{hour:02}": uploads(str(hour), 1) for hour in (0, 7, 23)}
    pull = carried(house, created(house, "amplitude"))
    assert pull.days.filter(day=DAYS[0], state=State.IMPORTED).count() == 3
    assert pull.days.filter(day=DAYS[0]).count() == 4
    assert len(rows()) == 3
    assert "amplitude-2024-11-01-18UTC.zip" in Import.objects.values_list("file_name", flat=True)


def test_an_hour_too_large_is_said_in_the_tools_own_words(house: House, exporter: Exporter) -> None:
    exporter.largest = 0
    pull = carried(house, created(house, "amplitude"))
    assert pull.error == 'Amplitude refused the request (400). It says: "Raw data file size exceeds 4GB"'
    assert not Import.objects.exists()


def test_a_wrong_key_is_said_and_another_one_helps(house: House, exporter: Exporter) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 1)}
    pull = carried(house, created(house, secret="wrong"))
    assert pull.error.startswith("Mixpanel refused the key (401). Check the key")
    assert pull.next_at > NOW + timedelta(hours=1)
    assert not Import.objects.exists()
    house.ask(change.replace_key, pull, KEY, SECRET)
    assert carried(house, due(pull)).error == ""
    assert len(rows()) == 1


FAULTS: dict[str, tuple[Fault, str]] = {
    "too many requests": (Fault(429, headers={"Retry-After": "120"}), "Mixpanel limits requests (429)"),
    "a server error": (Fault(503, b"<html>busy</html>"), "Mixpanel failed (503)"),
    "cut in the middle": (Fault(cut=True), "Mixpanel interrupted the download."),
    "given up": (Fault(body=b'{"event": "Search"}\nexport terminated early\n'), "Mixpanel interrupted the download"),
    "another host": (Fault(302, headers={"Location": "http://127.0.0.1:1/"}), "Mixpanel refused the request (302)."),
    "damaged packing": (
        Fault(body=b"\x1f\x8b!", headers={"Content-Encoding": "gzip"}),
        "Mixpanel interrupted the download",
    ),
    "short": (
        Fault(body=b"{}", headers={"Content-Length": "9", "Connection": "close"}),
        "Mixpanel interrupted the download",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_fails_is_said_waited_for_and_asked_again_from_the_beginning(
    house: House, exporter: Exporter, name: str
) -> None:
    fault, sentence = FAULTS[name]
    exporter.faults = [fault]
    exporter.events = {DAYS[0]: searches(DAYS[0], 40)}
    pull = carried(house, created(house))
    assert pull.error.startswith(sentence)
    assert pull.next_at > NOW
    assert not Import.objects.exists()
    assert exporter.days == [DAYS[0]]  # no other day meanwhile
    assert house.ask(carry.sweep) is None and house.queue == []  # nor the same
    pull = again(house, pull)
    assert (pull.error, pull.failures) == ("", 0)
    assert len(rows()) == 40


def test_amplitudes_archive_that_breaks_off_is_no_archive(house: House, exporter: Exporter) -> None:
    exporter.faults = [Fault(cut=True)]
    exporter.events = {"20241101T00": uploads("0", 9)}
    pull = carried(house, created(house, "amplitude"))
    assert pull.error == "Amplitude interrupted the download."
    again(house, pull)
    assert len(rows()) == 9


def test_the_more_it_fails_the_longer_it_waits(house: House, exporter: Exporter) -> None:
    exporter.faults = [Fault(500) for _ in range(9)]
    pull = created(house)
    waits = [(again(house, pull).next_at - NOW) // timedelta(minutes=1) for _ in range(9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    exporter.faults = [Fault(429, headers={"Retry-After": "7200"})]
    assert again(house, pull).next_at == NOW + timedelta(hours=2)


def test_a_tool_that_cannot_be_reached_is_said(house: House, settings: Any) -> None:
    settings.MIXPANEL_EXPORT_URL = "http://127.0.0.1:1"
    assert carried(house, created(house)).error == "Mixpanel can't be reached: Connection refused."


def test_the_key_is_in_no_sentence(house: House, exporter: Exporter) -> None:
    exporter.faults = [Fault(400, f"bad secret: {SECRET}".encode())]
    assert SECRET not in carried(house, created(house)).error


STEPS = [
    Moment(imports, "begin"),
    Moment(carry, "fetch", after=False),
    Moment(carry, "fetch"),
    Moment(imports, "received", after=False),
    Moment(imports, "received"),
    Moment(carry, "keep_examples"),
    Moment(imports, "start", after=False),
    Moment(imports, "start"),
]


@pytest.mark.parametrize("moment", STEPS, ids=repr)
def test_a_process_that_ends_in_the_middle_loses_and_doubles_nothing(
    house: House, exporter: Exporter, moment: Moment
) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 30), DAYS[1]: searches(DAYS[1], 20)}
    pull = created(house)
    with interrupted(moment, kill), pytest.raises(Killed):
        house.carry()
    house.queue.clear()
    quiet = timezone.now() - timedelta(hours=1)
    Pull.objects.filter(pk=pull.pk).update(claim="the dead", heartbeat_at=quiet)
    Import.objects.update(heartbeat_at=quiet)
    house.sweep()
    again(house, pull)
    assert states(pull) == [(DAYS[0], State.IMPORTED), (DAYS[1], State.IMPORTED)]
    assert len(rows()) == 50
    assert Import.objects.filter(state=Import.State.DONE, accepted__gt=0, duplicates=0).count() == 2
    assert not Import.objects.filter(state__in=[Import.State.UPLOADING, Import.State.CHECKING]).exists()


def test_two_tasks_at_once_pull_a_day_once(house: House, exporter: Exporter) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 5)}
    pull = created(house)
    with interrupted(Moment(carry, "fetch", after=False), lambda: carry.carry(Pull.objects.get(pk=pull.pk))):
        carried(house, pull)
    assert exporter.days.count(DAYS[0]) == 1
    assert len(rows()) == 5


def test_a_paused_pull_asks_nothing_and_goes_on_where_it_was(house: House, exporter: Exporter) -> None:
    exporter.events = {day: searches(day, 2) for day in DAYS}
    pull = created(house)
    Connection.objects.update(is_paused=True)
    again(house, pull)
    assert exporter.asked == []
    Connection.objects.update(is_paused=False)
    again(house, pull)
    assert len(rows()) == 4


def test_pausing_ends_a_day_under_way_which_leaves_nothing(house: House, exporter: Exporter, folders: Any) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 9)}
    pull = created(house)

    def pause() -> None:
        Connection.objects.update(is_paused=True)

    with patch.object(carry, "_LOOK_SECONDS", 0.0), interrupted(Moment(carry, "fetch", after=False), pause):
        carried(house, pull)
    assert not Import.objects.exists()
    assert list((folders / "uploads").iterdir()) == []
    Connection.objects.update(is_paused=False)
    again(house, pull)
    assert len(rows()) == 9


def test_a_file_that_named_erased_people_is_pulled_once_more(house: House, exporter: Exporter) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 9)}
    pull = created(house)

    def withdraw() -> None:
        Import.objects.update(state=Import.State.CANCELLED, error=REMOVED)

    with patch.object(carry, "_LOOK_SECONDS", 0.0), interrupted(Moment(carry, "fetch", after=False), withdraw):
        carried(house, pull)
    again(house, pull)
    assert len(rows()) == 9


def test_a_backfill_has_few_imports_loading_at_once(house: House, exporter: Exporter) -> None:
    days = [f"2024-10-{day:02}" for day in range(20, 30)]
    exporter.events = {day: searches(day, 1) for day in days}
    created(house, since=date(2024, 10, 20))
    house.carry("pull_day")
    assert Import.objects.filter(state=Import.State.LOADING).count() == carry.MOST_LOADING == len(exporter.asked)


def test_events_without_a_type_are_counted_by_their_import_and_kept_as_examples(
    house: House, exporter: Exporter
) -> None:
    bad = mixpanel.event("Order Completed", revenue="a lot", **{"$insert_id": "bad"})
    exporter.events = {DAYS[0]: [*searches(DAYS[0], 1), mixpanel.event("Signed Up"), bad]}
    pull = carried(house, created(house))
    imp = Import.objects.get()
    assert (imp.accepted, imp.skipped, imp.rejected) == (1, 1, 1)
    kept = KeptEvent.objects.order_by("name").values_list("name", "outcome")
    assert list(kept) == [("Order Completed", "refused"), ("Signed Up", "skipped")]
    assert pull.connection.counts.count() == 0


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "source": ({"source": "segment"}, "can't be pulled"),
    "region": ({"region": "mars"}, "no data in this region"),
    "project": ({"project": "shop"}, "must be a number"),
    "zone": ({"zone": "Europe/Atlantis"}, "no time zone"),
    "future": ({"since": date(2030, 1, 1)}, "and today"),
    "long ago": ({"since": date(1999, 1, 1)}, "and today"),
    "no secret": ({"secret": ""}, "Enter both"),
    "line break": ({"key": "a\nb"}, "character"),
    "colon": ({"key": "a:b"}, "character"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_pull_is_refused_with_a_sentence(house: House, name: str) -> None:
    values, sentence = REFUSED[name]
    with pytest.raises(PullRefused, match=sentence):
        created(house, **values)
    assert not Connection.objects.exists()


def test_key_and_secret_are_sealed(house: House) -> None:
    pull = created(house)
    assert KEY not in pull.key and SECRET not in pull.connection.secret
    assert pull.key and pull.connection.secret


def test_removing_ends_what_has_not_begun_to_load(house: House, exporter: Exporter) -> None:
    from interactions.ingest.connections import change as connections

    exporter.events = {DAYS[0]: searches(DAYS[0], 3)}
    pull = created(house)
    with interrupted(Moment(imports, "start", after=False), kill), pytest.raises(Killed):
        house.carry()
    house.ask(connections.remove, pull.connection)
    house.carry()
    assert not Pull.objects.exists()
    assert Import.objects.get().state == Import.State.CANCELLED
    assert rows() == []
