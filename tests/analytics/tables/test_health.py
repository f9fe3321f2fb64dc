"""What the Health page measures, counted another way: in plain Python over the same records."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from interactions import identity
from interactions.analytics import data_sets
from interactions.analytics.definitions import ABOUT_PRODUCTS, PLACEHOLDERS
from interactions.analytics.reports.history import History, history
from interactions.contract.schema import TYPES
from interactions.contract.tombstones import Tombstones
from tests import figures
from tests.lakes import Record, append, record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache", "own_folders")]

UTC_ZONE = ZoneInfo("UTC")
RECEIVED = datetime(2024, 6, 1, tzinfo=UTC)  # as tests.lakes writes it
MISO_ID = "0f0e0d0c-0b0a-0908-0706-050403020100"


def keyed(records: list[Record], settings: Any) -> list[Record]:
    """With the keys that the product itself would give the ids."""
    keyring = identity.keyring()
    return [
        {**each, "user_key": keyring[each.get("user_id")], "anonymous_key": keyring[each.get("anonymous_id")]}
        for each in records
    ]


def traffic(count: int, *, seed: int = 1) -> list[Record]:
    chance = Random(seed)
    return [
        {
            "type": chance.choice(TYPES),
            "timestamp": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(60 * 24 * 200)),
            "user_id": chance.choice([None, "null", f"u{chance.randrange(300)}", f"u{chance.randrange(300)}"]),
            "anonymous_id": chance.choice([None, "0000", f"a{chance.randrange(40)}"]),
            "product_ids": chance.choice([None, [], ["p1", "undefined"], ["p1", "p2"]]),
            "miso_id": chance.choice([None, None, MISO_ID]),
        }
        for _ in range(count)
    ]


def test_counts_equal_those_of_plain_python(settings: Any) -> None:
    records = keyed(traffic(3000), settings)
    for piece in (records[:1700], records[1700:]):
        append(piece)
    found = figures.measure("production", UTC_ZONE)
    about = [each for each in records if each["type"] in ABOUT_PRODUCTS]
    users = Counter(each["user_id"] for each in records if each["user_id"])
    visitors = Counter(each["anonymous_id"] for each in records if each["anonymous_id"] and not each["user_id"])
    assert found.records == 3000
    assert found.by_type == Counter(each["type"] for each in records)
    assert found.with_user == users.total()
    assert found.with_anonymous == sum(each["anonymous_id"] is not None for each in records)
    assert found.without_id == sum(not each["user_id"] and not each["anonymous_id"] for each in records)
    assert found.about_products == len(about)
    assert found.with_products == sum(bool(each["product_ids"]) for each in about)
    assert found.with_miso_id == sum(each["miso_id"] is not None for each in records)
    assert found.placeholder_ids == sum(
        each["user_id"] == "null" or each["anonymous_id"] == "0000" or "undefined" in (each["product_ids"] or [])
        for each in records
    )
    assert found.future == sum(each["timestamp"] > RECEIVED + timedelta(hours=1) for each in records)
    assert (found.users, found.users_again) == (len(users), sum(count > 1 for count in users.values()))
    assert found.most_of_one == max(*users.values(), *visitors.values())
    days = {each["timestamp"].date() for each in records}
    assert (found.days, found.days_spanned) == (len(days), (max(days) - min(days)).days + 1)


def test_days_are_those_of_the_zone() -> None:
    append([record(at="2024-03-30T20:00:00Z"), record(at="2024-03-31T23:00:00Z")])
    assert figures.measure("production", UTC_ZONE).days == 2
    assert figures.measure("production", ZoneInfo("Asia/Kathmandu")).days_spanned == 2
    assert figures.measure("production", ZoneInfo("America/Los_Angeles")).days_spanned == 2
    kiritimati = figures.measure("production", ZoneInfo("Pacific/Kiritimati"))  # 14 hours ahead
    assert (kiritimati.days, kiritimati.longest_gap) == (2, None)


def test_a_day_of_25_hours_is_one_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    append([record(at="2024-10-26T22:00:00Z"), record(at="2024-10-27T22:59:00Z")])
    assert figures.measure("production", berlin).days == 1


def test_the_longest_gap_lies_between_days_with_records() -> None:
    append([record(at=f"2024-01-{day:02}T12:00:00Z") for day in (1, 3, 4, 9, 11)])
    found = figures.measure("production", UTC_ZONE)
    assert found.longest_gap == (date(2024, 1, 5), date(2024, 1, 8))
    assert (found.days, found.days_spanned) == (5, 11)


@pytest.mark.parametrize("stray", ["2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_stray_record_does_not_lengthen_the_history(stray: str) -> None:
    append([record(at=f"2024-01-{day:02}T12:00:00Z") for day in (1, 3, 4)] + [record(at=stray)])
    found = figures.measure("production", UTC_ZONE)
    assert (found.days, found.days_spanned, found.strays) == (3, 4, 1)
    assert found.longest_gap == (date(2024, 1, 2), date(2024, 1, 2))


TODAY = date(2024, 6, 1)


def test_a_run_of_few_records_more_than_a_year_away_is_no_history() -> None:
    days = {date(2024, 1, day): 100 for day in range(1, 31)}
    assert history({date(2021, 5, 5): 1, **days}, TODAY) == History(30, 30, None, 1)
    assert history({date(2023, 5, 5): 1, **days}, TODAY).days_spanned == 271  # a gap, and less than a year
    assert history({date(2021, 5, 5): 300, **days}, TODAY).days_spanned > 900  # more than 1% of the records


def test_tomorrow_is_history_and_the_day_after_is_not() -> None:
    found = history({TODAY: 1, date(2024, 6, 2): 1, date(2024, 6, 3): 1}, TODAY)
    assert (found.days, found.strays) == (2, 1)


def test_of_impossible_dates_alone_there_is_no_history() -> None:
    assert history({date(1970, 1, 1): 4}, TODAY) == History(strays=4)


def test_times_long_ago_are_counted() -> None:
    append([record(at="1999-12-31T23:59:59Z"), record(at="2000-01-01T00:00:00Z"), record(at="1970-01-01T00:00:00Z")])
    assert figures.measure("production", UTC_ZONE).before_2000 == 2


def test_an_import_can_be_left_out(settings: Any) -> None:
    append(keyed(traffic(100, seed=2), settings), import_id=1)
    before = figures.measure("production", UTC_ZONE)
    append(keyed(traffic(50, seed=3), settings), import_id=2)
    assert figures.measure("production", UTC_ZONE, without_import=2) == before
    assert figures.measure("production", UTC_ZONE).records == 150


def test_hidden_people_are_not_counted(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    records = keyed(traffic(400, seed=4), settings)
    append(records)
    user = next(each["user_key"] for each in records if each["user_id"] == "null")
    until = max(each["timestamp"] for each in records)
    monkeypatch.setattr(data_sets, "hidden", lambda environment: Tombstones.of([(user, None, until)]))
    left = [each for each in records if each["user_id"] != "null"]
    found = figures.measure("production", UTC_ZONE)
    assert found.records == len(left)
    assert found.with_user == sum(each["user_id"] is not None for each in left)
    assert found.placeholder_ids == sum(
        each["anonymous_id"] == "0000" or "undefined" in (each["product_ids"] or []) for each in left
    )
    assert found.most_of_one == max(
        Counter(each["anonymous_id"] for each in left if each["anonymous_id"] and not each["user_id"]).values()
    )


def test_without_records_there_is_nothing_to_count() -> None:
    found = figures.measure("production", UTC_ZONE)
    assert (found.records, found.days, found.most_of_one, found.longest_gap) == (0, 0, 0, None)


@pytest.mark.parametrize("word", ["null", "NULL", "undefined", "0", "000000", "NaN", "", "None", "[object Object]"])
def test_a_placeholder_is_known_in_its_usual_spellings(word: str) -> None:
    assert word in PLACEHOLDERS
