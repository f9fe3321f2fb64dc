"""Keep the index of an environment up to date with its table.

The process that holds the lock does this. Versions are written atomically, so it can be killed at any moment, and the
next process continues from the old version or the new one. The index is built anew if there is none, or if so much has
changed that an update would take longer.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from interactions import process_caches
from interactions.analytics.cluster import choice
from interactions.analytics.index import custom_keys, shared, store
from interactions.analytics.index.build import build
from interactions.analytics.index.changes import Covered, covered
from interactions.analytics.index.delta import live
from interactions.analytics.index.dictionaries import Dictionaries
from interactions.analytics.index.difference import TooMuch
from interactions.analytics.index.forget import forgotten, held, without_unused
from interactions.analytics.index.merge import LARGE, exchanged, merge_into, wanted
from interactions.analytics.index.provenance import Provenance, digest_of, opened
from interactions.analytics.index.refresh import TableSnapshot, refreshed
from interactions.analytics.index.run import Index
from interactions.contract.tombstones import Tombstones
from interactions.errors import DojoError
from interactions.warehouse import links
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden

logger = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.1
_WAIT_SECONDS: Final = 600.0  # for a build of 100 million records, and some more


class IndexBusy(DojoError):
    """Another process has been updating the index for longer than anybody should wait."""

    def __init__(self) -> None:
        super().__init__("The event index is being built and can't be changed now. Try again in a few minutes.")


@dataclass(slots=True)
class Keeper:
    """Keeps the index of one environment (its slug). ``hidden`` are the people left out of the version written last."""

    environment: str
    hidden: Tombstones | None = None
    is_tidy: bool = False

    def turn(self) -> bool:
        """Bring the index up to date. Returns False if there was nothing to do, or another process is doing it.

        Raises LakeUnreadable, or OSError if the disk is full.
        """
        with alone(self.environment) as is_alone:
            if not is_alone:
                return False
            custom_keys.fetch(self.environment)
            if shared.fetch(self.environment):
                return True
            with shared.maker(self.environment) as is_maker:
                return is_maker and self._make()

    def _make(self) -> bool:
        """The same where no other machine is at it. What it makes is there for all, or for nobody."""
        shared.fetch(self.environment)  # what was put before this machine became the maker
        is_changed = self._turn()
        try:
            shared.put(self.environment)
        except shared.NotTheMaker:
            logger.warning("Another machine made the index of %s meanwhile.", self.environment)
            shared.fetch(self.environment)
        return is_changed

    def _turn(self) -> bool:
        if not self.is_tidy:
            store.tidy(self.environment)  # files left behind by a killed process
            self.is_tidy = True
        if choice.is_chosen(self.environment):
            return self._make_room()
        table = table_of(self.environment)
        index, provenance = store.open(self.environment), _read_provenance(self.environment)
        try:
            if index is None or provenance is None:
                self._build(table)
            elif provenance.is_of_another(index, table.version, table.parts):
                logger.warning("The table of %s was replaced by another: building its index anew", self.environment)
                store.remove(self.environment)  # so that no question is answered from it meanwhile
                self._build(table)
            elif custom_keys.is_lacking(self.environment, index.custom_keys):
                self._build(table)
            elif (index.version, *provenance.others) != (table.version, table.hidden.digest, digest_of(table.links)):
                self._refresh(index, provenance, table)
            else:
                return self._merge(index, provenance)
        except FileNotFoundError:
            if Lake(self.environment).version() == table.version:
                raise
            logger.info("The table of %s was rewritten while it was read.", self.environment)
        return True

    def _make_room(self) -> bool:
        """A cluster answers for this environment: remove the index that it had."""
        if store.open(self.environment) is None:
            return False
        store.remove(self.environment)
        logger.info("Index of %s removed, as the query engine answers for it now", self.environment)
        return True

    def _build(self, table: TableSnapshot) -> None:
        began = time.monotonic()
        with store.draft(self.environment) as folder:
            keys = custom_keys.wanted(self.environment)
            index = build(self.environment, table.version, table.parts, table.hidden, folder, table.links, keys)
            self._write(index, covered(table.parts, {}), table)
        logger.info("Index of %s built: %s events, %.1f s", self.environment, len(index), time.monotonic() - began)

    def _refresh(self, index: Index, provenance: Provenance, table: TableSnapshot) -> None:
        was_hidden = self.hidden if self.hidden is not None and self.hidden.digest == provenance.hidden else None
        if not provenance.hidden:
            was_hidden = Tombstones.of([])
        try:
            newer, known = refreshed(index, provenance.known, was_hidden, table, Dictionaries.of(index))
        except TooMuch:
            self._build(table)
            return
        if set(provenance.parts) - set(known):
            newer = without_unused(newer)
        self._write(self._merged(newer, LARGE), known, table)

    def _merge(self, index: Index, provenance: Provenance) -> bool:
        """Merge large runs, which would take too long while somebody waits for new records."""
        with store.draft(self.environment) as folder:
            merged = self._merged(index, None, folder)
            if merged is not index:
                store.write(merged, provenance.written)
        return merged is not index

    def _merged(self, index: Index, most: int | None, folder: Path | None = None) -> Index:
        """The index with groups of runs merged, if a group has less than ``most`` events in total; None for no
        limit."""
        for group in wanted(index.runs):
            if most is None or sum(map(live, group)) < most:
                index = exchanged(index, group, merge_into(group, folder or Path()))
        return index

    def _write(self, index: Index, known: Mapping[str, Covered], table: TableSnapshot) -> None:
        store.write(index, Provenance.of(known, table.hidden, table.links).written)
        self.hidden = table.hidden


def table_of(environment: str) -> TableSnapshot:
    """A snapshot of the table."""
    # In this order: people who are no longer hidden by now aren't in any later version.
    people = hidden(environment)
    version, parts = Lake(environment).state()
    # After the table: links are written before the commit.
    return TableSnapshot(version, tuple(parts), people, links.pairs(environment, people, version=version))


def is_whole(environment: str) -> bool:
    """Whether the index of an environment was built from this table, perhaps from an earlier version, and leaves out
    only people who are hidden now. Raises LakeUnreadable.
    """
    people = hidden(environment)
    index, provenance = opened(environment)
    if index is None or provenance is None:
        return False
    return provenance.hidden in ("", people.digest) and not provenance.is_of_another(index, *Lake(environment).state())


def lacks_imports(environment: str) -> bool:
    """Whether imports have been added to or removed from the table of an environment since its index was updated.

    Raises LakeUnreadable.
    """
    index, provenance = opened(environment)
    version, parts = Lake(environment).state(trusts=True)
    if index is None or provenance is None:
        return any(part.rows for part in parts)
    return index.version != version and provenance.lacks_imports(parts)


def erase(environment: str, people: Tombstones) -> None:
    """Erase these people from the index of an environment, after they were erased from its table.

    Raises IndexBusy, or OSError if the disk is full.
    """
    with _waiting(environment):
        shared.fetch(environment)
        index, provenance = store.open(environment), _read_provenance(environment)
        if index is None or provenance is None:
            _remove(environment)
        else:
            store.write(forgotten(index, people), provenance.written)
            shared.put(environment)
        store.tidy(environment)
        shared.tidy(environment)


def remove(environment: str) -> None:
    """Remove the index of an environment, so that it's built again. Raises IndexBusy."""
    with _waiting(environment):
        _remove(environment)


def _remove(environment: str) -> None:
    store.remove(environment)
    shared.remove(environment)


def count(environment: str, people: Tombstones) -> int:
    """The number of events of these people in the index of an environment, including dead ones.

    A leftover file that isn't part of the index counts as one, because it may hold anybody's. Raises IndexBusy.
    """
    with _waiting(environment):
        shared.fetch(environment)
        index = store.open(environment)
        left = len(store.strays(environment)) + len(shared.strays(environment))
        return (held(index, people) if index is not None else 0) + left


@contextmanager
def alone(environment: str) -> Iterator[bool]:
    """Try to take the write lock on the index of an environment, among processes of this machine.

    Yields whether this process has it inside ``with``.
    """
    folder = Path(settings.INDEX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{environment}.lock").open("w") as lock:  # next to the folder, which may be deleted
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextmanager
def _waiting(environment: str, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Be the only one that writes an index, on any machine. Raises IndexBusy."""
    deadline = clock() + _WAIT_SECONDS
    with _alone_in_time(environment, clock):
        while True:
            with shared.maker(environment) as is_maker:
                if is_maker:
                    yield
                    return
            _wait(deadline, clock)


@contextmanager
def _alone_in_time(environment: str, clock: Callable[[], float] = time.monotonic) -> Iterator[bool]:
    deadline = clock() + _WAIT_SECONDS
    while True:
        with alone(environment) as is_alone:
            if is_alone:
                yield True
                return
        _wait(deadline, clock)


def _wait(deadline: float, clock: Callable[[], float]) -> None:
    if clock() > deadline:
        raise IndexBusy
    time.sleep(_LOOK_SECONDS)


def _read_provenance(environment: str) -> Provenance | None:
    try:
        return Provenance.read(store.note(environment))
    except FileNotFoundError:
        return None


def _catch_up() -> None:
    """Leave nothing of an earlier version of any index on this machine, as people were erased on another one."""
    behind = _behind()
    for environment in _here():
        try:
            with (_alone_in_time if environment in behind else alone)(environment) as is_alone:
                if is_alone:
                    store.tidy(environment)  # what a build left here that was killed
                    shared.fetch(environment)
        except (OSError, IndexBusy):
            store.remove(environment)  # it's fetched again once the store answers


def _here() -> list[str]:
    """The environments with an index on this machine that is made elsewhere, or may be."""
    return [path.name for path in Path(settings.INDEX_DIR).glob("*") if path.is_dir()] if shared.is_used() else []


def _behind() -> list[str]:
    return [environment for environment in _here() if shared.is_behind(environment)]


process_caches.register_copies("event indexes", _catch_up)
