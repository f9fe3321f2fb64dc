"""Make a backup while everything runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from dojo.environ import write_durably
from interactions import identity
from interactions.backup import database
from interactions.backup import manifest as manifests
from interactions.backup.copies import copy, files_below
from interactions.backup.manifest import FORMAT, BackupError, BackupManifest, File
from interactions.backup.stage import Lock, stage
from interactions.privacy import journal

SECRETS: Final = ("identity_key", "secret_key", "earlier_identity_keys")
"""Files with keys, which a backup holds: without IDENTITY_KEY, people who were erased could come back."""
_MB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was made: its folder, and what it says of itself."""

    folder: Path
    manifest: BackupManifest


def take(target: Path, lock: Lock, say: Callable[[str], object]) -> Taken:
    """Make a backup in a folder of its own below ``target``, and mirror the journal of erasures there.

    ``lock`` holds a table's write lock; ``say`` hears sentences about how far it is. Raises BackupError, OSError.
    """
    began = timezone.now()
    folder = target / began.strftime("%Y%m%dT%H%M%SZ")
    draft = target / f"{folder.name}.draft"
    if folder.exists():
        raise BackupError(f"{folder} is there already. Try again in a second.")
    draft.mkdir(parents=True)
    try:
        manifest = _fill(draft, lock, say)
        manifests.write(draft, manifest)
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    journal.write()
    journal.mirror(target)
    return Taken(folder, manifest)


def _fill(draft: Path, lock: Lock, say: Callable[[str], object]) -> BackupManifest:
    say("Waiting for a moment between two changes…")
    given_up = BackupError(
        "People's records were erased while the backup was made, so it was given up: it would have held them. "
        "Start it again."
    )
    try:
        with stage(lock) as (staged, versions):
            at = timezone.now()
            paths = files_below(staged)
            _require_room(draft, paths)
            files = _copy(staged, paths, draft, say)
            if not staged.exists():
                raise given_up
    except FileNotFoundError as error:
        raise given_up from error
    for name, text in identity.key_files().items():
        write_durably(draft / name, text)
        files[name] = File(len(text.encode()), sha256(text.encode()).hexdigest())
    return _manifest(at, database.kind(), versions, files)


def _require_room(target: Path, staged: list[Path]) -> None:
    needed = sum(path.stat().st_size for path in staged)
    free = shutil.disk_usage(target).free
    if needed + settings.DISK_RESERVE_BYTES > free:
        raise BackupError(
            f"The backup needs {needed // _MB:,} MB, and {settings.DISK_RESERVE_BYTES // _MB:,} MB have to stay free. "
            f"The disk of {target.parent} has {free // _MB:,} MB. Free up some space, or choose another folder."
        )


def _copy(staged: Path, files: list[Path], draft: Path, say: Callable[[str], object]) -> dict[str, File]:
    total = sum(path.stat().st_size for path in files)
    done = 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        say(f"Copied {done // _MB:,} of {total // _MB:,} MB…")

    return {str(path.relative_to(staged)): copy(path, draft / path.relative_to(staged), tell) for path in files}


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
