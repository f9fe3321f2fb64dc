"""Celery's entrances: ids in, one call each. Every task may be run twice.

What puts questions is loaded by the tasks that need it: their engine must not be in memory before the workers fork,
and those that only read blocks do without its 70 MB.
"""

from typing import Any

from celery import shared_task
from celery.signals import worker_init
from django.db import connections

from interactions import codec, guard
from interactions.access import members
from interactions.connectors import table
from interactions.ingest.connections import kept
from interactions.ingest.duplicates import machines as machines  # which follow erasures
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.ingest.imports import commit, load, plan, removal, sweep
from interactions.ingest.pulls import carry as pulls
from interactions.models import (
    Block,
    DeletionRequest,
    Environment,
    Export,
    Import,
    NotificationDelivery,
    Pull,
    ScheduledRun,
)
from interactions.notifications import conditions, deliver
from interactions.warehouse.compact import compact
from interactions.warehouse.lake import Lake, LakeBusy
from interactions.warehouse.log import LakeUnreadable


@worker_init.connect
def check_lake(**_: Any) -> None:
    guard.check_before_fork()
    connections.close_all()  # the processes that are forked must not share one


@worker_init.connect
def load_scanner(**_: Any) -> None:
    """Before the fork, so that all processes of a worker share what is compiled."""
    codec.load()
    table.load()


@shared_task
def plan_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        plan.plan(imp)


@shared_task
def load_block(pk: int) -> None:
    for block in Block.objects.filter(pk=pk).select_related("of"):
        load.load(block)


@shared_task
def finish_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        commit.finish(imp)


@shared_task
def undo_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        removal.undo(imp)


@shared_task
def discard_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        removal.discard(imp)


@shared_task
def sweep_imports() -> None:
    sweep.sweep()


@shared_task
def pull_day(pk: int) -> None:
    for pull in Pull.objects.filter(pk=pk).select_related("connection__environment"):
        pulls.carry(pull)


@shared_task
def sweep_pulls() -> None:
    pulls.sweep()


@shared_task
def erase_people(pk: int) -> None:
    from interactions.privacy import erasure

    for request in DeletionRequest.objects.filter(pk=pk).select_related("environment"):
        erasure.erase(request)


@shared_task
def sweep_erasures() -> None:
    from interactions.privacy import erasure

    erasure.sweep()


@shared_task
def write_export(pk: int) -> None:
    from interactions.exports import write

    for export in Export.objects.filter(pk=pk).select_related("environment"):
        write.write(export)


@shared_task
def sweep_exports() -> None:
    from interactions import exports

    exports.sweep()


@shared_task
def run_retention() -> None:
    from interactions.privacy import data_retention

    data_retention.run_due()
    kept.forget_old()


@shared_task
def compact_lakes() -> None:
    for slug in Environment.objects.values_list("slug", flat=True):
        FingerprintIndex(slug).merge()
        try:
            compact(Lake(slug))
        except (LakeBusy, LakeUnreadable):  # the parts can wait for the next time
            continue


@shared_task
def mail_password_links(email: str, base: str) -> None:
    members.mail_links(email, base)


@shared_task
def deliver_notification(pk: int) -> None:
    rows = NotificationDelivery.objects.select_related(
        "notification__environment", "channel__environment", "channel__user"
    )
    for delivery in rows.filter(pk=pk):
        deliver.deliver(delivery)


@shared_task
def sweep_notifications() -> None:
    deliver.sweep()


@shared_task
def check_conditions() -> None:
    conditions.check()


@shared_task
def check_health() -> None:
    conditions.check_health()


@shared_task
def send_weekly_summaries() -> None:
    from interactions.notifications import weekly

    weekly.send_due()


@shared_task
def write_scheduled_export(pk: int) -> None:
    from interactions.exports.schedule import run

    for each in ScheduledRun.objects.filter(pk=pk).select_related("schedule__environment"):
        run.write(each)


@shared_task
def sweep_scheduled_exports() -> None:
    from interactions.exports.schedule import due

    due.sweep()
