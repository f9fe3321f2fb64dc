"""Which parts are summed up, and when: a few new ones are left to the questions, and what is rewritten is not."""

from __future__ import annotations

import threading

import pytest

from interactions.management.commands import keep_summaries
from interactions.models import Environment
from interactions.queries import covering, dashboard
from interactions.queries.covering import cover
from interactions.queries.segments import Store
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import

from ..lakes import append
from .test_summaries import BERLIN, RECORDS, _names


def test_covering_again_makes_nothing() -> None:
    append(RECORDS)
    assert cover("production", BERLIN) == 1
    assert cover("production", BERLIN) == 0


def test_small_segments_become_one() -> None:
    for number in range(8):
        append(RECORDS[number * 10 : number * 10 + 10])
        cover("production", BERLIN)
    found = Store("production").covering(_names())
    assert len(found) == 1 and found[0].rows == 80
    assert dashboard.by_type("production")["records"].sum() == 80


def test_a_few_new_parts_are_left_to_the_questions() -> None:
    append(RECORDS[:600])
    cover("production", BERLIN)
    for number in range(covering._FEW_PARTS - 1):
        append(RECORDS[600 + number : 601 + number])
    assert cover("production", BERLIN, leaves_few=True) == 0
    assert dashboard.totals("production").interactions == 600 + covering._FEW_PARTS - 1
    append(RECORDS[-1:])
    assert cover("production", BERLIN, leaves_few=True) == 1
    assert dashboard.totals("production").interactions == 600 + covering._FEW_PARTS


def test_many_new_records_are_summed_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    append(RECORDS[:600])
    cover("production", BERLIN)
    monkeypatch.setattr(covering, "_FEW_ROWS", 100)
    append(RECORDS[600:])
    assert cover("production", BERLIN, leaves_few=True) == 1


def test_the_last_few_parts_are_summed_up_once_nothing_more_comes(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    production = Environment.objects.get(slug="production")

    def look(before: keep_summaries._Seen | None) -> keep_summaries._Seen:
        return keep_summaries._cover(production, before, threading.Event())

    append(RECORDS[:600])
    seen = look(None)
    assert len(Store("production").all()) == 1
    append(RECORDS[600:])
    seen = look(look(seen))
    assert len(Store("production").all()) == 1
    monkeypatch.setattr(keep_summaries, "_QUIET_SECONDS", 0)
    seen = look(seen)
    assert len(Store("production").all()) == 2
    assert look(seen) is seen


def test_after_a_large_import_the_dashboard_is_prepared(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    production = Environment.objects.get(slug="production")
    asked: list[str] = []
    monkeypatch.setattr(keep_summaries, "_LARGE", 600)
    monkeypatch.setattr(keep_summaries, "prepare", lambda environment, zone: asked.append(environment))
    seen = keep_summaries._cover(production, None, threading.Event())
    append(RECORDS[600:700])
    seen = keep_summaries._cover(production, seen, threading.Event())
    assert asked == []
    append(RECORDS[:600])
    seen = keep_summaries._cover(production, seen, threading.Event())
    assert asked == ["production"]
    keep_summaries._cover(production, seen, threading.Event())
    assert asked == ["production"]


def test_the_rest_ends_once_much_of_what_was_summed_up_is_written_anew(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    production = Environment.objects.get(slug="production")
    append(RECORDS[:300], import_id=1)
    append(RECORDS[300:], import_id=2)
    seen = {"production": keep_summaries._cover(production, None, threading.Event())}
    monkeypatch.setattr(keep_summaries, "_SECONDS", 0)
    monkeypatch.setattr(keep_summaries, "_LARGE", 401)
    append(RECORDS[:5])
    remove_import(Lake("production"), 2)
    assert not keep_summaries._is_rewritten("production", seen["production"])
    monkeypatch.setattr(keep_summaries, "_LARGE", 400)
    keep_summaries._rest(3600, seen, threading.Event())
