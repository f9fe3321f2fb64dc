"""A broker that is spoken to over TLS and after a log-in alone: a gate before one that asks for neither."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import free_port

_API_VERSIONS, _HANDSHAKE, _AUTHENTICATE = 18, 17, 36
_UNSUPPORTED_VERSION, _WRONG_PASSWORD = 35, 58
_HOST = "127.0.0.1"


class Authority:
    """A certificate authority of its own, for this machine; its files are in ``folder``."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(_HOST))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


class Gate:
    """Passes on what is said over TLS after SASL's PLAIN with this name and password; ``servers`` is its address."""

    def __init__(self, behind: str, authority: Authority, user: str, password: str) -> None:
        self._behind = int(behind.rpartition(":")[2])
        self._token = f"\0{user}\0{password}".encode()
        self._port = free_port()
        self.servers = f"{_HOST}:{self._port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)
        self._context = context
        self._listening = socket.create_server((_HOST, self._port))
        threading.Thread(target=self._accept, daemon=True).start()

    def end(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                came, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=[came], daemon=True).start()

    def _serve(self, came: socket.socket) -> None:
        # A client that goes, at any moment, ends its connection alone.
        with (
            suppress(OSError, EOFError),
            self._context.wrap_socket(came, server_side=True) as client,
            socket.create_connection((_HOST, self._behind)) as broker,
        ):
            if self._is_let_in(client, broker):
                threading.Thread(target=self._answer, args=[broker, client], daemon=True).start()
                while True:
                    _write(broker, _read(client))

    def _is_let_in(self, client: socket.socket, broker: socket.socket) -> bool:
        """Answer what comes before and with the log-in; whether it was right."""
        while True:
            asked = _read(client)
            api, version, number = struct.unpack(">hhi", asked[:8])
            if api == _API_VERSIONS and version:
                _write(client, struct.pack(">ihihhh", number, _UNSUPPORTED_VERSION, 1, _API_VERSIONS, 0, 0))
            elif api == _API_VERSIONS:
                _write(broker, asked)
                known = _read(broker)
                (several,) = struct.unpack(">i", known[6:10])
                own = struct.pack(">6h", _HANDSHAKE, 0, 1, _AUTHENTICATE, 0, 0)
                _write(client, known[:6] + struct.pack(">i", several + 2) + own + known[10:])
            elif api == _HANDSHAKE:
                _write(client, struct.pack(">ihih", number, 0, 1, 5) + b"PLAIN")
            elif api == _AUTHENTICATE and asked.endswith(struct.pack(">i", len(self._token)) + self._token):
                _write(client, struct.pack(">ihhi", number, 0, -1, 0))
                return True
            else:
                _write(client, struct.pack(">ihhi", number, _WRONG_PASSWORD, -1, 0))
                return False

    def _answer(self, broker: socket.socket, client: socket.socket) -> None:
        """Pass answers back, with the gate's port where the broker names its own."""
        theirs, ours = (_HOST.encode() + struct.pack(">i", port) for port in (self._behind, self._port))
        with suppress(OSError, EOFError):
            while True:
                _write(client, _read(broker).replace(theirs, ours))


def _read(place: socket.socket) -> bytes:
    return _exactly(place, struct.unpack(">i", _exactly(place, 4))[0])


def _exactly(place: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = place.recv(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _write(place: socket.socket, message: bytes) -> None:
    place.sendall(struct.pack(">i", len(message)) + message)
