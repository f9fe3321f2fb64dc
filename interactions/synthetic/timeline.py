"""Many concurrent visits: their records in the order in which a shop would log them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from interactions.synthetic.draws import Draws
from interactions.synthetic.journeys import take_visit
from interactions.synthetic.rhythm import Rhythm
from interactions.synthetic.visits import Purchase, Record, refund

BATCH = 4096
"""Records sorted together. Larger batches are less disordered and take more memory."""
RECORDS_PER_PERSON = 30
RECORDS_PER_VISIT = 10
"""About as many as `journeys` makes; only the delay of refunds depends on it."""
REFUNDED = 0.07
"""Share of purchases that come back."""
REFUND_DELAY = 0.1
"""How long that takes on average, as a fraction of the period."""
MOST_OPEN_RETURNS = 512


def records(count: int, *, seed: int = 0, start: datetime, end: datetime) -> Iterator[Record]:
    """Yield exactly `count` valid interactions with timestamps in [start, end), roughly in order of time.

    Each is a dict in the API's format that shares nothing with others, so it can be changed. The same arguments give
    the same records. A record can be earlier than the previous one by about the length of a visit.

    Raises ValueError when `count` or `seed` is negative, when `start` or `end` has no UTC offset, or when there is no
    millisecond between them.
    """
    return chain.from_iterable(batches(count, seed=seed, start=start, end=end))


def batches(count: int, *, seed: int, start: datetime, end: datetime) -> Iterator[list[Record]]:
    """Return the same records in lists of a few thousand, each list in order of time. Raises as `records` does."""
    if count < 0:
        raise ValueError("The number of records must not be negative.")
    if seed < 0:
        raise ValueError("The seed must not be negative.")
    return _batches(count, Draws(seed), Rhythm(start, end))


def _batches(count: int, draws: Draws, rhythm: Rhythm) -> Iterator[list[Record]]:
    returns = Returns(draws, visits=max(1, count // RECORDS_PER_VISIT))
    done = 0
    while done < count:
        batch = VisitBatch()
        while len(batch.records) < min(BATCH, count - done):
            visit, purchases = take_visit(_who_comes(draws, done, count), done / count, draws)
            batch.add(visit.records, visit.offsets)
            for purchase in returns.after_a_visit(purchases):
                batch.add([refund(purchase)], [0])
        batch.cut(count - done)
        # Visits begin in the batch's own share of the progress, so the last batch ends with the period.
        begin = draws.generator.random(len(batch.durations))
        begin.sort()
        yield batch.in_order(rhythm.times((done + begin * len(batch.records)) / count), rhythm.last)
        done += len(batch.records)


def _who_comes(draws: Draws, done: int, count: int) -> int:
    """Return the number of a person: some come often, many once or twice, and there are always new ones."""
    people = count / RECORDS_PER_PERSON * (0.4 + 0.6 * done / count)
    return int((people + 1) * draws.chance() ** 2)


class Returns:
    """Purchases that will be refunded; a bounded number is kept."""

    def __init__(self, draws: Draws, *, visits: int) -> None:
        self._draws = draws
        self._patience = visits * REFUND_DELAY
        self._open: list[Purchase] = []

    def after_a_visit(self, purchases: list[Purchase]) -> list[Purchase]:
        """Add the purchases of a visit, and return those refunded before the next."""
        chance = self._draws.chance
        self._open += [purchase for purchase in purchases if chance() < REFUNDED]
        waiting = len(self._open)
        if waiting <= MOST_OPEN_RETURNS and chance() * self._patience >= waiting:
            return []
        return [self._open.pop(int(waiting * chance()))]


class VisitBatch:
    """The records of some visits: `offsets` within their visit in ms, `visits` the visit each belongs to."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.offsets: list[int] = []
        self.visits: list[int] = []
        self.durations: list[int] = []

    def add(self, records: list[Record], offsets: list[int]) -> None:
        self.records += records
        self.offsets += offsets
        self.visits += [len(self.durations)] * len(records)
        self.durations.append(offsets[-1])

    def cut(self, most: int) -> None:
        """Cut after `most` records, if necessary in the middle of a visit."""
        del self.records[most:], self.offsets[most:], self.visits[most:]

    def in_order(self, begins: NDArray[np.int64], last: int) -> list[Record]:
        """Write the timestamps and return the records in order of time.

        `begins` is the start of each visit, in ms since 1970. Visits that would last beyond `last` are compressed.
        """
        squeeze = np.minimum(1.0, (last - begins) / np.maximum(1, self.durations))
        visits = np.array(self.visits)
        times = begins[visits] + (np.array(self.offsets) * squeeze[visits]).astype(np.int64)
        stamps = np.datetime_as_string(times.astype("datetime64[ms]"), timezone="UTC").tolist()
        for record, stamp in zip(self.records, stamps, strict=True):
            record["timestamp"] = stamp
        return [self.records[at] for at in np.argsort(times, kind="stable").tolist()]
