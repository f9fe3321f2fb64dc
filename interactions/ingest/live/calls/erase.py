"""Take people out of the ring."""

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
    """Take the records of these users out of the kept calls, with what was said of them; how many there were.

    Bodies that could not be taken apart go altogether, each counted as one: nobody can say whom they name.
    Returns when Redis's own file is free of them too, which can take seconds. Raises RingAway.
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
    """How many kept records name these users, of calls with ids below ``before`` where it is given. Raises RingAway."""
    with reading() as client:
        return sum(
            len(positions_naming(sent, user_ids))
            for each, sent in all_sent(client, environment)
            if before is None or each < before
        )


def _erase(place: str, users: Container[str], pipe: Any) -> int:
    """Within a watch on a call's body, so that two erasures do not undo each other: write it without these users."""
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
    """Have Redis write its file anew, and wait for it: until then the old one holds what was overwritten.

    One that was under way already began before the erasure, so another has to follow it.
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
                if "in progress" not in str(error):  # a server that takes no such order
                    log.warning("Redis does not write its file anew: %s", error)
                    return
        time.sleep(0.02)
    log.warning("Redis had not written its file anew after %d s.", _REWRITE_SECONDS)


def _is_rewriting(state: dict[str, Any]) -> bool:
    return bool(state["aof_rewrite_in_progress"])
