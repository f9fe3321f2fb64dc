"""Times in any usual form become the moments that they mean; what can't be known is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from interactions.connectors.table import Times
from interactions.contract.timestamps import instant
from tests.connectors.table.opened import file, mapped, questions, read, suggested

APRIL = datetime(2026, 4, 3, 8, 5, tzinfo=UTC)


def moments(tmp_path, *times, zone="Europe/Berlin", form=None):
    path = file(tmp_path, "event\ttime\n" + "".join(f"view\t{time}\n" for time in times))
    mapping = mapped(path, zone)
    if form:
        mapping = msgspec.structs.replace(mapping, times=Times(form, zone))
    return [instant(record["timestamp"]) for record in read(path, mapping).records]


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-03 10:05:00",
        "2026-04-03T10:05",
        "2026-04-03T08:05:00Z",
        "2026-04-03T10:05:00+02:00",
        "2026-04-03T10:05:00.000000123+02:00",
        "2026-04-03 08:05:00 UTC",
        "2026/04/03 10:05",
        "2026.04.03 10:05:00",
        "20260403T100500",
        "20260403100500",
        "202604031005",
        "2026-4-3 10:05",
        "2026/4/3 10:05",
        "2026-04-03 08:05:00+00",
        "2026-04-03 10:05:00+02",
        "Apr 3, 2026 @ 10:05:00.000",
        "Fri Apr 03 2026 10:05:00 GMT+0200 (Central European Summer Time)",
        "03-Apr-26 10:05",
        "03-APR-26 10:05:00",
        "03.04.2026 10:05",
        "3.4.2026, 10:05:00",
        "Apr 3, 2026, 10:05 AM",
        "3 April 2026 10:05",
        "Fri, 03 Apr 2026 08:05:00 GMT",
        "Fri, 03 Apr 2026 10:05:00 +0200",
        "2026-04-03 10:05:00 CEST",
        "2026-04-03 01:05:00 PDT",
        "3 April 2026 10:05 MESZ",
        "46115.4201388889",
        "46115,4201388889",
        "1775203500",
        "1775203500.0",
        "1775203500000",
        "1775203500000000",
        "1775203500000000000",
    ],
)
def test_forms_are_told_from_the_values(tmp_path, written):
    assert moments(tmp_path, written, written) == [APRIL, APRIL]


@pytest.mark.parametrize(
    ("counted", "other"),
    [
        ("1775203500", "1775203500000"),
        ("1775203500000", "1775203500"),
        ("1775203500000000", "1775203500000"),
        ("1775203500000000000", "1775203500"),
        ("1775203500", "1775203500000000000"),
    ],
)
def test_a_time_in_another_unit_than_its_column_is_not_read_as_one_in_the_columns(tmp_path, counted, other):
    rows = "".join(f"view\t{time}\n" for time in (counted, counted, other))
    records = read(file(tmp_path, "event\ttime\n" + rows)).records
    assert [record["timestamp"] for record in records][2] == other
    assert [instant(record["timestamp"]) for record in records[:2]] == [APRIL, APRIL]


def test_times_of_the_first_years_of_a_count_are_read(tmp_path):
    assert [moment.year for moment in moments(tmp_path, "1775203500000", "1775203500000", "0", "86400000")][2:] == [
        1970
    ] * 2


def test_fractions_are_kept(tmp_path):
    assert moments(tmp_path, "2026-04-03 10:05:00.25", "1999-12-31 23:59:59.999999")[0].microsecond == 250_000
    assert moments(tmp_path, "1775203500.25", "1775203501.5")[0].microsecond == 250_000
    assert moments(tmp_path, "1775203500250", "1775203501500")[0].microsecond == 250_000


def test_an_ambiguous_date_is_asked_and_read_as_answered(tmp_path):
    path = file(tmp_path, "event,time\nview,03/04/2026\nview,05/04/2026\n")
    asked = {question.name: question for question in questions(path)}
    assert asked["times"].sentence == 'Is "03/04/2026" written with the day first, or the month?'
    assert [value for value, _ in asked["times"].choices] == ["day first", "month first"]
    assert asked["times"].is_open
    assert moments(tmp_path, "03/04/2026 10:05", "05/04/2026 11:00", form="day first")[0] == APRIL
    assert moments(tmp_path, "04/03/2026 10:05", "04/05/2026 11:00", form="month first")[0] == APRIL


def test_one_day_after_the_twelfth_tells_the_order(tmp_path):
    assert suggested(file(tmp_path, "event,time\nview,03/04/2026\nview,13/04/2026\n")).times.form == "day first"
    assert suggested(file(tmp_path, "event,time\nview,03/04/2026\nview,04/13/2026\n")).times.form == "month first"


def test_the_zone_is_asked_only_where_times_do_not_say_it(tmp_path):
    for text, names in (
        ("2026-04-03 10:05:00", ["zone"]),
        ("2026-04-03T10:05:00Z", []),
        ("1775203500", []),
        ("2026-04-03T10:05:00+02:00", []),
        ("2026-04-03 10:05:00+02", []),
        ("13-04-2026", ["zone"]),
        ("13-04-2026 10:05", ["zone"]),
        ("20260403100500", ["zone"]),
    ):
        path = file(tmp_path, f"event,time\nview,{text}\nview,{text}\n")
        assert [question.name for question in questions(path)] == names


def test_hours_that_a_clock_shows_twice_or_never_are_moments_all_the_same(tmp_path):
    twice, never = moments(tmp_path, "2026-10-25 02:30:00", "2026-03-29 02:30:00")
    assert twice in (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert never == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    alone = moments(tmp_path, "2026-10-25 02:30:00", "2026-10-25 02:30:00")
    assert alone == [twice, twice]


def test_what_is_no_time_goes_on_as_it_is(tmp_path):
    path = file(
        tmp_path, "event,time\n" + "view,1775203500\n" * 3 + "view,99999999999999999999\nview,soon\nview,-62135596801\n"
    )
    said = [record["timestamp"] for record in read(path).records[3:]]
    assert said == ["99999999999999999999", "soon", "-62135596801"]


def test_abbreviations_of_several_zones_are_not_guessed(tmp_path):
    path = file(tmp_path, "event\ttime\n" + "view\t2026-04-03 10:05 IST\n" * 2)
    asked = {question.name: question for question in questions(path)}
    assert asked["times"].is_open and "How is the time" in asked["times"].sentence


def test_numbers_of_five_digits_are_days_only_where_the_name_says_time(tmp_path):
    path = file(tmp_path, "event\tshelf\twhen\nview\t46115\t46115\nview\t46116\t46116\n")
    mapping = suggested(path)
    assert (mapping.fields["timestamp"], mapping.times.form) == ("when", "excel")
    assert "46115" not in mapping.fields.values()
    assert moments(tmp_path, "46115", zone="UTC") == [datetime(2026, 4, 3, tzinfo=UTC)]
