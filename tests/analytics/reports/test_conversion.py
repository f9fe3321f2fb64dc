"""Conversion: the best attempts of people, against all attempts in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

import pandas as pd
import pytest

from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Filter
from interactions.analytics.index.figures import steps as figures
from interactions.analytics.reports.conversion import EDGES, MOST_VALUES, SHARES, ConversionAsked, conversion
from interactions.analytics.reports.funnel import CONTENT, SHOP, Step, funnel
from interactions.analytics.step_fields import StepField
from interactions.contract.schema import TYPES
from interactions.questions.funnels import step_table, value_table

from ...lakes import Record, record
from ...traffic import Persons, chosen
from .test_paths import values_of
from .traffic import APRIL, FILTERS, index_of, moved, records, whole

ABC = (Step("a", ("read",)), Step("b", ("like", "share")), Step("c", ("checkout",)))
WINDOWS = (None, timedelta(0), timedelta(minutes=20), timedelta(days=1), timedelta(days=7))
Attempt = tuple[list[datetime], str | None]


def completes(row: Record, step: Step) -> bool:
    """Whether a record is of the step's types and meets its conditions."""
    return row["type"] in step.types and bool(chosen([row], Filter(conditions=step.conditions)))


def furthest(timeline: list[Record], steps: tuple[Step, ...], window: timedelta) -> int:
    """How many steps any choice of interactions reaches: all of them are tried."""

    def reached(step: int, since: datetime, start: datetime) -> int:
        found = [
            reached(step + 1, row["timestamp"], start)
            for row in timeline
            if step < len(steps) and row["type"] in steps[step].types and since <= row["timestamp"] <= start + window
        ]
        return max(found, default=step)

    starts = [row["timestamp"] for row in timeline if row["type"] in steps[0].types]
    return max((reached(1, start, start) for start in starts), default=0)


def best(timeline: list[Record], asked: ConversionAsked) -> Attempt | None:
    """The first of the attempts that reach most steps: when it reached each, and the value of its start."""
    found: Attempt | None = None
    steps, window = asked.steps, timedelta(days=9999) if asked.window is None else asked.window
    for start in sorted({row["timestamp"] for row in timeline if completes(row, steps[0])}):
        times = [start]
        for step in steps[1:]:
            there = (row["timestamp"] for row in timeline if completes(row, step))
            at = min((at for at in there if at >= times[-1]), default=None)
            if at is None or at > start + window:
                break
            times.append(at)
        if found is None or len(times) > len(found[0]):
            rows = [row for row in timeline if row["timestamp"] == start and completes(row, steps[0])]
            values = sorted(value for row in rows if asked.by for value in values_of(row, asked.by))
            found = times, values[0] if values else None
    return found


def attempts(rows: Iterable[Record], everything: Iterable[Record], asked: ConversionAsked) -> list[Attempt]:
    timelines = Persons(everything).timelines(rows).values()
    return [attempt for timeline in timelines if (attempt := best(timeline, asked)) is not None]


def percentile(times: list[timedelta], share: int) -> float:
    return sorted(times)[ceil(share * len(times) / 100) - 1].total_seconds() if times else float("nan")


def check(asked: ConversionAsked, filter: Filter = Filter(), index=whole) -> None:  # type: ignore[no-untyped-def]  # noqa: B008
    found = conversion(index(), filter, asked)
    expected = attempts(chosen(records(), filter.of_all_types()), records(), asked)
    several = len(asked.steps)
    steps = range(several)
    people = [sum(len(times) > step for times, _ in expected) for step in steps]
    assert found.people[list(steps)].sum().tolist() == people
    took = [[times[step] - times[step - 1] for times, _ in expected if len(times) > step] for step in steps[1:]]
    whole_way = [times[-1] - times[0] for times, _ in expected if len(times) == several]
    rows = [[percentile(times, share) for share in SHARES.values()] for times in (*took, whole_way)]
    pd.testing.assert_frame_equal(
        found.took, pd.DataFrame(rows, index=range(1, several + 1), columns=list(SHARES)), check_index_type=False
    )
    bars = Counter(sum(time >= timedelta(microseconds=edge) for edge in EDGES) for time in whole_way)
    assert found.histogram == tuple(bars[bar] for bar in range(len(EDGES) + 1))
    if asked.by:
        of_value = Counter(value for _, value in expected)
        order = sorted((value for value in of_value if value is not None), key=lambda value: (-of_value[value], value))
        top = order[:MOST_VALUES]
        names = found.people[found.people["value"].notna()]
        assert names["value"].tolist() == top
        for step in steps:
            reach = Counter(value for times, value in expected if len(times) > step)
            assert names[step].tolist() == [reach[value] for value in top]
            rest = found.people[found.people["value"].isna()].set_index("is_other")[step]
            assert rest.get(True, 0) == sum(reach[value] for value in order[MOST_VALUES:])
            assert rest.get(False, 0) == reach[None]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("steps", [SHOP, CONTENT, SHOP[1:3], (*ABC, Step("again", ("read", "impression")))])
def test_people_convert_as_plain_python_finds(steps: tuple[Step, ...], window: timedelta | None) -> None:
    check(ConversionAsked(steps, window))
    check(ConversionAsked(steps, window, StepField.REGION))


@pytest.mark.parametrize("field", StepField)
def test_a_funnel_is_broken_down_by_any_field_of_the_first_step(field: StepField) -> None:
    check(ConversionAsked(SHOP[1:], timedelta(days=7), field))


PHONE = Condition("device", ("phone", "unknown"))
NOT_KENT = Condition("region", ("Kent",), is_not=True)
GREEN = Condition("keywords", ("TEA",), contains=True)
WITH_CONDITIONS = (
    (Step("a", ("impression", "click"), (PHONE,)), Step("b", ("add_to_cart",)), Step("c", ("checkout",), (NOT_KENT,))),
    (Step("any", TYPES, (Condition("product_id", ("p1", "p2")),)), Step("same", TYPES, (PHONE, NOT_KENT))),
    (Step("a", ("search",), (GREEN,)), Step("b", ("search",), (GREEN,)), Step("c", ("read",))),
    (Step("nothing", ("search",), (Condition("region", ("nowhere",)),)), Step("b", ("checkout",))),
)


@pytest.mark.parametrize("steps", WITH_CONDITIONS)
@pytest.mark.parametrize("filter", [Filter(), Filter(types=("read",), period=APRIL), Filter(product_id="p3")])
def test_a_step_can_have_conditions(steps: tuple[Step, ...], filter: Filter) -> None:
    check(ConversionAsked(steps, timedelta(days=7), StepField.PRODUCT), filter)
    check(ConversionAsked(steps), filter, moved)
    found = step_table(conversion(whole(), filter, ConversionAsked(steps)), steps)["people"]
    assert funnel(whole(), filter, steps)["people"].tolist() == found.tolist()


@pytest.mark.parametrize("filter", [Filter(), Filter(product_id="p3")])
def test_steps_with_conditions_are_found_alike_in_pieces(filter: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_AT_ONCE", 7)
    for steps in WITH_CONDITIONS:
        check(ConversionAsked(steps, timedelta(days=3)), filter, lambda: index_of(records()))


def test_a_funnel_with_conditions_has_six_steps_at_most() -> None:
    many = (Step("a", ("read",), (PHONE,)), *[Step("b", ("like",))] * 6)
    with pytest.raises(ValueError, match="6 at most"):
        conversion(whole(), Filter(), ConversionAsked(many))


@pytest.mark.parametrize("filter", FILTERS, ids=lambda each: each.key)
def test_any_filter_works_but_for_its_types(filter: Filter) -> None:
    check(ConversionAsked(SHOP[:3], timedelta(days=2), StepField.DEVICE), filter)


def test_people_who_have_moved_into_another_run_count_once() -> None:
    check(ConversionAsked(SHOP, timedelta(days=7), StepField.REGION), index=moved)


def test_an_attempt_that_starts_a_window_before_a_step_reaches_it() -> None:
    at = "2024-01-01T{}:00Z".format
    rows = [("read", "08:00"), ("read", "09:00"), ("read", "10:00"), ("like", "11:00"), ("checkout", "11:01")]
    index = index_of([record(kind, at(time), user_id="u") for kind, time in rows])
    reached = {}
    for minutes in (59, 60, 61, 120, 181):
        people = conversion(index, Filter(), ConversionAsked(ABC, timedelta(minutes=minutes))).people
        reached[minutes] = people[[0, 1, 2]].to_numpy().tolist()[0]
    assert reached == {59: [1, 0, 0], 60: [1, 1, 0], 61: [1, 1, 1], 120: [1, 1, 1], 181: [1, 1, 1]}


@pytest.mark.parametrize("window", WINDOWS[1:])
def test_no_choice_of_interactions_gets_further_than_the_best_attempt(window: timedelta) -> None:
    people = conversion(whole(), Filter(), ConversionAsked(SHOP, window)).people
    depths = [furthest(timeline, SHOP, window) for timeline in Persons(records()).timelines(records()).values()]
    assert people[list(range(len(SHOP)))].to_numpy().tolist() == [
        [sum(depth > step for depth in depths) for step in range(len(SHOP))]
    ]


def test_without_a_window_it_is_the_funnel_of_the_dashboard() -> None:
    found = step_table(conversion(whole(), Filter(), ConversionAsked(SHOP)), SHOP)
    same = ["step", "people", "of_first", "of_previous"]
    pd.testing.assert_frame_equal(
        found[same], funnel(whole(), Filter(), SHOP)[same], check_index_type=False, check_names=False
    )


def test_a_later_attempt_counts_where_the_first_one_takes_too_long() -> None:
    at = "2024-01-01T{}:00Z".format
    rows = [("read", "10:00"), ("read", "12:00"), ("like", "12:20"), ("read", "12:30"), ("checkout", "12:50")]
    index = index_of([record(kind, at(time), user_id="u") for kind, time in rows])
    found = conversion(index, Filter(), ConversionAsked(ABC, timedelta(hours=1)))
    assert found.people[[0, 1, 2]].to_numpy().tolist() == [[1, 1, 1]]
    assert found.took["median"].tolist() == [20 * 60, 30 * 60, 50 * 60]
    found = conversion(index, Filter(), ConversionAsked(ABC, timedelta(minutes=49)))
    assert found.people[[0, 1, 2]].to_numpy().tolist() == [[1, 1, 0]]


def test_values_are_a_row_for_each_step() -> None:
    index = index_of(
        [record("read", user_id="u", region="Kent"), record("like", user_id="u"), record("read", user_id="v")]
    )
    found = value_table(conversion(index, Filter(), ConversionAsked(ABC[:2], by=StepField.REGION)), ABC[:2])
    assert found["value"].tolist() == ["Kent", "Kent", None, None]
    assert found["people"].tolist() == [1, 1, 1, 0]
    assert found["of_first"].tolist() == [1.0, 1.0, 1.0, 0.0]


def test_nobody_at_all_makes_no_shares() -> None:
    found = conversion(index_of([]), Filter(), ConversionAsked(SHOP, by=StepField.REGION))
    assert found.people.empty and found.took.isna().to_numpy().all() and not any(found.histogram)
    table = step_table(found, SHOP)
    assert table["people"].tolist() == [0] * len(SHOP) and table["of_first"].isna().all()
    assert conversion(index_of([]), Filter(), ConversionAsked(SHOP)).people[0].tolist() == [0]
