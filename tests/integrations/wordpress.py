"""Debian's WordPress with the plugin out of its zip: MariaDB on a socket, and PHP's own web server."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from integrations.wordpress.package import package
from tests.processes import free_port, wait_for

DEBIAN = Path("/usr/share/wordpress")
PROGRAMS = ("php", "mariadbd", "mariadb-install-db")
PARTS = Path(__file__).with_name("wordpress_site")
ADMIN = ("admin", "correct horse battery")
CUSTOMER = ("carla", "a long password")
INSTALL = "apt install --no-install-recommends wordpress php-cli php-mysql mariadb-server"


def missing() -> str:
    """What this machine lacks, as a reason to skip; empty where all is there."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if not (DEBIAN / "wp-settings.php").exists():
        lacking.append("wordpress")
    return f"No {', '.join(lacking)} here: {INSTALL}" if lacking else ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Somebody:
    """A browser without scripts. ``cookies`` are those of a script; ``told_cookies`` came with the last answer."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}
        self.told_cookies: list[str] = []
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar), _NoRedirect)

    def ask(self, path: str, data: Any = None) -> tuple[int, str]:
        """Status and body of an answer; a dict is sent as a form, anything else as JSON."""
        body = None
        if isinstance(data, dict) and "stand_in" not in path:
            body = urllib.parse.urlencode(data).encode()
        elif data is not None:
            body = json.dumps(data).encode()
        request = urllib.request.Request(self.address + path, body)
        request.add_header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
        if self.cookies:
            jar = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
            own = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            request.add_unredirected_header("Cookie", f"{jar}; {own}" if jar else own)
        try:
            answer = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.told_cookies = answer.headers.get_all("Set-Cookie") or []
            return answer.status, answer.read().decode()

    def do(self, deed: str, told: Any = None) -> Any:
        """A deed of the stand-ins; its answer."""
        status, body = self.ask(f"/?stand_in={deed}", told if told is not None else [])
        assert status == 200, body
        return json.loads(body)

    def log_in(self, name: str, password: str) -> None:
        status, body = self.ask("/wp-login.php", {"log": name, "pwd": password})
        assert status == 302, body

    def log_out(self) -> None:
        _, page = self.ask("/wp-login.php?action=logout")
        nonce = re.search(r"_wpnonce=([0-9a-f]+)", page)
        assert nonce, page
        assert self.ask(f"/wp-login.php?action=logout&_wpnonce={nonce[1]}")[0] == 302


class WordPress:
    """The site. ``made`` has the ids of what is on it: a product, a post, a page, a customer."""

    def __init__(self) -> None:
        # A short path, as a socket's may have no more than 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="dojo-wp-"))
        self.site = self.folder / "site"
        self.socket = self.folder / "mariadb.sock"
        self.url = f"http://127.0.0.1:{free_port()}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.made: dict[str, int] = {}

    def start(self) -> None:
        try:
            self._lay_out()
            self._start_database()
            self._install()
            self._start_web()
        except BaseException:
            self.stop()
            raise

    def _lay_out(self) -> None:
        content = self.site / "wp-content"
        for folder in ("plugins", "themes", "uploads"):
            (content / folder).mkdir(parents=True)
        for entry in DEBIAN.iterdir():
            if entry.name not in ("wp-content", "wp-config.php"):
                (self.site / entry.name).symlink_to(entry)
        shutil.copy(PARTS / "wp-config.php", self.site)
        shutil.copytree(PARTS / "theme", content / "themes" / "plain")
        shutil.copytree(PARTS / "mu-plugins", content / "mu-plugins")
        self.stand_in()
        with ZipFile(io.BytesIO(package())) as zipped:
            zipped.extractall(content / "plugins")

    def stand_in(self, **names: bool) -> None:
        """Which of WooCommerce's Action Scheduler (``actions``) and the WP Consent API (``consent``) are there."""
        told = self.site / "wp-content" / "mu-plugins" / "stand-ins.json"
        fresh = told.with_suffix(".new")
        fresh.write_text(json.dumps(names))
        fresh.replace(told)

    @property
    def _environ(self) -> dict[str, str]:
        own = {"SITE": str(self.site), "DATABASE_SOCKET": str(self.socket), "ADDRESS": self.url}
        return {"PATH": os.environ["PATH"], "PHP_CLI_SERVER_WORKERS": "3", **own}

    def _start(self, *command: str, **more: Any) -> subprocess.Popen[bytes]:
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **more)
        self._processes.append(process)
        return process

    def _start_database(self) -> None:
        data = self.folder / "data"
        subprocess.run(
            [
                *("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"),
                *("--auth-root-authentication-method=normal", "--user=root"),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        self._start(
            *("mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", "--skip-networking"),
            *("--user=root", "--innodb-flush-log-at-trx-commit=0", f"--pid-file={self.folder / 'mariadb.pid'}"),
        )
        wait_for(self._has_database, because=self.log)

    def _has_database(self) -> bool:
        made = "$db = @new mysqli('localhost', 'root', '', '', 0, getenv('DATABASE_SOCKET'));"
        code = f"{made} exit($db->query('CREATE DATABASE IF NOT EXISTS wordpress') ? 0 : 1);"
        done = subprocess.run(["php", "-r", code], env=self._environ, capture_output=True, check=False)
        return done.returncode == 0

    def php(self, file: Path) -> str:
        """What a script prints that runs within the site."""
        prepend = f"auto_prepend_file={PARTS / 'prepend.php'}"
        done = subprocess.run(
            ["php", "-d", prepend, str(file)], env=self._environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _install(self) -> None:
        said = self.php(PARTS / "install.php")
        self.made = json.loads(said[said.rindex("{") :])

    def _start_web(self) -> None:
        prepend = f"auto_prepend_file={PARTS / 'prepend.php'}"
        place = self.url.removeprefix("http://")
        self._start("php", "-d", prepend, "-S", place, "-t", str(self.site), env=self._environ)
        wait_for(self._answers, because=self.log)

    def _answers(self) -> bool:
        try:
            return Somebody(self.url).ask("/")[0] == 200
        except OSError:
            return False

    def debug_log(self) -> str:
        file = self.site / "debug.log"
        return file.read_text() if file.exists() else ""

    def log(self) -> str:
        return (self.folder / "processes.log").read_text(errors="replace") + self.debug_log()

    def stop(self) -> None:
        for process in reversed(self._processes):
            if process.poll() is None:
                # The web server's workers are in its group, and outlive it.
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
