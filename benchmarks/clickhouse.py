"""The dashboard's questions put to ClickHouse's engine: ``python -m benchmarks.clickhouse ENVIRONMENT FOLDER CORES``.

It runs inside the process (chDB). In FOLDER it keeps the records sorted by person and time, each with the person that
Dojo takes it for, and only the columns that questions ask of. The answer has the seconds that making that took, and for
each filter those of each question, the better of two runs, with the answers.
"""

from __future__ import annotations

import csv
import io
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from chdb import session  # noqa: E402

from benchmarks.alike import decided  # noqa: E402
from benchmarks.narrowed import NARROWED, Narrowed  # noqa: E402
from benchmarks.processes import answer  # noqa: E402
from interactions.warehouse.lake import Lake  # noqa: E402

_RUNS = 2
_TABLE = """
    create table if not exists bench.event engine = MergeTree order by (person, ts) as
    with link as (
        select anonymous_key, any(user_key) as owner from file('{parts}', Parquet)
        where user_key is not null and anonymous_key is not null
        group by anonymous_key having uniqExact(user_key) = 1)
    select ifNull(coalesce(record.user_key, link.owner, record.anonymous_key), 0) as person,
        assumeNotNull(record.timestamp) as ts, toLowCardinality(assumeNotNull(record.type)) as type,
        ifNull(record.user_key, 0) as user_key,
        ifNull(record.revenue, 0) as revenue, record.product_ids as product_ids,
        toLowCardinality(ifNull(record.page_url, '')) as page_url,
        toLowCardinality(ifNull(record.keywords, '')) as keywords,
        toLowCardinality(ifNull(record.region, '')) as region,
        toLowCardinality(ifNull(record.campaign_source, '')) as campaign_source,
        toLowCardinality(ifNull(simpleJSONExtractString(assumeNotNull(record.extra), 'plan'), '')) as plan,
        toLowCardinality(multiIf(record.user_agent like '%iPhone%' or record.user_agent like '%Android%', 'phone',
                                 record.user_agent like '%iPad%', 'tablet', 'desktop')) as device
    from file('{parts}', Parquet) as record left join link on record.anonymous_key = link.anonymous_key
    settings join_use_nulls = 1, max_memory_usage = 12000000000, max_threads = {cores}"""
_DAY = "toDate(ts, 'Europe/Berlin')"
_TOP = """
    select {column}, count() as records, countIf(type = 'checkout') as conversions, sum(revenue) as money
    from bench.event where {{sql}} and {column} <> '' group by {column}
    order by records desc, conversions desc, money desc, {column} limit 10"""
_STEPS = ("impression", "product_detail_page_view", "add_to_cart", "checkout")
QUESTIONS = {
    "over time": (
        f"select {_DAY} as day, type, count() from bench.event where {{sql}} group by day, type order by all",
    ),
    "sparklines": (
        f"""select {_DAY} as day, count(), sum(revenue) from bench.event where {{sql}} group by day order by day""",
        f"""select {_DAY} as day, uniqExact(person), countIf(is_new) from (
                select person, ts, lagInFrame(person, 1, 0) over way <> person
                    or ts - lagInFrame(ts, 1, toDateTime64(0, 6)) over way >= 1800 as is_new
                from bench.event where {{sql}} and person <> 0
                window way as (order by person, ts rows between 1 preceding and current row))
            group by day order by day""",
        f"""select {_DAY} as day, uniqExact(product) from bench.event array join product_ids as product
            where {{sql}} group by day order by day""",
    ),
    "funnel": (
        f"""select step, count() from (
                select person, windowFunnel(8000000000000)(toUInt64(toUnixTimestamp64Micro(ts)),
                    {", ".join(f"type = '{step}'" for step in _STEPS)}) as step
                from bench.event where {{of_all_types}} and person <> 0 and type in {_STEPS} group by person)
            group by step""",
    ),
    "top products": (
        """select product, countIf(type = 'product_detail_page_view') as views, countIf(type = 'add_to_cart') as carts,
               countIf(type = 'checkout') as buys, sum(revenue) as money
           from bench.event array join product_ids as product
           where {sql} and type in ('product_detail_page_view', 'add_to_cart', 'checkout')
           group by product order by views desc, carts desc, buys desc, money desc, product limit 10""",
    ),
    "top searches": (
        """select keywords, count() as searches from bench.event where {sql} and type = 'search' and keywords <> ''
           group by keywords order by searches desc, keywords limit 10""",
    ),
    **{
        f"top {name}": (_TOP.format(column=column),)
        for name, column in {
            "campaigns": "campaign_source",
            "pages": "page_url",
            "regions": "region",
            "devices": "device",
        }.items()
    },
}


class Engine:
    """The engine with its files in ``folder``, in so many threads."""

    def __init__(self, folder: Path, cores: int) -> None:
        self._database, self._cores = session.Session(str(folder)), cores

    def make(self, files: list[str]) -> float:
        """Make the table of the records in ``files``, which lie in one folder; in seconds."""
        began = time.perf_counter()
        self._database.query("create database if not exists bench")
        folder = Path(files[0]).parent
        parts = f"{folder}/{{{','.join(Path(file).name for file in files)}}}"
        self._database.query(_TABLE.format(parts=parts, cores=self._cores))
        self._database.query("optimize table bench.event final")
        return time.perf_counter() - began

    def ask(self, statement: str) -> list[list[str]]:
        settings = f"settings max_threads = {self._cores}, max_memory_usage = 8000000000"
        return list(csv.reader(io.StringIO(str(self._database.query(f"{statement} {settings}", "CSV")))))


def asked(engine: Engine, narrowed: Narrowed) -> dict[str, Any]:
    took, answers = {}, {}
    for name, statements in QUESTIONS.items():
        took[name] = float("inf")
        for _ in range(_RUNS):
            began = time.perf_counter()
            found = [
                engine.ask(each.format(sql=narrowed.sql, of_all_types=narrowed.of_all_types)) for each in statements
            ]
            took[name] = min(took[name], time.perf_counter() - began)
        answers[name] = _comparable(name, found)
    return {"questions": took, "seconds": sum(took.values()), "answers": answers}


def _comparable(name: str, found: list[list[list[str]]]) -> list[Any]:
    """The answer in the form of ``dashboard.comparable``."""
    if name == "sparklines":
        counts, visits, products = ({day: rest for day, *rest in rows} for rows in found)
        return [
            [
                *(day, int(records), *map(int, visits.get(day, (0, 0)))),
                *(int(products.get(day, (0,))[0]), float(revenue)),
            ]
            for day, (records, revenue) in counts.items()
        ]
    if name == "funnel":
        reached = {int(step): int(people) for step, people in found[0]}
        return [sum(people for step, people in reached.items() if step >= least) for least in range(1, len(_STEPS) + 1)]
    if name == "over time":
        return sorted([day, kind, int(records)] for day, kind, records in found[0])
    if name == "top searches":
        return decided([(keywords, int(searches)) for keywords, searches in found[0]])
    return [[row[0], *map(int, row[1:-1]), float(row[-1])] for row in found[0]]


def main(environment: str, folder: Path, cores: int) -> None:
    engine = Engine(folder, cores)
    made = engine.make(Lake(environment).files())
    version = engine.ask("select version()")[0][0]
    filters = {name: asked(engine, narrowed) for name, narrowed in NARROWED.items()}
    answer({"version": version, "made": made, "filters": filters})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
