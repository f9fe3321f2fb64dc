"""Erase people from the ring."""

from __future__ import annotations

import logging
import time
from collections.abc import Container
from functools import partial
from typing import Any, Final

import redis
from msgspec.msgpack import decode, encode

from interactions.ingest.live.calls.body import positions_naming
from interactions.ingest.live.calls.connection import key, reading
from interactions.ingest.live.calls.delivery import Sent
from interactions.ingest.live.calls.read import all_sent

log = logging.getLogger(__name__)

_REWRITE_SECONDS: Final = 60


def erase_users(environment: str, user_ids: Container[str]) -> int:
    """Remove these users' records and their problems from stored calls; returns the number of records.

    Bodies that couldn't be split into records are removed, each counted as one, because it's unclear whom they name.
    Returns once Redis's own file is rewritten without them, which can take seconds. Raises RingAway.
    """
    erased = 0
    with reading() as client:
        for each, sent in all_sent(client, environment):
            if sent.text or positions_naming(sent, user_ids):
                place = key(environment, f"sent:{each}")
                erased += client.transaction(partial(_erase, place, user_ids), place, value_from_callable=True)
        _rewrite_file(client)
    return erased


def count_users(environment: str, user_ids: Container[str], *, before: int | None = None) -> int:
    """Count stored records that name these users, in calls with ids below ``before`` if given. Raises RingAway."""
    with reading() as client:
        return sum(
            len(positions_naming(sent, user_ids))
            for each, sent in all_sent(client, environment)
            if before is None or each < before
        )


def _erase(place: str, users: Container[str], pipe: Any) -> int:
    """Rewrite a call's body without these users, in a transaction: erasures must not undo each other."""
    packed = pipe.get(place)
    if packed is None:
        return 0
    sent = decode(packed, type=Sent)
    gone = positions_naming(sent, users)
    erased = len(gone) + bool(sent.text)
    sent.records = [None if at in gone else text for at, text in enumerate(sent.records)]
    sent.lines = [line for line in sent.lines if line.record not in gone]
    sent.text = ""
    pipe.multi()
    pipe.set(place, encode(sent), xx=True, keepttl=True)
    return erased


def _rewrite_file(client: Any) -> None:
    """Have Redis rewrite its file and wait for it: until then the old file has the overwritten data.

    A rewrite that was already running started before the erasure, so another one has to follow.
    """
    deadline = time.monotonic() + _REWRITE_SECONDS
    is_asked = False
    while time.monotonic() < deadline:
        state = client.info("persistence")
        if not state["aof_enabled"] or (is_asked and not state["aof_rewrite_scheduled"] and not _is_rewriting(state)):
            return
        if not is_asked and not _is_rewriting(state):
            try:
                client.bgrewriteaof()
                is_asked = True
            except redis.ResponseError as error:
                if "in progress" not in str(error):  # a server that doesn't allow it
                    log.warning("Redis doesn't rewrite its file: %s", error)
                    return
        time.sleep(0.02)
    log.warning("Redis hasn't rewritten its file after %d s.", _REWRITE_SECONDS)


def _is_rewriting(state: dict[str, Any]) -> bool:
    return bool(state["aof_rewrite_in_progress"])
