"""A Dojo of processes: a data folder of its own, commands in it, and each of its processes to be started or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import redis

from dojo import heartbeat
from tests import tables_at_work
from tests.processes import HOUSE, environ, query, wait_for
from tests.walks import files_below


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code and its two outputs."""

    code: int
    output: str
    errors: str

    @property
    def result(self) -> dict[str, Any]:
        """The last line of the output, which is JSON."""
        answer: dict[str, Any] = json.loads(self.output.strip().splitlines()[-1])
        return answer


class Place:
    """Where commands and processes of one data folder run; ``settings`` are variables of their environment."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        (data_dir / "scratch").mkdir(parents=True)  # where the scheduler keeps its own file
        self.environ = environ(data_dir, LOG_LEVEL="WARNING", **settings)
        self.started: list[subprocess.Popen[bytes]] = []
        self.log = data_dir.parent / f"{data_dir.name}.log"

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=HOUSE, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: str) -> Outcome:
        return self.outcome(self.command(*arguments))

    def outcome(self, command: subprocess.Popen[str]) -> Outcome:
        output, errors = command.communicate(timeout=120)
        return Outcome(command.returncode, output, errors)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the processes: a module of Python and its arguments."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=HOUSE, env=self.environ, stdout=log, stderr=log
            )
        self.started.append(process)
        return process

    def redis(self) -> subprocess.Popen[bytes]:
        return self.start("dojo.redis_server")

    def worker(self) -> subprocess.Popen[bytes]:
        line = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-O", "fair", "--concurrency", "2"]
        return self.start("celery", "--quiet", "--app", "dojo", "worker", *line)

    def has_worker(self) -> bool:
        """Whether a worker has given a sign of life within the last seconds."""
        try:
            with redis.Redis(unix_socket_path=self._redis_socket) as client:
                now = client.time()[0]
                return bool(client.zrangebyscore(heartbeat.KEY, now - heartbeat.DEAD_AFTER_SECONDS, "+inf"))
        except redis.RedisError:
            return False

    @cached_property
    def _redis_socket(self) -> str:
        """It isn't in the data folder where that has a long name."""
        line = "from dojo import settings; print(settings.REDIS_SOCKET)"
        asked = [sys.executable, "-c", line]
        return subprocess.run(
            asked, cwd=HOUSE, env=self.environ, check=True, capture_output=True, text=True
        ).stdout.strip()

    def scheduler(self) -> subprocess.Popen[bytes]:
        return self.start("celery", "--quiet", "--app", "dojo", "beat", "--pidfile=")

    def stop(self) -> None:
        """Kill whatever was started, and what that has started."""
        for process in self.started:
            kill_outright(process)

    def leftovers(self) -> list[str]:
        """What runs on this data folder, but for what was started here."""
        ours = {process.pid for process in self.started}
        found = []
        for process in self.processes():
            with suppress(psutil.Error):  # ended meanwhile
                found += [" ".join(process.cmdline())] if process.pid not in ours else []
        return found

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("DOJO_DATA_DIR") == str(self.data_dir):
                    found.append(process)
            except psutil.Error:
                continue  # ended meanwhile, or somebody else's
        return found

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return query(self.environ, sql)

    def wait_for_blocks(self, count: int) -> None:
        """Return once so many blocks of an import are done that is still loading."""
        done = (
            "SELECT count(*) FROM interactions_block AS block JOIN interactions_import AS import "
            "ON import.id = block.import_id WHERE block.state = 'done' AND import.state = 'loading'"
        )
        wait_for(lambda: self.ask(done)[0][0] >= count, seconds=60, because=self.said)

    def said(self) -> str:
        """The end of what its processes have said."""
        return self.log.read_text()[-2000:] if self.log.exists() else "Nothing was started."

    def files(self) -> list[Path]:
        return [path for name in ("imports", "uploads") for path in files_below(self.data_dir / name)]

    def users(self, environment: str = "production") -> Counter[str]:
        """How often each user is in the data set, from the files of the table themselves."""
        return Counter(tables_at_work.values(self.data_dir / "lake" / environment, "user_id"))


def kill_outright(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of a process and of all that it has started."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            os.kill(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended by itself
    process.wait()
