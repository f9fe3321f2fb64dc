"""Make a backup while everything runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from interactions import identity
from interactions.backup import database, places
from interactions.backup import manifest as manifests
from interactions.backup.copies import files_below
from interactions.backup.manifest import FORMAT, BackupError, BackupManifest, File
from interactions.backup.places import BackupPlace, copy
from interactions.backup.stage import Lock, Sources, stage
from interactions.privacy import journal

SECRETS: Final = ("identity_key", "secret_key", "earlier_identity_keys")
"""Files with keys, which are part of a backup: without IDENTITY_KEY, people who were erased could come back."""
_MB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made: its folder and its manifest."""

    folder: BackupPlace
    manifest: BackupManifest


def take(target: BackupPlace, lock: Lock, say: Callable[[str], object]) -> Taken:
    """Make a backup in a new folder below ``target``, and mirror the journal of erasures there.

    ``lock`` takes a table's write lock; ``say`` is called with sentences about the progress. Raises BackupError,
    OSError.
    """
    folder = target / places.stamp(timezone.now())
    with places.filled(folder) as draft:
        manifest = _fill(draft, lock, say)
        places.write(draft / manifests.NAME, manifests.encoded(manifest))
    journal.write()
    journal.mirror(str(target))
    return Taken(folder, manifest)


def _fill(draft: BackupPlace, lock: Lock, say: Callable[[str], object]) -> BackupManifest:
    say("Waiting for a moment between two changes…")
    given_up = BackupError(
        "People's records were erased while the backup was made, so it was stopped: it would still contain them. "
        "Start it again."
    )
    try:
        with stage(lock) as (staged, versions, objects):
            at = timezone.now()
            sources: Sources = {
                str(path.relative_to(staged)): (path, path.stat().st_size) for path in files_below(staged)
            }
            sources |= objects
            _require_room(draft, sum(size for _, size in sources.values()))
            files = _copy(sources, draft, staged, say)
            if not staged.exists():
                raise given_up
    except FileNotFoundError as error:
        raise given_up from error
    for name, text in identity.key_files().items():
        files[name] = places.put_secret(draft / name, text)
    return _manifest(at, database.kind(), versions, files)


def _require_room(target: BackupPlace, needed: int) -> None:
    if not isinstance(target, Path):
        return
    free = shutil.disk_usage(target).free
    if needed + settings.DISK_RESERVE_BYTES > free:
        raise BackupError(
            f"The backup needs {needed // _MB:,} MB, and {settings.DISK_RESERVE_BYTES // _MB:,} MB have to stay free. "
            f"The disk of {target.parent} has {free // _MB:,} MB. Free up some space, or choose another folder."
        )


def _copy(sources: Sources, draft: BackupPlace, staged: Path, say: Callable[[str], object]) -> dict[str, File]:
    """Copy each source to its path in the backup; copies from store to store go through the folder ``staged``."""
    total = sum(size for _, size in sources.values())
    done = 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        say(f"Copied {done // _MB:,} of {total // _MB:,} MB…")

    files = {}
    for name, (source, _) in sources.items():
        if isinstance(source, Path):
            files[name] = copy(source, draft / name, tell)
        else:
            local = staged / "copied"
            copy(source, local)
            files[name] = copy(local, draft / name, tell)
            local.unlink()
    return files


def _manifest(at: datetime, kind: str, versions: Mapping[str, int], files: dict[str, File]) -> BackupManifest:
    applied = MigrationRecorder(connection).applied_migrations()
    return BackupManifest(
        format=FORMAT,
        version=settings.VERSION,
        at=at,
        database=kind,
        migrations=tuple(sorted(f"{app}.{name}" for app, name in applied)),
        identity=identity.keyring().check,
        tables=versions,
        files=files,
    )
