"""The metrics of ``GET /metrics``, collected on each request.

They cover the whole installation, whichever machine answers. If a part doesn't answer, its metrics are left out and
``dojo_scrape_errors`` says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Final

import redis
from django.conf import settings
from django.db import DatabaseError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from dojo import health, heartbeat, request_times, restarts
from interactions.ingest.live.calls import RingAway
from interactions.models import Environment
from interactions.operations.connections import connection_metrics
from interactions.operations.environments import EnvironmentFigures, environment_figures, live_causes
from interactions.operations.machine import disk_figures, queue_figures
from interactions.warehouse.log import LakeUnreadable

logger = logging.getLogger(__name__)

# Name, help and value of each gauge with one value per environment.
_OF_ENVIRONMENT: Final[tuple[tuple[str, str, Callable[[EnvironmentFigures], float]], ...]] = (
    ("dojo_records", "Records in the data set", lambda it: it.records),
    ("dojo_table_version", "Version of the Delta table; -1 without one", lambda it: it.table_version),
    ("dojo_table_files", "Parquet files of the table", lambda it: it.table_files),
    ("dojo_table_bytes", "Size of these files", lambda it: it.table_bytes),
    (
        "dojo_index_lag_seconds",
        "Age of the oldest commit that the event index doesn't have",
        lambda it: it.index_lag_seconds,
    ),
    ("dojo_inbox_calls", "Calls that wait to be moved into the data set", lambda it: it.inbox_calls),
    ("dojo_inbox_records", "Records in these calls", lambda it: it.inbox_records),
    ("dojo_inbox_age_seconds", "Age of the oldest call that waits", lambda it: it.inbox_age_seconds),
    ("dojo_inbox_set_aside_calls", "Calls that Dojo can't move", lambda it: it.set_aside_calls),
    ("dojo_deletion_requests_open", "Deletion requests that aren't verified", lambda it: it.open_requests),
    ("dojo_deletion_requests_failed", "Deletion requests that failed", lambda it: it.failed_requests),
    ("dojo_api_keys_expiring", "API keys that expire within two weeks", lambda it: it.expiring_keys),
    ("dojo_erasure_age_seconds", "Age of the oldest request that isn't verified", lambda it: it.request_age_seconds),
)


class OfDojo(Collector):
    """All metrics."""

    def collect(self) -> Iterator[Metric]:
        version = InfoMetricFamily("dojo", "The version that runs")
        version.add_metric([], {"version": settings.VERSION})
        yield version
        errors = GaugeMetricFamily("dojo_scrape_errors", "1 where a source didn't answer this time", labels=["source"])
        for source, gather in _SOURCES:
            try:
                families = list(gather())
            except (DatabaseError, LakeUnreadable, OSError, RingAway, redis.RedisError) as error:
                logger.warning("The metrics of %s are left out: %s", source, error)
                families = []
                errors.add_metric([source], 1)
            else:
                errors.add_metric([source], 0)
            yield from families
        yield errors


def _parts() -> Iterator[Metric]:
    up = GaugeMetricFamily("dojo_up", "1 where a part answers, as /healthz has it", labels=["part"])
    for part, state in health.check().items():
        up.add_metric([part], state == health.OK)
    yield up
    ended = CounterMetricFamily("dojo_process_restarts", "How often a process ended by itself", labels=["process"])
    for process, count in restarts.read(restarts.path_in(settings.SCRATCH_DIR)).items():
        ended.add_metric([process], count)
    yield ended


def _environments() -> Iterator[Metric]:
    figures = [environment_figures(environment) for environment in Environment.objects.all()]
    for name, words, value in _OF_ENVIRONMENT:
        family = GaugeMetricFamily(name, words, labels=["environment"])
        for each in figures:
            family.add_metric([each.slug], value(each))
        yield family
    imports = GaugeMetricFamily("dojo_imports", "Imports by state", labels=["environment", "state"])
    rejected = GaugeMetricFamily(
        "dojo_rejected_records",
        "Rejected records of the imports that are listed, by cause",
        labels=["environment", "field", "rule"],
    )
    for each in figures:
        for state, count in each.imports.items():
            imports.add_metric([each.slug, state], count)
        for cause, count in each.rejected.items():
            rejected.add_metric([each.slug, *cause], count)
    yield imports
    yield rejected


def _redis() -> Iterator[Metric]:
    request_times.times.hand_over()
    with heartbeat.connect() as client:
        queue, times = queue_figures(client), request_times.read(client)
    live = GaugeMetricFamily(
        "dojo_live_refused_records",
        "Rules that records of calls broke in the last hour, by cause",
        labels=["environment", "field", "rule"],
    )
    for environment in Environment.objects.all():
        for cause, count in live_causes(environment).items():
            live.add_metric([environment.slug, *cause], count)
    yield live
    yield GaugeMetricFamily("dojo_queue_tasks", "Tasks that wait for a worker", value=queue.waiting)
    yield GaugeMetricFamily("dojo_queue_tasks_in_hand", "Tasks that workers have in hand", value=queue.in_hand)
    family = HistogramMetricFamily(
        "dojo_request_seconds",
        "From the head of a request to its answer, by route",
        labels=["route", "method", "status"],
    )
    bounds = [*map(str, request_times.BOUNDS), "+Inf"]
    for kind, (counts, total) in sorted(times.items()):
        family.add_metric(kind, list(zip(bounds, accumulate(counts), strict=True)), total)
    yield family


def _disk() -> Iterator[Metric]:
    disk = disk_figures()
    yield GaugeMetricFamily("dojo_disk_bytes", "Size of the data folder's disk", value=disk.total)
    yield GaugeMetricFamily("dojo_disk_free_bytes", "What is free of it", value=disk.free)


_SOURCES: Final[tuple[tuple[str, Callable[[], Iterator[Metric]]], ...]] = (
    ("parts", _parts),
    ("environments", _environments),
    ("connections", connection_metrics),
    ("redis", _redis),
    ("disk", _disk),
)
