"""Data types for the documentation of calls (the OpenAPI document and the API page), and the answers that calls
share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """A response: its status, when it's sent, and an example of its body.

    ``schema`` names the body's schema, if the status doesn't determine it. ``media`` is its media type; ``others`` has
    examples of other types that it can have instead. ``headers`` has descriptions of headers.
    """

    status: int
    when: str
    body: dict[str, Any] | str
    schema: str = ""
    media: str = "application/json"
    others: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """A query parameter: ``example`` is shown on the page, ``schema`` is its JSON Schema."""

    name: str
    does: str
    example: str = "1"
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class DocumentedCall:
    """A call: method and path, what it does, an example of its body, and its own responses.

    ``keys`` is the scope that a key needs, ``token`` if the path has one, or ``none``. The caller fills in the parts of
    the path in braces, with one of ``places`` if there are any.
    """

    id: str
    method: str
    path: str
    title: str
    does: str
    keys: str
    options: tuple[Option, ...]
    body: dict[str, Any] | None
    answers: tuple[DocumentedAnswer, ...]
    places: tuple[str, ...] = ()

    @property
    def all_answers(self) -> tuple[DocumentedAnswer, ...]:
        """Its own responses, and those of all calls that need a key."""
        own = {each.status for each in self.answers}
        general = (405, 500) if self.keys == "none" else tuple(each.status for each in SHARED)
        shared = tuple(each for each in SHARED if each.status in general and each.status not in own)
        if self.keys == "read":  # has no body
            shared = tuple(each for each in shared if each.status not in (413, 415))
        if self.keys == "token":  # it has no scopes
            shared = tuple(each for each in shared if each.status != 403)
        return tuple(sorted((*self.answers, *shared), key=lambda each: each.status))


SHARED: Final = (
    DocumentedAnswer(
        400,
        "The body isn't JSON, or doesn't have this shape. The message names the place.",
        {"message": "The body is not valid JSON: trailing comma in array at byte 24 (line 1, column 25)."},
    ),
    DocumentedAnswer(
        401,
        "There is no key, or it is unknown, revoked or expired.",
        {"message": "This API key is unknown or has been revoked."},
    ),
    DocumentedAnswer(
        403,
        "The key doesn't have the scope for this. Publishable keys can only send interactions.",
        {"message": "This needs a key with the scope read. This key has: write, delete."},
    ),
    DocumentedAnswer(
        405,
        "The address doesn't support this method; the Allow header lists those it does.",
        {"message": "PUT is not allowed here: use POST, DELETE, OPTIONS."},
    ),
    DocumentedAnswer(
        413,
        "The body is too large or has too many records. Nothing was stored.",
        {"message": "The body is larger than 32 MB. Send the records in several calls."},
    ),
    DocumentedAnswer(
        415,
        "The body is compressed with something other than gzip.",
        {"message": "The content encoding 'br' is not supported: use gzip, or none."},
    ),
    DocumentedAnswer(
        429,
        "The key has used up its calls for this minute; Retry-After says when to try again, in seconds.",
        {"message": "More than 1000 calls per minute. Try again in 12 s, and send more records per call."},
    ),
    DocumentedAnswer(
        500,
        "Something went wrong. The reference is in the log.",
        {"message": "Something went wrong (reference 5f3a9c1e)."},
    ),
    DocumentedAnswer(
        503,
        "Records can't be stored right now, and none was. Retry-After says when to try again.",
        {"message": "The records can't be stored right now, so none was."},
    ),
)
NOT_FOUND: Final = DocumentedAnswer(
    404, "There is nothing at this address under /v1.", {"message": "There is nothing at this API address."}
)
