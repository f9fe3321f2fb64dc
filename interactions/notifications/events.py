"""The events that members and channels can be told about."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from interactions.access.roles import Right


class NotifiedEvent(StrEnum):
    """An event. Its value is in the database and in what webhooks receive."""

    IMPORT_FINISHED = "import_finished"
    IMPORT_FAILED = "import_failed"
    HEALTH_FELL = "health_fell"
    LIVE_QUIET = "live_quiet"
    MANY_REFUSED = "many_refused"
    DELETION_DUE = "deletion_due"
    DELETION_VERIFIED = "deletion_verified"
    DISK_LOW = "disk_low"
    EXPORT_FAILED = "export_failed"
    WEEKLY = "weekly_summary"
    TEST = "test"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def summary(self) -> str:
        """When it's sent, as a sentence without its period."""
        return _SUMMARIES[self]

    @property
    def right(self) -> Right:
        """The right that a member needs to receive it."""
        return _RIGHTS.get(self, Right.LOOK)


_LABELS: Final = {
    NotifiedEvent.IMPORT_FINISHED: "Import finished",
    NotifiedEvent.IMPORT_FAILED: "Import failed",
    NotifiedEvent.HEALTH_FELL: "Health fell",
    NotifiedEvent.LIVE_QUIET: "No live records",
    NotifiedEvent.MANY_REFUSED: "Many records refused",
    NotifiedEvent.DELETION_DUE: "Deletion due",
    NotifiedEvent.DELETION_VERIFIED: "Deletion verified",
    NotifiedEvent.DISK_LOW: "Disk low",
    NotifiedEvent.EXPORT_FAILED: "Scheduled export failed",
    NotifiedEvent.WEEKLY: "Weekly summary",
    NotifiedEvent.TEST: "Test",
}
_SUMMARIES: Final = {
    NotifiedEvent.IMPORT_FINISHED: "A file, or a pulled day, is in the data set",
    NotifiedEvent.IMPORT_FAILED: "It stopped or was refused, and needs attention",
    NotifiedEvent.HEALTH_FELL: "The verdict of the Health page got worse, or recovered",
    NotifiedEvent.LIVE_QUIET: "No records for a number of minutes that owners choose, after some had arrived",
    NotifiedEvent.MANY_REFUSED: "More than a share that owners choose, in an import or in the last hour's calls",
    NotifiedEvent.DELETION_DUE: "A deletion request ends in three days or is overdue",
    NotifiedEvent.DELETION_VERIFIED: "People were erased, and every store was counted again",
    NotifiedEvent.DISK_LOW: "Imports, uploads and exports will soon have to wait for space",
    NotifiedEvent.EXPORT_FAILED: "A run couldn't write its files; Dojo tries again",
    NotifiedEvent.WEEKLY: "Mondays at 08:00",
    NotifiedEvent.TEST: "Somebody pressed Send test",
}
_RIGHTS: Final = {
    NotifiedEvent.DELETION_DUE: Right.PRIVACY,
    NotifiedEvent.DELETION_VERIFIED: Right.PRIVACY,
    NotifiedEvent.DISK_LOW: Right.SETTINGS,
    NotifiedEvent.EXPORT_FAILED: Right.SETTINGS,
}

CHOICES: Final[tuple[NotifiedEvent, ...]] = tuple(
    event for event in NotifiedEvent if event not in (NotifiedEvent.WEEKLY, NotifiedEvent.TEST)
)
"""The events that can be chosen one by one."""


def chosen(names: list[str]) -> list[str]:
    """The names among ``names`` that are of CHOICES, in their order."""
    return [event.value for event in CHOICES if event.value in names]
