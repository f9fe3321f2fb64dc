"""Remove the records of an import from the data set: when it's undone, or cancelled during its commit."""

from __future__ import annotations

import logging
from collections import Counter

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from interactions.access.audit import Action
from interactions.disk import is_full
from interactions.ingest.imports import lifecycle, storage
from interactions.ingest.imports.audit import note
from interactions.ingest.imports.handover import plan
from interactions.ingest.imports.heartbeat import beating
from interactions.models import Import
from interactions.warehouse.lake import Lake, LakeBusy
from interactions.warehouse.overlaps import Overlaps
from interactions.warehouse.rewrite import Removed, handed_over, remove_import
from interactions.warehouse.steady import steady

logger = logging.getLogger(__name__)


def undo(imp: Import) -> None:
    """Remove the records of the import; those that others sent as well are handed over to them.

    A repeated task finds none and only records the result.
    """
    if imp.phase != Import.Phase.UNDOING:
        return
    lake = Lake(imp.environment.slug)
    try:
        with beating(Import.objects.filter(pk=imp.pk)), lake.lock():
            removed, handed = _take_out(lake, imp)
    except LakeBusy as reason:  # the sweep asks again
        logger.warning("Import %s waits to be undone: %s", imp.pk, reason)
        return
    except Exception as error:
        if not is_full(error):
            raise
        lifecycle.pause(imp, phase=Import.Phase.UNDOING)
        return
    storage.remove_all(imp)
    with transaction.atomic():
        undone = Import.objects.filter(pk=imp.pk, phase=Import.Phase.UNDOING).update(
            state=Import.State.UNDONE, phase=Import.Phase.WAITING, undone_at=timezone.now(), error="",
            table_version=removed.after,
        )  # fmt: skip
        if undone:
            _count_handed_over(handed)
            note(Action.IMPORT_UNDONE, imp, removed=removed.rows)
    logger.info("Import %s undone: %s records removed", imp.pk, removed.rows)


def preview_undo(imp: Import) -> tuple[int, int]:
    """How many records undoing the import now would remove, and how many would stay because others sent them as well.

    Raises DataSetBusy.
    """
    lake = Lake(imp.environment.slug)

    def look() -> tuple[int, int]:
        stay = plan(lake, imp.pk).rows
        return lake.rows_of(imp.pk) - stay, stay

    return steady(look)


def _take_out(lake: Lake, imp: Import) -> tuple[Removed, Counter[int]]:
    """Also returns how many records stay, by the import they belong to now. The caller holds the lake's lock."""
    removed = remove_import(lake, imp.pk, plan(lake, imp.pk))
    Overlaps(lake.environment).forget(imp.pk)
    return removed, handed_over(lake, imp.pk)


def _count_handed_over(handed: Counter[int]) -> None:
    """Duplicates of an import count as its accepted records once they are handed over to it."""
    done = [Import.State.DONE, Import.State.DONE_WITH_REJECTS]
    for pk, rows in handed.items():
        others = Import.objects.filter(pk=pk, state__in=done)
        others.update(accepted=F("accepted") + rows, duplicates=F("duplicates") - rows)


def discard(imp: Import) -> None:
    """Remove everything of a cancelled import, even if its commit was under way."""
    if imp.state != Import.State.CANCELLED:
        return
    lake = Lake(imp.environment.slug)
    if imp.phase == Import.Phase.COMMITTING:
        try:
            with lake.lock():
                _, handed = _take_out(lake, imp)
        except LakeBusy as reason:  # the sweep asks again
            logger.warning("Import %s waits to be discarded: %s", imp.pk, reason)
            return
        _count_handed_over(handed)
    storage.remove_all(imp)
    Import.objects.filter(pk=imp.pk).update(phase=Import.Phase.WAITING)
