"""A filtered index shares what questions have in common, and sees each event once, whichever run it lies in."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from interactions import process_caches
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule
from interactions.analytics.filters import Filter
from interactions.analytics.index import filtered as module
from interactions.analytics.index import store
from interactions.analytics.index.filtered import filtered
from interactions.analytics.periods import Unit
from interactions.analytics.reports.attribution import assisted
from interactions.analytics.reports.breakdowns import Subject, top, top_named
from interactions.analytics.reports.data_quality import measure
from interactions.analytics.reports.funnel import SHOP, funnel
from interactions.analytics.reports.timeseries import rhythm, sparklines
from interactions.analytics.reports.totals import totals

from ..reports.traffic import moved, whole

BERLIN = ZoneInfo("Europe/Berlin")


SEARCHERS = CohortDefinition(1, "Searchers", (CohortRule(("search",), at_least=2),))


@pytest.mark.parametrize(
    "asked",
    [
        Filter(),
        Filter(is_assisted=True),
        Filter(cohorts=[CohortCondition((SEARCHERS,))]),
        Filter(cohorts=[CohortCondition((SEARCHERS,), is_not=True)], is_assisted=True),
    ],
    ids=lambda each: each.key,
)
def test_people_who_have_moved_into_another_run_count_once(asked: Filter) -> None:
    index = moved()
    assert sum(run.dead is not None and bool(run.dead.any()) for run in index.runs)
    found, expected = totals(index, asked), totals(whole(), asked)
    assert found == replace(expected, revenue=pytest.approx(expected.revenue))
    assert filtered(index, asked).size == (expected.interactions, expected.people)
    frames = [
        lambda index: sparklines(index, asked, Unit.DAY, BERLIN),
        lambda index: rhythm(index, asked, BERLIN),
        lambda index: funnel(index, asked, SHOP),
        lambda index: assisted(index, asked).types,
        lambda index: top_named(index, asked),
        *(lambda index, subject=subject: top(index, asked, subject) for subject in Subject),
    ]
    for frame in frames:
        pd.testing.assert_frame_equal(frame(index), frame(whole()))
    assert measure(index, BERLIN) == measure(whole(), BERLIN)


def test_an_index_that_is_mapped_from_files_gives_what_one_in_memory_does() -> None:
    store.write(whole())
    mapped = store.open("production")
    assert mapped is not None
    for asked in (Filter(), Filter(product_id="p3"), Filter(page_contains="shop")):
        expected = totals(whole(), asked)
        assert totals(mapped, asked) == replace(expected, revenue=pytest.approx(expected.revenue))
        for subject in Subject:
            pd.testing.assert_frame_equal(top(mapped, asked, subject), top(whole(), asked, subject))


def test_questions_of_one_page_share_a_filtered_index() -> None:
    index = whole()
    assert filtered(index, Filter(region="Kent")) is filtered(index, Filter(region="Kent"))
    assert filtered(index, Filter(region="Kent")) is not filtered(index, Filter(region="Hessen"))


def test_few_filtered_indexes_are_kept_and_none_of_an_older_version_of_the_index() -> None:
    index, newer = whole(), replace(whole(), version=2)
    for number in range(20):
        filtered(index, Filter(import_id=number))
    assert len(module._cached) < 10
    filtered(newer, Filter())
    assert len(module._cached) == 1


def test_few_answers_are_kept_whatever_is_asked_for_and_what_they_share_stays() -> None:
    index = whole()
    seen = filtered(index, Filter())
    first = top(index, Filter(), Subject.PRODUCTS, 1)
    for limit in range(1, 500):
        top(index, Filter(), Subject.PRODUCTS, limit)
    assert len(seen._kept) < 100 and {"masks", "shares"} & seen._kept.keys()
    pd.testing.assert_frame_equal(top(index, Filter(), Subject.PRODUCTS, 1), first)


def test_an_erasure_empties_the_cache() -> None:
    filtered(whole(), Filter())
    process_caches.empty()
    assert not module._cached


def test_frames_that_were_changed_by_one_question_are_whole_for_the_next() -> None:
    for ask in (lambda: top(whole(), Filter(), Subject.REGIONS), lambda: funnel(whole(), Filter(), SHOP)):
        found = ask()
        found["is_other"] = True
        found.iloc[:, 1] = 0
        assert not ask().iloc[:, 1].eq(0).all()
