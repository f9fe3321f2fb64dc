"""Take the records of an import out of the data set again: of one that is undone, or cancelled at its very end."""

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
    """Remove the records of the import from the data set, but for those that others sent as well, which become theirs.

    A repeat finds none and only says so.
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
    """How many records would go if the import were undone now, and how many would stay, as others sent them as well.

    Raises DataSetBusy.
    """
    lake = Lake(imp.environment.slug)

    def look() -> tuple[int, int]:
        stay = plan(lake, imp.pk).rows
        return lake.rows_of(imp.pk) - stay, stay

    return steady(look)


def _take_out(lake: Lake, imp: Import) -> tuple[Removed, Counter[int]]:
    """Also answers how many records stay, by the import that they belong to now. The lake's lock is held."""
    removed = remove_import(lake, imp.pk, plan(lake, imp.pk))
    Overlaps(lake.environment).forget(imp.pk)
    return removed, handed_over(lake, imp.pk)


def _count_handed_over(handed: Counter[int]) -> None:
    """Records that were left out of an import as duplicates count as accepted from it, once they are its own."""
    done = [Import.State.DONE, Import.State.DONE_WITH_REJECTS]
    for pk, rows in handed.items():
        others = Import.objects.filter(pk=pk, state__in=done)
        others.update(accepted=F("accepted") + rows, duplicates=F("duplicates") - rows)


def discard(imp: Import) -> None:
    """Leave nothing of a cancelled import, even where its commit was under way."""
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
