"""What is asked ahead is what the dashboard shows before anything is chosen."""

from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from interactions.analytics import engine
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Unit
from interactions.contract.tombstones import Tombstones
from interactions.queries import answers, dashboard
from interactions.queries.assisted import assisted, assisted_over_time
from interactions.queries.funnel import CONTENT, SHOP, funnel, usual_steps
from interactions.queries.preparing import prepare
from interactions.queries.tops import Subject, top

from ..lakes import append
from .traffic import traffic

ZONE = ZoneInfo("Asia/Kolkata")


def test_after_preparing_the_dashboard_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    append(traffic(300))
    prepare("production", ZONE)

    def unread(files: list[str], hidden: Tombstones, expression: engine.Expression) -> pa.Table:
        raise AssertionError("read again")

    monkeypatch.setattr(answers, "answer", unread)
    monkeypatch.setattr(answers, "ask_summed", unread)
    everything = Filter()
    assert dashboard.totals("production", everything, Unit.DAY, ZONE).interactions == 300
    dashboard.over_time("production", everything, Unit.DAY, ZONE)
    dashboard.sparklines("production", everything, Unit.DAY, ZONE)
    dashboard.rhythm("production", everything, ZONE)
    funnel("production", everything, SHOP)
    assisted("production", everything)
    assisted_over_time("production", everything, Unit.DAY, ZONE)
    for subject in Subject:
        top("production", everything, subject)


def test_of_nothing_there_is_nothing_to_prepare() -> None:
    prepare("production")
    assert dashboard.totals("production") is None


def test_the_usual_steps_are_those_of_what_occurs() -> None:
    assert usual_steps({"impression", "add_to_cart", "read"}) == SHOP
    assert usual_steps({"impression", "read"}) == CONTENT
    assert usual_steps(set()) == SHOP
