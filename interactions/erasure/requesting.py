"""Take a deletion request in: from that moment its people are hidden and refused, whatever is running."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from interactions.codec.keyring import Keyring
from interactions.errors import DojoError
from interactions.imports.queue import enqueue
from interactions.models import DeletionRequest, Environment, Tombstone

logger = logging.getLogger(__name__)


class NobodyNamed(DojoError):
    """A request without a single user id."""

    def __init__(self) -> None:
        super().__init__("Name at least one user id.")


def request(environment: Environment, user_ids: Iterable[str]) -> DeletionRequest:
    """Hide these users' records of up to now at once, and have a worker erase them. Raises NobodyNamed.

    Tombstones and request are stored in one transaction; when this returns nobody sees the records any more.
    """
    keyring = Keyring(settings.SECRET_KEY.encode())
    keys = sorted({keyring.key(user_id) for user_id in user_ids})
    if not keys:
        raise NobodyNamed
    with transaction.atomic():
        asked = DeletionRequest.objects.create(
            environment=environment, state=DeletionRequest.State.HIDDEN, people=len(keys)
        )
        # Now, that is with the database's write lock: what was accepted before is older.
        now = timezone.now()
        DeletionRequest.objects.filter(pk=asked.pk).update(received_at=now)
        stones = [Tombstone(request=asked, environment=environment, user_key=key, at=now) for key in keys]
        Tombstone.objects.bulk_create(stones, batch_size=500)
        enqueue("erase_people", asked.pk)
    asked.refresh_from_db()
    logger.info("Deletion request %s: %s people of %s are hidden", asked.pk, len(keys), environment.slug)
    return asked
