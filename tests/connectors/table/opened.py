"""Tables from bytes, and what becomes of them."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from interactions.codec.reader import Rejected
from interactions.connectors import table
from interactions.connectors.table import Mapping, Times


@dataclass
class Read:
    """What a mapped table came to: its records, what the rows that brought none were counted as, and rejected rows."""

    records: list[dict[str, Any]] = field(default_factory=list)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    rows: int = 0

    @property
    def is_all_counted(self) -> bool:
        return self.rows == len(self.records) + sum(self.skipped.values()) + len(self.rejected)


def file(folder: Path, content: bytes | str, name: str = "table") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def suggested(path: Path) -> Mapping:
    return table.suggested(table.sample_of(table.open_table(path)))


def questions(path: Path) -> list[table.Question]:
    sample = table.sample_of(table.open_table(path))
    return table.questions(sample, table.suggested(sample))


def mapped(path: Path, zone: str = "UTC", **changes: Any) -> Mapping:
    """The mapping that is suggested, with the zone that would be asked for, and changes."""
    mapping = suggested(path)
    times = Times(mapping.times.form, zone)
    return msgspec.structs.replace(mapping, **{"times": times, **changes})


def read(path: Path, mapping: Mapping | None = None) -> Read:
    """All of a table, by the suggested mapping in UTC where none is given."""
    mapping = mapped(path) if mapping is None else mapping
    records = table.Records(table.open_table(path, mapping.reading), mapping)
    found = Read()
    for chunk in records:
        lines = [json.loads(line) for line in bytes(chunk.lines).split(b"\n") if line]
        assert len(lines) == chunk.records
        found.records += lines
        found.skipped.update({(said.name, said.reason): count for said, count in chunk.skipped.items()})
        found.rejected += chunk.rejected
        found.rows += chunk.events
    found.left_out = records.left_out
    return found


def workbook(rows: list[list[Any]], more: str = "", **others: list[list[Any]]) -> bytes:
    """An Excel workbook with a sheet called Sales, and others after it; ``more`` is XML after the rows of each."""

    def cell(row: int, column: int, value: Any) -> str:
        place = f"{chr(65 + column)}{row}"
        if isinstance(value, (int, float)):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'

    def line(row: int, cells: list[Any]) -> str:
        made = "".join(cell(row, column, value) for column, value in enumerate(cells) if value is not None)
        return f'<row r="{row}">{made}</row>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    of_packages = "http://schemas.openxmlformats.org/package/2006"
    of_offices = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    one = '<Relationships xmlns="{0}/relationships"><Relationship Id="r1" Type="{1}/{2}" Target="{3}"/></Relationships>'
    relation = '<Relationship Id="r{0}" Type="{1}/worksheet" Target="worksheets/sheet{0}.xml"/>'
    sheets = {"Sales": rows, **others}
    named = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(sheets, 1)
    )
    related = "".join(relation.format(number, of_offices) for number in range(1, len(sheets) + 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{of_packages}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": one.format(of_packages, of_offices, "officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{of_offices}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{of_packages}/relationships">{related}</Relationships>',
    }
    for place, rows_of_sheet in enumerate(sheets.values(), 1):
        cells = "".join(line(number, cells) for number, cells in enumerate(rows_of_sheet, 1))
        parts[f"xl/worksheets/sheet{place}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{cells}{more}</sheetData></worksheet>'
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)  # the same bytes at any time
    return packed.getvalue()
