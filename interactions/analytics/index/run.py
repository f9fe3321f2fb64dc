"""The arrays of an index that passes go over, in memory or mapped from files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

import numpy as np
import pyarrow as pa

Given = ParamSpec("Given")
Found = TypeVar("Found")

TYPE_BITS: Final = 0x3F
"""Bits of :attr:`Run.kind`: the index of the type in ``contract.schema.TYPES``."""
ASSISTED: Final = 0x40
"""Bit of :attr:`Run.kind`: the record has a miso_id."""
PLACEHOLDER: Final = 0x80
"""Bit of :attr:`Run.kind`: one of the record's ids is a placeholder ("null", "0", …)."""
LINK: Final = 7
"""Value of :attr:`Pairs.has`: a user and an anonymous id that are one person although no event has both."""
NONE: Final = -1
"""In a column of codes: the record has no value."""


@dataclass(frozen=True, slots=True, repr=False)
class Events:
    """Events in any order.

    Per event (``n`` of them): ``at``, ``received`` int64[n] in µs since 1970; ``kind`` uint8[n], see TYPE_BITS;
    ``source`` int32[n], the import's id, 0 for live records; ``pair`` int32[n], a code of :class:`Pairs`;
    ``agent``, ``region``, ``locale``, ``campaign``, ``page``, ``referrer``, ``keywords``, ``result_type`` int32[n],
    codes of :class:`Texts`, NONE for no value; ``result`` int64[n], a hash of the miso_id as a UUID, 0 for none.

    Lists: the products of event ``e`` are ``products[product_starts[e] : product_starts[e + 1]]`` (int64[n + 1], int32
    codes, without nulls, with duplicates). Its distinct ``categories``, and its ``customs``, the values of indexed keys
    of custom_context, are stored in the same way.

    Sales, one for each checkout with a revenue and each refund with an amount (``s`` of them, ascending by
    ``sale_event`` int64[s]): ``sale_revenue`` float64[s], and the lines of a checkout, which begin at ``sale_starts``
    int64[s + 1], with ``line_product`` int32 (NONE for null) and ``line_revenue`` float64, the line's part of the
    revenue. A refund has no lines.
    """

    at: np.ndarray
    received: np.ndarray
    kind: np.ndarray
    source: np.ndarray
    pair: np.ndarray
    agent: np.ndarray
    region: np.ndarray
    locale: np.ndarray
    campaign: np.ndarray
    page: np.ndarray
    referrer: np.ndarray
    keywords: np.ndarray
    result_type: np.ndarray
    result: np.ndarray
    product_starts: np.ndarray
    products: np.ndarray
    category_starts: np.ndarray
    categories: np.ndarray
    custom_starts: np.ndarray
    customs: np.ndarray
    sale_event: np.ndarray
    sale_revenue: np.ndarray
    sale_starts: np.ndarray
    line_product: np.ndarray
    line_revenue: np.ndarray

    def __len__(self) -> int:
        """The number of events, including dead ones."""
        return len(self.at)


@dataclass(frozen=True, slots=True, repr=False)
class Run(Events):
    """Events sorted by person, ``at``, ``received``. All live events of a person are in one run.

    A ``nobody`` run has the records without ids, sorted by time. It has no ``people``, and its ``starts`` is [0].

    Per person (``p`` of them, ascending by ``people``, then ``alone``): ``people`` int64[p], the key of a user, or of
    an anonymous id where ``alone`` uint8[p] is 1; ``starts`` int64[p + 1], where each person's events begin; ``dead``
    uint8[p], 1 for people whose events have moved to another run, or None if there are none.
    """

    people: np.ndarray
    alone: np.ndarray
    starts: np.ndarray
    nobody: bool = False
    dead: np.ndarray | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Pairs:
    """The combinations of ids that occur in records. The code of a pair is its position.

    ``user`` and ``visitor`` (int64) are keyed hashes, 0 if absent; ``has`` (uint8) is 1 for a user, 2 for an anonymous
    id, 3 for both, 0 for neither. ``records`` (int64) is the number of live events with the pair.

    If ``has`` is LINK, no event has the pair, but its ids are one person's (``warehouse.links``): ``records`` is 1
    while the link exists, else 0.
    """

    user: np.ndarray
    visitor: np.ndarray
    has: np.ndarray
    records: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    @property
    def links(self) -> np.ndarray:
        """The codes of links, including removed ones."""
        return np.flatnonzero(self.has == LINK)

    @property
    def events(self) -> np.ndarray:
        """The number of live events per pair."""
        links = self.links
        if not len(links):
            return self.records
        events = self.records.copy()
        events[links] = 0
        events.setflags(write=False)
        return events


@dataclass(frozen=True, slots=True, repr=False)
class Texts:
    """The strings that each column's codes stand for; blanked ones are null.

    They're chunked, because appended texts are in separate files. ``campaign`` has structs of ``source, medium, name,
    term, content``, ``custom`` has structs of ``key, value``. ``page`` is the full URL, ``referrer`` the host alone.
    """

    agent: pa.ChunkedArray
    region: pa.ChunkedArray
    locale: pa.ChunkedArray
    campaign: pa.ChunkedArray
    page: pa.ChunkedArray
    referrer: pa.ChunkedArray
    keywords: pa.ChunkedArray
    result_type: pa.ChunkedArray
    product: pa.ChunkedArray
    category: pa.ChunkedArray
    custom: pa.ChunkedArray


class Lookup(NamedTuple):
    """``hashes`` (int64, ascending) and the ``codes`` (int32) that belong to them. 0 isn't the hash of anything."""

    hashes: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True, slots=True, repr=False)
class Index:
    """One version of an environment's index. Immutable.

    ``version`` is the table's. ``first`` and ``last`` are the earliest and latest ``at`` of its events, in µs since
    1970; without events, ``last`` is before ``first``. ``custom_keys`` are the indexed keys of custom_context.

    ``lookups`` map hashes to codes, by the columns' names for texts, and as "pair" for pairs; they may lack the last
    ones. ``devices`` (uint8) are those of user agents, by code, as numbers of ``index.devices``; they may, too.
    """

    environment: str
    version: int
    runs: tuple[Run, ...]
    pairs: Pairs
    texts: Texts
    first: int = 0
    last: int = -1
    lookups: Mapping[str, tuple[Lookup, ...]] = field(default_factory=dict)
    custom_keys: tuple[str, ...] = ()
    devices: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint8))

    def __len__(self) -> int:
        """The number of live events."""
        return int(self.pairs.events.sum())

    def answer(
        self, report: Callable[Concatenate[Index, Given], Found], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """What ``report`` says of it: see :class:`~interactions.analytics.question.Engine`."""
        return report(self, *args, **kwargs)
