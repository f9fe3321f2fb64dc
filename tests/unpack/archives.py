"""Archives of every kind, made small for tests."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interactions.unpack import open_text

Files = Mapping[str, bytes]
RECORDS = b"".join(json.dumps({"type": "like", "user_id": f"Zoë {n}"}).encode() + b"\n" for n in range(300))


class _Pipe(io.RawIOBase):
    """Somewhere to write to that cannot be gone back in, so that a writer says sizes behind each file."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.content += memoryview(data)  # type: ignore[arg-type]
        return len(memoryview(data))  # type: ignore[arg-type]


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED, *, through_a_pipe: bool = False) -> bytes:
    sink: io.BytesIO | _Pipe = _Pipe() if through_a_pipe else io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:  # type: ignore[arg-type]
        for name, content in files.items():
            archive.writestr(name, content)
    return bytes(sink.content) if isinstance(sink, _Pipe) else sink.getvalue()


def tarred(files: Files, form: int = tarfile.PAX_FORMAT) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form) as archive:
        for name, content in files.items():
            archive.addfile(member(name, len(content)), io.BytesIO(content))
    return sink.getvalue()


def member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    return made


def text_of(folder: Path, content: bytes, **options: Any) -> tuple[bytes, str, str]:
    """The file's text without blank lines, its layers, and what was left out."""
    path = folder / "named.txt"
    path.write_bytes(content)
    with open_text(path, **options) as text:
        lines = text.read().splitlines(keepends=True)
        return b"".join(line for line in lines if line.strip()), text.layers, text.left_out
