"""A Redis with a password that answers TLS alone, as another machine's would: the bundled one can't, so that a process
in front of it decrypts. ``python -m tests.tls_redis SOCKET PORT CERTIFICATE KEY`` is that process.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dojo import redis_server
from tests.processes import HOUSE, free_port, tied, wait_for

PASSWORD = "a-password-of-redis"


@contextmanager
def running() -> Iterator[str]:
    """Its address until the end of ``with``, for whoever doesn't know its authority otherwise."""
    with tempfile.TemporaryDirectory(prefix="dojo-redis-") as place:
        folder, port = Path(place), free_port()
        certificate, key = _certificate(folder)
        url = f"rediss://:{PASSWORD}@localhost:{port}/0?ssl_ca_certs={certificate}"
        socket = folder / "socket"
        server = [*redis_server.command(socket, folder, folder / "log"), "--requirepass", PASSWORD]
        front = [sys.executable, "-m", "tests.tls_redis", str(socket), str(port), str(certificate), str(key)]
        with _started(server), _started(front):
            wait_for(lambda: redis_server.answers(url, within=0), because=lambda: (folder / "log").read_text())
            yield url


@contextmanager
def _started(command: Sequence[str]) -> Iterator[None]:
    process = subprocess.Popen(tied(*command), cwd=HOUSE, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that is its own authority, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(text))
    paths[1].write_bytes(key.private_bytes(text, serialization.PrivateFormat.PKCS8, plain))
    return paths


async def _serve(socket: str, port: int, certificate: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    async with await asyncio.start_server(carry, "127.0.0.1", port, ssl=context) as server:
        await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # one of the two left
        while some := await reader.read(1 << 16):
            writer.write(some)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
