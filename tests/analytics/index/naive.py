"""An index built in the plainest way, and what an index says, to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from interactions.analytics.index.run import ASSISTED, NONE, Events, Index, Pairs, Run, Texts
from interactions.contract.schema import TYPES

WORDS = 1000  # that codes of texts may stand for
_CHECKOUT, _REFUND = TYPES.index("checkout"), TYPES.index("refund")
_CODED = ("agent", "region", "locale", "campaign", "page", "referrer", "keywords", "result_type")


@dataclass(frozen=True)
class Row:
    """A record; what it says besides follows from ``number``, so that whatever is mixed up is seen."""

    number: int
    user: int | None
    visitor: int | None
    at: int
    received: int
    source: int = 0

    @property
    def has(self) -> int:
        return (self.user is not None) + 2 * (self.visitor is not None)

    @property
    def products(self) -> list[int]:
        return [self.number % 7, self.number % 5][: self.number % 3]

    @property
    def categories(self) -> list[int]:
        return list(range(self.number % 4))

    @property
    def lines(self) -> list[tuple[int, float]] | None:
        if self.number % 3:
            return None
        return [(NONE if line == 1 else line, self.number / (line + 1)) for line in range(self.number % 5)]

    @property
    def said(self) -> tuple[Any, ...]:
        """What an index has of it, see :func:`events_said`."""
        codes = tuple((self.number + place) % WORDS if self.number % 11 else NONE for place in range(len(_CODED)))
        sale = None if self.lines is None else (self.number * 1.5, tuple(self.lines))
        sold = _CHECKOUT if self.lines else _REFUND
        kind = (self.number % 31 if sale is None else sold) | (ASSISTED if self.number % 2 else 0)
        ids = (self.user or 0, self.visitor or 0, self.has)
        lists = (tuple(self.products), tuple(self.categories))
        return (self.at, self.received, kind, self.source, ids, codes, self.number * 97, *lists, sale)


class Coder:
    """Codes of pairs, given as they come."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], int] = {}

    def code(self, row: Row) -> int:
        return self._known.setdefault((row.user or 0, row.visitor or 0, row.has), len(self._known))

    def pairs(self) -> Pairs:
        columns = list(zip(*self._known, strict=True)) if self._known else [(), (), ()]
        user, visitor, has = (np.array(column, np.int64) for column in columns)
        return Pairs(user, visitor, has.astype(np.uint8), np.zeros(len(user), np.int64))


def events_of(rows: list[Row], coder: Coder) -> Events:
    said = [row.said for row in rows]
    sold = [place for place, row in enumerate(rows) if row.lines is not None]
    lines = [rows[place].lines or [] for place in sold]
    codes = np.array([each[5] for each in said], np.int32).reshape(-1, len(_CODED))
    return Events(
        at=np.array([row.at for row in rows], np.int64),
        received=np.array([row.received for row in rows], np.int64),
        kind=np.array([each[2] for each in said], np.uint8),
        source=np.array([row.source for row in rows], np.int32),
        pair=np.array([coder.code(row) for row in rows], np.int32),
        **{name: codes[:, place].copy() for place, name in enumerate(_CODED)},
        result=np.array([each[6] for each in said], np.int64),
        product_starts=_starts([row.products for row in rows]),
        products=np.array([each for row in rows for each in row.products], np.int32),
        category_starts=_starts([row.categories for row in rows]),
        categories=np.array([each for row in rows for each in row.categories], np.int32),
        custom_starts=_starts([row.categories for row in rows]),  # the same, and so checked together
        customs=np.array([each for row in rows for each in row.categories], np.int32),
        sale_event=np.array(sold, np.int64),
        sale_revenue=np.array([rows[place].number * 1.5 for place in sold], np.float64),
        sale_starts=_starts(lines),
        line_product=np.array([product for each in lines for product, _ in each], np.int32),
        line_revenue=np.array([revenue for each in lines for _, revenue in each], np.float64),
    )


def empty_index() -> Index:
    return Index("production", -1, (), Coder().pairs(), texts())


def texts() -> Texts:
    words = pa.chunked_array([pa.array(map(str, range(WORDS)))])
    return Texts(**dict.fromkeys(Texts.__dataclass_fields__, words))


def said_by(index: Index) -> dict[str, Any]:
    """Everything that an index says, in one form whatever its runs and codes: persons, events, pairs, span."""
    check_form(index)
    people: dict[tuple[int, int], list[Any]] = {}
    nobody: list[Any] = []
    for run in index.runs:
        said = events_said(run, index.pairs)
        if run.nobody:
            nobody += said
        for place, person in enumerate(zip(run.people.tolist(), run.alone.tolist(), strict=True)):
            if run.dead is None or not run.dead[place]:
                assert person not in people, "Each person is whole in one run."
                people[person] = sorted(said[run.starts[place] : run.starts[place + 1]], key=repr)
    pairs = zip(*(getattr(index.pairs, name).tolist() for name in Pairs.__dataclass_fields__), strict=True)
    return {
        "people": people,
        "nobody": sorted(nobody, key=repr),
        "pairs": {pair[:3]: pair[3] for pair in pairs if pair[3]},
        "span": (index.first, index.last) if len(index) else None,
    }


def events_said(events: Events, pairs: Pairs) -> list[Any]:
    sales = {}
    for place, event in enumerate(events.sale_event.tolist()):
        inside = slice(events.sale_starts[place], events.sale_starts[place + 1])
        lines = zip(events.line_product[inside].tolist(), events.line_revenue[inside].tolist(), strict=True)
        sales[event] = (float(events.sale_revenue[place]), tuple(lines))
    found = []
    for event in range(len(events)):
        pair = events.pair[event]
        ids = (int(pairs.user[pair]), int(pairs.visitor[pair]), int(pairs.has[pair]))
        codes = tuple(int(getattr(events, name)[event]) for name in _CODED)
        first = tuple(int(getattr(events, name)[event]) for name in ("at", "received", "kind", "source"))
        lists = (
            _list(events.product_starts, events.products, event),
            _list(events.category_starts, events.categories, event),
        )
        assert _list(events.custom_starts, events.customs, event) == lists[1]
        found.append((*first, ids, codes, int(events.result[event]), *lists, sales.get(event)))
    return found


def expected(rows: list[Row]) -> dict[str, Any]:
    """What an index of these records has to say: who is who, by the rule itself."""
    users: dict[int, set[int]] = {}
    for row in rows:
        if row.user is not None and row.visitor is not None:
            users.setdefault(row.visitor, set()).add(row.user)
    people: dict[tuple[int, int], list[Any]] = {}
    pairs: dict[tuple[int, int, int], int] = {}
    for row in rows:
        ids = (row.user or 0, row.visitor or 0, row.has)
        pairs[ids] = pairs.get(ids, 0) + 1
        if row.user is not None:
            people.setdefault((row.user, 0), []).append(row.said)
        elif row.visitor is not None:
            owners = users.get(row.visitor, set())
            person = (next(iter(owners)), 0) if len(owners) == 1 else (row.visitor, 1)
            people.setdefault(person, []).append(row.said)
    return {
        "people": {person: sorted(said, key=repr) for person, said in people.items()},
        "nobody": sorted((row.said for row in rows if not row.has), key=repr),
        "pairs": pairs,
        "span": (min(row.at for row in rows), max(row.at for row in rows)) if rows else None,
    }


def check_form(index: Index) -> None:
    """Each run is in the form that ``Run`` promises, and none is of the dead alone."""
    for run in index.runs:
        assert len(run), "No run is empty."
        moments = list(zip(run.at.tolist(), run.received.tolist(), strict=True))
        assert len(run.product_starts) == len(run.category_starts) == len(run.custom_starts) == len(run) + 1
        assert run.product_starts[0] == 0 and run.product_starts[-1] == len(run.products)
        assert run.sale_starts[0] == 0 and run.sale_starts[-1] == len(run.line_product)
        assert run.starts[0] == 0
        if run.nobody:
            assert moments == sorted(moments) and not len(run.people) and run.dead is None
            continue
        people = list(zip(run.people.tolist(), run.alone.tolist(), strict=True))
        assert people == sorted(set(people)), "People rise."
        assert run.starts[-1] == len(run) and (np.diff(run.starts) > 0).all()
        assert run.dead is None or not run.dead.all()
        for first, last in zip(run.starts[:-1], run.starts[1:], strict=True):
            assert moments[first:last] == sorted(moments[first:last])


def runs_of_people(index: Index) -> list[Run]:
    return [run for run in index.runs if not run.nobody]


def _starts(lists: list[list[Any]]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(each) for each in lists], dtype=np.int64)]).astype(np.int64)


def _list(starts: np.ndarray, values: np.ndarray, event: int) -> tuple[int, ...]:
    return tuple(values[starts[event] : starts[event + 1]].tolist())
