"""Report each call to the Live page, after its response and in a separate thread, so that nobody waits for it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from http import HTTPStatus

from interactions.api.exchange import Exchange
from interactions.ingest.live import calls
from interactions.ingest.live.calls import Delivery

_PAUSE_SECONDS = 0.2  # between two reports; calls in between are reported together
_MOST_CALLS = 2000  # waiting to be reported; more than the page shows, so the oldest can be dropped
_MOST_BYTES = 64 << 20
_TURNED_AWAY = {400, 401, 403, 404, 405, 408, 413, 415, 429}
_MOST_REFUSED = 10  # calls per status and minute that each process reports individually


class _Teller:
    """Runs the thread, which the first call starts; a forked process doesn't have it yet."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._some = threading.Event()

    def tell(self, delivery: Delivery) -> None:
        with self._lock:
            self._waiting.append(delivery)
            self._bytes += len(delivery.body)
            while len(self._waiting) > _MOST_CALLS or (self._bytes > _MOST_BYTES and len(self._waiting) > 1):
                self._bytes -= len(self._waiting.popleft().body)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._some.set()

    def _run(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            with self._lock:
                told = list(self._waiting)
                self._waiting.clear()
                self._bytes = 0
            calls.push(told)
            del told  # it has the bodies, and the next call may be hours away
            time.sleep(_PAUSE_SECONDS)


_teller = _Teller()


def _after_fork() -> None:
    global _teller
    _teller = _Teller()


os.register_at_fork(after_in_child=_after_fork)


class _Refused:
    """Counts the refused calls reported in this minute, by environment and status.

    Repeated refusals must not displace other calls: after a few, they are only counted.
    """

    def __init__(self) -> None:
        self._minute = 0
        self._told: dict[tuple[str, int], int] = {}
        self._counting = threading.Lock()

    def is_one_too_many(self, environment: str, status: int) -> bool:
        minute, place = int(time.monotonic() // 60), (environment, status)
        with self._counting:
            if minute != self._minute:
                self._minute, self._told = minute, {}
            self._told[place] = self._told.get(place, 0) + 1
            return self._told[place] > _MOST_REFUSED


_refused = _Refused()


def tell(exchange: Exchange, status: int) -> None:
    """Put a call with the status of its response on the Live page.

    A call with an unknown key belongs to no environment, and its body isn't kept; one with an expired key belongs to
    the key's environment. Calls of unknown addresses without a key aren't reported.
    """
    caller = exchange.caller or exchange.former
    environment = caller.environment if caller else calls.UNKNOWN
    if caller is None and status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return
    is_turned_away = status in _TURNED_AWAY
    body = exchange.shown if exchange.shown is not None else exchange.body if exchange.caller else b""
    request = exchange.request
    _teller.tell(
        Delivery(
            environment=environment,
            at=exchange.received_at,
            client=calls.client_name(request.META.get("HTTP_USER_AGENT", "")),
            key_name=caller.name if caller else "",
            key_prefix=caller.prefix if caller else "",
            method=request.method or "",
            path=exchange.path,
            records=exchange.records,
            status=status,
            milliseconds=exchange.milliseconds,
            reason=exchange.reason,
            lines=exchange.lines,
            body=body[: calls.BODY_BYTES],  # otherwise a large body would stay in memory until it's reported
            size=len(exchange.body) if body else 0,
            is_only_counted=is_turned_away and _refused.is_one_too_many(environment, status),
        )
    )
