"""A client that speaks tus to the views, for the tests of uploads."""

from base64 import b64encode
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

RECORDS = b'{"type":"search","user_id":"ann"}\n{"type":"home_page_view","user_id":"bob"}\n'
BYTES = "application/offset+octet-stream"


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())


class Tus:
    """``user``'s browser; ``None`` is nobody's."""

    def __init__(self, user: User | None = None, **options: Any) -> None:
        self.http = Client(**options)
        if user is not None:
            self.http.force_login(user)

    def ask(
        self, method: str, address: str, body: bytes = b"", *, headers: dict[str, str], **environ: Any
    ) -> HttpResponse:
        given = {"Tus-Resumable": "1.0.0", **headers}
        content_type = given.pop("Content-Type", "")
        return self.http.generic(
            method, address, body, content_type, headers=given, CONTENT_TYPE=content_type, **environ
        )

    def create(self, length: int, body: bytes = b"", **headers: str) -> HttpResponse:
        """Ask for an upload of ``length`` bytes to production; headers with _ for -."""
        asked = {
            "Upload-Length": str(length),
            "Upload-Metadata": metadata(filename="week.jsonl", environment="production"),
            "Content-Type": BYTES if body else "",
            **_named(headers),
        }
        return self.ask("POST", "/uploads/", body, headers=asked)

    def created(self, length: int) -> str:
        """The address of a new upload of ``length`` bytes."""
        answer = self.create(length)
        assert answer.status_code == 201, answer.content
        return answer["Location"]

    def head(self, address: str) -> HttpResponse:
        return self.ask("HEAD", address, headers={})

    def patch(
        self, address: str, offset: int, body: bytes, environ: dict[str, Any] | None = None, **headers: str
    ) -> HttpResponse:
        asked = {"Upload-Offset": str(offset), "Content-Type": BYTES, **_named(headers)}
        return self.ask("PATCH", address, body, headers=asked, **(environ or {}))

    def delete(self, address: str) -> HttpResponse:
        return self.ask("DELETE", address, headers={})


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
