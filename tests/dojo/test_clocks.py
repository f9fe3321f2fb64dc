"""A clock that differs from those of the database and of Redis is named."""

from types import SimpleNamespace

import pytest
from django.db import connection

from dojo import clocks

pytestmark = pytest.mark.django_db


@pytest.fixture
def differ(monkeypatch: pytest.MonkeyPatch):
    """Have this machine's clock be wrong by so many seconds."""
    real = clocks.time.time

    def by(seconds: float) -> list[str]:
        monkeypatch.setattr(clocks, "time", SimpleNamespace(time=lambda: real() + seconds))
        return clocks.differences(database=True, redis=True)

    return by


def named(said: str) -> list[str]:
    """What is said of each clock there is: SQLite has none of its own."""
    others = ["the database", "Redis"] if connection.vendor == "postgresql" else ["Redis"]
    return [f"{said} {other}" for other in others]


@pytest.mark.parametrize(
    ("seconds", "said"), [(60, "60 s ahead of"), (-60, "60 s behind"), (6.5, "6 s ahead of"), (-6.5, "6 s behind")]
)
def test_more_than_five_seconds_are_named_with_their_direction(redis_server: str, differ, seconds: float, said: str):
    assert differ(seconds) in (named(said), named(said.replace("6 s", "7 s")))  # a little less than by how much


@pytest.mark.parametrize("seconds", [0, 4.5, -4.5])
def test_less_is_not(redis_server: str, differ, seconds: float):
    assert differ(seconds) == []


def test_a_slow_answer_is_no_difference(redis_server: str, monkeypatch: pytest.MonkeyPatch):
    """An answer says what time it was at any moment between question and answer."""
    real, asked = clocks.time.time, iter([0.0, 60.0] * 2)
    monkeypatch.setattr(clocks, "time", SimpleNamespace(time=lambda: real() + next(asked)))
    assert clocks.differences(database=True, redis=True) == []


def test_a_clock_that_does_not_answer_is_not_named(settings, differ):
    settings.REDIS_URL = "unix:///nothing.sock"
    assert not [each for each in differ(60) if "Redis" in each]


def test_healthz_names_it(client, redis_server: str, differ):
    differ(60)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["clock"]) == (503, ", ".join(named("60 s ahead of")))
