"""The web server of the Procfile on a folder of its own, without the rest of Dojo, and raw connections to it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from .ingest.uploads.tus import BYTES, metadata
from .processes import HOUSE, environ, free_port, wait_for

MAKE_USER = """
import django; django.setup()
from django.contrib.auth.models import User
from django.test import Client
user = User.objects.create_superuser("ann")
client = Client()
client.force_login(user)
from interactions.access import keys
from interactions.models import ApiKey, Environment
production = Environment.objects.get(slug="production")
key = keys.create(production, kind=ApiKey.Kind.SECRET, name="Pipeline")[1]
print(client.cookies["sessionid"].value, key)
"""


class Server:
    """With one user logged in, and a secret key in ``key``; ``more`` are settings."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.port = free_port()
        programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        self.environ = environ(folder, PORT=str(self.port), WEB_WORKERS="1") | more | {"PATH": programs}
        self._python("manage.py", "migrate", "--verbosity", "0")
        session, self.key = self._python("-c", MAKE_USER).split()
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={'t' * 32}",
            "X-CSRFToken": "t" * 32,
            "Tus-Resumable": "1.0.0",
        }

    def _python(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], cwd=HOUSE, env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        line = (HOUSE / "Procfile").read_text().partition("web:")[2].partition("\n")[0]
        with (self.folder / "server.log").open("ab") as log:
            # A session of its own, so that its worker processes can be ended with it.
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", line], cwd=HOUSE, env=self.environ, stdout=log, stderr=log, start_new_session=True
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

    def fetch(self, method: str, address: str) -> tuple[int, bytes]:
        """Status and body of an answer to an address that is sent as it is."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.putrequest(method, address, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.read()

    def create(self, length: int) -> str:
        given = metadata(filename="week.jsonl", environment="production")
        answer = self.ask("POST", "/uploads/", Upload_Length=str(length), Upload_Metadata=given)
        assert answer.status == 201, self.log()
        return answer.getheader("Location", "")

    def patch(self, address: str, offset: int, body: bytes) -> http.client.HTTPResponse:
        return self.ask("PATCH", address, body, Upload_Offset=str(offset), Content_Type=BYTES)

    def begin_patch(self, address: str, offset: int, announced: int, body: bytes) -> socket.socket:
        """Send the head of a PATCH of ``announced`` bytes and only ``body`` of them; the line stays open."""
        headers = {
            **self.headers,
            "Host": "127.0.0.1",
            "Content-Type": BYTES,
            "Content-Length": str(announced),
            "Upload-Offset": str(offset),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return self.say(f"PATCH {address} HTTP/1.1\r\n{head}\r\n".encode() + body)

    def say(self, words: bytes) -> socket.socket:
        """A connection on which these bytes were sent."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        line.sendall(words)
        return line

    def offset(self, address: str) -> int:
        answer = self.ask("HEAD", address)
        assert answer.status == 200, self.log()
        return int(answer.getheader("Upload-Offset", ""))

    def stored(self, address: str) -> Path:
        return self.folder / "uploads" / address.strip("/").split("/")[-1]
