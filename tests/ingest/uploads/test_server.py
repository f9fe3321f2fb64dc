"""Uploads through a real web server, over connections that break."""

import os
import signal
import time

import pytest

from tests.ingest.uploads.tus import BYTES
from tests.processes import wait_for
from tests.web_server import Server

pytestmark = pytest.mark.slow

LINE = b'{"type":"search","user_id":"ann","search":{"keywords":"socks"}}\n'


def test_a_connection_cut_in_the_middle_keeps_what_arrived_and_the_upload_goes_on(web_server: Server) -> None:
    whole = LINE * 40_000
    arrived = 1_234_567
    address = web_server.create(len(whole))
    web_server.begin_patch(address, 0, len(whole), whole[:arrived]).close()
    wait_for(lambda: web_server.offset(address) == arrived, because=web_server.log)
    answer = web_server.patch(address, arrived, whole[arrived:])
    assert (answer.status, answer.getheader("Upload-Offset")) == (204, str(len(whole)))
    assert web_server.stored(address).read_bytes() == whole


def test_of_two_requests_at_once_one_waits_and_the_file_is_right(web_server: Server) -> None:
    whole = LINE * 4_000
    half = len(whole) // 2
    address = web_server.create(len(whole))
    with web_server.begin_patch(address, 0, len(whole), whole[:half]) as line:
        time.sleep(0.5)  # let it begin
        assert web_server.patch(address, 0, b"\0" * len(whole)).status == 423
        line.sendall(whole[half:])
        assert line.recv(4096).startswith(b"HTTP/1.1 204")
    assert web_server.stored(address).read_bytes() == whole


def test_a_request_on_a_dead_line_gives_way_to_the_next(web_server: Server) -> None:
    whole = LINE * 4_000
    half = len(whole) // 2
    address = web_server.create(len(whole))
    with web_server.begin_patch(address, 0, len(whole), b"\0" * half) as dead:
        time.sleep(0.5)  # let it begin
        os.utime(web_server.stored(address).with_suffix(".hold"), (0, 0))  # as after a long silence
        assert web_server.patch(address, 0, whole[:half]).status == 204
        dead.sendall(b"\0" * half)
        assert dead.recv(4096).startswith(b"HTTP/1.1 423")
    assert web_server.patch(address, half, whole[half:]).status == 204
    assert web_server.stored(address).read_bytes() == whole


def test_a_refused_piece_of_ordinary_size_gets_its_answer(web_server: Server) -> None:
    address = web_server.create(100 << 20)
    answer = web_server.patch(address, 5, b"x" * (8 << 20))
    assert (answer.status, answer.getheader("Upload-Offset")) == (409, "0")


def test_more_than_the_upload_lacks_is_refused_before_it_comes_and_nothing_of_it_is_written(web_server: Server) -> None:
    address = web_server.create(10)
    with web_server.begin_patch(address, 0, 1 << 40, b"hello and more") as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 413")
    assert web_server.stored(address).read_bytes() == b""
    headers = "".join(f"{name}: {value}\r\n" for name, value in web_server.headers.items())
    chunked = f"PATCH {address} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{headers}"
    words = f"{chunked}Content-Type: {BYTES}\r\nUpload-Offset: 0\r\n\r\n6\r\nhello \r\n"
    with web_server.say(words.encode()) as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 411")
    assert web_server.stored(address).read_bytes() == b""
    with web_server.begin_patch(address, 0, 5, b"hello and more") as line:  # what follows is no part of the body
        assert line.recv(4096).startswith(b"HTTP/1.1 204")
    assert web_server.stored(address).read_bytes() == b"hello"


def test_a_server_killed_in_the_middle_frees_the_upload(web_server: Server) -> None:
    whole = LINE * 4_000
    address = web_server.create(len(whole))
    with web_server.begin_patch(address, 0, len(whole), whole[:1000]):
        time.sleep(0.5)  # let it begin
        web_server.end(signal.SIGKILL)
    web_server.start()
    offset = web_server.offset(address)
    assert web_server.patch(address, offset, whole[offset:]).status == 204
    assert web_server.stored(address).read_bytes() == whole
