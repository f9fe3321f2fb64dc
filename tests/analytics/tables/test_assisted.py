"""Miso-assisted interactions, counted another way."""

from collections import Counter, defaultdict

import pytest

from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from tests import figures

from ...lakes import append, record
from ...traffic import of_types, revenue, traffic

ONE, TWO = "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174001"


def test_what_carries_a_miso_id_is_counted_by_type() -> None:
    records = traffic(1500)
    append(records[:700])
    append(records[700:])
    helped = [each for each in records if each["miso_id"]]
    found = figures.assisted("production", Filter())
    assert (found.records, found.assisted) == (len(records), len(helped))
    assert dict(zip(found.types["type"], found.types["records"], strict=True)) == Counter(e["type"] for e in records)
    by_type = dict(zip(found.types["type"], found.types["assisted"], strict=True))
    assert Counter(by_type) == Counter(each["type"] for each in helped)
    assert found.conversions == len(of_types(records, "checkout", "subscribe"))
    assert found.conversions_assisted == len(of_types(helped, "checkout", "subscribe"))
    assert (found.revenue, found.revenue_assisted) == pytest.approx((revenue(records), revenue(helped)))
    assert found.share == len(helped) / len(records)


def test_ids_to_act_on_are_counted_whatever_the_types_of_the_filter() -> None:
    records = traffic(160)
    append(records)
    of_id = defaultdict(list)
    for each in records:
        if each["miso_id"]:
            of_id[each["miso_id"]].append(each)
    unshown = [them for them in of_id.values() if not of_types(them, "impression", "viewable_impression")]
    for asked in (Filter(), Filter(types=("search",))):
        found = figures.assisted("production", asked)
        assert found.miso_ids == len(of_id)
        assert found.seen_once == sum(len(them) == 1 for them in of_id.values()) > 0
        assert found.clicks == sum(len(of_types(them, "click")) for them in of_id.values())
        assert found.clicks_unshown == sum(len(of_types(them, "click")) for them in unshown) > 0


def test_two_spellings_of_an_id_are_one() -> None:
    append([record("impression", miso_id=ONE), record("click", miso_id=ONE.upper()), record("click", miso_id=TWO)])
    found = figures.assisted("production", Filter())
    assert (found.miso_ids, found.seen_once, found.clicks, found.clicks_unshown) == (2, 1, 2, 1)


def test_without_records_everything_is_none() -> None:
    found = figures.assisted("production", Filter())
    assert (found.records, found.share, found.miso_ids, found.clicks_unshown, found.revenue) == (0, 0.0, 0, 0, 0.0)
    assert list(found.types.columns) == ["type", "records", "assisted", "share"]
    assert figures.assisted_over_time("production", Filter(), Unit.DAY).empty


def test_bars_tell_assisted_from_other_records() -> None:
    records = traffic(500, days=4)
    append(records)
    bars = figures.assisted_over_time("production", Filter(), Unit.DAY)
    for start, row in bars.iterrows():
        them = [each for each in records if start <= each["timestamp"] < start + (bars.index[1] - bars.index[0])]
        helped = sum(each["miso_id"] is not None for each in them)
        assert (row["assisted"], row["other"]) == (helped, len(them) - helped)
    assert bars.to_numpy().sum() == 500
