"""Signs of life of a task whose work takes long."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from interactions.ingest.imports.heartbeat import beating
from interactions.models import Environment, Import
from tests.committed import committed  # noqa: F401 - "db" of this module: the signs come from another thread
from tests.processes import wait_for


@pytest.fixture
def imp(db: None, settings: Any) -> Iterator[Import]:
    settings.IMPORT_STALE_SECONDS = 0.5
    environment = Environment.objects.get(slug="production")
    imp = Import.objects.create(environment=environment, file_name="a.json", size=1, state=Import.State.LOADING)
    yield imp
    imp.delete()


def last_sign(imp: Import) -> datetime | None:
    imp.refresh_from_db()
    return imp.heartbeat_at


def test_they_come_as_long_as_the_work_lasts(imp: Import) -> None:
    with beating(Import.objects.filter(pk=imp.pk)):
        first = last_sign(imp)
        assert first is not None
        wait_for(lambda: last_sign(imp) != first)
    last = last_sign(imp)
    time.sleep(0.3)
    assert last_sign(imp) == last


def test_they_end_with_work_that_fails(imp: Import) -> None:
    with pytest.raises(RuntimeError), beating(Import.objects.filter(pk=imp.pk)):
        raise RuntimeError
    last = last_sign(imp)
    time.sleep(0.3)
    assert last_sign(imp) == last
