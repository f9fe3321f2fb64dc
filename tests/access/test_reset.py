"""A link by mail for whoever forgot the password, through a mail server on loopback."""

import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from dojo import mail
from interactions import tasks
from tests import cast

pytestmark = pytest.mark.django_db
ASK, FRESH = "/login/password/", "staple a horse to it"


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail by SMTP and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[str] = []
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                self._say("354 go on")
                lines = iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), ".")
                self.server.received.append("\n".join(lines))
            self._say("221 bye" if line.upper() == "QUIT" else "250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mails(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What arrived. The worker's task runs at once."""
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}
    settings.CACHES = {"default": {**settings.CACHES["default"], **memory}}
    cache.clear()
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SENDS_MAIL = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        for name, value in mail.server(f"smtp://127.0.0.1:{server.server_address[1]}").items():
            setattr(settings, name, value)
        monkeypatch.setattr(tasks.mail_password_links, "delay", tasks.mail_password_links)
        yield server.received
        server.shutdown()


def tom(**values: Any) -> None:
    user = cast.viewer("tom")
    user.email = "Tom@Example.com"
    user.set_password("the one that was forgotten")
    user.save()


def test_a_mailed_link_sets_a_password_and_logs_in(mails: list[str]) -> None:
    tom()
    answer = Client().post(ASK, {"email": "tom@example.com"}, follow=True)
    assert "a link is on its way" in answer.content.decode()
    assert len(mails) == 1 and "To: Tom@Example.com" in mails[0] and "within 48 hours" in mails[0]
    link = urlsplit(re.search(r"http://testserver/set-password/\S+", mails[0])[0]).path  # type: ignore[index]
    client = Client()
    place = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.post(place, {"password1": FRESH, "password2": FRESH}).status_code == 302
    assert client.get("/account/").status_code == 200
    assert "This link has expired" in Client().get(link).content.decode()


def test_the_answer_is_the_same_for_strangers_and_no_mail_is_sent(mails: list[str]) -> None:
    tom()
    answers = [Client().post(ASK, {"email": email}, follow=True).content for email in ("tom@example.com", "a@b.org")]
    assert answers[0] == answers[1] and len(mails) == 1


def test_nobody_is_flooded_with_mail(mails: list[str]) -> None:
    tom()
    answers = [Client().post(ASK, {"email": "tom@example.com"}).status_code for _ in range(7)]
    assert answers[-1] == 429 and len(mails) == 5


@pytest.mark.parametrize("sends", [True, False])
def test_the_page_is_hidden_where_dojo_sends_no_mail(settings, sends: bool) -> None:
    settings.SENDS_MAIL = sends
    assert (ASK in Client().get("/login/").content.decode()) == sends
    assert Client().get(ASK).status_code == (200 if sends else 404)


def test_the_address_of_a_mail_server_is_read() -> None:
    found = mail.server("smtp+tls://me%40x.org:p%2Fw@mail.example.com")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example.com", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@x.org", "p/w")
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        mail.server("smtp://")
