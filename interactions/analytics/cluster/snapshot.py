"""A version of a table for queries of records: single ones, a person's, and searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from interactions.analytics.cluster.engine import Cluster
from interactions.analytics.cluster.errors import ClusterRefused
from interactions.analytics.engine import Expression, Snapshot, runs
from interactions.warehouse.lake import Lake, Part


@dataclass(frozen=True, slots=True)
class ClusterSnapshot(Snapshot):
    """A cluster reads the whole table as one part, and chooses the files to open itself."""

    @property
    def pieces(self) -> tuple[Part, ...]:
        rows = sum(part.rows for part in self.parts)
        if not rows:
            return ()
        first, last = min(part.first for part in self.parts), max(part.last for part in self.parts)
        return (Part(Path(self.environment), sum(part.size for part in self.parts), rows, first, last),)

    def computed(self, rows: ibis.Table, column: str) -> ibis.Table:
        """As :meth:`Snapshot.computed`. A sum of a list is taken in a window of its row alone.

        Sail fails to compare or sort by such a sum, and repeats it wherever the column is named. It leaves windows
        where they are.
        """
        if not rows.op().find(ops.ArraySum):
            return rows
        alone = ibis.window(group_by=["timestamp", "fingerprint"], order_by=["timestamp"], rows=(0, 0))
        return rows.mutate(rows[column].max().over(alone).name(column))

    def ask(self, expression: Expression, parts: Sequence[Part] | None = None) -> pa.Table:
        """As :meth:`Snapshot.ask`. Raises ClusterUnavailable."""
        if not (self.pieces if parts is None else parts):
            return super(ClusterSnapshot, self).ask(expression, [])  # of no rows
        cluster = Cluster(self.environment, self.version, self.hidden, np.empty((0, 2), np.int64))
        token = runs.set(cluster.run)
        try:
            return cluster.run(expression(cluster.data().visible))
        except ClusterRefused as error:
            if Lake(self.environment).version() == self.version:
                raise
            raise FileNotFoundError(self.environment) from error  # the caller asks again, of the newer version
        finally:
            runs.reset(token)
