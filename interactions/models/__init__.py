"""The database's models. They describe the data; the interactions themselves are in the lake."""

from interactions.models.access import ApiKey
from interactions.models.activity import ActivityEntry
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
from interactions.models.privacy import (
    DeletionRequest,
    DeletionStep,
    RequestedLetter,
    RequestedLink,
    RequestedPerson,
    RetentionRun,
    Tombstone,
)
from interactions.models.streams import Stream, StreamKind, StreamPosition

__all__ = [
    "ActivityEntry",
    "ApiKey",
    "Block",
    "Connection",
    "DeletionRequest",
    "DeletionStep",
    "Environment",
    "EventCount",
    "EventType",
    "Export",
    "IdentityKey",
    "Import",
    "ImportedEvents",
    "InboxBatch",
    "InboxEntry",
    "KeptEvent",
    "LakeId",
    "Membership",
    "Problem",
    "Pull",
    "PulledDay",
    "RequestedLetter",
    "RequestedLink",
    "RequestedPerson",
    "RetentionRun",
    "SkippedEvents",
    "SourceMapping",
    "Stream",
    "StreamKind",
    "StreamPosition",
    "Tombstone",
    "Upload",
    "UploadPiece",
]
