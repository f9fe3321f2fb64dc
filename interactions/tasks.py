"""Celery's entrances: ids in, one call each. Every task may be run twice."""

from celery import shared_task

from interactions.imports import finishing, loading, planning, sweeping
from interactions.models import Block, Import


@shared_task
def plan_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        planning.plan(imp)


@shared_task
def load_block(pk: int) -> None:
    for block in Block.objects.filter(pk=pk).select_related("of"):
        loading.load(block)


@shared_task
def finish_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        finishing.finish(imp)


@shared_task
def undo_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        finishing.undo(imp)


@shared_task
def discard_import(pk: int) -> None:
    for imp in Import.objects.filter(pk=pk).select_related("environment"):
        finishing.discard(imp)


@shared_task
def sweep_imports() -> None:
    sweeping.sweep()
