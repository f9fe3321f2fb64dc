"""What the tests have Dojo do, from a process of their own: ``python -m tests.kills.deeds``.

A line in is a JSON list, the name of a deed and its arguments; a line out is what it answers, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.kills.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

from interactions import privacy  # noqa: E402
from interactions.access import keys  # noqa: E402
from interactions.analytics.data_sets import opened  # noqa: E402
from interactions.analytics.reports.totals import totals  # noqa: E402
from interactions.errors import DataNotReady  # noqa: E402
from interactions.ingest import imports  # noqa: E402
from interactions.ingest.imports import storage  # noqa: E402
from interactions.models import ApiKey, DeletionRequest, Environment, Import  # noqa: E402
from tests import lakes  # noqa: E402
from tests.ingest.imports.files import record  # noqa: E402
from tests.lakes import append  # noqa: E402


def key(slug: str) -> str:
    here = Environment.objects.get(slug=slug)
    return keys.create(here, kind=ApiKey.Kind.SECRET, name="Pipeline")[1]


def session() -> str:
    client = Client()
    client.force_login(User.objects.get(is_superuser=True))
    return client.cookies["sessionid"].value


def load(slug: str, users: list[str]) -> int:
    """Begin an import of one record of each of these users."""
    content = "".join(json.dumps(record(n, user_id=user)) + "\n" for n, user in enumerate(users)).encode()
    imp = imports.begin(Environment.objects.get(slug=slug), file_name="week.jsonl", size=len(content), user=None)
    storage.whole_upload(imp).write_bytes(content)
    imports.received(imp)
    return start(imp.pk)


def start(pk: int) -> int:
    imports.start(Import.objects.get(pk=pk), check_duplicates=True)
    return pk


def undo(pk: int) -> None:
    imports.undo(Import.objects.get(pk=pk))


def erase(slug: str, user: str) -> int:
    return int(privacy.request(Environment.objects.get(slug=slug), [user]).pk)


def receipt(pk: int) -> Any:
    return json.loads(DeletionRequest.objects.get(pk=pk).receipt)


def live_parts(slug: str, users: list[str]) -> None:
    """As many parts of one live record each, so that there's something to merge."""
    for user in users:
        append([lakes.record("like", user_id=user)], environment=slug, import_id=0)


def counted(slug: str) -> list[int]:
    """Records and users, as pages count them."""
    try:
        found = totals(opened(slug))
    except DataNotReady:
        found = None
    return [found.interactions, found.users] if found else [0, 0]


DEEDS = {each.__name__: each for each in (key, session, load, start, undo, erase, receipt, live_parts, counted)}


def main() -> None:
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(DEEDS[name](*arguments)), flush=True)


if __name__ == "__main__":
    main()
