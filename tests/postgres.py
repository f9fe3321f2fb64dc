"""A real PostgreSQL for the tests, in a folder of its own: ``make test DATABASE=postgres`` runs all of them on it.

The first process of the tests starts it, when it reads their settings; those that it starts find it by the environment.
It ends with that process, even where that is killed. Nobody trusts what is in it: it never waits for the disk.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

CHOICE = "DOJO_TEST_DATABASE"  # "postgres"; anything else is SQLite
_PLACE = "DOJO_TEST_POSTGRES"  # the folder of the one that runs
_ROLE = "dojo"  # may make databases and no more, as an operator would have it
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "64MB",
    "timezone": "Pacific/Auckland",  # nothing may depend on it
}


def is_chosen() -> bool:
    """Whether the tests are to run on PostgreSQL."""
    return os.environ.get(CHOICE) == "postgres"


def url(name: str) -> str:
    """The address of a database of the server, which is started where none runs yet."""
    place = os.environ.get(_PLACE) or _start()
    return f"postgres://{_ROLE}@{quote(place, safe='')}/{name}"


def url_for(data_dir: Path) -> str:
    """The address of the database that belongs to a data folder; it is made when first asked for."""
    name = _name_for(data_dir)
    with _server() as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f'CREATE DATABASE "{name}"')
    return url(name)


def copy(data_dir: Path, to: Path) -> None:
    """Give another data folder a copy of this one's database, as copying the folder does on SQLite."""
    with _server() as server:
        server.execute(f'CREATE DATABASE "{_name_for(to)}" TEMPLATE "{_name_for(data_dir)}"')


def as_superuser() -> psycopg.Connection:
    """A connection that may do everything, with each statement by itself."""
    url("postgres")
    return psycopg.connect(host=os.environ[_PLACE], user="postgres", dbname="postgres", autocommit=True)


def files(folder: str) -> list[Path]:
    """The server's files below a folder of its own, such as ``base`` and ``pg_wal``; what it holds in memory, too."""
    with as_superuser() as server:
        server.execute("CHECKPOINT")
    return [path for path in (Path(os.environ[_PLACE]) / "data" / folder).rglob("*") if path.is_file()]


def _name_for(data_dir: Path) -> str:
    return f"dojo_{blake2b(str(data_dir).encode(), digest_size=12).hexdigest()}"


def _server() -> psycopg.Connection:
    return psycopg.connect(url("postgres"), autocommit=True)


def _start() -> str:
    """Start the server; the folder of its socket."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="dojo-postgres-"))
    user = _user()
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    given = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    data = folder / "data"
    initdb = [programs / "initdb", "--pgdata", data, "--username", "postgres", "--encoding", "UTF8", "--no-sync"]
    made = subprocess.run(
        [*initdb, "--locale", "C.UTF-8", "--auth", "trust", "--wal-segsize", "1"],
        cwd=folder,
        capture_output=True,
        text=True,
        **given,
    )
    assert made.returncode == 0, made.stderr
    options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    tied = ["setpriv", "--pdeathsig", "QUIT", "--"] if shutil.which("setpriv") else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*tied, programs / "postgres", "-D", data, "-k", folder, *options],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **given,
        )  # fmt: skip
    atexit.register(_stop, process, folder, os.getpid())
    _make_role(folder, process)
    os.environ[_PLACE] = str(folder)
    return str(folder)


def _make_role(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers, and make the role of the tests."""
    until = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as server:
                server.execute(f"CREATE ROLE {_ROLE} LOGIN CREATEDB")
            return
        except psycopg.OperationalError:
            assert process.poll() is None and time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], folder: Path, made_by: int) -> None:
    if os.getpid() != made_by:
        return  # a process that was forked
    process.send_signal(signal.SIGQUIT)  # at once, whoever is connected
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of PostgreSQL's programs: Debian keeps those of each version in one of their own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise pytest.UsageError("There is no PostgreSQL here: apt install postgresql.")
    return (found[-1] if found else Path(str(on_path))).parent


def _user() -> str | None:
    """Whom it runs as: root may not run it."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
