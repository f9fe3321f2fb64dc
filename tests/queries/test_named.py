"""Products are counted of what each day's interactions name as in plain Python, whatever the pieces and the bars."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from interactions.analytics.engine import answer
from interactions.analytics.filters import Filter
from interactions.analytics.periods import Period
from interactions.contract.tombstones import Tombstones
from interactions.queries import covering, product_bars
from interactions.queries.covering import cover
from interactions.queries.kinds import QUARTER_US
from interactions.queries.named import Named, named_of_days
from interactions.queries.product_bars import Piece, counted, numbered
from interactions.queries.segments import Store
from interactions.warehouse.lake import Lake

from ..lakes import Record, append, record
from .test_summaries import BERLIN, QUESTIONS, RECORDS, answered, raw, same
from .traffic import START, traffic

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 96  # quarters
_NEVER = np.iinfo(np.int64)

QUARTERS = st.integers(-2 * _DAY, 3 * _DAY)
NAMINGS = st.lists(st.tuples(QUARTERS, st.sampled_from("abcdef")), max_size=40)
TAKEN = st.lists(st.tuples(QUARTERS, st.sampled_from("abcdefg"), st.integers(-3, 3)), max_size=10)
MANY = examples(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True, params=[1, 1 << 18])
def rows_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_bars, "_AT_ONCE", request.param)


def of_lake() -> Named:
    files = Lake("production").files()
    days = ibis.memtable(covering._days(files, BERLIN))
    return Named.of_days(answer(files, Tombstones.of([]), lambda table: named_of_days(table, days)))


def told(named: Named) -> Counter[tuple[int, str]]:
    """How often each product is named in each quarter."""
    found: Counter[tuple[int, str]] = Counter()
    for span in range(len(named.first)):
        index = named.quarter_starts[span]
        for row in range(named.starts[span], named.starts[span + 1]):
            product = named.products[int(named.codes[row])].as_py()
            for quarter in named.quarters[index : index + named.amounts[row]]:
                moment = int(named.first[span]) + int(quarter) * QUARTER_US
                assert moment <= named.last[span]
                found[moment, product] += 1
            index += named.amounts[row]
        assert index == named.quarter_starts[span + 1]
    return found


def expected(records: list[Record]) -> Counter[tuple[int, str]]:
    found: Counter[tuple[int, str]] = Counter()
    for each in records:
        at = (each["timestamp"] - _EPOCH) // timedelta(microseconds=1)
        for product in each.get("product_ids") or []:
            found[at - at % QUARTER_US, product] += 1
    return found


def test_each_naming_is_there_once() -> None:
    records = traffic(600)
    append(records)
    assert told(of_lake()) == expected(records)


def test_a_span_is_a_day_of_the_zone_and_has_a_product_once() -> None:
    append(traffic(600))
    named = of_lake()
    days = [datetime.fromtimestamp(at / 1e6, BERLIN).date() for at in named.first.tolist()]
    assert days == sorted(set(days))
    assert days == [datetime.fromtimestamp(at / 1e6, BERLIN).date() for at in named.last.tolist()]
    for begin, end in zip(named.starts[:-1], named.starts[1:], strict=True):
        assert len(set(named.codes[begin:end].tolist())) == end - begin


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    append(traffic(300))
    written = of_lake()
    written.write(tmp_path / "some.arrow")
    assert told(Named.read(tmp_path / "some.arrow")) == told(written)


def test_without_products_there_are_no_spans(tmp_path: Path) -> None:
    append([record("search", "2024-01-01T10:00:00Z", user_id="u", keywords="tea")])
    of_lake().write(tmp_path / "none.arrow")
    assert len(Named.read(tmp_path / "none.arrow").first) == 0


def test_a_file_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Named.read(tmp_path / "none.arrow")
    append(traffic(10))
    with pytest.raises(FileNotFoundError):
        of_lake().write(tmp_path / "none" / "some.arrow")


def test_a_store_tells_of_its_files_of_products() -> None:
    append(RECORDS)
    cover("production", BERLIN)
    (segment,) = Store("production").all()
    assert segment.named in Store("production").files()


def _of_namings(namings: list[tuple[int, str]]) -> Named:
    days: dict[tuple[int, str], list[int]] = {}
    for quarter, product in sorted(namings):
        days.setdefault((quarter // _DAY, product), []).append(quarter % _DAY)
    rows = [
        {
            "day": day,
            "product": product,
            "first": day * _DAY * QUARTER_US,
            "last": (day * _DAY + max(quarters)) * QUARTER_US,
            "quarters": quarters,
        }
        for (day, product), quarters in sorted(days.items())
    ]
    forms = {"day": pa.int64(), "product": pa.string(), "first": pa.int64(), "last": pa.int64()}
    return Named.of_days(pa.Table.from_pylist(rows, pa.schema({**forms, "quarters": pa.list_(pa.uint8())})))


@MANY
@given(
    pieces=st.lists(NAMINGS, min_size=1, max_size=3),
    taken=TAKEN,
    starts=st.lists(QUARTERS, min_size=1, max_size=9, unique=True).map(sorted),
    period=st.one_of(st.none(), st.tuples(QUARTERS, QUARTERS).map(sorted)),
)
def test_products_are_counted_by_bars(
    pieces: list[list[tuple[int, str]]],
    taken: list[tuple[int, str, int]],
    starts: list[int],
    period: list[int] | None,
) -> None:
    since, until = period or (-(1 << 20), 1 << 20)
    sums: list[Counter[str]] = [Counter() for _ in starts]

    def bar_of(quarter: int) -> int:
        return max(sum(start <= quarter for start in starts) - 1, 0)

    for quarter, product in (naming for piece in pieces for naming in piece):
        sums[bar_of(quarter)][product] += since <= quarter < until
    for quarter, product, amount in taken:
        sums[bar_of(quarter)][product] += amount
    edges = np.array(starts) * QUARTER_US
    columns: Any = {"product": [each[1] for each in taken], "records": [each[2] for each in taken]}
    rows = pa.table(columns, pa.schema({"product": pa.string(), "records": pa.int64()}))
    stored = [_of_namings(piece) for piece in pieces]
    made = Named.of_bars(rows, np.array([bar_of(each[0]) for each in taken], np.int64), edges)
    products, meanings = numbered([named.products for named in (*stored, made)])
    bounds = [(since * QUARTER_US, until * QUARTER_US)] * len(stored) + [(_NEVER.min, _NEVER.max)]
    found = counted(
        [
            Piece(named, each, edges, *bound)
            for named, each, bound in zip([*stored, made], meanings, bounds, strict=True)
        ],
        len(products),
        len(edges),
    )
    assert found.tolist() == [sum(amount > 0 for amount in each.values()) for each in sums]


@pytest.mark.parametrize("asked", [Filter(), Filter(Period(START + timedelta(hours=31), START + timedelta(hours=200)))])
def test_products_of_bars_of_any_width_and_zone_come_of_segments(asked: Filter) -> None:
    names = ["totals", *(name for name in QUESTIONS if name.startswith("sparklines"))]
    append(RECORDS)
    expected = raw(asked, names)
    cover("production", BERLIN)
    for part in Lake("production").parts():
        part.path.write_bytes(b"not a part")
    for name, found in answered(asked, names).items():
        same(found, expected[name])
