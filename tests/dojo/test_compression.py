"""Pages are compressed with what the client accepts, at a random length, but not where they show a secret."""

import gzip
from types import SimpleNamespace

import brotli
import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from dojo.compression import Compression

PAGE = b"<!doctype html>" + b"<p>Retention by week</p>" * 100
BROWSER = "gzip, deflate, br, zstd"


def answer(
    accepted: str = BROWSER, content: bytes = PAGE, *, name: str = "dashboard", method: str = "GET", **headers: str
) -> HttpResponseBase:
    def view(request: HttpRequest) -> HttpResponse:
        request.resolver_match = SimpleNamespace(url_name=name)  # type: ignore[assignment]
        return HttpResponse(content, headers=headers or None)

    return Compression(view)(RequestFactory().generic(method, "/", headers={"Accept-Encoding": accepted}))


@pytest.mark.parametrize("accepted", [BROWSER, "br;q=1.0, gzip;q=0.8", "BR"])
def test_brotli_comes_first(accepted: str) -> None:
    response = answer(accepted)
    assert response["Content-Encoding"] == "br"
    assert brotli.decompress(response.content) == PAGE
    assert int(response["Content-Length"]) == len(response.content) < len(PAGE) / 5
    assert response["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["gzip, deflate", "br;q=0, gzip", "br; q=0.0,gzip"])
def test_gzip_is_for_clients_without_brotli(accepted: str) -> None:
    response = answer(accepted)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == PAGE


@pytest.mark.parametrize("accepted", ["", "identity", "br;q=0"])
def test_clients_that_accept_neither_get_it_plain(accepted: str) -> None:
    response = answer(accepted)
    assert "Content-Encoding" not in response
    assert response.content == PAGE and response["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["br", "gzip"])
def test_the_length_is_a_random_one(accepted: str) -> None:
    assert len({len(answer(accepted).content) for _ in range(40)}) > 10


@pytest.mark.parametrize("content", [b"", b"short", bytes(range(256)) * 20, PAGE * 100])
def test_whatever_the_content_it_is_read_again(content: bytes) -> None:
    response = answer("br", content)
    packed = response.get("Content-Encoding") == "br"
    assert (brotli.decompress(response.content) if packed else response.content) == content


@pytest.mark.parametrize(
    "given", [{"method": "POST"}, {"name": "mfa_activate_totp"}, {"name": "mfa_view_recovery_codes"}]
)
def test_what_shows_a_secret_is_not_compressed(given: dict[str, str]) -> None:
    assert "Content-Encoding" not in answer(**given)  # type: ignore[arg-type]


def test_files_and_streams_are_sent_as_they_are() -> None:
    assert "Content-Encoding" not in answer(**{"Content-Type": "application/zip"})
    stream = Compression(lambda request: StreamingHttpResponse([PAGE]))
    assert "Content-Encoding" not in stream(RequestFactory().get("/", headers={"Accept-Encoding": "br"}))


def test_a_tag_becomes_a_weak_one() -> None:
    assert answer(ETag='"1"')["ETag"] == 'W/"1"'


def test_pages_come_compressed(db: None, client: Client) -> None:
    response = client.get("/login/", headers={"Accept-Encoding": BROWSER})
    assert b"<h1>Log in</h1>" in brotli.decompress(response.content)
