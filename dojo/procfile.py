"""Turn the Procfile, which lists the processes, into a configuration for supervisord."""

import configparser
import io
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

REDIS = "redis"
WEB = "web"
_PROGRAM = {
    "autostart": "false",  # dojo.processes starts them in order
    "autorestart": "true",
    # A process that exits within startsecs is restarted after 1 s, then 2 s …; after startretries it's fatal, and
    # dojo.processes starts it again after a pause.
    "startsecs": "10",
    "startretries": "5",
    "stopwaitsecs": "5",
    "killasgroup": "true",
    "redirect_stderr": "true",
    "stdout_logfile_maxbytes": "0",
}


def commands(path: Path) -> dict[str, str]:
    """The name and shell command of each process."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): command.strip() for name, _, command in pairs}


def configuration(lines: Mapping[str, str], outputs: Mapping[str, str], *, socket: Path, scratch: Path) -> str:
    """A configuration of supervisord that runs ``lines`` and writes the output of each to its path in ``outputs``.

    It listens on ``socket`` and keeps its process id in the folder ``scratch``.
    """
    config = configparser.RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "nocleanup": "true",
        "logfile": "/dev/null",  # it says everything on its standard output, too
        "logfile_maxbytes": "0",
        "pidfile": _plain(str(scratch / "supervisord.pid")),
    }
    config["unix_http_server"] = {"file": _plain(str(socket))}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    # Groups are stopped in order of priority. Redis, in a group of its own, is last, so that workers can return their
    # tasks.
    config["group:dojo"] = {"programs": ",".join(name for name in lines if name != REDIS), "priority": "999"}
    for name, line in lines.items():
        config[f"program:{name}"] = {
            **_PROGRAM,
            "command": _plain(shlex.join([*tied(), "/bin/sh", "-c", line])),
            "stdout_logfile": outputs[name],
            "priority": "1",
        }
    written = io.StringIO()
    config.write(written)
    return written.getvalue()


def full_name(name: str) -> str:
    """The name of a process in supervisord: its group and its name."""
    return f"{name if name == REDIS else 'dojo'}:{name}"


def _plain(value: str) -> str:
    """A value escaped from supervisord's expansion."""
    return value.replace("%", "%%")


def tied() -> list[str]:
    """A command prefix that ends a process with its parent, even if that is killed; empty without setpriv."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
