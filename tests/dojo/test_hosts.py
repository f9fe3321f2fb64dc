"""Which hosts Dojo answers to, and that a refusal is a sentence and never a traceback."""

import json
import logging
import socket

import psutil
import pytest
from django.test import Client
from django.urls import reverse

from dojo.machine import local_hosts, own_hosts
from tests.access.test_roles import NAMED, address_of

MALFORMED = (
    "a b",
    "a/b",
    "x@y",
    "[::1",
    "[zz]",
    "host:port",
    "a\\b",
    "<script>",
    "%00",
    "ä.example",
    "a..b,c",
    "a\x00b",
)


@pytest.fixture
def client(client: Client, settings) -> Client:
    settings.ALLOWED_HOSTS = own_hosts()
    client.raise_request_exception = False
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_malformed_host_is_a_400_on_every_route(client: Client, caplog, name: str) -> None:
    for host in MALFORMED:
        answer = client.get(address_of(name), headers={"Host": host})
        assert answer.status_code == 400, host
        assert "host" in answer.content.decode().lower()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("path", ["/static/js/theme.js", "/admin/", "/no/such/page", "//v1/interactions"])
def test_another_host_is_told_which_setting_to_change(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Host": "dojo.example.com:8000"})
    assert answer.status_code == 400
    assert "doesn't answer to the host dojo.example.com. Add it to the setting ALLOWED_HOSTS" in answer.content.decode()


def test_the_api_says_so_in_json(client: Client) -> None:
    answer = client.post("/v1/interactions", b"{}", content_type="application/json", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in json.loads(answer.content)["message"]


@pytest.mark.django_db
def test_by_default_it_answers_to_the_machines_own_names_and_addresses(client: Client) -> None:
    addresses = [
        one.address.partition("%")[0]
        for each in psutil.net_if_addrs().values()
        for one in each
        if one.family in (socket.AF_INET, socket.AF_INET6)
    ]
    hosts = ["localhost", "LOCALHOST:9000", socket.gethostname(), "dojo.localhost", *addresses]
    for host in hosts:
        named = f"[{host}]:8000" if ":" in host and not host.upper().startswith("LOCALHOST") else host
        assert client.get(reverse("login"), headers={"Host": named}).status_code == 200, named


def test_its_own_start_can_always_ask_it() -> None:
    assert {"localhost", "127.0.0.1", "[::1]", "10.1.2.3"} <= set(local_hosts("10.1.2.3"))
    assert "[fe80::1]" in local_hosts("fe80::1")


REFUSED = {
    "a form that is no form": {"path": "/login/", "content_type": "multipart/form-data; boundary=x", "data": b"--y"},
    "too many fields": {
        "path": "/login/",
        "content_type": "application/x-www-form-urlencoded",
        "data": b"&".join(b"a%d=1" % number for number in range(2_000)),
    },
    "a form that is too large": {
        "path": "/login/",
        "content_type": "application/x-www-form-urlencoded",
        "data": b"a=" + b"x" * (3 << 20),
    },
    "no token": {"path": "/login/", "content_type": "application/x-www-form-urlencoded", "data": b"a=b"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_request_logs_no_traceback(settings, caplog, name: str) -> None:
    from dojo.log_filter import NoTracebackOfRefusals

    client = Client(enforce_csrf_checks=True)
    client.raise_request_exception = False
    caplog.handler.addFilter(NoTracebackOfRefusals())
    answer = client.generic("POST", **REFUSED[name])
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in caplog.text
    assert "refusals" in settings.LOGGING["handlers"]["console"]["filters"]


def test_a_failure_of_ours_keeps_its_traceback() -> None:
    from dojo.log_filter import NoTracebackOfRefusals

    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "failed", (), (ValueError, ValueError(), None))
    record.status_code = 500
    assert NoTracebackOfRefusals().filter(record) and record.exc_info
