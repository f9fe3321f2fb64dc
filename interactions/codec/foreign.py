"""What a file is that is no JSON, in words that say what to do about it."""

from __future__ import annotations


def not_json(head: bytes) -> str:
    for magic, name in _KNOWN.items():
        if head.startswith(magic):
            return f"The file is {name}, not JSON."
    if b"\x00" in head[:1024]:
        return "The file is not text: records have to be JSON in UTF-8."
    return "The file is not JSON: it has to begin with { or [."


_KNOWN = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"PAR1": "a Parquet file",
    b"BZh": "a bzip2 archive: unpack it first, or pack it as .gz or .zst",
    b"\xfd7zXZ": "an xz archive: unpack it first, or pack it as .gz or .zst",
    b"SQLite format 3": "a SQLite database",
    b"<": "HTML or XML",
    b"\xff\xfe": "text in UTF-16: save it as UTF-8",
    b"\xfe\xff": "text in UTF-16: save it as UTF-8",
}
