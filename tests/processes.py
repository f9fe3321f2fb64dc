"""Real processes for the tests: a whole Dojo, a Redis, a worker; each is gone when its test is."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from tests import postgres

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOUSE = Path(__file__).resolve().parent.parent
# What stands in the command line of each process of the Procfile.
COMMANDS = {
    "redis": "redis-server",
    "web": "granian",
    "worker": "--app dojo worker",
    "scheduler": "--app dojo.scheduler beat",
    "inbox": "append_inbox",
    "index": "keep_index",
    "streams": "run_streams",
}
ADMIN = "admin"
PASSWORD = "correct horse battery"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def tied(*command: str | Path) -> list[str | Path]:
    """The line that runs a command until its input ends, which it does with the tests, even where they are killed. Then
    the whole group is killed: start it in a session of its own, with a pipe for input."""
    return ["sh", "-c", '"$@" & read -r _; kill -KILL 0', "sh", *command]


def environ(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a process that shall see Dojo's settings on ``data_dir`` and nothing of ours."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    if postgres.is_chosen() and "DATABASE_URL" not in more:
        more["DATABASE_URL"] = postgres.url_for(data_dir)
    return {**keep, "DJANGO_SETTINGS_MODULE": "dojo.settings", "DOJO_DATA_DIR": str(data_dir), **more}


def copy_data(data_dir: Path, to: Path) -> None:
    """Give another data folder all that is in this one, and in its database."""
    shutil.copytree(data_dir, to)
    if postgres.is_chosen():
        postgres.copy(data_dir, to)


def query(environ: Mapping[str, str], sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that the database of a process with this environment answers; ``?`` stands for each of ``values``."""
    if address := environ.get("DATABASE_URL"):
        with psycopg.connect(address, autocommit=True) as connected:
            asked = connected.execute(sql.replace("?", "%s"), values or None)
            return asked.fetchall() if asked.description else []
    with closing(sqlite3.connect(Path(environ["DOJO_DATA_DIR"]) / "dojo.sqlite3", timeout=30)) as database, database:
        return database.execute(sql, values).fetchall()


def wait_for(
    what: Callable[[], Any], *, seconds: float = 90.0, because: Callable[[], str] = str, pause: float = 0.05
) -> Any:
    """The first true answer of ``what``; fails after so many seconds, saying ``because()``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"Nothing after {seconds} seconds. {because()}"
        time.sleep(pause)


class Dojo:
    """``manage.py run`` on a data folder and a port of its own."""

    def __init__(self, data_dir: Path, **more: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = environ(data_dir, PORT=str(self.port), **more)
        self.output_file = data_dir.parent / f"{data_dir.name}.out"
        self.process: subprocess.Popen[bytes] | None = None

    def gather_static_files(self) -> None:
        """Bring what the pages load up to date, as make setup does: a page without them is an error."""
        manifest = HOUSE / "staticfiles" / "staticfiles.json"
        sources = [*(HOUSE / "static").rglob("*"), HOUSE / "dojo" / "settings.py", HOUSE / "package-lock.json"]
        if not manifest.exists() or any(path.stat().st_mtime > manifest.stat().st_mtime for path in sources):
            self.manage("collectstatic", "--no-input", "--clear", "--verbosity", "0")

    def start(self) -> None:
        """Start, and return once everything answers."""
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=HOUSE,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(lambda: self.has_ended() or self.health()[0] == 200, seconds=600, because=self.output)
            assert not self.has_ended(), self.output()
        except BaseException:
            self.stop()
            raise

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py prints on this data folder; fails where the command does."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=HOUSE, env=self.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def health(self) -> tuple[int, dict[str, Any]]:
        """The status and the body of /healthz; 0 and nothing where no server is."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def output(self) -> str:
        return self.output_file.read_text(errors="replace")

    def processes(self) -> list[psutil.Process]:
        """Everything that was started, by the data folder in its environment: also what has lost its parent."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("DOJO_DATA_DIR") == str(self.data_dir):
                    found.append(process)
            except psutil.Error:
                continue  # ended meanwhile, or somebody else's
        return found

    def supervisor(self) -> psutil.Process:
        """Supervisord, which runs the others."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children()[0]

    def running(self) -> dict[str, psutil.Process]:
        """The first process of each command of the Procfile that runs, by the command's name."""
        try:
            lines = [(child, " ".join(child.cmdline())) for child in self.supervisor().children()]
        except (psutil.Error, IndexError):
            return {}  # one of them ended meanwhile
        return {name: child for name, words in COMMANDS.items() for child, line in lines if words in line}

    def worker(self) -> psutil.Process:
        """The worker's first process, which its others belong to."""
        return self.running()["worker"]

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does."""
        while left := self.processes():
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, timeout=5)
        assert self.process is not None
        self.process.wait()

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does; the exit code. Whatever is left after a while is killed."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=20)
        finally:
            if self.process.poll() is None:
                for process in self.processes():
                    process.kill()
                self.process.wait()


def log_in(page: "Page") -> None:
    """As the administrator, on a page whose addresses are those of a running Dojo."""
    page.goto("/login/")
    page.fill("[name=username]", ADMIN)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/production/")


def unused(name: str) -> str:
    """``name`` with an ending of its own, so that a test that is run again in the same product starts afresh."""
    return f"{name}-{token_hex(4)}"


def add_environment(dojo: Dojo, slug: str) -> str:
    """An environment of a test's own, so that it starts empty and stays to itself."""
    query(
        dojo.environ,
        "INSERT INTO interactions_environment (slug, name, position, time_zone, needs_approval, thresholds)"
        " VALUES (?, ?, 9, 'UTC', ?, '{}') ON CONFLICT (slug) DO NOTHING",
        *(slug, slug.title(), False),
    )
    return slug
