"""The examples for nginx and Caddy are read by these programs, and Dojo works behind nginx as behind nobody."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import random
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ingest.uploads.tus import BYTES, metadata
from tests.processes import HOUSE, Dojo, free_port, query, wait_for
from tests.web_server import Server

SITE = "dojo.example.com"
MIB = 1 << 20
NGINX, CADDY = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin:/usr/local/bin"), shutil.which("caddy")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="There is no nginx here: apt install nginx-light.")
needs_caddy = pytest.mark.skipif(CADDY is None, reason="There is no Caddy here: apt install caddy.")

# What is around the example in a Debian's nginx.conf, which compresses, and folders of the test's own.
AROUND = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    gzip on;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/dojo.conf;
}}
"""


@dataclass
class Proxy:
    """nginx with the example, in front of a web server. The example is changed in ports and paths alone."""

    folder: Path
    server: Server
    https_port: int
    http_port: int

    def write(self) -> Path:
        """The configuration that includes the example."""
        text = (HOUSE / "deploy" / "nginx.conf").read_text()
        text = "".join(line for line in text.splitlines(keepends=True) if "listen [::]" not in line)
        for ours, theirs in (
            ("127.0.0.1:8000", f"127.0.0.1:{self.server.port}"),
            ("listen 443", f"listen 127.0.0.1:{self.https_port}"),
            ("listen 80", f"listen 127.0.0.1:{self.http_port}"),
            (f"/etc/letsencrypt/live/{SITE}", str(self.folder)),
        ):
            assert ours in text
            text = text.replace(ours, theirs)
        (self.folder / "dojo.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(AROUND.format(folder=self.folder))
        return self.folder / "nginx.conf"

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def ask(
        self, method: str, address: str, body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        given = {"Host": SITE, "Origin": f"https://{SITE}", **self.server.headers}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPSConnection("127.0.0.1", self.https_port, timeout=60, context=self.context)
        with closing(line):
            line.request(method, address, body, given)
            answer = line.getresponse()
            return answer, answer.read()

    def create(self, length: int) -> str:
        given = metadata(filename="week.jsonl", environment="production")
        answer, said = self.ask("POST", "/uploads/", Upload_Length=str(length), Upload_Metadata=given)
        assert answer.status == 201, said
        return str(answer.getheader("Location"))

    def offset(self, upload: str) -> int:
        return int(self.ask("HEAD", upload)[0].getheader("Upload-Offset", "-1"))

    def told(self) -> str:
        return (self.folder / "error.log").read_text()


def certify(folder: Path) -> None:
    """A certificate of the site's own, by the names that certbot gives its files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SITE)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(SITE), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(*form))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if NGINX is None:
        pytest.skip("There is no nginx here: apt install nginx-light.")
    told = {"BEHIND_HTTPS": "1", "ALLOWED_HOSTS": SITE, "CSRF_TRUSTED_ORIGINS": f"https://{SITE}"}
    server = Server(tmp_path_factory.mktemp("behind"), BODY_PATIENCE_SECONDS="2", **told)
    front = Proxy(tmp_path_factory.mktemp("nginx"), server, free_port(), free_port())
    Dojo(server.folder).gather_static_files()
    certify(front.folder)
    configuration = front.write()
    server.start()
    process = subprocess.Popen([NGINX, "-c", configuration, "-p", front.folder], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: process.poll() is None and _listens(front.https_port), because=front.told)
        yield front
    finally:
        process.terminate()
        process.wait(20)
        server.end()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@needs_caddy
def test_caddy_takes_the_example(tmp_path: Path) -> None:
    assert CADDY is not None
    line = [CADDY, "validate", "--adapter", "caddyfile", "--config", str(HOUSE / "deploy" / "Caddyfile")]
    own = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(line, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "not formatted" not in done.stderr


@needs_nginx
@pytest.mark.slow
def test_nginx_takes_the_example_and_complains_of_nothing(proxy: Proxy) -> None:
    assert NGINX is not None
    line = [NGINX, "-t", "-c", str(proxy.folder / "nginx.conf"), "-p", str(proxy.folder)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    known = ("listen ... http2", '"user" directive')  # newer versions; where this isn't root
    assert [said for said in done.stderr.splitlines() if "[" in said and not any(word in said for word in known)] == []


@pytest.mark.slow
def test_a_page_comes_over_https_and_http_leads_there(proxy: Proxy) -> None:
    answer, page = proxy.ask("GET", "/production/", Accept_Encoding="identity")
    assert answer.status == 200 and page.lower().startswith(b"<!doctype html>")
    assert "max-age" in answer.getheader("Strict-Transport-Security", "")
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.http_port, timeout=30)) as line:
        line.request("GET", "/production/", headers={"Host": SITE})
        led = line.getresponse()
        assert (led.status, led.getheader("Location")) == (301, f"https://{SITE}/production/")


@pytest.mark.slow
def test_what_shows_a_secret_is_not_compressed_by_the_proxy_either(proxy: Proxy) -> None:
    """Debian's nginx.conf compresses pages: the example must turn that off."""
    page, body = proxy.ask("GET", "/account/", Accept_Encoding="gzip")
    assert page.getheader("Content-Encoding") == "gzip" and gzip.decompress(body)  # by Dojo
    secret, body = proxy.ask("GET", "/account/second-factor/", Accept_Encoding="gzip")
    assert (secret.getheader("Content-Encoding"), len(body) > 1000) == (None, True)


@pytest.mark.slow
def test_a_file_of_50_mb_arrives_in_pieces_as_it_is(proxy: Proxy) -> None:
    content = random.Random(5).randbytes(50 * MIB)
    upload = proxy.create(len(content) + 1)  # with its last byte, it would be taken from where it is stored
    for begin in range(0, len(content), 8 * MIB):
        piece = content[begin : begin + 8 * MIB]
        answer, said = proxy.ask("PATCH", upload, piece, Upload_Offset=str(begin), Content_Type=BYTES)
        assert answer.status == 204, said
    stored = proxy.server.stored(upload).read_bytes()
    assert hashlib.sha256(stored).digest() == hashlib.sha256(content).digest()
    answer, said = proxy.ask("PATCH", upload, b"\n", Upload_Offset=str(len(content)), Content_Type=BYTES)
    assert (answer.status, answer.getheader("Upload-Offset")) == (204, str(len(content) + 1)), said


@pytest.mark.slow
def test_what_has_arrived_of_a_piece_counts_where_the_line_breaks(proxy: Proxy) -> None:
    upload = proxy.create(8 * MIB)
    given = {"Host": SITE, "Origin": f"https://{SITE}", **proxy.server.headers}
    given |= {"Upload-Offset": "0", "Content-Type": BYTES, "Content-Length": str(8 * MIB)}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    with socket.create_connection(("127.0.0.1", proxy.https_port), timeout=30) as line:
        secure = proxy.context.wrap_socket(line, server_hostname=SITE)
        secure.sendall(f"PATCH {upload} HTTP/1.1\r\n{head}\r\n".encode() + bytes(3 * MIB))
        wait_for(lambda: _size(proxy.server.stored(upload)) >= 2 * MIB, because=proxy.told)
        secure.close()
    wait_for(lambda: proxy.offset(upload) >= 2 * MIB, because=proxy.told)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@pytest.mark.slow
def test_calls_come_through_up_to_their_limit_and_dojo_says_which_it_is(proxy: Proxy) -> None:
    call = json.dumps({"data": [{"type": "like", "user_id": "ann"}]}).encode()
    named = {"X_API_KEY": proxy.server.key, "Content_Type": "application/json"}
    answer, said = proxy.ask("POST", "/v1/interactions", call, **named)
    assert answer.status == 200, said
    answer, said = proxy.ask("POST", "/v1/interactions", call + b" " * (32 * MIB), **named)
    assert answer.status == 413 and json.loads(said)["message"]
    largest = b"{" + b" " * (31 * MIB)
    answer, said = proxy.ask("POST", "/v1/interactions", largest, **named)
    assert answer.status in (400, 422) and json.loads(said)["message"]


@pytest.mark.slow
def test_calls_are_not_in_the_proxys_log_and_metrics_not_for_strangers(proxy: Proxy) -> None:
    proxy.ask("GET", f"/v1/interactions?api_key={proxy.server.key}")
    assert proxy.ask("GET", "/metrics")[0].status == 404
    log = proxy.folder / "access.log"
    wait_for(lambda: "/metrics" in log.read_text(), because=log.read_text)  # it's written after the answer
    assert proxy.server.key not in log.read_text()


@pytest.mark.slow
def test_what_a_client_says_of_its_address_is_not_believed(proxy: Proxy) -> None:
    for _ in range(2):
        answer, _said = proxy.ask("GET", "/account/", X_Forwarded_For="203.0.113.9")
        assert answer.status == 200
    places = query(proxy.server.environ, "SELECT DISTINCT ip FROM usersessions_usersession")
    assert {str(place) for (place,) in places} == {"127.0.0.0"}


@pytest.mark.slow
def test_one_id_goes_from_the_proxy_to_the_answer(proxy: Proxy) -> None:
    found = proxy.ask("GET", "/production/", X_Request_ID="mine")[0].getheader("X-Request-ID", "")
    assert len(found) == 32 and found != "mine"
