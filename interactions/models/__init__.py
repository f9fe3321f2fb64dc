"""The database's models. They describe the data; the interactions themselves are in the lake."""

from interactions.models.access import ApiKey
from interactions.models.activity import ActivityEntry
from interactions.models.annotations import Annotation
from interactions.models.cohort import Cohort
from interactions.models.connections import Connection, EventCount, EventType, KeptEvent, Pull, PulledDay
from interactions.models.environment import Environment
from interactions.models.exports import Export
from interactions.models.identity import IdentityKey
from interactions.models.imports import (
    Block,
    Import,
    ImportedEvents,
    Problem,
    SkippedEvents,
    SourceMapping,
    Upload,
    UploadPiece,
)
from interactions.models.lake import LakeId
from interactions.models.live import InboxBatch, InboxEntry
from interactions.models.members import Membership
from interactions.models.notifications import (
    Alarm,
    Notification,
    NotificationChannel,
    NotificationDelivery,
    NotificationRules,
)
from interactions.models.preferences import Preference
from interactions.models.privacy import (
    DeletionRequest,
    DeletionStep,
    RequestedLetter,
    RequestedLink,
    RequestedPerson,
    RetentionRun,
    Tombstone,
)
from interactions.models.product_names import ProductNameBlock, ProductNameList
from interactions.models.saved_views import SavedView
from interactions.models.schedules import ExportSchedule, ScheduledImport, ScheduledRun
from interactions.models.share_links import ShareLink
from interactions.models.streams import Stream, StreamKind, StreamPosition

__all__ = [
    "ActivityEntry",
    "Alarm",
    "Annotation",
    "ApiKey",
    "Block",
    "Cohort",
    "Connection",
    "DeletionRequest",
    "DeletionStep",
    "Environment",
    "EventCount",
    "EventType",
    "Export",
    "ExportSchedule",
    "IdentityKey",
    "Import",
    "ImportedEvents",
    "InboxBatch",
    "InboxEntry",
    "KeptEvent",
    "LakeId",
    "Membership",
    "Notification",
    "NotificationChannel",
    "NotificationDelivery",
    "NotificationRules",
    "Preference",
    "Problem",
    "ProductNameBlock",
    "ProductNameList",
    "Pull",
    "PulledDay",
    "RequestedLetter",
    "RequestedLink",
    "RequestedPerson",
    "RetentionRun",
    "SavedView",
    "ScheduledImport",
    "ScheduledRun",
    "ShareLink",
    "SkippedEvents",
    "SourceMapping",
    "Stream",
    "StreamKind",
    "StreamPosition",
    "Tombstone",
    "Upload",
    "UploadPiece",
]
