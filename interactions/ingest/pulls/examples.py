"""Keep examples of a pulled day's skipped and refused events, for the connection's page."""

from __future__ import annotations

from contextlib import suppress

from django.utils import timezone

from interactions import privacy, unpack
from interactions.errors import FileRefused
from interactions.ingest.connections.accept import keep_unstored
from interactions.ingest.connections.read import read
from interactions.ingest.imports import storage
from interactions.ingest.imports.events import options_of
from interactions.ingest.imports.form import opened
from interactions.models import Connection, Import

_HEAD = 256 << 10  # bytes searched per day


def keep_examples(connection: Connection, imp: Import) -> None:
    """Keep examples from the beginning of a pulled file."""
    if imp.state != Import.State.CHECKING:
        return
    with suppress(FileRefused, FileNotFoundError), opened(storage.upload_path(imp)) as file:
        text = unpack.read_head(file, _HEAD).getvalue()
        lines = text if file.is_read() else text[: text.rfind(b"\n") + 1]
        arrived = read(connection.source, lines, options_of(imp))
        keep_unstored(connection, timezone.now(), arrived, privacy.refused(connection.environment_id))
