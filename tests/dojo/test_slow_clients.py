"""Clients that send or read slowly hold nobody up: real sockets on the real web server."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from tests.ingest.uploads.tus import BYTES
from tests.processes import HOUSE
from tests.web_server import Server

pytestmark = pytest.mark.slow

CALL = b'{"data":[{"type":"like","user_id":"ann"}]}'
LARGE = 100_000


def head(method: str, address: str, length: int | None = None, **headers: str) -> bytes:
    """The head of a request; one that announces a body of ``length`` bytes."""
    lines = [f"{method} {address} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def told(line: socket.socket) -> bytes:
    """The answer that the server gives."""
    said = b""
    while not _is_whole(said) and (piece := line.recv(64 << 10)):
        said += piece
    return said


def _is_whole(said: bytes) -> bool:
    head, end, body = said.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@contextmanager
def trickling(lines: list[socket.socket]) -> Iterator[None]:
    """A blank on each of the lines twice a second."""
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(0.5):
            for line in lines:
                try:
                    line.send(b" ")
                except OSError:
                    pass  # the server has ended it

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def static_file() -> tuple[str, bytes]:
    """The address and the content of a large file that pages load."""
    folder = HOUSE / "staticfiles"
    manifest = json.loads((folder / "staticfiles.json").read_text())
    name = manifest["paths"]["echarts/echarts.min.js"]
    return f"/static/{name}", (folder / name).read_bytes()


def words_of_slow_clients(server: Server) -> list[bytes]:
    """What each kind of them says, and then trickles or is silent."""
    upload = server.create(LARGE)
    tus = {**server.headers, "Content-Type": BYTES, "Upload-Offset": "0"}
    return [
        b"",
        b"POST /v1/interactions HTTP/1.1\r\nHost: localhost\r\nX-Never",
        head("POST", "/v1/interactions", LARGE) + b"{",
        head("POST", f"/v1/interactions?api_key={server.key}", LARGE) + b"{",
        head("POST", f"/v1/interactions?api_key={server.key}", Transfer_Encoding="chunked"),
        head("POST", "/login/", LARGE) + b"username=",
        head("PATCH", "/uploads/none/", LARGE) + b"{",
        head("PATCH", upload, LARGE, **tus) + b"{",
        head("GET", static_file()[0]),
    ]


def test_three_hundred_of_every_kind_keep_nobody_else_waiting(web_server: Server) -> None:
    kinds = words_of_slow_clients(web_server)
    with ExitStack() as stack:
        lines = [stack.enter_context(web_server.say(kinds[number % len(kinds)])) for number in range(300)]
        with trickling(lines):
            for _ in range(8):
                assert web_server.ask("GET", "/healthz").status in (200, 503)  # it answers: Redis does not run here
                answer = web_server.ask("POST", f"/v1/interactions?api_key={web_server.key}", CALL)
                assert answer.status == 200, web_server.log()
    assert "Traceback" not in web_server.log()


@pytest.mark.parametrize("key", ["", "?api_key=dojo_sk_unknown"])
def test_a_call_without_a_right_key_is_refused_before_its_body(web_server: Server, key: str) -> None:
    with web_server.say(head("POST", f"/v1/interactions{key}", LARGE) + b"{") as line:
        line.settimeout(10)
        said = line.recv(4096)
    assert said.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nconnection: close\r\n" in said.lower()


def test_a_client_that_waits_for_leave_to_send_is_refused_without_it(web_server: Server) -> None:
    with web_server.say(head("POST", "/v1/interactions", LARGE, Expect="100-continue")) as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_refused_call_that_sends_all_of_its_body_first_sees_its_answer(web_server: Server) -> None:
    with web_server.say(head("POST", "/v1/interactions", 8 << 20)) as line:
        for _ in range(8):
            line.sendall(b" " * (1 << 20))
        assert line.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(web_server: Server) -> None:
    with web_server.say(head("POST", f"/v1/interactions?api_key={web_server.key}", 1 << 40)) as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")
    with web_server.say(head("POST", "/login/", 1 << 40)) as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", [len(CALL), LARGE, None])
def test_a_body_that_comes_too_slowly_is_ended(web_server: Server, length: int | None) -> None:
    chunked = {} if length else {"Transfer_Encoding": "chunked"}
    words = head("POST", f"/v1/interactions?api_key={web_server.key}", length, **chunked)
    with web_server.say(words) as line, trickling([line] if length == LARGE else []):
        said = told(line)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2]) == {"message": "The body was sent too slowly. Try again."}


def test_a_body_of_two_parts_with_a_pause_between_is_taken(web_server: Server) -> None:
    words = head("POST", f"/v1/interactions?api_key={web_server.key}", len(CALL))
    with web_server.say(words + CALL[:5]) as line:
        threading.Event().wait(0.5)  # longer than an honest client takes, so the key is looked at meanwhile
        line.sendall(CALL[5:])
        assert line.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_breaks_off_is_told_so(web_server: Server) -> None:
    with web_server.say(head("POST", f"/v1/interactions?api_key={web_server.key}", LARGE) + CALL) as line:
        line.shutdown(socket.SHUT_WR)
        said = told(line)
    assert said == b"" or said.startswith(b"HTTP/1.1 400 ")


def test_of_an_upload_that_is_too_slow_what_came_is_kept_and_it_goes_on(web_server: Server) -> None:
    whole = b'{"type":"search","user_id":"ann","search":{"keywords":"socks"}}\n' * 4_000
    address = web_server.create(len(whole))
    with web_server.begin_patch(address, 0, len(whole), whole[:50_000]) as line:
        said = told(line)
    assert said.startswith(b"HTTP/1.1 204 ")
    assert b"upload-offset: 50000\r\n" in said.lower()
    assert web_server.patch(address, 50_000, whole[50_000:]).status == 204
    assert web_server.stored(address).read_bytes() == whole


def test_an_upload_that_keeps_coming_takes_as_long_as_it_takes(web_server: Server) -> None:
    whole = b"x" * 60_000
    address = web_server.create(len(whole))
    with web_server.begin_patch(address, 0, len(whole), b"") as line:
        for at in range(0, len(whole), 6_000):
            threading.Event().wait(0.4)  # 15 KB a second, for twice as long as the patience
            line.sendall(whole[at : at + 6_000])
        assert line.recv(4096).startswith(b"HTTP/1.1 204 ")


def test_who_reads_slowly_gets_every_byte_and_holds_no_thread(web_server: Server) -> None:
    address, content = static_file()
    with ExitStack() as stack:
        lines = [stack.enter_context(web_server.say(head("GET", address, Connection="close"))) for _ in range(80)]
        assert web_server.ask("GET", "/account/").status == 200
        said = told(lines[40])
        with closing(web_server.say(head("GET", address, Connection="close"))) as other:
            assert told(other).partition(b"\r\n\r\n")[2] == content
    assert said.partition(b"\r\n\r\n")[2] == content


def test_an_answer_that_is_made_as_it_is_sent_comes_whole(web_server: Server) -> None:
    answer = web_server.ask("GET", "/production/activity/?format=csv")
    assert answer.status == 200, web_server.log()
    assert answer.getheader("Content-Length")
