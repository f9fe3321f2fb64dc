"""A folder of small files that all machines have: kept in a store, with a copy on each. Without a store, a folder."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from interactions.objects import Objects

_DEAD_SECONDS: Final = 3600.0  # without a write
_FRESH_SECONDS: Final = 10.0

_fetched: dict[tuple[Path, str], tuple[int, float]] = {}  # for which version, and when by time.monotonic()


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """The folder that is kept below ``url``, and whose copy is ``folder``. With an empty ``url`` that is all there is.

    Raises OSError where the store is away.
    """

    folder: Path
    url: str

    def fetch(self) -> None:
        """Bring the copy up to date."""
        if not self.url:
            return
        tags, known = Objects(self.url).tags(), self._known()
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, tag in tags.items():
            if known.get(name) != tag or not (self.folder / name).exists():
                self._fetch(name)
        self._note(tags)
        for path in self.folder.iterdir():
            if path.name not in tags and not _is_written_to(path):
                path.unlink(missing_ok=True)

    def fetch_for(self, version: int) -> None:
        """The same for callers that ask each second: only for another version, or after a while.

        What belongs to a version of the table is put before its commit.
        """
        key, now = (self.folder, self.url), time.monotonic()
        known, at = _fetched.get(key, (version - 1, now))
        if known != version or now - at > _FRESH_SECONDS:
            self.fetch()
            _fetched[key] = version, now

    def put(self, draft: Path, name: str) -> None:
        """Have a file that was written in the folder be the one of this name, for all machines."""
        if self.url:
            # First: a copy of what isn't in the store would be removed by others of this machine.
            Objects(self.url).put(name, draft)
        draft.replace(self.folder / name)

    def remove(self, name: str) -> None:
        """Remove a file, which need not be there."""
        if self.url:
            Objects(self.url).remove([name])
        (self.folder / name).unlink(missing_ok=True)

    def catch_up(self) -> None:
        """Leave nothing here that isn't in the store; nothing at all where it's away."""
        try:
            self.fetch()
        except OSError:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _fetch(self, name: str) -> None:
        draft = self.folder / f"{name}.{secrets.token_hex(4)}.fetched"
        try:
            with suppress(FileNotFoundError):  # removed meanwhile
                Objects(self.url).fetch(name, draft)
                draft.replace(self.folder / name)
        finally:
            draft.unlink(missing_ok=True)

    @property
    def _known_path(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.fetched.json")

    def _known(self) -> dict[str, str]:
        """The tags of what was fetched last."""
        try:
            return msgspec.json.decode(self._known_path.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.MsgspecError):
            return {}

    def _note(self, tags: Mapping[str, str]) -> None:
        draft = self._known_path.with_name(f"{self._known_path.name}.{secrets.token_hex(4)}")
        draft.write_bytes(msgspec.json.encode(tags))
        draft.replace(self._known_path)


def _is_written_to(path: Path) -> bool:
    """Whether a process may be at work on it; those of killed ones are older."""
    try:
        return path.suffix in (".draft", ".fetched") and path.stat().st_mtime > time.time() - _DEAD_SECONDS
    except FileNotFoundError:
        return True
