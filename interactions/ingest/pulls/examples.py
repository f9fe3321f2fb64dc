"""Examples of a day's events that stand for no interaction, or are refused: the page of the connection shows them."""

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

_HEAD = 256 << 10  # bytes of a day that are looked through


def keep_examples(connection: Connection, imp: Import) -> None:
    """Look through the beginning of a pulled file."""
    if imp.state != Import.State.CHECKING:
        return
    with suppress(FileRefused, FileNotFoundError), opened(storage.upload_path(imp)) as file:
        text = unpack.read_head(file, _HEAD).getvalue()
        lines = text if file.is_read() else text[: text.rfind(b"\n") + 1]
        arrived = read(connection.source, lines, options_of(imp))
        keep_unstored(connection, timezone.now(), arrived, privacy.refused(connection.environment_id))
