"""The answers of the API: JSON always, and one shape for whatever is refused.

``{"message": …}``, and for a call with bad records ``"errors": true`` and ``"data"``, one line a violation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.http import HttpResponse

_encode = msgspec.json.Encoder().encode


class CallRefused(Exception):
    """A call that is not carried out; its text is a sentence for the client."""

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, *, lines: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.lines = list(lines)


def answer(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON answer that no cache keeps."""
    text = _encode(body)
    response = HttpResponse(text, status=status, content_type="application/json", headers=headers)
    response.headers["Content-Length"] = str(len(text))
    response.headers["Cache-Control"] = "no-store"
    return response


def refused(refusal: CallRefused) -> HttpResponse:
    """The answer that says why a call was refused."""
    body: dict[str, object] = {"message": str(refusal)}
    if refusal.lines:
        body |= {"errors": True, "data": refusal.lines}
    return answer(refusal.status, body, refusal.headers)
