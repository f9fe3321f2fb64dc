"""Start Dojo's processes in order, and announce when it's ready."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable

from dojo import redis_server
from dojo.output import Output
from dojo.procfile import REDIS, WEB

SILENT = "the web server does not answer"
_PATIENCE_SECONDS = 15


def start_in_order(
    names: Iterable[str], start: Callable[[str], None], output: Output, over: Callable[[], bool],
    *, redis_url: str, address: str,
) -> None:  # fmt: skip
    """Start Redis and the web server, then the rest, and announce the address once everything responds.

    In order, because each would use all cores at startup and pages should come first. Returns early if ``over``.
    """
    first = [name for name in names if name in (REDIS, WEB)]
    for name in first:
        start(name)
    if REDIS in first:
        _patiently(REDIS, lambda: redis_server.answers(redis_url, within=0.1), output, over)
    _patiently(WEB, lambda: health(address) != SILENT, output, over)
    for name in names:
        if name not in first and not over():
            start(name)
    _say_address(address, output, over)


def wait(done: Callable[[], bool], over: Callable[[], bool]) -> bool:
    """Wait until ``done``; returns False if it's ``over`` before."""
    while not over():
        if done():
            return True
        time.sleep(0.05)
    return False


def _patiently(name: str, answers: Callable[[], bool], output: Output, over: Callable[[], bool]) -> None:
    """Wait until ``answers``, but not forever: a process that doesn't start must not keep the others from starting."""
    until = time.monotonic() + _PATIENCE_SECONDS
    if not wait(answers, lambda: over() or time.monotonic() > until) and not over():
        output.announce(f"Still waiting for {name} to answer.")


def _say_address(address: str, output: Output, over: Callable[[], bool]) -> None:
    began = time.monotonic()
    told = ""
    while not over():
        state = health(address)
        if state == "ok":
            output.announce(f"Dojo is at {address}  (Ctrl-C stops it)")
            return
        if state != told and time.monotonic() - began > _PATIENCE_SECONDS:
            told = state
            output.announce(f"Dojo is not ready yet: {state}.")
        time.sleep(0.1)


def health(address: str) -> str:
    """The parts that don't respond at ``address``, in words; "ok" if all do."""
    try:
        with urllib.request.urlopen(f"{address}healthz", timeout=2) as answer:  # noqa: S310 - our own http:
            return str(json.load(answer)["status"])
    except urllib.error.HTTPError as error:
        try:
            parts = json.loads(error.read())
        except ValueError:
            return f"the web server answers {error.code}"
        failing = {part: state for part, state in parts.items() if part not in ("status", "version") and state != "ok"}
        return ", ".join(f"{part}: {state}" for part, state in failing.items())
    except (OSError, ValueError):
        return SILENT
