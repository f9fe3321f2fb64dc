"""A large table of thin records, written as Parquet parts: millions of records where an import would take too long.

``python -m benchmarks.thin RECORDS ENVIRONMENT DAYS`` appends them to the table of ENVIRONMENT, which is empty: people
with devices, visits, funnels, searches, popular products; some visits name nobody. Thin: what no question asks about is
null.
"""

from __future__ import annotations

import sys
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import django

from dojo.cores import cores

django.setup()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
from django.conf import settings  # noqa: E402

from benchmarks.processes import answer, tell  # noqa: E402
from interactions.contract.columns import TABLE_SCHEMA  # noqa: E402
from interactions.warehouse.lake import Lake, Part  # noqa: E402
from interactions.warehouse.parts import PartWriter  # noqa: E402

PART_ROWS = 50_000  # as many as a block of an import has
END = datetime(2026, 3, 1, tzinfo=UTC)
"""When the last visits begin."""
_VISIT = 14
_RECORDS_A_PERSON = 40
_PRODUCTS, _WORDS, _RESULTS = 20_000, 4_000, 50_000
_COMMIT_PARTS = 400
_DAY = 86_400_000_000  # µs
_OF_NOBODY = 40  # one visit in so many names nobody
CUSTOM_KEY = "plan"
"""A key of custom_context that each record has, with one of four values."""
_EXTRA = '{"context":{"custom_context":{"%s":"%s"}}}'
_PLANS = ("free", "basic", "plus", "business")
_TYPES = {
    "impression": 0.34,
    "product_detail_page_view": 0.40,
    "category_page_view": 0.06,
    "search": 0.06,
    "click": 0.06,
    "add_to_cart": 0.05,
    "checkout": 0.015,
    "home_page_view": 0.015,
}
_NAMES = list(_TYPES)
_AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile",
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
]


@dataclass(frozen=True, slots=True)
class Slab:
    """A part to be written: ``rows`` records of visits that begin between ``first`` and ``last``, in µs since 1970.

    A visit has ``visit`` records on average. With ``every`` 0 some of the ``people`` come much more often than others,
    else every so manieth of them comes, one after the other.
    """

    path: Path
    number: int
    rows: int
    people: int
    first: int
    last: int
    visit: int = _VISIT
    every: int = 0


def add_thin(environment: str, records: int, days: int, *, processes: int, name: str = "thin") -> None:
    """Append ``records`` of the ``days`` before a fixed moment, in parts that follow each other in time."""
    lake, count = Lake(environment), -(-records // PART_ROWS)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as scratch, ProcessPoolExecutor(processes) as pool:
        slabs = list(_slabs(Path(scratch), name, records, days))
        for start in range(0, count, _COMMIT_PARTS):
            parts = list(pool.map(write, slabs[start : start + _COMMIT_PARTS], chunksize=8))
            with lake.lock():
                lake.append(parts, mark=f"{name}:{start}", import_id=1 + start // _COMMIT_PARTS)
            for part in parts:
                part.path.unlink()
            tell(f"  {min(records, (start + _COMMIT_PARTS) * PART_ROWS):,} records written")


def last_day(folder: Path, name: str, records: int, beside: int, every: int) -> list[Part]:
    """Parts in ``folder`` of the last day, by every so manieth of those who have made ``beside`` records; all of them
    come, where there are records enough. No other name gives the same records."""
    people, last = _people_of(beside), round(END.timestamp() * 1e6)
    visit = max(1, min(_VISIT, records * every * 3 // (people * 4)))
    seed = 1_000_000 + zlib.crc32(name.encode())
    sizes = [min(PART_ROWS, records - begin) for begin in range(0, records, PART_ROWS)]
    return [
        write(Slab(folder / f"{name}-{place}.parquet", seed + place, rows, people, last - _DAY, last, visit, every))
        for place, rows in enumerate(sizes)
    ]


def _people_of(records: int) -> int:
    return max(10, records // _RECORDS_A_PERSON)


def _slabs(folder: Path, name: str, records: int, days: int) -> Iterator[Slab]:
    count = -(-records // PART_ROWS)
    begin = round((END - timedelta(days=days)).timestamp() * 1e6)
    width = days * _DAY // count
    for number in range(count):
        rows = min(PART_ROWS, records - number * PART_ROWS)
        first = begin + number * width
        path = folder / f"{name}-{number:05}.parquet"
        yield Slab(path, number, rows, _people_of(records), first, first + width)


def write(slab: Slab) -> Part:
    """Write the part of one slab; the same slab gives the same records."""
    with PartWriter(slab.path) as writer:
        writer.add(_table(slab))
    written = writer.written
    assert written.first
    assert written.last
    return Part(slab.path, written.size, written.rows, written.first, written.last)


def _table(slab: Slab) -> pa.Table:
    chance, rows = np.random.default_rng(slab.number), slab.rows
    visit = np.repeat(np.arange(rows), np.maximum(1, chance.geometric(1 / slab.visit, rows)))[:rows]
    visits = int(visit[-1]) + 1
    begins = chance.integers(slab.first, slab.last, visits)
    pauses = (chance.exponential(40e6, rows)).astype(np.int64) + 1
    since = np.cumsum(pauses)
    heads = np.searchsorted(visit, np.arange(visits))
    moments = begins[visit] + since - since[heads][visit]
    person = _who_comes(slab, chance, visits)[visit]
    device = person * 2 + (chance.random(visits) < 0.25)[visit]
    is_named = (np.arange(visits) % _OF_NOBODY > 0)[visit]
    signed_in = (chance.random(visits) < 0.35)[visit] & (person % 3 > 0) & is_named
    kind = chance.choice(len(_NAMES), rows, p=np.array(list(_TYPES.values())))
    is_ = {name: kind == place for place, name in enumerate(_NAMES)}
    columns: dict[str, pa.Array] = {
        "type": _pick(_NAMES, kind),
        "timestamp": pa.array(moments, pa.timestamp("us", "UTC")),
        "user_id": _ids("user-", person, ~signed_in),
        "anonymous_id": _ids("visitor-", device, ~is_named),
        "product_ids": _products(chance, is_),
        "miso_id": _pick(_results(), chance.integers(0, _RESULTS, rows), chance.random(rows) > 0.15),
        "revenue": pa.array(np.round(chance.gamma(2, 30, rows), 2), mask=~is_["checkout"]),
        "keywords": _pick(_words(), (chance.random(rows) ** 3 * _WORDS).astype(int), ~is_["search"]),
        "category": _category(chance, is_["category_page_view"]),
        "campaign_source": _pick(["newsletter", "ads", "partner"], chance.integers(0, 3, visits)[visit], visit % 4 > 0),
        "page_url": _pick(_pages(), (chance.random(rows) ** 2 * len(_pages())).astype(int)),
        "region": _pick([f"region-{n}" for n in range(40)], (person * 7 % 40)),
        "locale": _pick(["en-US", "en-GB", "de-DE", "fr-FR"], person % 4),
        "user_agent": _pick(_AGENTS, device % 4),
        "import_id": pa.array(np.ones(rows, np.int64)),
        "received_at": pa.array(np.full(rows, slab.last), pa.timestamp("us", "UTC")),
        "fingerprint": _fingerprints(chance, rows),
        "user_key": pa.array(_hash(person, 1), mask=~signed_in),
        "anonymous_key": pa.array(_hash(device, 2), mask=~is_named),
        "extra": _pick([_EXTRA % (CUSTOM_KEY, plan) for plan in _PLANS], person % len(_PLANS)),
    }
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in TABLE_SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=TABLE_SCHEMA).sort_by("timestamp")


def _who_comes(slab: Slab, chance: np.random.Generator, visits: int) -> np.ndarray:
    if not slab.every:
        return (chance.random(visits) ** 1.7 * slab.people).astype(np.int64)
    turn = slab.number * (slab.rows // slab.visit) + np.arange(visits)
    return turn % max(1, slab.people // slab.every) * slab.every


def _pick(values: list[str], places: np.ndarray, absent: np.ndarray | None = None) -> pa.Array:
    return pa.array(values).take(pa.array(places, mask=absent))


def _ids(prefix: str, numbers: np.ndarray, absent: np.ndarray | None = None) -> pa.Array:
    texts = np.char.add(prefix, numbers.astype("U10"))
    return pa.array(texts.tolist(), pa.string(), mask=absent)


def _products(chance: np.random.Generator, is_: dict[str, np.ndarray]) -> pa.Array:
    """An impression shows four products, what looks at or buys one names one."""
    one = is_["product_detail_page_view"] | is_["add_to_cart"] | is_["checkout"] | is_["click"]
    counts = np.where(is_["impression"], 4, one.astype(int))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    chosen = (chance.random(offsets[-1]) ** 2.5 * _PRODUCTS).astype(int)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(_catalogue()).take(pa.array(chosen)))


def _category(chance: np.random.Generator, wanted: np.ndarray) -> pa.Array:
    offsets = np.concatenate(([0], np.cumsum(wanted))).astype(np.int32)
    names = [f"category-{n}" for n in range(60)]
    return pa.ListArray.from_arrays(pa.array(offsets), _pick(names, chance.integers(0, 60, offsets[-1])))


def _fingerprints(chance: np.random.Generator, rows: int) -> pa.Array:
    noise = pa.py_buffer(chance.bytes(16 * rows))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, noise])


def _hash(numbers: np.ndarray, salt: int) -> np.ndarray:
    """64-bit keys as a keyring would make them: without order, equal for equal numbers."""
    mixed = (numbers.astype(np.uint64) + np.uint64(salt << 40)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    return (mixed * np.uint64(0xD6E8FEB86659FD93)).astype(np.int64)


def user_key(person: int) -> int:
    """The key of the person of that number, where signed in."""
    return int(_hash(np.array([person]), 1)[0])


@cache
def _catalogue() -> list[str]:
    return [f"product-{number:06}" for number in range(_PRODUCTS)]


@cache
def _pages() -> list[str]:
    return [f"https://shop.example/p/{number}" for number in range(_PRODUCTS // 4)]


@cache
def _words() -> list[str]:
    return [f"keyword {number}" for number in range(_WORDS)]


@cache
def _results() -> list[str]:
    return [str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128))) for number in range(_RESULTS)]


if __name__ == "__main__":
    add_thin(sys.argv[2], int(sys.argv[1]), int(sys.argv[3]), processes=cores())
    answer({"parts": len(Lake(sys.argv[2]).files())})
