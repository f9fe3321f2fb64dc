"""Zip the WordPress plugin: ``python integrations/wordpress/package.py FILE``. Needs no PHP.

The same files give the same bytes, so a release can be checked.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

PLUGIN = Path(__file__).resolve().parent / "dojo-interactions"
_SAME_TIME = (2026, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


def package() -> bytes:
    """The zip: the plugin in the one folder that WordPress expects."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as zipped:
        for file in sorted(path for path in PLUGIN.rglob("*") if path.is_file()):
            entry = ZipInfo(str(file.relative_to(PLUGIN.parent)), _SAME_TIME)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, _READABLE
            zipped.writestr(entry, file.read_bytes())
    return made.getvalue()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(package())
