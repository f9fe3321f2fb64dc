"""The engine for a cluster: it answers each report by its relational expression, over the Delta table itself."""

from __future__ import annotations

import copy
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Concatenate, Final, ParamSpec, TypeVar, cast
from uuid import uuid4

import ibis
import numpy as np
import pyarrow as pa
from django.conf import settings

from interactions import process_caches
from interactions.analytics.cluster import connection
from interactions.analytics.cluster.connection import TableAddress
from interactions.analytics.cluster.dialect import tables_by_name
from interactions.analytics.cluster.errors import ClusterRefused
from interactions.analytics.filters import Filter
from interactions.analytics.index.run import Index
from interactions.analytics.relational.answers import Answers
from interactions.analytics.relational.data import DataSet
from interactions.contract.columns import TABLE_SCHEMA
from interactions.contract.tombstones import Tombstones
from interactions.warehouse import links
from interactions.warehouse.lake import Lake
from interactions.warehouse.people import hidden

Given = ParamSpec("Given")
Found = TypeVar("Found")

_SCHEMA: Final = ibis.Schema.from_pyarrow(TABLE_SCHEMA)
_TABLE: Final = "interactions_"
_KEPT_SECONDS: Final = 900  # some answers depend on today, and days begin at a quarter of an hour in every zone
_MOST_KEPT: Final = 200  # answers: some tens for each page, a few rows each

_answers: OrderedDict[Hashable, object] = OrderedDict()
_turn = threading.Lock()


class Cluster(Answers):
    """Answers about one version of the table of an environment (its slug), without ``people``, who are hidden.

    ``pairs`` are links: see :class:`DataSet`. Where that version has gone, since an erasure or a compaction takes old
    parts away, answers are of the newest.
    """

    def __init__(self, environment: str, version: int, people: Tombstones, pairs: np.ndarray) -> None:
        self.environment = environment
        self.version = version
        self._people = people
        self._links = tuple((int(user), int(visitor)) for user, visitor in pairs)
        digest = blake2b(pairs.tobytes(), digest_size=16).digest()
        self._about = (environment, version, people.digest, digest)

    @classmethod
    def of(cls, environment: str) -> Cluster:
        """For the table as it is now. Raises LakeUnreadable."""
        people = hidden(environment)  # first: people who are no longer hidden are in no part of later versions
        version = Lake(environment).version()
        # After the table: what was left out is noted before a commit says so.
        return cls(environment, version, people, links.pairs(environment, people, version=version))

    def answer(
        self, report: Callable[Concatenate[Index, Given], Found], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """As an index of this version. The last answers are remembered. Raises ClusterUnavailable."""
        asked = tuple(each.key if isinstance(each, Filter) else repr(each) for each in (*args, *sorted(kwargs.items())))
        today = int(time.time() // _KEPT_SECONDS)
        return self._once(
            (*self._about, today, report.__name__, *asked), lambda: super(Cluster, self).answer(report, *args, **kwargs)
        )

    def agents(self) -> tuple[str | None, ...]:
        about = (self.environment, self.version, "agents")
        return self._once(about, lambda: super(Cluster, self).agents())

    def data(self) -> DataSet:
        table = ibis.table(_SCHEMA, name=f"{_TABLE}{uuid4().hex}")
        return DataSet(table, self._people, links=self._links)

    def run(self, expression: ibis.Table) -> pa.Table:
        names = tables_by_name(expression)
        try:
            return connection.run(expression, dict.fromkeys(names, self._source(self.version)))
        except ClusterRefused:
            newest = Lake(self.environment).version()
            if newest == self.version:
                raise
            return connection.run(expression, dict.fromkeys(names, self._source(newest)))

    def _source(self, version: int) -> TableAddress:
        lake = settings.ENGINE_LAKE_URL or settings.LAKE_URL or str(settings.LAKE_DIR)
        return TableAddress(f"{lake.rstrip('/')}/{self.environment}", version)

    def _once(self, key: Hashable, make: Callable[[], Found]) -> Found:
        process_caches.watch()
        with _turn:
            known = _answers.get(key)
        if known is None:
            known = make()
            with _turn:
                _answers[key] = known
                while len(_answers) > _MOST_KEPT:
                    _answers.popitem(last=False)
        return cast("Found", copy.deepcopy(known))  # frames may be changed by who asked


def _forget() -> None:
    with _turn:
        _answers.clear()


def _after_fork() -> None:
    global _turn
    _turn = threading.Lock()  # another thread of the parent may have held it


os.register_at_fork(after_in_child=_after_fork)
process_caches.register("answers of the cluster", _forget, lambda: len(_answers))
