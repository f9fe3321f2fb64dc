"""Answers to questions, remembered while they hold, and brought up to date by reading only what is new.

Where the answers over two sets of parts can be merged into the answer over both, only the new parts are read after an
append, as parts never change, and merged into what is remembered; after a rewrite (undo, erasure, compaction) parts
are gone, and all is read again. Where they cannot (a visit may lie in two parts), all is read after each change.
Django's cache keeps both; where it is away, the question is answered without.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, TypeVar

import ibis
import pyarrow as pa
import redis
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from interactions.analytics.engine import PartsGone, Snapshot, answer, remembers, snapshot
from interactions.errors import DojoError
from interactions.queries.summaries import Over, ask_summed

log = logging.getLogger(__name__)

Found = TypeVar("Found")

_ANSWER_SECONDS: Final = 24 * 3600
# There is an answer for each filter that anyone tries, and Redis throws nothing away by itself.
_LARGE: Final = 128 << 10  # bytes
_LARGE_SECONDS: Final = 3600
# From its last use. The sets of visitors of many periods looked at once must not fill the cache.
_BASE_SECONDS: Final = 3600
# What is remembered is written again only once this many parts came on top of it: with live records a
# part comes every second or two, and the set of all visitors is megabytes.
_NEW_PARTS: Final = 16
_LARGEST_BASE: Final = 32 << 20  # bytes; a larger one is not remembered, and all parts are read each time
_MOST_LARGE: Final = 4
# For how long, and how often at least, a question is asked anew of a table that is being rewritten: erasures may follow
# one upon another, and a long question is not to fail by the first.
_PATIENCE_SECONDS: Final = 10.0
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.05
_large: dict[str, pa.Table] = {}
remembers("large answers", _large)

_held: ContextVar[dict[str, Snapshot] | None] = ContextVar("_held", default=None)


class DataSetBusy(DojoError):
    """The table was rewritten again and again while one question was being answered."""

    def __init__(self) -> None:
        super().__init__("The data set is being rewritten at this moment. Try again in a few seconds.")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how partial answers become one.

    ``name`` and ``parameters`` tell the question from every other. ``collect`` gives the partial answer
    over some parts, ``merge`` makes one of the rows of several, ``conclude`` the answer that is wanted.
    Without ``merge``, ``collect`` is always asked of all parts. It and ``conclude`` get, after the table or the rows,
    the answers to the questions in ``needs``; without ``collect``, ``conclude`` gets those alone. With ``over``,
    ``collect`` is asked of the rows that it means, always of all of them. ``look`` in the place of ``collect`` gets the
    snapshot and those answers, and finds its rows itself. ``glance`` gets them, too, before ``collect`` is asked: where
    it answers, that is the partial answer over everything.
    """

    name: str
    parameters: tuple[str, ...]
    collect: Callable[..., ibis.Table] | None
    merge: Callable[[pa.Table], pa.Table] | None = None
    conclude: Callable[..., pa.Table] = lambda rows, *needed: rows
    needs: tuple[Question, ...] = ()
    over: Over | None = None
    look: Callable[[Snapshot, list[pa.Table]], pa.Table] | None = None
    glance: Callable[[Snapshot, list[pa.Table]], pa.Table | None] | None = None


def ask(environment: str, *questions: Question) -> list[pa.Table]:
    """The answers for the table as it is now, all for the same version of it.

    Raises :class:`DataSetBusy` where the table will not hold still.
    """
    return of_one_version(environment, lambda parts: [_ask_of(parts, question) for question in questions])


def of_one_version(environment: str, look: Callable[[Snapshot], Found]) -> Found:
    """What ``look`` finds in one version of the table: all its questions are asked of that. Nothing is remembered.

    Raises :class:`DataSetBusy`.
    """
    patient_until = time.monotonic() + _PATIENCE_SECONDS
    tries = 0
    while True:
        parts, tries = _as_held(environment), tries + 1
        try:
            return look(parts)
        except PartsGone as gone:
            if tries >= _TRIES and time.monotonic() > patient_until:
                raise DataSetBusy from gone
            log.info("A part of %s went away while it was read; asking the new version.", environment)
            if (held := _held.get()) is not None:
                held.pop(environment, None)
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def holding_still() -> Iterator[None]:
    """Within it, all that is asked of an environment is of one version of its table, whose log is read once.

    But for one that goes away meanwhile: what is asked from then on is of the next.
    """
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def _as_held(environment: str) -> Snapshot:
    held = _held.get()
    if held is None:
        return snapshot(environment)
    if environment not in held:
        held[environment] = snapshot(environment)
    return held[environment]


def forget(environment: str) -> None:
    """Forget all that is remembered of an environment: it was made of records that have to leave no trace.

    Raises redis.RedisError.
    """
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for kind in ("answer", "base"):
            for key in client.scan_iter(match=cache.make_key(f"{kind}:{environment}:*"), count=1000):
                client.unlink(key)


def _ask_of(parts: Snapshot, question: Question) -> pa.Table:
    """The answer for one snapshot, from the cache where it is there. Raises PartsGone."""
    key = f"answer:{parts.environment}:{_name(question)}"
    holds_for = parts.digest
    known = _large.get(key) or _recall(key)
    if known is None or (known.schema.metadata or {}).get(b"parts") != holds_for.encode():
        # One answer a question is kept, not one a version: with live records versions are many.
        needed = [_ask_of(parts, other) for other in question.needs]
        known = question.conclude(*_rows(parts, question, needed), *needed)
        known = known.replace_schema_metadata({"parts": holds_for})
        if known.nbytes > _LARGEST_BASE:
            _keep(key, known)
        else:
            _large.pop(key, None)
            _remember(key, known, _LARGE_SECONDS if known.nbytes > _LARGE else _ANSWER_SECONDS)
    return known.replace_schema_metadata(None)


def _rows(parts: Snapshot, question: Question, needed: list[pa.Table]) -> list[pa.Table]:
    """The partial answer over all parts, as one or no table."""
    if question.look is not None:
        return [question.look(parts, needed)]
    if question.glance is not None:
        found = question.glance(parts, needed)
        if found is not None:
            return [found]
    return [_collect(parts, question, question.collect, needed)] if question.collect else []


def _collect(
    parts: Snapshot, question: Question, collect: Callable[..., ibis.Table], needed: list[pa.Table]
) -> pa.Table:
    def expression(*tables: ibis.Table) -> ibis.Table:
        return collect(*tables, *needed)

    if question.over is not None:
        return ask_summed(parts, question.over, expression)
    if question.merge is None:
        return answer(parts.files, parts.hidden, expression)
    key = f"base:{parts.environment}:{_name(question)}"
    base = _recall(key, prolong=_BASE_SECONDS)
    covers = base.schema.metadata if base is not None else {}
    covered = set(json.loads(covers.get(b"files", "[]")))
    if covers.get(b"hidden", b"").decode() != parts.hidden.digest or not covered <= set(parts.files):
        base, covered = None, set()
    new = [name for name in parts.files if name not in covered]
    pieces = [] if base is None else [base.replace_schema_metadata(None)]
    if new or base is None:
        pieces.append(answer(new, parts.hidden, expression))
    whole = pieces[0] if len(pieces) == 1 else question.merge(pa.concat_tables(pieces))
    if parts.files and (base is None or len(new) >= _NEW_PARTS) and whole.nbytes <= _LARGEST_BASE:
        covers = {"files": json.dumps(parts.files), "hidden": parts.hidden.digest}
        _remember(key, whole.replace_schema_metadata(covers), _BASE_SECONDS)
    return whole


def _keep(key: str, answer: pa.Table) -> None:
    """Remember an answer in this process alone: other questions need it, and it is too large for the cache."""
    _large[key] = answer
    while len(_large) > _MOST_LARGE:
        _large.pop(next(iter(_large)))


def _name(question: Question) -> str:
    return f"{question.name}:{_digest(*question.parameters)}"


def _digest(*words: str) -> str:
    return blake2b("\0".join(words).encode(), digest_size=16).hexdigest()


def _recall(key: str, *, prolong: int = 0) -> pa.Table | None:
    try:
        stored = cache.get(key)
        if stored is not None and prolong:
            cache.touch(key, prolong)
    except (RedisError, OSError) as error:
        log.warning("Answers are not remembered, the cache is away: %s", error)
        return None
    return None if stored is None else pa.ipc.open_stream(stored).read_all()


def _remember(key: str, table: pa.Table, seconds: int) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    try:
        cache.set(key, sink.getvalue().to_pybytes(), seconds)
    except (RedisError, OSError) as error:
        log.warning("An answer could not be remembered, the cache is away: %s", error)
