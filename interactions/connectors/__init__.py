"""Convert other tools' events, from files, webhooks or streams, to interactions in Dojo's format.

This package only converts. The codec validates the resulting records like any others.

>>> import io
>>> from interactions.connectors import records, recognised
>>> line = (
...     b'{"event":"Product Viewed","properties":'
...     b'{"time":1793613600,"distinct_id":"ann","$insert_id":"i1","product_id":7}}'
... )
>>> found = recognised(line)
>>> found.source.TITLE, found.names.most_common(), found.asks
('Mixpanel', [('Product Viewed', 1)], ('zone',))
>>> chunk, = records(found.source, io.BytesIO(line))
>>> chunk.records, chunk.lines[:49]
(1, b'{"type":"product_detail_page_view","user_id":"ann')
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from interactions.connectors import (
    amplitude,
    dojo,
    ga4,
    mixpanel,
    posthog,
    segment,
    shopify,
    shopify_pixel,
    woocommerce,
)
from interactions.connectors.privacy import PrivacyRequest, Wish, privacy_request
from interactions.connectors.source import Chunk, EventOrigin, Json, Options, Recognised, Skipped, Source

if TYPE_CHECKING:
    from interactions.codec.split.windows import ByteRange
    from interactions.connectors.body import Event

__all__ = [
    "SOURCES",
    "Chunk",
    "EventOrigin",
    "Options",
    "PrivacyRequest",
    "Recognised",
    "Skipped",
    "Source",
    "Wish",
    "events_of",
    "first_documents",
    "privacy_request",
    "recognised",
    "records",
]

#: All sources by name, the most specific first. To add one, add it here (docs/connectors.md).
SOURCES: Mapping[str, Source] = {
    source.NAME: source
    for source in (segment, mixpanel, amplitude, posthog, ga4, woocommerce, shopify, shopify_pixel, dojo)
}

_SURE = 0.5  # the share of the first documents that must be the source's
_FIRST = 1000  # how many documents are used to recognize a file
_DEFAULT = Options()
_LONGEST = 16 << 20


def recognised(head: bytes, file_name: str = "", *, is_whole: bool = True) -> Recognised | None:
    """Recognize the source of a file or body from its (decompressed) beginning; None if it's unknown.

    With ``is_whole`` the text is complete, so its last document counts even without a line break after it.
    """
    documents = first_documents(head, is_whole=is_whole)
    best, confidence = None, 0.0
    for source in SOURCES.values():
        sure = source.recognise(documents[:_FIRST])
        if sure > max(confidence, _SURE - 1e-9):
            best, confidence = source, sure
    if best is None:
        return None
    found = [event for document in documents for event in best.events(document) if isinstance(event, dict)]
    return Recognised(best, confidence, len(found), Counter(map(best.name_of, found)), best.ASKS)


def records(
    source: Source,
    file: BinaryIO,
    options: Options = _DEFAULT,
    *,
    run: ByteRange | None = None,
    longest: int = _LONGEST,
) -> Iterator[Chunk]:
    """Convert the events in a file of JSON documents, about a megabyte at a time, in constant memory.

    ``run`` is the byte range to read, by default the whole file. Documents longer than ``longest`` bytes are rejected.
    Raises ``windows.Unsound`` if the end of the range isn't a document boundary.
    """
    from interactions.connectors.read import chunks

    return chunks(source, file, options, run, longest)


def first_documents(head: bytes, *, is_whole: bool) -> list[Json]:
    """The complete objects at the beginning of a text."""
    from interactions.connectors.read import first_documents

    return first_documents(head, is_whole=is_whole)


def events_of(source: Source, body: bytes, options: Options = _DEFAULT) -> Iterator[Event]:
    """The events in the body of a call, each with its records or the reason for having none. Never raises."""
    from interactions.connectors.body import events_of

    return events_of(source, body, options)
