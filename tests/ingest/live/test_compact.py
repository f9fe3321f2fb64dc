"""Small parts of live records become one: the rows stay as they are, and questions open fewer files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

from interactions.ingest import live
from interactions.models import Environment
from interactions.warehouse import compact
from interactions.warehouse.lake import Held, Lake, LakeBusy
from interactions.warehouse.rewrite import remove_import
from tests import figures, lakes
from tests.ingest.live.entries import call, like, rows, users


@pytest.fixture
def filled(production: Environment, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A table of ten small live parts and an import's."""
    monkeypatch.setattr(compact, "_TIERS", ((1 << 20, 5),))
    lakes.append([lakes.record(user_id="imported", at="2026-01-01T00:00:00Z")], import_id=7)
    for number in range(10):
        call(production, like(f"user {number}", context={"more": {"x": number}}), like("ann"), after=number)
        live.append(production)
    return lake


def table_of(lake: Lake) -> Any:
    table = ds.dataset(lake.files(), format="parquet").to_table()
    return table.sort_by([("user_id", "ascending"), ("timestamp", "ascending")])


def test_parts_are_merged_and_no_row_changes(filled: Lake) -> None:
    before = table_of(filled)
    assert compact.compact(filled) == 10
    assert len(filled.files()) == 2
    assert table_of(filled).equals(before)


def test_the_parts_of_imports_stay(filled: Lake) -> None:
    compact.compact(filled)
    assert filled.rows_of(7) == 1
    assert remove_import(filled, 7).rows == 1
    assert len(rows(filled)) == 20


def test_files_that_were_merged_are_gone(filled: Lake, settings: Any) -> None:
    compact.compact(filled)
    kept = {str(path) for path in filled.folder.rglob("*.parquet") if "_delta_log" not in str(path)}
    assert kept == set(filled.files())
    assert not list(settings.SCRATCH_DIR.glob("compact-*"))


def test_a_few_parts_are_left_alone(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_TIERS", ((1 << 20, 11),))
    version = filled.version()
    assert compact.compact(filled) == 0
    assert filled.version() == version


def test_what_was_sent_before_is_known_afterwards(filled: Lake, production: Environment) -> None:
    bob = like("bob", timestamp="2026-05-04T12:00:20Z")
    call(production, bob, after=20)
    live.append(production)
    compact.compact(filled)
    call(production, bob, after=21)
    assert live.append(production) == 0
    assert users(filled).count("bob") == 1


def test_the_inbox_goes_on_where_it_was(filled: Lake, production: Environment) -> None:
    compact.compact(filled)
    call(production, like("zoe"), after=30)
    assert live.append(production) == 1
    assert users(filled)[-1] == "zoe"


def test_answers_are_the_same_before_and_after(filled: Lake) -> None:
    before = figures.totals("production")
    compact.compact(filled)
    assert figures.totals("production") == before


def test_parts_that_were_rewritten_meanwhile_are_not_merged(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = compact._write

    def meanwhile(*args: Any) -> Any:
        written = real(*args)
        DeltaTable(str(filled.folder)).delete("user_id = 'ann'")
        return written

    monkeypatch.setattr(compact, "_write", meanwhile)
    assert compact.compact(filled) == 0
    assert "ann" not in users(filled)


def test_without_the_lock_nothing_is_merged(filled: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(self: Held) -> None:
        raise LakeBusy("The write lock was lost.")

    monkeypatch.setattr(Held, "require", lost)
    with pytest.raises(LakeBusy):
        compact.compact(filled)
    assert len(filled.files()) == 11
