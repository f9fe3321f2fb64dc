"""The register of all places that may hold personal data: each can be erased from, or says why it needn't be.

A test compares it with every model, every family of keys in Redis, and every entry of the data folder.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from django.apps import apps
from django.conf import settings

from interactions import exports, identity, process_caches
from interactions.analytics import keeper
from interactions.contract.tombstones import ErasedPeople, Person, Tombstones
from interactions.exports import schedule
from interactions.ingest.connections import kept
from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.ingest.imports.erased import count_in, leave_out_of
from interactions.ingest.imports.rejects import Named
from interactions.ingest.live import calls
from interactions.models import Block, Environment, Import
from interactions.privacy import (
    cohorts,
    database_log,
    entries,
    kept_views,
    names,
    refusals,
    remains,
    said_names,
    schedules,
    staged,
    uploaded,
    wishes,
)
from interactions.warehouse import people as lake_people
from interactions.warehouse.copies import forget_copies
from interactions.warehouse.lake import Lake
from interactions.warehouse.overlaps import Overlaps
from interactions.warehouse.rewrite import Tell

Count: TypeAlias = Callable[[Environment, Tombstones], Counter[Person]]
Held: TypeAlias = Callable[[Environment, Tombstones], set[Person]]
Erase: TypeAlias = Callable[[Environment, Tombstones, Tell], None]

SETTLE_SECONDS = 1.0  # after which a call that was answered is in the ring


@dataclass(frozen=True, slots=True)
class Store:
    """One place that holds personal data.

    ``count`` counts the records of these people in it, by person, or of ``Person()`` if that's unknown. ``erase``
    removes them, reports progress, and can be repeated. If ``locked``, both need the lake's write lock. If files or
    calls are counted, ``held`` returns the people named in them. ``holds`` lists its models by label, Redis keys as
    ``redis:<family>``, and entries of the data folder as ``<name>/``.
    """

    name: str
    holds: tuple[str, ...]
    erase: Erase
    count: Count
    locked: bool = False
    held: Held | None = None


def _count_lake(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    return lake_people.count(Lake(environment.slug), tombstones)


def _erase_lake(environment: Environment, tombstones: Tombstones, tell: Tell) -> None:
    lake_people.erase(Lake(environment.slug), tombstones, tell)


def _count_overlaps(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    return Overlaps(environment.slug).count(tombstones)


def _count_copies(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Not by person where another node may still have some."""
    found = lake_people.count_copies(environment.slug, tombstones)
    return found + _count_memory(environment, tombstones) if settings.LAKE_URL else found


def _erase_copies(_: Environment, __: Tombstones, ___: Tell) -> None:
    """Copies of a lake that is no longer used are this machine's alone."""
    if settings.LAKE_URL:
        process_caches.empty_everywhere()
    else:
        forget_copies()


def _erase_overlaps(environment: Environment, tombstones: Tombstones, _: Tell) -> None:
    Overlaps(environment.slug).remove(tombstones.mask)


def _count_fingerprints(environment: Environment, _: Tombstones) -> Counter[Person]:
    """Fingerprints of records that aren't in the table any more, of unknown people."""
    left = FingerprintIndex(environment.slug).count_dead(Lake(environment.slug).parts())
    return Counter({Person(): left} if left else {})


def _erase_fingerprints(environment: Environment, _: Tombstones, tell: Tell) -> None:
    index = FingerprintIndex(environment.slug)
    index.refresh(*Lake(environment.slug).state(), lambda: tell(0, 1))
    index.purge()


def _count_index(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Events of these people in the index, including hidden ones; not by person."""
    left = keeper.count(environment.slug, tombstones)
    return Counter({Person(): left} if left else {})


def _erase_index(environment: Environment, tombstones: Tombstones, _: Tell) -> None:
    keeper.erase(environment.slug, tombstones)


def _unfinished(environment: Environment) -> list[Import]:
    """Imports whose blocks may have files: running ones, and failed ones kept for a retry."""
    states = [Import.State.LOADING, Import.State.FAILED]
    return list(Import.objects.filter(environment=environment, state__in=states))


def _count_running(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    found: Counter[Person] = Counter()
    for imp in _unfinished(environment):
        people = Named(tombstones, imp.created_at, identity.keyring(), conservative=True)
        for block in imp.blocks.filter(state=Block.State.DONE).select_related("of"):
            try:
                found += count_in(block, people)
            except FileNotFoundError:  # cancelled meanwhile
                continue
    return found


def _erase_running(environment: Environment, tombstones: Tombstones, _: Tell) -> None:
    for imp in _unfinished(environment):
        leave_out_of(imp, tombstones)


def _count_ring(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Not by person. Calls after the request don't count."""
    left = calls.count_users(
        environment.slug, ErasedPeople(tombstones, identity.keyring()), before=tombstones.last_asked + 1
    )
    return Counter({Person(): left} if left else {})


def _held_in_ring(environment: Environment, tombstones: Tombstones) -> set[Person]:
    people = ErasedPeople(tombstones, identity.keyring())
    calls.count_users(environment.slug, people, before=tombstones.last_asked + 1)
    return people.met


def _erase_ring(environment: Environment, tombstones: Tombstones, _: Tell) -> None:
    time.sleep(min(SETTLE_SECONDS, max(0.0, tombstones.last_asked / 1e6 + SETTLE_SECONDS - time.time())))
    calls.erase_users(environment.slug, ErasedPeople(tombstones, identity.keyring()))


def _empty_memory(_: Environment, __: Tombstones, ___: Tell) -> None:
    process_caches.empty_everywhere()


def _count_memory(_: Environment, __: Tombstones) -> Counter[Person]:
    """The number of processes that may still have cached data; not by person."""
    left = process_caches.behind()
    return Counter({Person(): left} if left else {})


def _clear_database(_: Environment, __: Tombstones, ___: Tell) -> None:
    labels = {held for store in STORES for held in store.holds if held.startswith("interactions.")}
    database_log.clear([apps.get_model(label)._meta.db_table for label in sorted(labels)])


def _count_exports(environment: Environment, tombstones: Tombstones) -> Counter[Person]:
    """Exports started before the last of these people's requests may contain them."""
    moment = _last_asked(tombstones)
    left = exports.count_before(environment, moment) + schedule.writing_before(environment, moment)
    return Counter({Person(): left} if left else {})


def _erase_exports(environment: Environment, tombstones: Tombstones, _: Tell) -> None:
    exports.forget_before(environment, _last_asked(tombstones))
    schedule.forget_drafts(environment, _last_asked(tombstones))


def _last_asked(tombstones: Tombstones) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=tombstones.last_asked)


def _nothing(_: Environment, __: Tombstones) -> Counter[Person]:
    return Counter()


def _silent(erase: Callable[[Environment, Tombstones], None]) -> Erase:
    return lambda environment, tombstones, _: erase(environment, tombstones)


# In the order of erasure: records move from imports and the inbox into the lake, never back, and only with the lock.
# Redis's file is rewritten after its keys, and the database's log is emptied after its rows.
STORES = (
    Store(
        "running imports",
        ("interactions.Problem", "interactions.Block", "imports/"),
        _erase_running,
        _count_running,
        locked=True,
    ),
    Store("inbox", ("interactions.InboxEntry",), _silent(entries.erase), entries.count, locked=True),
    Store("data set", ("lake/",), _erase_lake, _count_lake, locked=True),
    # After the data set: fingerprints of what was removed there are removed.
    Store("fingerprints", ("fingerprints/",), _erase_fingerprints, _count_fingerprints, locked=True),
    Store("records left out of imports", ("overlaps/",), _erase_overlaps, _count_overlaps, locked=True),
    # After the data set and the lists: each node forgets the copies of what is gone from the store.
    Store("copies of the data set", ("cache/",), _erase_copies, _count_copies),
    # After the data set, so that no part with their records can be read any more.
    Store("event index", ("index/",), _erase_index, _count_index),
    # After all that is copied from: a backup that is being made is given up.
    Store("backups that are being made", ("staged/",), _silent(staged.erase), staged.count),
    Store("exports", ("interactions.Export", "exports/"), _erase_exports, _count_exports),
    Store("refused records", ("interactions.Problem", "imports/"), _silent(refusals.erase), refusals.count),
    # Where UPLOADS_URL is given, objects there instead of both folders. Nodes' copies of them go with the memory.
    Store("uploaded files", ("uploads/", "imports/"), _silent(uploaded.erase), uploaded.count, held=uploaded.held),
    Store(
        "requests in preparation",
        ("interactions.RequestedPerson", "interactions.RequestedLink"),
        _silent(names.erase),
        names.count,
    ),
    Store(
        "names in data",
        (
            "interactions.Block",
            "interactions.EventCount",
            "interactions.EventType",
            "interactions.Import",
            "interactions.ImportedEvents",
            "interactions.Problem",
            "interactions.SkippedEvents",
            "interactions.SourceMapping",
        ),
        _silent(said_names.erase),
        said_names.count,
    ),
    Store("cohorts", ("interactions.Cohort",), _silent(cohorts.erase), cohorts.count),
    Store(
        "views, links and notes",
        ("interactions.Annotation", "interactions.SavedView", "interactions.ShareLink"),
        _silent(kept_views.erase),
        kept_views.count,
    ),
    Store("filters of schedules", ("interactions.ExportSchedule",), _silent(schedules.erase), schedules.count),
    Store("letters to be made", ("interactions.RequestedLetter",), _silent(wishes.erase), wishes.count),
    Store("events of connections", ("interactions.KeptEvent",), _silent(kept.erase), kept.count),
    Store("summaries", ("summaries/", "redis:answers"), _silent(remains.erase), remains.count),
    # After everything that is cached: queries that are running end before their process clears its caches.
    Store("memory of processes", ("memory/",), _empty_memory, _count_memory),
    Store("live calls", ("redis:live", "redis/"), _erase_ring, _count_ring, held=_held_in_ring),
    Store("database log", ("dojo.sqlite3/",), _clear_database, _nothing),
)

# Places that hold records where Dojo can't erase anybody, and why. Receipts list them (exports.schedule.out_of_reach).
OUT_OF_REACH = {
    "exports-scheduled/": "What scheduled exports wrote, here or in EXPORT_ROOT: whoever reads it erases from it.",
    "object stores of scheduled exports": "The same, in other people's buckets.",
}

# Places without personal data of people in the data set, and why.
NOT_PERSONAL = {
    "logs/": "No log says an id.",
    "scratch/": "What engines put aside while they work; parts of the inbox are swept away by the next append.",
    "erasures/": "Keyed hashes, as tombstones: what is restored from a backup is brought up to date by them.",
    "restoring/": "That a restore was begun, and isn't done.",
    "secret_key/": "A key.",
    "identity_key/": "A key.",
    "earlier_identity_keys/": "Keys.",
    "interactions.IdentityKey": "What tells keys apart.",
    "interactions.LakeId": "A random number.",
    "interactions.Environment": "Names that we gave.",
    "interactions.Upload": "A file's name, size and place.",
    "interactions.UploadPiece": "Sizes, and names of objects.",
    "interactions.ProductNameList": "A file's name, and counts.",
    "interactions.ProductNameBlock": "What products are called.",
    "interactions.ApiKey": "Keys of programs.",
    "interactions.Connection": "What a tool was named, its hashed token and its encrypted secret.",
    "interactions.Pull": "A tool's encrypted key, and when its events are pulled.",
    "interactions.PulledDay": "Days, and which imports brought their events.",
    "interactions.Stream": "Where messages are read from.",
    "interactions.StreamPosition": "Topics, partitions and numbers.",
    "interactions.Membership": "Those who work with Dojo, and as what.",
    "interactions.Preference": "Which columns a user of Dojo has chosen for a page.",
    "interactions.ActivityEntry": "What those who work with Dojo did; people in the data are keyed hashes in it.",
    "interactions.Alarm": "Which condition lasts.",
    "interactions.InboxBatch": "Numbers.",
    "interactions.Notification": "What happened, in numbers and ids of rows.",
    "interactions.NotificationChannel": "Encrypted addresses of those who work with Dojo, and of other tools.",
    "interactions.NotificationDelivery": "Who was told of what, and with which result.",
    "interactions.NotificationRules": "Limits.",
    "interactions.ScheduledImport": "Which imports were exported.",
    "interactions.ScheduledRun": "Counts and times.",
    "interactions.DeletionRequest": "Counts and times; its tombstones name the people.",
    "interactions.DeletionStep": "What was done to a request, and who did it.",
    "interactions.RetentionRun": "Counts and times.",
    "interactions.Tombstone": "Keyed hashes, which must stay to keep people from coming back.",
    "auth.User": "Dojo's users, not people in the data.",
    "auth.Group": "Names of roles.",
    "auth.Permission": "Names of rights.",
    "contenttypes.ContentType": "Names of models.",
    "sessions.Session": "Log-ins of Dojo's users.",
    "account.EmailAddress": "E-mail addresses of Dojo's users.",
    "account.EmailConfirmation": "Links to confirm them; none are made.",
    "socialaccount.SocialApp": "Log-in providers; the settings name them instead.",
    "socialaccount.SocialAccount": "As whom Dojo's users are known to a provider.",
    "socialaccount.SocialToken": "None are kept.",
    "usersessions.UserSession": "Browsers and networks of Dojo's users.",
    "mfa.Authenticator": "Encrypted secrets and public keys of Dojo's users.",
    "admin.LogEntry": "What Dojo's users did to rows without personal data.",
    "redis:lake": "The write lock, and which version of the table is the newest.",
    "redis:index": "Which machine makes an index, and the number of its last version.",
    "redis:caches": "Which processes have cleared their caches.",
    "redis:workers": "Signs of life.",
    "redis:calls": "How many calls a key made in a minute.",
    "redis:requests": "How many requests of a route took how long.",
    "redis:forms": "Which forms for a key were sent, by a number made for each.",
    "redis:log-ins": "Failed log-ins, and codes that were used, by keyed hashes of those who work with Dojo.",
    "redis:links": "How many wrong share links an address tried, by a keyed hash of it.",
    "redis:celery": "Tasks: names and row numbers.",
}

# The families of keys in Redis, by prefix.
FAMILIES = {
    "dojo:1:answer:": "redis:answers",
    "dojo:1:base:": "redis:answers",
    "dojo:live:": "redis:live",
    "dojo:lake:": "redis:lake",
    "dojo:table:": "redis:lake",
    "dojo:index:": "redis:index",
    "dojo:caches:": "redis:caches",
    "dojo:workers": "redis:workers",
    "dojo:inbox": "redis:workers",
    "dojo:calls:": "redis:calls",
    "dojo:requests": "redis:requests",
    "dojo:1:form:": "redis:forms",
    "dojo:1:share-link:": "redis:links",
    "dojo:1:log-in:": "redis:log-ins",
    "_kombu.": "redis:celery",
    "unacked": "redis:celery",
    "dojo": "redis:celery",  # the name of the queue
    "dojo\x06": "redis:celery",  # the queue's priorities
}
