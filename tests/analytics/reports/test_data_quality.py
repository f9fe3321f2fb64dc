"""Whether records are fit to train on."""

from __future__ import annotations

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from interactions.analytics.reports.data_quality import Measures, measure

from ...lakes import Record, record
from .traffic import index_of, records, whole

UTC = ZoneInfo("UTC")


def measured(*rows: Record, zone: ZoneInfo = UTC) -> Measures:
    return measure(index_of(rows), zone)


def test_ids_are_counted() -> None:
    found = measured(
        record(user_id="u", anonymous_id="a"), record(user_id="u"), record(anonymous_id="b"), record(), record()
    )
    assert (found.records, found.with_user, found.with_anonymous, found.without_id) == (5, 2, 2, 2)
    assert (found.users, found.users_again) == (1, 1)


@pytest.mark.parametrize(
    "fields", [{"user_id": "null"}, {"anonymous_id": "Guest"}, {"user_id": "u", "product_ids": ["p", "0"]}]
)
def test_placeholders_are_counted_wherever_they_stand(fields: Record) -> None:
    assert measured(record(**fields), record(user_id="u")).placeholder_ids == 1


def test_records_that_should_name_a_product_are_looked_at() -> None:
    found = measured(record("click", product_ids=["p"]), record("click", product_ids=[]), record("search"))
    assert (found.about_products, found.with_products) == (2, 1)


def test_dates_before_2000_and_more_than_an_hour_after_receipt_are_counted() -> None:
    found = measured(
        record(at="1999-12-31T23:59:59.999999Z"),
        record(at="2000-01-01T00:00:00Z"),
        record(at="2024-06-01T01:00:00Z"),
        record(at="2024-06-01T01:00:00.000001Z"),
    )
    assert (found.before_2000, found.future) == (1, 1)


def test_the_most_of_one_is_of_a_user_or_of_an_id_without_one() -> None:
    rows = [record(anonymous_id="a")] * 3 + [record(anonymous_id="a", user_id="u")] + [record(user_id="v")] * 2
    assert measured(*rows).most_of_one == 3
    assert measured(*rows, *[record(user_id="v")] * 3).most_of_one == 5


def test_days_are_those_of_the_clock() -> None:
    rows = [record(at=f"2024-01-{day:02}T23:30:00Z") for day in (1, 2, 6)]
    found = measured(*rows, zone=ZoneInfo("Europe/Berlin"))
    assert (found.days, found.days_spanned) == (3, 6)
    assert found.longest_gap == (date(2024, 1, 4), date(2024, 1, 6))


def test_one_import_may_be_left_out() -> None:
    found = measure(whole(), UTC, without_import=2)
    rows = [row for row in records() if row["import_id"] != 2]
    assert found.records == len(rows)
    assert found.by_type == Counter(row["type"] for row in rows)
    users = Counter(row["user_id"] for row in rows if row["user_id"])
    assert (found.users, found.users_again) == (len(users), sum(count > 1 for count in users.values()))
    alone = Counter(row["anonymous_id"] for row in rows if row["anonymous_id"] and not row["user_id"])
    assert found.most_of_one == max(*users.values(), *alone.values())
    assert found.with_miso_id == sum(row["miso_id"] is not None for row in rows)


def test_an_empty_data_set_has_nothing() -> None:
    found = measured()
    assert (found.records, found.users, found.most_of_one, found.days) == (0, 0, 0, 0)
