"""A process that pulls is killed in the middle of an answer: the day comes whole with the next, and once."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from interactions.models import Environment, Import, Pull
from tests import postgres
from tests.committed import committed, production
from tests.ingest.imports.house import House, rows
from tests.processes import HOUSE, environ, wait_for

from .exporter import Exporter, Fault
from .test_pull import DAYS, NOW, again, created, now, searches, states

__all__ = ["committed", "now", "production"]
pytestmark = pytest.mark.slow
_PULL = "import sys, django; django.setup(); from interactions.tasks import pull_day; pull_day(int(sys.argv[1]))"


def test_a_day_whose_process_is_killed_comes_once(
    production: Environment, house: House, exporter: Exporter, folders: Path
) -> None:
    exporter.events = {DAYS[0]: searches(DAYS[0], 500), DAYS[1]: searches(DAYS[1], 20)}
    exporter.faults = [Fault(stalls=True)]
    pull = created(house)
    house.queue.clear()
    Pull.objects.update(next_at=NOW)  # the process has a clock of its own, which is later
    name = connection.settings_dict["NAME"]
    told: dict[str, Any] = {
        "DATABASE_URL": f"sqlite:///{name}" if connection.vendor == "sqlite" else postgres.url(name),
        "MIXPANEL_EXPORT_URL": exporter.url,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "IDENTITY_KEY": settings.IDENTITY_KEY,
    }
    process = subprocess.Popen([sys.executable, "-c", _PULL, str(pull.pk)], cwd=HOUSE, env=environ(folders, **told))
    try:
        wait_for(exporter.halfway.is_set, because=lambda: f"It asked {exporter.asked}.")
        wait_for(lambda: list((folders / "uploads").iterdir()))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = Import.objects.get()
    assert left.state == Import.State.UPLOADING
    Pull.objects.update(heartbeat_at=NOW - timedelta(hours=1))  # it gives no sign of life for long
    pull = again(house, pull)
    assert states(pull) == [(day, "imported") for day in DAYS]
    assert exporter.days == [DAYS[0], *DAYS]
    assert len(rows()) == 520
    assert sorted(Import.objects.values_list("accepted", "duplicates")) == [(20, 0), (500, 0)]
    assert left.pk in Import.objects.values_list("pk", flat=True)
    assert list((folders / "uploads").iterdir()) == []
