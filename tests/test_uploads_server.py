"""Uploads through a real web server, over connections that break."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from .running import HOUSE, environ, free_port, wait_for
from .tus import BYTES, metadata

pytestmark = pytest.mark.slow

MAKE_USER = """
import django; django.setup()
from django.contrib.auth.models import User
from django.test import Client
user = User.objects.create_superuser("ann")
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value)
"""
LINE = b'{"type":"search","user_id":"ann","search":{"keywords":"socks"}}\n'


class Server:
    """The web server on a folder of its own, with one user logged in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = environ(folder)
        self._python("manage.py", "migrate", "--verbosity", "0")
        session = self._python("-c", MAKE_USER).strip()
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={'t' * 32}",
            "X-CSRFToken": "t" * 32,
            "Tus-Resumable": "1.0.0",
        }
        self.port = free_port()

    def _python(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], cwd=HOUSE, env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "4"]
        command += ["--port", str(self.port), "dojo.wsgi:application"]
        with (self.folder / "server.log").open("ab") as log:
            # A session of its own, so that its worker processes can be ended with it.
            self.process = subprocess.Popen(
                command, cwd=HOUSE, env=self.environ, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._answers, because=self.log)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            self.ask("OPTIONS", "/uploads/")
        except ConnectionError:
            return False
        return True

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(20)

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, address, body, {**self.headers, **named})
            answer = connection.getresponse()
            answer.read()
            return answer

    def create(self, length: int) -> str:
        given = metadata(filename="week.jsonl", environment="production")
        answer = self.ask("POST", "/uploads/", Upload_Length=str(length), Upload_Metadata=given)
        assert answer.status == 201, self.log()
        return answer.getheader("Location", "")

    def patch(self, address: str, offset: int, body: bytes) -> http.client.HTTPResponse:
        return self.ask("PATCH", address, body, Upload_Offset=str(offset), Content_Type=BYTES)

    def begin_patch(self, address: str, offset: int, announced: int, body: bytes) -> socket.socket:
        """Send the head of a PATCH of ``announced`` bytes and only ``body`` of them; the line stays open."""
        line = socket.create_connection(("127.0.0.1", self.port))
        headers = {
            **self.headers,
            "Host": "127.0.0.1",
            "Content-Type": BYTES,
            "Content-Length": str(announced),
            "Upload-Offset": str(offset),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.sendall(f"PATCH {address} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return line

    def offset(self, address: str) -> int:
        answer = self.ask("HEAD", address)
        assert answer.status == 200, self.log()
        return int(answer.getheader("Upload-Offset", ""))

    def stored(self, address: str) -> Path:
        return self.folder / "uploads" / address.strip("/").split("/")[-1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.end()


def test_a_connection_cut_in_the_middle_keeps_what_arrived_and_the_upload_goes_on(server: Server) -> None:
    whole = LINE * 40_000
    arrived = 1_234_567
    address = server.create(len(whole))
    server.begin_patch(address, 0, len(whole), whole[:arrived]).close()
    wait_for(lambda: server.offset(address) == arrived, because=server.log)
    answer = server.patch(address, arrived, whole[arrived:])
    assert (answer.status, answer.getheader("Upload-Offset")) == (204, str(len(whole)))
    assert server.stored(address).read_bytes() == whole


def test_of_two_requests_at_once_one_waits_and_the_file_is_right(server: Server) -> None:
    whole = LINE * 4_000
    half = len(whole) // 2
    address = server.create(len(whole))
    with server.begin_patch(address, 0, len(whole), whole[:half]) as line:
        time.sleep(0.5)  # let it begin
        assert server.patch(address, 0, b"\0" * len(whole)).status == 423
        line.sendall(whole[half:])
        assert line.recv(4096).startswith(b"HTTP/1.1 204")
    assert server.stored(address).read_bytes() == whole


def test_a_request_on_a_dead_line_gives_way_to_the_next(server: Server) -> None:
    whole = LINE * 4_000
    half = len(whole) // 2
    address = server.create(len(whole))
    with server.begin_patch(address, 0, len(whole), b"\0" * half) as dead:
        time.sleep(0.5)  # let it begin
        os.utime(server.stored(address).with_suffix(".hold"), (0, 0))  # as after a long silence
        assert server.patch(address, 0, whole[:half]).status == 204
        dead.sendall(b"\0" * half)
        assert dead.recv(4096).startswith(b"HTTP/1.1 423")
    assert server.patch(address, half, whole[half:]).status == 204
    assert server.stored(address).read_bytes() == whole


def test_a_refused_piece_of_ordinary_size_gets_its_answer(server: Server) -> None:
    address = server.create(100 << 20)
    answer = server.patch(address, 5, b"x" * (8 << 20))
    assert (answer.status, answer.getheader("Upload-Offset")) == (409, "0")


def test_a_server_killed_in_the_middle_frees_the_upload(server: Server) -> None:
    whole = LINE * 4_000
    address = server.create(len(whole))
    with server.begin_patch(address, 0, len(whole), whole[:1000]):
        time.sleep(0.5)  # let it begin
        server.end(signal.SIGKILL)
    server.start()
    offset = server.offset(address)
    assert server.patch(address, offset, whole[offset:]).status == 204
    assert server.stored(address).read_bytes() == whole
