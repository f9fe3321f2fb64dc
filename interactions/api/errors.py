"""Responses of the API, which are always JSON. All refusals have the same form:

``{"message": …}``, and for a call with invalid records also ``"errors": true`` and ``"data"``, a line per violation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.http import HttpResponse

_encode = msgspec.json.Encoder().encode


class CallRefused(Exception):
    """The call is refused; the text is a sentence for the client."""

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, *, lines: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.lines = list(lines)


def answer(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON response that isn't cached."""
    text = _encode(body)
    response = HttpResponse(text, status=status, content_type="application/json", headers=headers)
    response.headers["Content-Length"] = str(len(text))
    response.headers["Cache-Control"] = "no-store"
    return response


def refused(refusal: CallRefused) -> HttpResponse:
    """The response that says why a call was refused."""
    body: dict[str, object] = {"message": str(refusal)}
    if refusal.lines:
        body |= {"errors": True, "data": refusal.lines}
    return answer(refusal.status, body, refusal.headers)
