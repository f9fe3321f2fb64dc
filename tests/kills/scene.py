"""One Dojo with pins, an environment for each place at which work is held up, and what each has to hold."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil

from tests import tables_at_work
from tests.ingest.uploads.tus import BYTES, metadata
from tests.kills.pins import IN_INBOX, IN_WEB, IN_WORKERS
from tests.processes import HOUSE, PASSWORD, Dojo, add_environment, query, wait_for
from tests.walks import files_below

PLACES = (*IN_WORKERS, *IN_WEB, *IN_INBOX)
ENVIRONMENTS = (*PLACES, "upload")
HEALED = 300  # seconds after which it's said to hang


class Scene:
    """``expected`` are the users in each environment's table, one record each."""

    def __init__(self, folder: Path) -> None:
        more = {
            **{"DOJO_ADMIN_PASSWORD": PASSWORD, "DJANGO_SETTINGS_MODULE": "tests.kills.settings"},
            **{"WORKER_PROCESSES": str(len(IN_WORKERS) + 2), "IMPORT_STALE_SECONDS": "2", "PYTHONPATH": str(HOUSE)},
        }
        self.dojo = Dojo(folder / "data", **more)
        self.expected: dict[str, Counter[str]] = defaultdict(Counter)
        self.pins = self.dojo.data_dir / "pins"

    def begin(self) -> None:
        self.dojo.gather_static_files()
        self.dojo.start()
        self.pins.mkdir()
        for slug in ENVIRONMENTS:
            add_environment(self.dojo, slug)
        self._doer = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.deeds"], cwd=HOUSE, env=self.dojo.environ, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.dojo.data_dir.parent / "deeds").open("w"),
        )  # fmt: skip
        self.key = self.do("key", "live")
        self._session = {
            **{"Cookie": f"sessionid={self.do('session')}; csrftoken={'t' * 32}", "X-CSRFToken": "t" * 32},
            "Tus-Resumable": "1.0.0",
        }

    def end(self) -> None:
        self.release()
        self._doer.kill()
        self._doer.wait()
        self.dojo.stop()

    def do(self, deed: str, *arguments: Any) -> Any:
        """What a deed answers, in a process of Dojo's own that nobody kills."""
        assert self._doer.stdin is not None and self._doer.stdout is not None
        self._doer.stdin.write(json.dumps([deed, *arguments]) + "\n")
        self._doer.stdin.flush()
        line = self._doer.stdout.readline()
        assert line, (self.dojo.data_dir.parent / "deeds").read_text()
        return json.loads(line)

    # --- Pins ---

    def arm(self, *places: str) -> None:
        self.release()  # also a mark of somebody who was killed while the last ones went
        for place in places:
            (self.pins / f"{place}@{place}").touch()

    def holder(self, place: str) -> psutil.Process | None:
        """The process that is held up at a place."""
        try:
            return psutil.Process(int((self.pins / f"{place}@{place}.held").read_text()))
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None

    def release(self) -> None:
        """Take all pins away; what was held up goes on."""
        for path in sorted(self.pins.glob("*")):
            path.unlink(missing_ok=True)  # a pin before its marks, by its name

    # --- What there is ---

    def ask(self, sql: str) -> Any:
        """The first value that the database answers, None where it has no row."""
        found = query(self.dojo.environ, sql)
        return found[0][0] if found else None

    def import_(self, pk: int) -> tuple[str, str]:
        """State and phase."""
        found = self.ask(f"SELECT state || ' ' || phase FROM interactions_import WHERE id = {pk:d}")
        state, _, phase = str(found).partition(" ")
        return state, phase

    def request(self, pk: int) -> str:
        return str(self.ask(f"SELECT state FROM interactions_deletionrequest WHERE id = {pk:d}"))

    def users(self, slug: str) -> Counter[str]:
        return Counter(tables_at_work.values(self.dojo.data_dir / "lake" / slug, "user_id"))

    def parts(self, slug: str) -> int:
        return len(tables_at_work.parts(self.dojo.data_dir / "lake" / slug))

    def files_of_imports(self) -> list[str]:
        """What imports keep while they run."""
        folders = [self.dojo.data_dir / name for name in ("imports", "uploads")]
        return [str(path) for folder in folders for path in files_below(folder)]

    # --- Clients ---

    def call(self, user: str) -> bool:
        """Whether one live record was acknowledged. Sent again, it's known by its uuid."""
        body = {"data": [{"type": "like", "user_id": user, "context": {"custom_context": {"uuid": user}}}]}
        address = f"{self.dojo.url}/v1/interactions?api_key={self.key}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode()), timeout=10) as told:
                return bool(told.status == 200)
        except OSError:
            return False

    def tus(self, method: str, address: str, body: bytes | None = None, **headers: str) -> dict[str, str] | None:
        """The headers of the answer, in small letters; None where none came."""
        named = {**self._session, **{name.replace("_", "-"): value for name, value in headers.items()}}
        asked = urllib.request.Request(f"{self.dojo.url}{address}", body, named, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=HEALED) as told:
                return {name.lower(): value for name, value in told.headers.items()}
        except urllib.error.HTTPError as error:
            return {name.lower(): value for name, value in error.headers.items()}
        except (OSError, HTTPException):
            return None

    def begin_patch(self, address: str, announced: int, body: bytes) -> socket.socket:
        """A line on which the head of a PATCH was sent, and only ``body`` of what it announces."""
        named = {
            **{**self._session, "Host": "127.0.0.1", "Content-Type": BYTES},
            **{"Content-Length": str(announced), "Upload-Offset": "0", "Connection": "close"},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        line = socket.create_connection(("127.0.0.1", self.dojo.port), timeout=HEALED)
        line.sendall(f"PATCH {address} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return line


class Upload:
    """A file that a client sends, again from where the server is whenever the line breaks."""

    def __init__(self, scene: Scene, slug: str, content: bytes) -> None:
        self._scene, self._content = scene, content
        given = metadata(filename="week.jsonl", environment=slug)
        asked = {"Upload_Length": str(len(content)), "Upload_Metadata": given}
        made = wait_for(lambda: scene.tus("POST", "/uploads/", b"", **asked), because=scene.dojo.output)
        self._address: str = made["location"]
        self.imp = int(made["dojo-import"])
        self._line: socket.socket | None = None
        self._thread = threading.Thread(target=self._send)

    def send_half(self) -> None:
        """Begin, and wait in the middle of it."""
        half = len(self._content) // 2
        self._line = self._scene.begin_patch(self._address, len(self._content), self._content[:half])
        stored = self._scene.dojo.data_dir / "uploads" / self._address.strip("/").split("/")[-1]
        wait_for(lambda: stored.stat().st_size == half, because=self._scene.dojo.output)

    def go_on(self) -> None:
        """Send what is left, however long it takes."""
        self._thread.start()

    def wait(self) -> None:
        self._thread.join(HEALED)
        assert not self._thread.is_alive(), self._scene.dojo.output()

    def _send(self) -> None:
        if self._line is not None:
            with self._line as line, suppress(OSError):
                line.sendall(self._content[len(self._content) // 2 :])
                line.recv(4096)
        while self._scene.import_(self.imp)[0] == "uploading":
            told = self._scene.tus("HEAD", self._address) or {}
            offset = int(told.get("upload-offset", len(self._content)))
            if offset == len(self._content):  # the server is away, or has the file to itself
                time.sleep(0.1)
            else:
                more = {"Upload_Offset": str(offset), "Content_Type": BYTES}
                self._scene.tus("PATCH", self._address, self._content[offset:], **more)
