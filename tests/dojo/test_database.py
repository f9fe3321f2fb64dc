"""What the databases take differently is the same to those who use them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

from interactions.access.members import change
from interactions.access.members.change import MemberRefused
from interactions.access.roles import Role
from interactions.models import Environment
from interactions.privacy import erasure, request
from tests import cast
from tests.committed import committed, production
from tests.processes import wait_for

__all__ = ["committed", "production"]


def at_once(call: Callable[[], Any]) -> Future[Any]:
    """Begin a call on a connection of its own; on PostgreSQL, go on once it waits for this transaction."""

    def made() -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    other = ThreadPoolExecutor(1).submit(made)
    if connection.vendor == "postgresql":
        wait_for(_somebody_waits, because=lambda: "Nobody waits.")
    return other


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def test_text_with_the_character_nul_is_kept_readable_and_found(production: Environment) -> None:
    user = User.objects.create(username="a\x00b")
    found = User.objects.get(username="a\x00b")
    assert found == user
    assert found.username == ("a\x00b" if connection.vendor == "sqlite" else "a␀b")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could show it")
@pytest.mark.usefixtures("production")
def test_the_servers_views_show_statements_without_their_values() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND %s <> ''", ["ann@example"])
        (shown,) = cursor.fetchone()
    assert "$1" in shown and "ann@example" not in shown


def test_of_two_tasks_that_look_for_deletion_requests_at_once_one_carries_them(production: Environment) -> None:
    asked = request(production, ["ann"])
    with transaction.atomic():
        assert erasure._claim(production) == [asked.pk]
        other = at_once(lambda: erasure._claim(production))
    assert other.result(60) == []


def test_of_two_owners_who_remove_each_other_at_once_one_stays(production: Environment) -> None:
    olga, otto = cast.owner(), User.objects.create_user("otto")
    change.set_roles(otto, {production: Role.OWNER}, by=olga)
    with transaction.atomic():
        change.set_roles(otto, {production: None}, by=olga)
        other = at_once(lambda: change.set_roles(olga, {production: None}, by=otto))
    with pytest.raises(MemberRefused):
        other.result(60)
    assert [row.user for row in production.memberships.all()] == [olga]
