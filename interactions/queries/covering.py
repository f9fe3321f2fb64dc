"""Make segments for the parts that none covers, and larger ones of many small ones."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from itertools import takewhile
from pathlib import Path
from typing import Final

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from interactions.analytics.devices import device_of
from interactions.analytics.engine import PartsGone, answer, reading
from interactions.contract.tombstones import Tombstones
from interactions.queries import bundles
from interactions.queries.bundles import Shelf
from interactions.queries.bundling import bundled
from interactions.queries.journeys import NAME as JOURNEYS
from interactions.queries.journeys import Journeys, moments_of
from interactions.queries.kinds import KINDS, quarter
from interactions.queries.named import NAME as NAMED
from interactions.queries.named import Named, named_of_days
from interactions.queries.segments import Store
from interactions.warehouse.lake import Lake, Part

log = logging.getLogger(__name__)

LARGEST: Final = 2_000_000  # rows of a segment: an erasure or an undo has at most so many counted anew for each part
_SMALL: Final = (20_000, 200_000)  # rows below which a segment is merged, once there are
_ENOUGH: Final = 8  # of them, so that a row is counted a few times at most, and segments stay few
# Parts that no segment covers may be left so while they are no more than these: a question counts them in milliseconds,
# and a segment costs as much for a few rows as for thousands.
_FEW_PARTS: Final = 24
_FEW_ROWS: Final = 20_000
_NOBODY: Final = Tombstones.of([])


def cover(
    environment: str,
    zone: tzinfo,
    is_stopped: Callable[[], bool] = lambda: False,
    *,
    leaves_few: bool = False,
) -> int:
    """Bring the segments of an environment (a slug) up to date with its table; answers how many were made.

    ``zone`` is that of the days; it ends early once ``is_stopped`` says so. Where another process is doing it, nothing
    is done. If it ``leaves_few``, new parts stay bare until there are more. What the segments hold of people is put
    together in bundles.
    """
    store = Store(environment)
    made = 0
    with _alone(store.folder) as is_alone:
        while is_alone:
            groups = _wanted(store, Lake(environment).parts(), str(zone), leaves_few=leaves_few)
            if not groups:
                break
            for group in groups:
                if is_stopped():
                    return made
                made += _make(store, group, zone)
        if is_alone and not is_stopped():
            _bundle(store, Lake(environment).parts(), str(zone), is_stopped)
    return made


def _wanted(store: Store, parts: Sequence[Part], zone: str, *, leaves_few: bool) -> list[list[Part]]:
    """The groups of parts of which a segment is to be made, each with at most LARGEST rows if it is of several."""
    of_name = {name_of(part): part for part in parts}
    kept = store.keep(of_name, zone)
    left = set(of_name).difference(*(segment.parts for segment in kept))
    bare = [part for name, part in of_name.items() if name in left and part.rows]
    groups = [] if leaves_few and _are_few(bare) else list(_grouped(bare))
    for most in _SMALL:
        small = [segment for segment in kept if segment.rows < most]
        if len(small) >= _ENOUGH:
            groups += _grouped([of_name[name] for segment in small for name in segment.parts])
            break  # what comes of it may be merged again in the next round
    return groups


def _are_few(parts: Sequence[Part]) -> bool:
    return len(parts) < _FEW_PARTS and sum(part.rows for part in parts) < _FEW_ROWS


def _grouped(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Parts of one import stay together where they are many, and parts of one time."""
    group: list[Part] = []
    rows = 0
    for part in sorted(parts, key=lambda each: (each.import_id or 0, each.first)):
        ends_import = rows > _SMALL[-1] and part.import_id != group[-1].import_id
        if group and (rows + part.rows > LARGEST or ends_import):
            yield group
            group, rows = [], 0
        group.append(part)
        rows += part.rows
    if group:
        yield group


def _make(store: Store, parts: Sequence[Part], zone: tzinfo) -> int:
    """Make one segment; 0 where a part went away meanwhile, or another process was first."""
    files = [str(part.path) for part in parts]
    try:
        with store.draft() as draft:
            days, devices = ibis.memtable(_days(files, zone)), ibis.memtable(_devices(files))
            with reading() as read:
                journeys = Journeys.of(read.answer(moments_of(read.records(files))))
            journeys.write(draft / f"{JOURNEYS}.arrow")
            del journeys
            with reading() as read:
                named = Named.of_days(read.answer(named_of_days(read.records(files), days)))
            named.write(draft / f"{NAMED}.arrow")
            del named
            for kind in KINDS:
                with reading() as read:
                    rows = kind.of(read.records(files), days, devices).order_by(*kind.by)
                    read.write(rows, draft / f"{kind.name}.parquet")
            names = [name_of(part) for part in parts]
            if not store.add(draft, parts, names, str(zone)):
                return 0
    except (PartsGone, FileNotFoundError):
        log.info("Parts of %s went away while they were summed up.", store.environment)
        return 0
    return 1


def _bundle(store: Store, parts: Sequence[Part], zone: str, is_stopped: Callable[[], bool]) -> None:
    """Put the journeys of segments together, unless most of them are already."""
    segments = store.covering((name_of(part) for part in parts), zone)
    shelf = Shelf(store.environment)
    shelf.keep(segments)
    settled = [segment for segment in segments if segment.rows >= _SMALL[-1]]  # the others are merged soon
    wanted = shelf.wanted(settled)
    if not wanted:
        return
    try:
        with shelf.draft() as draft:
            pieces = [Journeys.read(segment.journeys) for segment in wanted]
            bundles.write(takewhile(lambda _: not is_stopped(), bundled(pieces)), draft, wanted)
            if not is_stopped():
                shelf.add(draft, wanted)
    except FileNotFoundError:
        log.info("Segments of %s went away while they were put together.", store.environment)


def _days(files: Sequence[str], zone: tzinfo) -> pa.Table:
    """``quarter, day``: each quarter that occurs, and the start of the day in ``zone`` that it is in; µs since 1970."""

    def collect(table: ibis.Table) -> ibis.Table:
        return table.select(quarter=quarter(_.timestamp)).distinct()

    quarters = answer(files, _NOBODY, collect)["quarter"]
    moments = pd.DatetimeIndex(quarters.to_numpy().astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
    # The date alone tells days apart; it need not be the moment at which the day began.
    days = moments.tz_localize(None).normalize().as_unit("us").asi8
    return pa.table({"quarter": quarters, "day": pa.array(days, pa.int64())})


def _devices(files: Sequence[str]) -> pa.Table:
    """``agent, device``: each user agent that occurs, "" for none, and what it runs on."""
    found = answer(files, _NOBODY, lambda table: table.select(agent=table.user_agent.fill_null("")).distinct())
    devices = [device_of(agent).value for agent in found["agent"].to_pylist()]
    return pa.table({"agent": found["agent"], "device": pa.array(devices, pa.string())})


def name_of(part: Part) -> str:
    """What tells a part from all others of its table."""
    return f"{part.path.parent.name}/{part.path.name}"


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other process of this machine is at it; others do no harm, but the same work."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
