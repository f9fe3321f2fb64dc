"""Runs of events: the arrays that passes walk over, in memory or mapped from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

TYPE_BITS: Final = 0x3F
"""Of :attr:`Run.kind`: the type's place in ``contract.schema.TYPES``."""
ASSISTED: Final = 0x40
"""Of :attr:`Run.kind`: the record carries a miso_id."""
PLACEHOLDER: Final = 0x80
"""Of :attr:`Run.kind`: the record names somebody or something by a placeholder ("null", "0", …)."""
LINK: Final = 7
"""Of :attr:`Pairs.has`: a user and an anonymous id that no event bears together, and who are one person."""
NONE: Final = -1
"""In a column of codes: the record has no such value."""


@dataclass(frozen=True, slots=True, repr=False)
class Events:
    """Events in any order.

    By event (``n`` of them): ``at``, ``received`` int64[n] in µs since 1970; ``kind`` uint8[n], see TYPE_BITS;
    ``source`` int32[n], the import's number, 0 for live records; ``pair`` int32[n], a code of :class:`Pairs`;
    ``agent``, ``region``, ``locale``, ``campaign``, ``page``, ``keywords`` int32[n], codes of :class:`Texts`, NONE for
    no value; ``result`` int64[n], a hash of the miso_id as a UUID, 0 for none.

    Lists: the products of event ``e`` are ``products[product_starts[e] : product_starts[e + 1]]`` (int64[n + 1],
    int32 codes; nulls left out, each named as often as the record names it), its categories likewise, each once, and
    its ``customs``, values of those keys of custom_context that the index has.

    Sales, one for each check-out with a revenue (``s`` of them, ascending by ``sale_event`` int64[s]):
    ``sale_revenue`` float64[s], and its lines ``sale_starts`` int64[s + 1] with ``line_product`` int32 (NONE for null)
    and ``line_revenue`` float64, the part of the revenue that is each line's.
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
    keywords: np.ndarray
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
        """How many events, those of the dead among them."""
        return len(self.at)


@dataclass(frozen=True, slots=True, repr=False)
class Run(Events):
    """Events in the order of person, ``at``, ``received``; each person lies whole in one run.

    ``nobody``: a run of the records that name nobody, in order of time. It has no ``people``, and ``starts`` is [0].

    By person (``p`` of them, ascending by ``people``, then ``alone``): ``people`` int64[p], the key of a user, or of an
    anonymous id where ``alone`` uint8[p] is 1; ``starts`` int64[p + 1], where each person's events begin; ``dead``
    uint8[p] is 1 for people whose events have moved into another run, or None where there are none.
    """

    people: np.ndarray
    alone: np.ndarray
    starts: np.ndarray
    nobody: bool = False
    dead: np.ndarray | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Pairs:
    """Which ids stand in one record: the code of a pair is its place.

    ``user``, ``visitor`` int64: keyed hashes, 0 where there is none; ``has`` uint8: 1 a user, 2 an anonymous id, 3
    both, 0 neither. ``records`` int64: how many live events bear the pair.

    With LINK no event bears the pair, and its ids are one person's nevertheless (``warehouse.links``): ``records`` are
    1 as long as it is there.
    """

    user: np.ndarray
    visitor: np.ndarray
    has: np.ndarray
    records: np.ndarray

    def __len__(self) -> int:
        return len(self.user)

    @property
    def links(self) -> np.ndarray:
        """The codes of links, also of those that are gone."""
        return np.flatnonzero(self.has == LINK)

    @property
    def events(self) -> np.ndarray:
        """How many live events bear each pair."""
        links = self.links
        if not len(links):
            return self.records
        events = self.records.copy()
        events[links] = 0
        events.setflags(write=False)
        return events


@dataclass(frozen=True, slots=True, repr=False)
class Texts:
    """What the codes of each column stand for, by the column's name: strings; a text blanked out is null.

    In chunks, as what is appended lies in files of its own. ``campaign`` is of structs of ``source, medium, name``,
    ``custom`` of structs of ``key, value``. ``page`` is the whole URL.
    """

    agent: pa.ChunkedArray
    region: pa.ChunkedArray
    locale: pa.ChunkedArray
    campaign: pa.ChunkedArray
    page: pa.ChunkedArray
    keywords: pa.ChunkedArray
    product: pa.ChunkedArray
    category: pa.ChunkedArray
    custom: pa.ChunkedArray


class Lookup(NamedTuple):
    """``hashes`` int64, ascending, and the ``codes`` (int32) of what has them. The hash 0 stands for nothing."""

    hashes: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True, slots=True, repr=False)
class Index:
    """One whole version of an environment's index. Nothing in it changes; a newer one is another object.

    ``version`` is that of the table. ``first`` and ``last`` are the earliest and latest ``at`` of its events, in µs
    since 1970; without any, ``last`` is before ``first``.

    ``custom_keys`` are the keys of custom_context that its events have the values of.

    ``lookups`` say which codes texts have, by the columns' names, and pairs, as "pair"; they may lack the last ones.
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

    def __len__(self) -> int:
        """How many live events."""
        return int(self.pairs.events.sum())
