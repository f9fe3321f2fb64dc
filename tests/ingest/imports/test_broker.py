"""Where Redis is away nobody waits for it, nothing is said to the user, and nothing is lost."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from kombu import pools
from kombu.exceptions import OperationalError

from interactions.ingest import imports
from interactions.ingest.imports import commit
from interactions.models import Environment, Import

from .crashes import Moment, interrupted
from .files import as_lines, records
from .house import House, is_gone, rows, silent

State, Phase = Import.State, Import.Phase
CONTENT = as_lines(records(40))


@pytest.fixture
def no_redis(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An address at which there is no Redis, for queue and locks."""
    address = f"unix://{tmp_path}/nobody.sock"
    settings.REDIS_URL = address
    former = current_app.conf.broker_url
    current_app.conf.broker_url = address.replace("unix", "redis+socket")
    _forget_connections()
    yield
    current_app.conf.broker_url = former
    _forget_connections()


def _forget_connections() -> None:
    pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None


@pytest.fixture
def silent_house(db: None, no_redis: None) -> House:
    """The use cases with Celery's own way to a broker, which is away."""
    return House()


def test_starting_returns_at_once_and_the_next_sweep_goes_on(silent_house: House) -> None:
    began = time.monotonic()
    imp = silent_house.started(CONTENT)
    assert time.monotonic() - began < 2
    assert (imp.state, imp.phase) == (State.LOADING, Phase.WAITING)


def test_cancelling_returns_at_once(silent_house: House) -> None:
    imp = silent_house.given(CONTENT)
    began = time.monotonic()
    silent_house.ask(imports.cancel, imp)
    assert time.monotonic() - began < 2
    assert imp.state == State.CANCELLED
    silent_house.sweep()
    assert is_gone(imp)


def test_sample_data_are_begun_all_the_same(silent_house: House) -> None:
    imp = silent_house.ask(imports.create_sample, Environment.objects.get(slug="playground"), None)
    assert imp.state == State.LOADING


def test_of_many_blocks_the_first_tells_that_it_is_away(silent_house: House) -> None:
    imp = silent_house.started(CONTENT * 5)
    began = time.monotonic()
    silent_house.do(("plan_import", imp.pk))
    assert time.monotonic() - began < 2
    assert imp.blocks.count() > 20


def test_what_could_not_be_handed_over_is_asked_for_by_the_sweep(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*names: Any, **options: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(current_app, "send_task", away)
        imp = house.started(CONTENT)
    for _ in range(3):
        silent(imp)
        house.sweep()
        house.carry()
    imp.refresh_from_db()
    assert (imp.state, imp.accepted) == (State.DONE, 40)


def test_a_commit_without_the_lock_waits_for_the_next_sweep(house: House, settings: Any, tmp_path: Path) -> None:
    imp = house.read(CONTENT)
    address, settings.REDIS_URL = settings.REDIS_URL, f"unix://{tmp_path}/nobody.sock"
    house.do(("finish_import", imp.pk))
    imp.refresh_from_db()
    assert (imp.state, imp.phase, rows()) == (State.LOADING, Phase.COMMITTING, [])
    settings.REDIS_URL = address
    silent(imp)
    assert house.sweep() == [("finish_import", imp.pk)]
    assert house.carried(imp).state == State.DONE


def test_a_commit_that_lost_its_lock_meanwhile_adds_nothing_and_is_done_again(house: House, settings: Any) -> None:
    """Whoever had the lock since then may have added the same records."""
    imp = house.read(CONTENT)
    with (
        redis.Redis.from_url(settings.REDIS_URL) as client,
        interrupted(Moment(commit, "_sift"), lambda: client.delete("dojo:lake:production")),
    ):
        house.do(house.queue[0])
    imp.refresh_from_db()
    assert (imp.state, rows()) == (State.LOADING, [])
    silent(imp)
    house.sweep()
    assert house.carried(imp).state == State.DONE


@pytest.mark.parametrize("use_case", [imports.undo, imports.cancel])
def test_a_removal_without_the_lock_waits_for_the_next_sweep(
    house: House, settings: Any, tmp_path: Path, use_case: Callable[[Import], None]
) -> None:
    imp = house.done(CONTENT) if use_case is imports.undo else house.read(CONTENT)
    house.ask(use_case, imp)
    address, settings.REDIS_URL = settings.REDIS_URL, f"unix://{tmp_path}/nobody.sock"
    house.carry()
    settings.REDIS_URL = address
    silent(imp)
    Import.objects.filter(pk=imp.pk).update(finished_at=imp.heartbeat_at)
    assert house.sweep()
    house.carry()
    assert rows() == []
