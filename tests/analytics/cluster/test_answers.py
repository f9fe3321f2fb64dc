"""A cluster answers every report as the index does, on data sets of chance, alone and with two workers."""

from __future__ import annotations

import inspect
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics import question
from interactions.analytics.cluster import connection
from interactions.analytics.cluster.engine import Cluster
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.relational.answers import Answers
from interactions.warehouse.lake import Lake
from tests.lakes import append

from ..datasets import CUSTOM_KEYS, ZONES, Drawn, data_sets, filters, table_of, unit_for
from ..indexed import Indexed
from ..questions import EXAMPLES, QUESTIONS, Asked, same


def few(most: int) -> examples:
    """So many examples: each asks for every report, in several questions, in processes that others may keep busy."""
    return examples(
        max_examples=EXAMPLES or most,
        derandomize=not EXAMPLES,
        phases=[Phase.generate],  # to make a failure smaller takes minutes
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


CHANCE = given(
    drawn=data_sets(20).filter(lambda drawn: bool(drawn.parts)),
    asked=filters(),
    zone=ZONES,
    choice=st.integers(0, 6),
)


@pytest.fixture
def on_sail(sail: str, settings: Any) -> Any:
    yield from _asked_of(sail, settings)


@pytest.fixture
def on_workers(sail_cluster: str, settings: Any) -> Any:
    yield from _asked_of(sail_cluster, settings)


def _asked_of(url: str, settings: Any) -> Any:
    settings.ENGINE_URL = url
    yield
    connection.close()


def check(drawn: Drawn, asked: Filter, zone: ZoneInfo, choice: int) -> None:
    slug = f"drawn-{uuid4().hex}"
    for part in drawn.parts:
        append(part, environment=slug)
    pairs = np.array(drawn.links, np.int64).reshape(-1, 2)
    index = build_table(table_of(drawn.records), drawn.hidden, slug, 1, pairs, CUSTOM_KEYS)
    expected = Indexed(index)
    found = Indexed(Cluster(slug, Lake(slug).version(), drawn.hidden, pairs))
    about = Asked(asked, unit_for(drawn, asked, zone, choice), zone)
    for name in QUESTIONS:
        try:
            same(QUESTIONS[name](expected, about), QUESTIONS[name](found, about))
        except BaseException as error:
            error.add_note(name)
            raise


@few(4)
@CHANCE
def test_sail_answers_every_report_as_the_index_does(
    drawn: Drawn, asked: Filter, zone: ZoneInfo, choice: int, on_sail: None
) -> None:
    check(drawn, asked, zone, choice)


@few(2)
@CHANCE
def test_two_workers_answer_every_report_as_the_index_does(
    drawn: Drawn, asked: Filter, zone: ZoneInfo, choice: int, on_workers: None
) -> None:
    check(drawn, asked, zone, choice)


@pytest.mark.parametrize("name", sorted(question.REPORTS))
def test_every_report_can_be_asked_of_a_cluster_in_the_same_words(name: str) -> None:
    _, *report = inspect.signature(question.REPORTS[name]).parameters.values()
    _, *answer = inspect.signature(getattr(Answers, name)).parameters.values()
    assert [(one.name, one.kind, one.default) for one in report] == [
        (one.name, one.kind, one.default) for one in answer
    ]
