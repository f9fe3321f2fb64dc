"""Run everything (Redis, web server, workers and scheduler) until Ctrl-C, or one process for another supervisor."""

import errno
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from dojo import administrator, migrations, procfile, redis_server
from dojo.private import make_private
from dojo.processes import Processes

_PREPARING = 0x646F6A6F  # a lock's number: "dojo"


class NotStarted(Exception):
    """Dojo can't start; the message is a sentence for the operator."""


class Command(BaseCommand):
    help = "Start Redis, web server, workers and scheduler; Ctrl-C stops them all. With a name, that process alone."
    requires_system_checks = ()  # they import every page, which the web server does a second later

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "process", nargs="?", choices=sorted(lines()),
            help='one process of the Procfile, for systemd or a container; run "prepare" once before',
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["process"]:
            become(options["process"])
        try:
            check_port(settings.HOST, settings.PORT)
            check_data_folder()
            check_redis()
            check_static_files()
            sentence = prepare_database()
        except NotStarted as error:
            sys.exit(str(error))
        if sentence:
            self.stdout.write(sentence)
            self.stdout.flush()
        sys.exit(processes().run())


def lines() -> dict[str, str]:
    """The processes of the Procfile and their shell commands."""
    return procfile.commands(settings.BASE_DIR / "Procfile")


def become(name: str) -> NoReturn:
    """Replace this process by one of the Procfile."""
    for folder in (settings.LOGS_DIR, settings.SCRATCH_DIR):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chdir(settings.BASE_DIR)
    os.execve("/bin/sh", ["/bin/sh", "-c", lines()[name]], {**os.environ, **named_settings()})  # noqa: S606 - our line


def named_settings() -> dict[str, str]:
    """The settings that the Procfile uses, and the environment that its commands need to be found."""
    programs = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join((programs, os.environ.get("PATH", os.defpath))),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "DOJO_DATA_DIR": str(settings.DATA_DIR),
        "DOJO_HOST": settings.HOST,
        "PORT": str(settings.PORT),
        "WEB_WORKERS": str(settings.WEB_WORKERS),
        "LOG_LEVEL": settings.LOG_LEVEL,
    }


def processes() -> Processes:
    """The processes of the Procfile, without Redis if the operator has one."""
    given = lines()
    if not settings.REDIS_IS_OURS:
        del given[procfile.REDIS]
    return Processes(
        given,
        named_settings(),
        redis_url=settings.REDIS_URL,
        address=address(settings.HOST, settings.PORT),
        log=settings.LOGS_DIR / "dojo.log",
        socket=settings.SUPERVISOR_SOCKET,
        scratch=settings.SCRATCH_DIR,
        is_json=settings.LOG_FORMAT == "JSON",
    )


def address(host: str, port: int) -> str:
    """The URL at which a browser on this machine reaches a server that listens on ``host``."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def check_port(host: str, port: int) -> None:
    """Raises NotStarted if the web server couldn't listen there."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(place)
            attempt.listen()
    except socket.gaierror as error:
        raise NotStarted(f"DOJO_HOST is {host!r}: this machine has no such address.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise NotStarted(
                f"Port {port} is taken by another program: stop it, or choose another port (PORT={port + 1} make run)."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise NotStarted(f"Port {port} is not allowed for this user: choose one above 1023 with PORT.") from error
        raise NotStarted(f"Nothing can listen on {host}, port {port} ({error.strerror}): see DOJO_HOST.") from error


def check_data_folder() -> None:
    """Create the folders. Raises NotStarted if one can't be written to, or another Dojo uses them."""
    for folder in (
        settings.LOGS_DIR, settings.SCRATCH_DIR, redis_server.folder(), settings.SUPERVISOR_SOCKET.parent,
    ):  # fmt: skip
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            writable = os.access(folder, os.W_OK | os.X_OK)
        except OSError:
            writable = False
        if not writable:
            raise NotStarted(f"{folder} cannot be written to: change its owner or choose another DOJO_DATA_DIR.")
    if settings.RESTORING.exists():
        raise NotStarted("A restore into this data folder wasn't finished: run manage.py restore again.")
    make_private(settings.DATA_DIR)
    if settings.REDIS_IS_OURS:
        try:
            os.close(redis_server.lock(redis_server.folder()))  # released at once: the server takes it
        except redis_server.DataFolderInUse as error:
            raise NotStarted(str(error)) from error


def check_redis() -> None:
    """Raises NotStarted if there is no Redis to run, or the operator's Redis doesn't respond."""
    if not settings.REDIS_IS_OURS:
        if not redis_server.answers(settings.REDIS_URL, within=5):
            raise NotStarted("The Redis of REDIS_URL does not answer: start it, or correct REDIS_URL.")
        return
    try:
        redis_server.binary()
    except redis_server.NoRedis as error:
        raise NotStarted(str(error)) from error


def check_static_files() -> None:
    """Raises NotStarted if the static files haven't been collected."""
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        raise NotStarted("The pages' styles and scripts are not installed yet: run make setup first.")


def _take_turn() -> None:
    """Wait until no other machine is preparing the same PostgreSQL database. Ends when this connection is closed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])


def prepare_database() -> str | None:
    """Migrate the database and create the first administrator; returns the sentence about it if there was none."""
    try:
        _take_turn()
        executor = MigrationExecutor(connection)
        migrations.require_known(executor)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        call_command("check_lake")
        call_command("upgrade_identities")
        return administrator.make_first()
    except (CommandError, migrations.NewerDatabase) as error:
        raise NotStarted(str(error)) from error
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise NotStarted(f"The database cannot be used ({reason}): see DATABASE_URL.") from error
    finally:
        connections.close_all()  # forked processes must not share a connection
