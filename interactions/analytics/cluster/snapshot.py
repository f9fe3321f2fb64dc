"""A version of a table whose records a cluster is asked for: single ones, a person's, those that are searched for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from interactions.analytics.cluster.engine import Cluster
from interactions.analytics.cluster.errors import ClusterRefused
from interactions.analytics.devices import runs
from interactions.analytics.engine import Expression, Snapshot
from interactions.warehouse.lake import Lake, Part


@dataclass(frozen=True, slots=True)
class ClusterSnapshot(Snapshot):
    """The whole table is one piece to a cluster, which knows itself which files to open."""

    @property
    def pieces(self) -> tuple[Part, ...]:
        rows = sum(part.rows for part in self.parts)
        if not rows:
            return ()
        first, last = min(part.first for part in self.parts), max(part.last for part in self.parts)
        return (Part(Path(self.environment), sum(part.size for part in self.parts), rows, first, last),)

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
