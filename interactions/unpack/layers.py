"""Detect layers of packing from their first bytes, and unpack one after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from interactions.errors import FileRefused
from interactions.unpack import encodings, frames, mongo, quoted, tar_archive, zip_archive
from interactions.unpack.member import Members, shown
from interactions.unpack.stream import ByteStream, Meter, Pieces

_HEAD = 64 << 10  # bytes for detecting a layer
_DEEPEST = 8
_BOM = b"\xef\xbb\xbf"
_NAMED = 10  # files named that were left out
_LINE_END = re.compile(rb"[\r\n]")
_DIGIT = re.compile(rb"\d")
_MARKS = (b",", b";", b"\t", b"|")
_OF_JSON = (b"{", b"[")
_BLANK = b" \t\r\n\x1e\xef\xbb\xbf"


@dataclass(slots=True)
class Contents:
    """What was found: the names of ``layers``, outermost first, down to the first text.

    ``texts`` counts files of records. ``left_out_count`` counts other files in archives, of which ``left_out`` has the
    first names; with ``everything`` they are read as well. ``ids_left_out`` counts the records whose ``_id`` from
    MongoDB was left out. ``first`` has the name and the first line of the first text.
    """

    everything: bool = False
    layers: list[str] = field(default_factory=list)
    texts: int = 0
    left_out: list[str] = field(default_factory=list)
    left_out_count: int = 0
    ids_left_out: int = 0
    first: tuple[str, bytes] = ("", b"")

    def leave_out(self, name: str, what: str) -> None:
        self.left_out_count += 1
        if len(self.left_out) < _NAMED:
            self.left_out.append(shown(name) + what)

    def require_alike(self, name: str, head: bytes) -> None:
        """Raise FileRefused if the texts of an archive can't be one table, judging by their first lines."""
        line = _LINE_END.split(head.lstrip(_BLANK), maxsplit=1)[0]
        if not self.texts:
            self.first = (name, line)
        elif line and self.first[1] and _columns_differ(self.first[1], line):
            names = f"{shown(self.first[0])} and {shown(name)}"
            raise FileRefused(f"{names} in the archive don't have the same columns: import each one separately.")

    def leave_out_ids(self, count: int) -> None:
        self.ids_left_out += count

    def sentence(self, *, so_far: bool) -> str:
        """What was left out, in sentences; may be empty. ``so_far`` if there is more to read."""
        return " ".join(filter(None, (self._files_sentence, self._ids_sentence(so_far))))

    def _ids_sentence(self, so_far: bool) -> str:
        if not self.ids_left_out:
            return ""
        records = "1 record" if self.ids_left_out == 1 else f"{self.ids_left_out:,} records"
        return f'The "_id" that MongoDB added was left out of {records}{" so far" if so_far else ""}.'

    @property
    def _files_sentence(self) -> str:
        if not self.left_out_count:
            return ""
        subject = "1 file" if self.left_out_count == 1 else f"{self.left_out_count:,} files"
        verbs = "has no JSON and was" if self.left_out_count == 1 else "have no JSON and were"
        return f"{subject} in the archive {verbs} left out: {self._names}."

    @property
    def refusal(self) -> str:
        """The refusal of an archive without records."""
        return f"The archive has no JSON, but {self._names}."

    @property
    def _names(self) -> str:
        more = self.left_out_count - len(self.left_out)
        return ", ".join(self.left_out) + (f" and {more:,} more" if more else "")


def _columns_differ(first: bytes, other: bytes) -> bool:
    """Whether tables with these first lines have different columns: another number of them, or other names. Lines with
    digits don't count as names."""
    if first == other or first[:1] in _OF_JSON or other[:1] in _OF_JSON:
        return False
    if any(first.count(mark) != other.count(mark) for mark in _MARKS):
        return True
    return not (_DIGIT.search(first) or _DIGIT.search(other))


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    is_there: Callable[[bytes], bool]
    take_off: Callable[[ByteStream, Contents], Pieces]


@dataclass(frozen=True, slots=True)
class _Archive:
    name: str
    is_there: Callable[[bytes], bool]
    members: Callable[[ByteStream], Members]


def _of_all(take_off: Callable[[ByteStream], Pieces]) -> Callable[[ByteStream, Contents], Pieces]:
    """Adapts a layer that leaves nothing out."""
    return lambda stream, contents: take_off(stream)


def _is_zstd(head: bytes) -> bool:
    return head.startswith(b"\x28\xb5\x2f\xfd") or (0x50 <= head[0] <= 0x5F and head[1:4] == b"\x2a\x4d\x18")


_LAYERS: tuple[_Layer | _Archive, ...] = (
    _Layer("gzip", lambda head: head.startswith(b"\x1f\x8b"), _of_all(frames.gunzip)),
    _Layer("zstd", _is_zstd, _of_all(frames.unzstd)),
    _Layer("bzip2", lambda head: head.startswith(b"BZh") and head[3:4].isdigit(), _of_all(frames.unbzip2)),
    _Layer("xz", lambda head: head.startswith(b"\xfd7zXZ\x00"), _of_all(frames.unxz)),
    _Archive("zip", lambda head: head.startswith(zip_archive.MAGIC), zip_archive.members),
    _Archive("tar", tar_archive.is_tar, tar_archive.members),
    _Layer("UTF-16", encodings.is_utf_16, _of_all(encodings.transcode)),
    _Layer("UTF-32", encodings.is_utf_32, _of_all(encodings.transcode)),
    _Layer("JSON in strings", quoted.is_quoted, _of_all(quoted.unquote)),
    _Layer("mongoexport", mongo.is_mongo, lambda stream, contents: mongo.unwrap(stream, contents.leave_out_ids)),
)


def text(stream: ByteStream, meter: Meter, contents: Contents) -> Pieces:
    """The text in UTF-8; of an archive, all files one after another, each on its own lines.

    Raises FileRefused if it can't be unpacked, or one of ``frames.ERRORS``.
    """
    yield from _unpacked(stream, meter, contents, ())
    if contents.left_out and not contents.texts:
        raise FileRefused(contents.refusal)


def _unpacked(
    stream: ByteStream, meter: Meter, contents: Contents, above: tuple[str, ...], member: str = ""
) -> Iterator[bytes]:
    head = stream.peek(_HEAD)
    layer = next((layer for layer in _LAYERS if head and layer.is_there(head)), None)
    if layer is None:
        yield from _leaf(stream, head, contents, above, member)
        return
    if len(above) == _DEEPEST:
        raise FileRefused(f"The file is compressed more than {_DEEPEST} times over. Unpack it first.")
    above = (*above, layer.name)
    if isinstance(layer, _Layer):
        inner = ByteStream(meter.counted(layer.take_off(stream, contents)))
        yield from _unpacked(inner, meter, contents, above, member)
        return
    if not contents.texts:
        contents.layers = list(above)
    for found in layer.members(stream):
        if found.content is None:
            contents.leave_out(found.name, f" ({found.what})")
            continue
        inner = ByteStream(meter.counted(found.content))
        if not found.is_of_the_system:
            yield from _unpacked(inner, meter, contents, above, found.name)
        while inner.take():  # read to the end, so that the limits apply to what is left out, too
            pass


def _leaf(stream: ByteStream, head: bytes, contents: Contents, above: tuple[str, ...], member: str) -> Pieces:
    start = head.lstrip(_BLANK)[:1]
    if member and not contents.everything:
        if not start and len(head) < _HEAD:
            return
        if start not in (b"{", b"["):
            contents.leave_out(member, "")
            return
    if member and contents.everything:
        contents.require_alike(member, head)
        if contents.texts and head.startswith(
            _BOM
        ):  # in the middle of the text it would be a character of its first cell
            stream.skip(len(_BOM))
    contents.texts += 1
    if contents.texts == 1:
        contents.layers = list(above)
    while piece := stream.take():
        yield piece
    if member:
        yield b"\n"
