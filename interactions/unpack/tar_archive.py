"""Read a tar archive from front to back.

The standard library parses headers, but its reader isn't safe for untrusted files: a damaged header silently ends the
archive, and extended headers may be of any size.
"""

from __future__ import annotations

import tarfile

from interactions.errors import FileRefused
from interactions.unpack.member import Member, Members, shown
from interactions.unpack.stream import ByteStream, CutShort, DamagedFile

BLOCK = tarfile.BLOCKSIZE
_MOST_HEADER = 1 << 20  # bytes of an extended header
_GNU_NAME, _GNU_LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_LINKS = {tarfile.LNKTYPE: "a link", tarfile.SYMTYPE: "a link"}
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_WITHOUT_CONTENT = (tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, *_LINKS)


def is_tar(head: bytes) -> bool:
    """Whether a text starts with a tar header, by its checksum, or with the zeros of an empty archive."""
    if len(head) < BLOCK:
        return False
    if not head.strip(b"\x00"):
        return len(head) >= 2 * BLOCK
    try:
        _header(head[:BLOCK])
    except tarfile.HeaderError:
        return False
    return True


def members(stream: ByteStream) -> Members:
    """The files in the archive.

    Raises DamagedFile if it's truncated or has a wrong header, FileRefused for a sparse file.
    """
    said: dict[str, str] = {}
    ended = False
    while block := stream.peek(BLOCK):
        stream.skip(len(block))
        if not block.strip(b"\x00"):
            ended = True
            continue
        ended = False
        try:
            header = _header(block)
        except tarfile.HeaderError as error:
            raise DamagedFile from error
        if header.type in (_GNU_NAME, _GNU_LINK, *_PAX, tarfile.XGLTYPE):
            said |= _said(header.type, _text(stream, header.size))
            continue
        yield from _member(stream, header, said)
        said = {}
    if not ended:
        raise CutShort


def _header(block: bytes) -> tarfile.TarInfo:
    header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    if header.size < 0:
        raise tarfile.HeaderError("a negative size")
    return header


def _text(stream: ByteStream, size: int) -> bytes:
    if size > _MOST_HEADER:
        raise DamagedFile
    text = stream.exactly(size)
    stream.skip(-size % BLOCK)
    return text


def _said(kind: bytes, text: bytes) -> dict[str, str]:
    """The attributes of the next file in an extended header."""
    if kind == _GNU_NAME:
        return {"path": text.rstrip(b"\x00").decode(errors="replace")}
    return _records(text) if kind in _PAX else {}


def _records(text: bytes) -> dict[str, str]:
    """Parse pax records: ``LENGTH KEY=VALUE`` and a line end."""
    found = {}
    while text.strip(b"\x00"):
        length, blank, _ = text.partition(b" ")
        if not blank or not length.isdigit() or not len(length) < int(length) <= len(text):
            raise DamagedFile
        key, _, value = text[len(length) + 1 : int(length) - 1].partition(b"=")
        found[key.decode(errors="replace")] = value.decode(errors="replace")
        text = text[int(length) :]
    return found


def _member(stream: ByteStream, header: tarfile.TarInfo, said: dict[str, str]) -> Members:
    name = said.get("path", header.name)
    if header.type in _WITHOUT_CONTENT:
        if header.type in _LINKS:
            yield Member(name, None, _LINKS[header.type])
        return
    if header.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse.") for key in said):
        raise FileRefused(f"{shown(name)} is a sparse file in its tar archive: pack it again without --sparse.")
    size = said.get("size", str(header.size))
    if not size.isdigit() or len(size) > 20:
        raise DamagedFile
    content = stream.limited(int(size))
    if header.type in _PLAIN and not (header.type == tarfile.AREGTYPE and name.endswith("/")):
        yield Member(name, content)
    for _ in content:
        pass
    stream.skip(-int(size) % BLOCK)
