"""Paths, against the same paths followed in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from urllib.parse import urlsplit

import pytest

from interactions.analytics.conditions import CUSTOM
from interactions.analytics.devices import device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.reports.paths import END, MOST_NODES, OTHER, Paths, PathsAsked, paths
from interactions.analytics.step_fields import PARTS_OF_CAMPAIGN, StepField, SteppedField
from interactions.contract.tombstones import Tombstones

from ...lakes import Record, record
from ...traffic import Persons, chosen, texts_of
from ..index.rows import table_of
from .traffic import FILTERS, index_of, moved, records, whole

PAUSE = timedelta(minutes=30)
COLUMNS = {
    StepField.PRODUCT: "product_ids",
    **{field: f"campaign_{name}" for field, name in PARTS_OF_CAMPAIGN.items()},
}
PLAN = f"{CUSTOM}plan"
Path = tuple[str | None, ...]


def values_of(row: Record, field: SteppedField) -> list[str]:
    """The different values of a record."""
    if field == StepField.DEVICE:
        return [device_of(row.get("user_agent"))]
    if field == StepField.PAGE:
        url = row.get("page_url")
        return [] if url is None else [url.partition("#")[0].partition("?")[0]]
    if field == StepField.REFERRER:
        host = urlsplit(row.get("page_referrer") or "").hostname
        return [host] if host else []
    if field == PLAN:
        return texts_of(row, PLAN)
    found = row.get(COLUMNS.get(field, field))
    return sorted(set(found)) if isinstance(found, list) else [] if found is None else [found]


def followed(rows: Iterable[Record], everything: Iterable[Record], asked: PathsAsked) -> Iterator[Path]:
    """Each path, with None after its end."""
    for timeline in Persons(everything).timelines(rows).values():
        session, steps = 0, list[tuple[datetime, str, int]]()
        for before, row in zip([None, *timeline], timeline, strict=False):
            session += before is not None and row["timestamp"] - before["timestamp"] >= PAUSE
            steps += [(row["timestamp"], value, session) for value in values_of(row, asked.field)]
        steps.sort()
        if asked.is_before:
            steps.reverse()
        begun = set()
        for place, (at, value, session) in enumerate(steps):
            key = session if asked.is_by_session else "all"
            if asked.start in ("", value) and key not in begun:
                begun.add(key)
                yield _path(steps[place:], at, session, asked)


def _path(steps: Sequence[tuple[datetime, str, int]], at: datetime, session: int, asked: PathsAsked) -> Path:
    if asked.within is None:
        near = [value for _, value, its in steps if its == session]
    else:
        near = [value for then, value, _ in steps if abs(then - at) <= asked.within]
    if asked.is_folded:
        near = [value for before, value in zip([None, *near], near, strict=False) if value != before]
    return (*near, *[None] * asked.steps)[: asked.steps + 1]


def counted(found: Iterable[Path], asked: PathsAsked) -> tuple[tuple[tuple[str, ...], ...], Counter[tuple[int, ...]]]:
    """The nodes, and how many paths have which places."""
    several = list(found)
    nodes = []
    for step in range(asked.steps + 1):
        values = Counter(path[step] for path in several if path[step] is not None)
        nodes.append(tuple(sorted(values, key=lambda value: (-values[value], value))[:MOST_NODES]))
    places = Counter(
        tuple(
            END if value is None else nodes[step].index(value) if value in nodes[step] else OTHER
            for step, value in enumerate(path)
        )
        for path in several
    )
    return tuple(nodes), places


def said(found: Paths) -> tuple[tuple[tuple[str, ...], ...], Counter[tuple[int, ...]]]:
    rows = found.counts.to_numpy().tolist()
    assert len({tuple(places) for *places, _ in rows}) == len(rows)
    assert [paths for *_, paths in rows] == sorted((paths for *_, paths in rows), reverse=True)
    return found.nodes, Counter({tuple(places): paths for *places, paths in rows})


def check(asked: PathsAsked, filter: Filter = Filter(), index=whole) -> None:  # type: ignore[no-untyped-def]  # noqa: B008
    rows = chosen(records(), filter.of_all_types())
    assert said(paths(index(), filter, asked)) == counted(followed(rows, records(), asked), asked)


@pytest.mark.parametrize(
    ("start", "within", "is_before", "is_by_session", "is_folded"),
    [*product(("", "search"), (None, timedelta(days=1)), (False, True), (False, True), (False, True))],
)
def test_paths_are_those_that_plain_python_follows(
    start: str, within: timedelta | None, is_before: bool, is_by_session: bool, is_folded: bool
) -> None:
    for steps in (2, 5):
        check(PathsAsked(StepField.TYPE, start, steps, within, is_before, is_by_session, is_folded))


@pytest.mark.parametrize("field", StepField)
def test_a_step_can_be_any_field(field: StepField) -> None:
    check(PathsAsked(field, is_by_session=True))
    check(PathsAsked(field, within=timedelta(days=30), is_before=True, is_folded=False))


def test_each_product_of_an_interaction_is_a_step() -> None:
    check(PathsAsked(StepField.PRODUCT, "p3", 5, timedelta(days=7)))
    check(PathsAsked(StepField.PRODUCT, "p3", is_before=True), Filter(region="Kent"))
    check(PathsAsked(StepField.PRODUCT, within=timedelta(days=1), is_folded=False), index=moved)


def test_a_pause_ends_a_session_even_if_what_is_around_it_has_no_product() -> None:
    at = "2024-01-01T{}:00Z".format
    rows = [("10:00", ["a"]), ("10:20", None), ("10:40", ["b", "a"]), ("11:30", ["c"])]
    index = index_of([record("like", at(time), user_id="u", product_ids=ids) for time, ids in rows])
    assert paths(index, Filter(), PathsAsked(StepField.PRODUCT)).nodes == (("a",), ("b",), (), ())
    assert paths(index, Filter(), PathsAsked(StepField.PRODUCT, is_folded=False)).nodes == (("a",), ("a",), ("b",), ())


def test_a_step_can_be_a_value_of_custom_context() -> None:
    plans = ('{"plan":"gold"}', '{"plan":["gold"]}', '{"n":1}', '{"plan":"free","n":2}', '{"plan":5}')
    rows = [
        {**row, "extra": f'{{"context":{{"custom_context":{plans[place % 5]}}}}}'}
        for place, row in enumerate(records())
    ]
    index = build_table(table_of(rows), Tombstones.of([]), "production", 1, custom_keys=("n", "plan"))
    for asked in (PathsAsked(PLAN, is_by_session=True), PathsAsked(PLAN, "free", is_before=True, is_folded=False)):
        assert said(paths(index, Filter(), asked)) == counted(followed(rows, rows, asked), asked)


@pytest.mark.parametrize("filter", FILTERS, ids=lambda each: each.key)
def test_any_filter_works_but_for_its_types(filter: Filter) -> None:
    check(PathsAsked(within=timedelta(days=7)), filter)
    check(PathsAsked(start="click", is_by_session=True), filter)


def test_people_who_have_moved_into_another_run_count_once() -> None:
    check(PathsAsked(start="search", within=timedelta(days=7)), index=moved)
    check(PathsAsked(is_by_session=True, is_before=True), Filter(region="Kent"), index=moved)


def test_nobody_and_a_start_that_nobody_has_make_no_paths() -> None:
    index = index_of([record("search"), record("click")])
    assert paths(index, Filter(), PathsAsked()).total == 0
    found = paths(whole(), Filter(), PathsAsked(StepField.PAGE, "https://nowhere.example/"))
    assert found.total == 0 and found.nodes == ((), (), (), ())
    assert paths(index_of([]), Filter(), PathsAsked(StepField.REGION)).total == 0


def test_interactions_of_one_moment_are_in_the_order_of_their_names() -> None:
    index = index_of([record(kind, user_id="u") for kind in ("search", "like", "click", "read")])
    found = paths(index, Filter(), PathsAsked(start="like"))
    assert found.nodes == (("like",), ("read",), ("search",), ())
    back = paths(index, Filter(), PathsAsked(start="like", is_before=True))
    assert back.nodes == (("like",), ("click",), (), ())


def test_a_frame_that_was_changed_is_whole_for_the_next_question() -> None:
    first = paths(whole(), Filter(), PathsAsked())
    first.counts["paths"] = 0
    assert paths(whole(), Filter(), PathsAsked()).total > 0
