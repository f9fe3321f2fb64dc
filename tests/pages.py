"""Imports in every state, and what is asked of their pages: shared by the tests of pages."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from interactions.ingest import imports as importing
from interactions.ingest.imports import storage
from interactions.models import Block, Environment, Import, Problem

HTMX = {"HX-Request": "true"}
State = Import.State


def made(state: str, **values: Any) -> Import:
    """An import in a state that its row can have without a worker."""
    now = timezone.now()
    row: dict[str, Any] = {"state": state, "file_name": "week.json", "size": 2_100_000}
    row["environment"] = Environment.objects.get(slug="production")
    if state not in (State.UPLOADING, State.CHECKING):
        row["started_at"] = now - timedelta(seconds=90)
        if state != State.LOADING:
            row["finished_at"] = now
    return Import.objects.create(**{**row, **values})


def half_loaded() -> Import:
    """Half of its bytes read, with one cause of rejects."""
    imp = made(State.LOADING, format="object", bytes_total=200)
    block = Block.objects.create(
        of=imp, number=0, start=0, end=100, state=Block.State.DONE,
        bytes_done=100, records=1200, accepted=1187, rejected=13,
    )  # fmt: skip
    Block.objects.create(of=imp, number=1, start=100, end=200)
    Problem.objects.create(
        block=block, path="timestamp", rule="It is no date.", count=13, index=40, offset=77, value="2024-02-30"
    )
    return imp


def received(content: bytes, name: str = "week.jsonl") -> Import:
    """An import whose whole file has arrived."""
    environment = Environment.objects.get(slug="production")
    imp = importing.begin(environment, file_name=name, size=len(content), user=None)
    storage.whole_upload(imp).write_bytes(content)
    importing.received(imp)
    return imp


def page_of(name: str, imp: Import) -> str:
    return reverse(name, args=[imp.environment.slug, imp.pk])


def text_of(client: Client, address: str, **headers: Any) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()
