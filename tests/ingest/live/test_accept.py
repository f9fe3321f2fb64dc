"""What was accepted is in the database; what could not be is said to the one who asked."""

import threading

import pytest
from django.db import OperationalError, connections, transaction

from interactions.ingest import live
from interactions.ingest.live import writer
from interactions.models import Environment, InboxEntry
from tests import postgres
from tests.ingest.live.entries import NOON, call, like


def test_many_callers_at_once_all_find_their_records_stored(production: Environment) -> None:
    missing: list[int] = []

    def accept(number: int) -> None:
        live.accept(production.pk, NOON, 1, b"%d" % number)
        if not InboxEntry.objects.filter(text=b"%d" % number).exists():
            missing.append(number)
        connections.close_all()

    callers = [threading.Thread(target=accept, args=(number,)) for number in range(40)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert InboxEntry.objects.count() == 40
    assert missing == []


@pytest.mark.skipif(postgres.is_chosen(), reason="about SQLite alone")
def test_the_connection_that_stores_them_survives_a_power_cut(
    production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[int] = []
    real = writer._commit

    def looks(entries: list[InboxEntry]) -> None:
        real(entries)
        with connections["default"].cursor() as cursor:
            levels.append(cursor.execute("PRAGMA synchronous").fetchone()[0])

    monkeypatch.setattr(writer, "_commit", looks)
    call(production, like("ann"))
    assert levels == [2]  # FULL


def test_a_failed_commit_is_told_to_its_caller_and_the_next_one_works(
    production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(entries: list[InboxEntry]) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "_commit", fails)
        with pytest.raises(OperationalError):
            call(production, like("ann"))
    call(production, like("bob"))
    assert InboxEntry.objects.count() == 1


def test_within_a_transaction_nothing_is_accepted(production: Environment) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        call(production, like("ann"))
