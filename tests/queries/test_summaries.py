"""Answers from summaries are those that the interactions give, whatever is summed up, and whoever is hidden."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from django.conf import settings as configuration
from django.core.cache import cache
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics import engine
from interactions.analytics.filters import Device, Filter
from interactions.analytics.periods import ALL, Period, Unit
from interactions.contract.schema import Group
from interactions.contract.tombstones import Tombstones
from interactions.queries import (
    along,
    answers,
    assisted,
    covering,
    dashboard,
    funnel,
    identity,
    kinds,
    picking,
    summaries,
    tops,
)
from interactions.queries.covering import cover, name_of
from interactions.queries.segments import Store
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import

from ..lakes import Record, append, key_of, record
from .traffic import START, traffic

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
NOBODY = Tombstones.of([])
RECORDS = traffic(700, days=14, people=16, seed=5)

# Every question of the dashboard, and what it answers as values that can be compared.
QUESTIONS: dict[str, Callable[[Filter], Any]] = {
    "totals": lambda asked: dashboard.totals("production", asked),
    "by type": lambda asked: dashboard.by_type("production", asked),
    "over time, hours": lambda asked: dashboard.over_time("production", asked, Unit.HOUR, KATHMANDU),
    "over time, days": lambda asked: dashboard.over_time("production", asked, Unit.DAY, BERLIN),
    "sparklines, days": lambda asked: dashboard.sparklines("production", asked, Unit.DAY, BERLIN),
    "sparklines, hours": lambda asked: dashboard.sparklines("production", asked, Unit.HOUR, KATHMANDU),
    "sparklines, weeks": lambda asked: dashboard.sparklines("production", asked, Unit.WEEK, KATHMANDU),
    "rhythm": lambda asked: dashboard.rhythm("production", asked, BERLIN),
    "funnel": lambda asked: funnel.funnel("production", asked, funnel.SHOP),
    "funnel of content": lambda asked: funnel.funnel("production", asked, funnel.CONTENT),
    "assisted": lambda asked: assisted.assisted("production", asked),
    "assisted over time": lambda asked: assisted.assisted_over_time("production", asked, Unit.DAY, BERLIN),
    "links": lambda asked: identity.links("production").sort_values(["user_key", "anonymous_key"], ignore_index=True),
    **{
        f"top {subject}": lambda asked, subject=subject: tops.top("production", asked, subject)
        for subject in tops.Subject
    },
}
MOMENTS = st.one_of(
    st.integers(0, 14 * 96).map(lambda quarters: START + timedelta(minutes=15 * quarters)),
    st.integers(0, 14).map(lambda days: START + timedelta(days=days, hours=-1)),  # midnight in Berlin
    st.integers(0, 14 * 86_400_000_000).map(lambda us: START + timedelta(microseconds=us)),
)
PERIODS = st.one_of(
    st.just(ALL),
    st.tuples(MOMENTS, MOMENTS).filter(lambda both: both[0] < both[1]).map(lambda both: Period(*both)),
    MOMENTS.map(lambda start: Period(start, None)),
    MOMENTS.map(lambda end: Period(None, end)),
)
FILTERS = st.builds(
    Filter,
    period=PERIODS,
    groups=st.sampled_from([(), (), (Group.CONVERSION,)]),
    types=st.sampled_from([(), (), ("search", "impression")]),
    is_assisted=st.sampled_from([None, None, True, False]),
    is_live=st.sampled_from([None, None, True, False]),
    import_id=st.sampled_from([None, None, None, 0, 2]),
    region=st.sampled_from([None, None, None, "Kent"]),
    device=st.sampled_from([None, None, None, Device.PHONE, Device.OTHER, Device.UNKNOWN]),
)
NAMES = st.lists(st.sampled_from(list(QUESTIONS)), min_size=4, max_size=4, unique=True)
FEW = examples(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(one: Any, other: Any) -> None:
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-9)
    elif isinstance(one, assisted.Assisted):
        same(one.types, other.types)
        assert [getattr(one, name) for name in NUMBERS] == pytest.approx([getattr(other, name) for name in NUMBERS])
    elif isinstance(one, dashboard.Totals) and other is not None:
        assert one.revenue == pytest.approx(other.revenue)
        assert {**_fields(one), "revenue": 0} == {**_fields(other), "revenue": 0}
    else:
        assert one == other


NUMBERS = [name for name in assisted.Assisted.__slots__ if name != "types"]


def _fields(totals: dashboard.Totals) -> dict[str, Any]:
    return {name: getattr(totals, name) for name in dashboard.Totals.__slots__}


def answered(asked: Filter, names: list[str]) -> dict[str, Any]:
    cache.clear()
    return {name: QUESTIONS[name](asked) for name in names}


def raw(asked: Filter, names: list[str]) -> dict[str, Any]:
    """The same answers, from the interactions alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds.Kind, "fields", frozenset())
        patch.setattr(along, "FIELDS", frozenset())
        patch.setattr(picking, "_MOST_ROWS", -1)
        patch.setattr(summaries.Store, "covering", lambda self, parts, zone=None: [])
        return answered(asked, names)


def scattered(pieces: list[list[Record]]) -> None:
    """A lake of several parts, of several imports and of live records, the last of which no segment covers.

    The journeys of the first segments are put together in a bundle.
    """
    for number, piece in enumerate(pieces):
        append(piece, import_id=number % 3)
        with pytest.MonkeyPatch.context() as patch:
            if number < len(pieces) // 2:
                patch.setattr(covering, "_SMALL", (0, 0))
            if number <= len(pieces) // 2:
                cover("production", BERLIN)


def emptied() -> None:
    for folder in (configuration.LAKE_DIR, configuration.SUMMARIES_DIR):
        shutil.rmtree(folder, ignore_errors=True)


def hide(monkeypatch: pytest.MonkeyPatch, *stones: tuple[int | None, int | None, datetime]) -> None:
    monkeypatch.setattr(engine, "hidden", lambda environment: Tombstones.of(stones))


@FEW
@given(
    asked=FILTERS,
    cuts=st.lists(st.integers(1, 699), min_size=2, max_size=5, unique=True).map(sorted),
    order=st.randoms(use_true_random=False),
    names=NAMES,
)
def test_summaries_answer_as_the_interactions_do(asked: Filter, cuts: list[int], order: Any, names: list[str]) -> None:
    emptied()
    records = list(RECORDS)
    order.shuffle(records)
    scattered([records[start:end] for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True)])
    expected = raw(asked, names)
    for name, found in answered(asked, names).items():
        same(found, expected[name])


@FEW
@given(
    asked=FILTERS,
    users=st.lists(st.integers(0, 15), min_size=1, max_size=3),
    visitors=st.lists(st.integers(0, 15), max_size=2),
    moment=MOMENTS,
    names=NAMES,
)
def test_hidden_people_are_in_no_answer(
    asked: Filter,
    users: list[int],
    visitors: list[int],
    moment: datetime,
    names: list[str],
) -> None:
    emptied()
    scattered([RECORDS[start : start + 175] for start in range(0, 700, 175)])
    stones = [
        *((key_of(f"u{number}"), None, moment) for number in users),
        *((None, key_of(f"a{number}"), moment) for number in visitors),
    ]
    with pytest.MonkeyPatch.context() as patch:
        hide(patch, *stones)
        expected = raw(asked, names)
        for name, found in answered(asked, names).items():
            same(found, expected[name])


def test_the_revenue_of_an_hour_is_not_taken_off_with_hidden_people_of_another_segment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = "2024-01-01T{}:00:00Z".format
    append([record("checkout", at("10"), user_id="ann"), record("checkout", at("12"), user_id="bob")])
    cover("production", BERLIN)
    append([record("checkout", at("12"), user_id="ann", revenue=117.0)])
    cover("production", BERLIN)
    hide(monkeypatch, (key_of("bob"), None, START))
    assert dashboard.sparklines("production", Filter(), Unit.DAY, BERLIN)["revenue"].tolist() == [117.0]


def test_segments_are_asked_and_not_the_parts() -> None:
    for start in range(0, 700, 100):
        append(RECORDS[start : start + 100])
    assert cover("production", BERLIN) == 1
    for part in Lake("production").parts():
        part.path.write_bytes(b"not a part")
    assert dashboard.totals("production").interactions == 700
    assert funnel.funnel("production", Filter(), funnel.SHOP)["people"].iloc[0] > 0


def test_devices_are_told_apart_by_segments() -> None:
    append(RECORDS)
    phones = Filter(device=Device.PHONE)
    expected = raw(phones, ["by type", "over time, days"])
    cover("production", BERLIN)
    for part in Lake("production").parts():
        part.path.write_bytes(b"not a part")
    for name, found in expected.items():
        same(QUESTIONS[name](phones), found)


def test_the_columns_of_a_kind_are_those_of_its_files() -> None:
    append(RECORDS)
    cover("production", BERLIN)
    (segment,) = Store("production").all()
    with engine.reading() as read:
        found = {kind.name: read.rows([segment.file(kind.name)]).schema() for kind in kinds.KINDS}
    assert found == {kind.name: summaries.columns_of(kind) for kind in kinds.KINDS}


def test_what_no_segment_covers_counts_at_once() -> None:
    append(RECORDS[:600])
    cover("production", BERLIN)
    append(RECORDS[600:])
    assert dashboard.totals("production").interactions == 700


def test_a_segment_of_a_part_that_is_gone_is_not_used_and_goes() -> None:
    append(RECORDS[:300], import_id=1)
    append(RECORDS[300:], import_id=2)
    cover("production", BERLIN)
    remove_import(Lake("production"), 2)
    assert dashboard.totals("production").interactions == 300
    before = {segment.folder for segment in Store("production").all()}
    cover("production", BERLIN)
    assert not before & {segment.folder for segment in Store("production").all()}
    assert dashboard.totals("production").interactions == 300


def test_days_of_another_zone_are_made_anew() -> None:
    append(RECORDS)
    cover("production", BERLIN)
    assert cover("production", KATHMANDU) == 1
    assert {segment.zone for segment in Store("production").covering(_names(), str(KATHMANDU))} == {"Asia/Kathmandu"}


def test_a_segment_that_vanishes_while_it_is_read_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    append(RECORDS)
    cover("production", BERLIN)
    real, calls = summaries.Store.covering, []

    def vanishing(self: Store, parts: Any, zone: str | None = None) -> Any:
        found = real(self, parts, zone)
        if not calls:
            calls.append(1)
            for segment in found:
                shutil.rmtree(segment.folder)
        return found

    monkeypatch.setattr(summaries.Store, "covering", vanishing)
    assert dashboard.by_type("production")["records"].sum() == 700
    assert calls


def test_two_who_make_the_same_segment_do_no_harm() -> None:
    append(RECORDS)
    parts = Lake("production").parts()
    assert covering._make(Store("production"), parts, BERLIN) == 1
    assert covering._make(Store("production"), parts, BERLIN) == 0
    assert len(Store("production").all()) == 1
    assert not list(Store("production").folder.glob(".draft-*"))


def test_a_draft_that_is_taken_away_makes_no_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    append(RECORDS)
    store = Store("production")
    add = Store.add

    def late(self: Store, *given: Any) -> bool:
        self.drop_drafts()
        return add(self, *given)

    monkeypatch.setattr(Store, "add", late)
    assert covering._make(store, Lake("production").parts(), BERLIN) == 0
    assert store.all() == []


def test_an_answer_too_large_for_the_cache_is_kept_while_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_LARGEST_BASE", 0)
    append(RECORDS[:300])
    before = identity.links("production")["records"].sum()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "ask_summed", lambda *given: _raise())
        assert identity.links("production")["records"].sum() == before
    append(RECORDS[300:])
    assert identity.links("production")["records"].sum() > before


def test_a_session_over_two_segments_is_one() -> None:
    append(
        [record("like", "2024-01-01T10:10:00Z", user_id="ann"), record("like", "2024-01-01T10:50:00Z", user_id="ann")]
    )
    cover("production", BERLIN)
    assert dashboard.totals("production").sessions == 2
    append([record("like", "2024-01-01T10:30:00Z", user_id="ann")])
    cover("production", BERLIN)
    assert dashboard.totals("production").sessions == 1


def test_a_step_between_others_of_its_quarter_is_found() -> None:
    at = "2024-01-01T10:0{}:00Z".format
    append([record("checkout", at(minute), user_id="ann") for minute in (1, 3, 5)])
    append([record("impression", at(2), user_id="ann")])
    cover("production", BERLIN)
    steps = (funnel.Step("seen", ("impression",)), funnel.Step("bought", ("checkout",)))
    assert funnel.funnel("production", Filter(), steps)["median_seconds"].tolist()[1] == 60


def _names() -> list[str]:
    return [name_of(part) for part in Lake("production").parts()]


def test_all_questions_go_over_a_kind_or_say_that_they_do_not() -> None:
    """What the page asks of a plain period opens no part that is covered."""
    append(RECORDS)
    cover("production", BERLIN)
    read: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "answer", lambda files, hidden, expression: read.append(len(files)) or _raise())
        for question in QUESTIONS.values():
            question(Filter(Period(START, START + timedelta(days=7))))
    assert read == []


def _raise() -> None:
    raise AssertionError("A part was read.")
