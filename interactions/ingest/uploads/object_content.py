"""The file of an upload as objects: one for each request, or several of a large one.

A piece counts once the database says so, with the offset that it moves: of two requests that continue an upload at the
same byte, one does. What else lies there, of requests that were killed or came too late, is ignored and removed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import transaction

from interactions.ingest import own_pieces
from interactions.ingest.objects import objects
from interactions.ingest.uploads.content import UploadHeld, UploadRemoved
from interactions.models import Upload, UploadPiece
from interactions.pieces import Piece
from interactions.warehouse.cache import UPLOADS

PIECE_BYTES: Final = 8 << 20  # held in memory for each request that uploads


class ObjectContent:
    """An upload that is written to; ``position`` is that of the next byte. See ``content.Content``."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._held = bytearray()
        self._written: list[Piece] = []
        self.position = upload.offset

    def append(self, piece: bytes) -> None:
        self._held += piece
        self.position += len(piece)
        if len(self._held) >= PIECE_BYTES:
            self.settle()

    def settle(self) -> None:
        """Return once everything written is durable. Raises ObjectStoreError."""
        if not self._held:
            return
        start = self.position - len(self._held)
        name = f"{start:020d}-{secrets.token_hex(4)}"
        key, content = key_of(self._upload, name), bytes(self._held)
        objects().put(key, content)
        own_pieces.keep(key, start, content)
        self._written.append(Piece(start, len(self._held), name))
        self._held.clear()

    def cut_back(self, length: int) -> None:
        """Forget what was written since the last time that ``own`` was left. ``length`` is the position then."""
        self._held.clear()
        self.discard()
        self.position = length

    @contextmanager
    def own(self) -> Iterator[None]:
        """Have what was written count together with what the database is told inside the context.

        Raises UploadHeld if another request continued the upload meanwhile, UploadRemoved if it is gone.
        """
        with transaction.atomic():
            upload = Upload.objects.select_for_update().filter(pk=self._upload.pk).first()
            if upload is None:
                raise UploadRemoved("The file of this upload was removed.")
            begin = self._written[0].start if self._written else self.position
            if upload.offset != begin:
                raise UploadHeld("The upload continued on another connection.")
            # Whoever removes what doesn't count holds this row, too.
            if not all(objects().exists(key_of(upload, piece.key)) for piece in self._written):
                raise UploadHeld("What was sent was removed, as people were erased. Send it again.")
            UploadPiece.objects.filter(upload=upload, start__gte=begin).delete()
            rows = (UploadPiece(upload=upload, start=p.start, size=p.size, name=p.key) for p in self._written)
            UploadPiece.objects.bulk_create(rows)
            self._written = []  # not to be discarded, even if nobody knows whether the commit went through
            yield

    def discard(self) -> None:
        """Remove what was written and doesn't count."""
        keys = [key_of(self._upload, piece.key) for piece in self._written]
        objects().remove(keys)
        own_pieces.drop(keys)
        self._written = []


@contextmanager
def hold(upload: Upload) -> Iterator[ObjectContent]:
    """Write to an upload; what doesn't count in the end is removed."""
    content = ObjectContent(upload)
    try:
        yield content
    finally:
        content.discard()


def folder_of(upload: Upload) -> str:
    return f"{UPLOADS}/{upload.token}"


def key_of(upload: Upload, name: str) -> str:
    return f"{folder_of(upload)}/{name}"


def pieces_of(upload: Upload) -> tuple[Piece, ...]:
    """The pieces that count, in order."""
    rows = upload.pieces.filter(start__lt=upload.offset).order_by("start")
    return tuple(Piece(row.start, row.size, key_of(upload, row.name)) for row in rows)


def remove_strays(upload: Upload) -> int:
    """Remove the objects of an upload that don't count; how many there were."""
    with transaction.atomic():
        Upload.objects.select_for_update().filter(pk=upload.pk).first()
        upload.refresh_from_db(fields=["offset"])
        counted = {piece.key for piece in pieces_of(upload)}
        strays = [key for key, _ in objects().names(folder_of(upload)) if key not in counted]
        objects().remove(strays)
        own_pieces.drop(strays)
    return len(strays)


def remove(upload: Upload) -> None:
    """Remove all of an upload, from now on there is no file."""
    upload.pieces.all().delete()
    objects().remove_below(folder_of(upload))
    own_pieces.forget(upload)
