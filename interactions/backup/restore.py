"""Restore a backup into an empty data folder, and keep out people who were erased since it was made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from dojo import environ
from interactions import identity
from interactions.backup import database, places
from interactions.backup import manifest as manifests
from interactions.backup.copies import copy_checked
from interactions.backup.manifest import FILES, OBJECTS, BackupError, BackupManifest, File
from interactions.backup.places import BackupPlace, StorePath, copy
from interactions.backup.replay import Replayed, replay
from interactions.backup.take import SECRETS
from interactions.files import scratch
from interactions.models import Export
from interactions.objects import Objects
from interactions.privacy import journal

_MB: Final = 1 << 20
# These may exist, because Dojo creates them when it starts, or they have no data.
_HARMLESS: Final = frozenset(
    {"identity_key", "secret_key", "logs", "scratch", "staged", "erasures", "redis", "restoring"}
)
_GIVEN_BY_NAME: Final = {"identity_key": "IDENTITY_KEY", "secret_key": "SECRET_KEY"}


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored backup; ``replayed`` is None if there was no journal of erasures."""

    folder: BackupPlace
    manifest: BackupManifest
    replayed: Replayed | None


def restore(source: BackupPlace, say: Callable[[str], object]) -> Restored:
    """Restore the backup at ``source``, or the newest one below it, into the data folder, which must be empty.

    Dojo must not be running there. It can be interrupted and repeated. Raises BackupError, OSError.
    """
    folder = places.newest(source)
    manifest = manifests.read((folder / manifests.NAME).read_bytes(), folder)
    _require_known(manifest)
    _require_same_stores(manifest)
    _require_empty()
    _require_same_identity(folder, manifest)
    settings.RESTORING.touch()
    _copy(folder, manifest, say)
    database.put_back(Path(settings.DATA_DIR) / manifest.database)
    say("Bringing the database up to date…")
    call_command("migrate", interactive=False, verbosity=0)
    Export.objects.all().delete()  # their files aren't part of a backup
    replayed = _brought_up_to_date(folder, manifest.at)
    settings.RESTORING.unlink()
    return Restored(folder, manifest, replayed)


def _require_known(manifest: BackupManifest) -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    apps = {name.partition(".")[0] for name in known}
    newer = [name for name in manifest.migrations if name.partition(".")[0] in apps and name not in known]
    if newer:
        raise BackupError(
            f"This backup was made by Dojo {manifest.version}, whose database is newer than that of "
            f"{settings.VERSION} (it has {newer[-1]}). Restore it with that version."
        )
    if manifest.database != database.kind():
        wanted = (
            "without DATABASE_URL" if manifest.database == manifests.SQLITE else "with a DATABASE_URL of PostgreSQL"
        )
        raise BackupError(f"This backup has another kind of database: restore it {wanted}.")


def _require_same_stores(manifest: BackupManifest) -> None:
    """Raises BackupError if the backup and this Dojo differ in where imports' files are, as their names differ, too."""
    beginnings = {"/".join(name.split("/")[:2]) for name in manifest.files}
    if not settings.UPLOADS_URL and f"{FILES}/{OBJECTS}" in beginnings:
        raise BackupError("This backup's files of imports were in an object store: set UPLOADS_URL to an empty prefix.")
    if settings.UPLOADS_URL and beginnings & {f"{FILES}/uploads", f"{FILES}/imports"}:
        raise BackupError("This backup's files of imports were on a disk: restore it without UPLOADS_URL.")


def _require_empty() -> None:
    data = Path(settings.DATA_DIR)
    if settings.RESTORING.exists():
        _clear(data)
    for url in filter(None, (settings.LAKE_URL, settings.UPLOADS_URL)):
        held = next((key for key, _ in Objects(url).names() if not key.startswith(journal.OBJECTS)), None)
        if held is not None:
            raise BackupError(f"{url} holds {held}: a backup is restored into an empty place. Choose another prefix.")
    there = sorted(path.name for path in data.iterdir() if path.name not in _HARMLESS)
    if there or not database.is_empty():
        what = f"{data} holds {', '.join(there[:3])}" if there else "The database of DATABASE_URL has tables"
        raise BackupError(
            f"{what}: a backup is restored into an empty place. Choose another DOJO_DATA_DIR or database."
        )


def _clear(data: Path) -> None:
    """Remove the leftovers of an interrupted restore. A PostgreSQL database is restored completely or not at all."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in _HARMLESS:
            shutil.rmtree(path)
        elif path.is_file() and path != settings.RESTORING:
            path.unlink()
    for url in filter(None, (settings.LAKE_URL, settings.UPLOADS_URL)):
        objects = Objects(url)
        objects.remove([key for key, _ in objects.names() if not key.startswith(journal.OBJECTS)])


def _require_same_identity(folder: BackupPlace, manifest: BackupManifest) -> None:
    """Raises BackupError if IDENTITY_KEY is set and isn't the backup's, whose hashes of people depend on it."""
    given = environ.text("IDENTITY_KEY")
    if given and identity.check_value(given) != manifest.identity:
        raise BackupError(
            "IDENTITY_KEY is not the one of this backup: people's hashes need another. Give the backup's, which is in "
            f"{folder / 'identity_key'}, or none, and it is put into the data folder."
        )


def _copy(folder: BackupPlace, manifest: BackupManifest, say: Callable[[str], object]) -> None:
    total, done = manifest.size, 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        say(f"Restored {done // _MB:,} of {total // _MB:,} MB…")

    for name, file in manifest.files.items():
        if environ.text(_GIVEN_BY_NAME.get(name, "")):
            continue  # the settings give it
        target = _target(name)
        if isinstance(target, Path):
            copy_checked(folder / name, target, file, tell)
        else:
            _into_store(folder / name, target, file, tell)
        if name == "identity_key":
            identity.use((folder / name).read_text().strip())


def _into_store(source: BackupPlace, target: StorePath, file: File, tell: Callable[[int], object]) -> None:
    """Copy a file by way of this machine, so that only checked content gets into the store."""
    local = scratch() / "restored"
    try:
        copy_checked(source, local, file, tell)
        copy(local, target)
    finally:
        local.unlink(missing_ok=True)


def _target(name: str) -> BackupPlace:
    """Where to restore a file of a backup. Raises BackupError for a path outside the data folder."""
    stores = (
        (settings.LAKE_URL, Path(settings.LAKE_DIR).name),
        (settings.OVERLAPS_URL, Path(settings.OVERLAPS_DIR).name),
        (settings.UPLOADS_URL, OBJECTS),
    )
    for url, folder in stores:
        key = name.removeprefix(f"{FILES}/{folder}/")
        if url and key != name and not {"", ".", ".."} & set(key.split("/")):
            return StorePath(url, key)
    data = Path(settings.DATA_DIR)
    inner = Path(name).relative_to(FILES) if name.startswith(f"{FILES}/") else Path(name)
    target = (data / inner).resolve()
    if not target.is_relative_to(data) or (target.parent == data and name not in (*SECRETS, database.kind())):
        raise BackupError(f"The backup's manifest names {name!r}, which isn't a file of Dojo's.")
    return target


def _brought_up_to_date(folder: BackupPlace, at: datetime) -> Replayed | None:
    """Hide people who were erased since, according to the journals beside the backup and beside the data."""
    ours = journal.path()
    beside = list(journal.texts(str(folder.parent)))
    if settings.LAKE_URL:
        beside += journal.texts(settings.LAKE_URL)
    if not ours.exists() and not beside:
        return None
    ours.parent.mkdir(parents=True, exist_ok=True)
    with ours.open("ab") as all_of_them:
        for text in beside:  # an entry in several journals counts once
            all_of_them.write(b"\n" + text)  # in case the last line is incomplete
    return replay(journal.entries(ours), at)
