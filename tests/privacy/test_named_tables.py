"""Erased people in tables that wait to be mapped or loaded: any cell may be an id."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interactions import privacy
from interactions.ingest import imports
from interactions.ingest.imports import storage, tables
from interactions.models import DeletionRequest, Environment, Import
from interactions.privacy import refused, uploaded
from tests.connectors.table.opened import workbook
from tests.ingest.imports.house import House, rows
from tests.privacy.people import ANN, erased, traces

COLUMNS = ["when", "who", "event"]
CROWD = [["2026-04-03 10:00:00", "bob", "view"], ["2026-04-04 10:00:00", ANN, "view"]]
OTHERS = [["2026-04-03 10:00:00", "bob", "view"], ["2026-04-04 10:00:00", "anne", "view"]]
VERIFIED, CANCELLED, CHECKING = DeletionRequest.State.VERIFIED, Import.State.CANCELLED, Import.State.CHECKING


def as_csv(cells: list[list[str]], *, before: str = "") -> bytes:
    return (before + "".join(f"{';'.join(row)}\n" for row in [COLUMNS, *cells])).encode()


def as_parquet(cells: list[list[str]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(dict(zip(COLUMNS, zip(*cells, strict=True), strict=True))), file)
    return file.getvalue()


def as_nested(value: Any, form: pa.DataType) -> bytes:
    """A Parquet file with a column that no field can take."""
    file = io.BytesIO()
    columns: dict[str, Any] = dict(zip(COLUMNS, zip(*OTHERS, strict=True), strict=True))
    pq.write_table(pa.table({**columns, "more": pa.array([None, value], form)}), file)
    return file.getvalue()


def as_json(cells: list[list[str]]) -> bytes:
    return b"".join(json.dumps(dict(zip(COLUMNS, row, strict=True))).encode() + b"\n" for row in cells)


def as_workbook(cells: list[list[Any]]) -> bytes:
    return workbook([COLUMNS, *cells])


FORMS = {"CSV": as_csv, "Parquet": as_parquet, "JSON": as_json, "Excel": as_workbook}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_table_that_waits_and_names_the_person_is_removed(house: House, folders: Path, form: str) -> None:
    imp = house.given(FORMS[form](CROWD))
    assert imp.state == CHECKING
    request = erased(house)
    imp.refresh_from_db()
    assert (request.state, request.found["uploaded files"]) == (VERIFIED, 1)
    assert (imp.state, imp.error) == (CANCELLED, uploaded.REMOVED)
    assert traces(folders) == []


def test_a_table_that_names_others_stays(house: House, form: str) -> None:
    imp = house.given(FORMS[form](OTHERS))
    assert erased(house).state == VERIFIED
    imp.refresh_from_db()
    assert imp.state == CHECKING


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(as_csv(CROWD)),
        as_csv(OTHERS * 20, before=f"Export of {ANN};;\n"),
        as_csv([["2026-04-03 10:00:00", "bob", "view"], ["never", ANN, "view", "and more"]]),
        as_csv([["2026-04-03 10:00:00", json.dumps({"id": name}), "view"] for name in ("bob", ANN)]),
        as_csv([["2026-04-03 10:00:00", json.dumps(["bob", {"to": name}]), "view"] for name in ("bob", ANN)]),
        as_csv(OTHERS * 20, before=f"Export of {ANN};;\n").decode().encode("utf-16"),
        as_json([["2026-04-03 10:00:00", "bob", "view"]] * 1_001) + json.dumps({"when": "", "of": ANN}).encode(),
        json.dumps({"when": "", "who": "", "a": {"b": {"c": {"d": {"e": {"f": [[{ANN: 1}]]}}}}}}).encode(),
        workbook([COLUMNS, *OTHERS], Refunds=[["who"], [ANN]]),
        workbook([["2026-04-03", ANN, "view"], ["2026-04-03", "bob", "view"]]),
        workbook([[f"Export of {ANN}"], [], COLUMNS, *OTHERS]),
        workbook([COLUMNS, *OTHERS], Notes=[[f"For {ANN}, as asked"]]),
        as_nested([["bob"], [ANN]], pa.list_(pa.list_(pa.string()))),
        as_nested([{"who": {"id": ANN}}], pa.list_(pa.struct([("who", pa.struct([("id", pa.string())]))]))),
        as_nested([{"to": ["bob", ANN]}], pa.large_list(pa.struct([("to", pa.list_(pa.string()))]))),
        as_nested([("bob", [ANN])], pa.map_(pa.string(), pa.list_(pa.string()))),
        as_nested({"by": [(ANN, 1)]}, pa.struct([("by", pa.map_(pa.string(), pa.int64()))])),
    ],
    ids=[
        "packed", "a title", "a row that can't be read", "an object in a cell", "a list in a cell", "a title in UTF-16",
        "a field of a later event", "a name deep in an event", "another sheet", "no header", "a title of a sheet",
        "a sheet of notes", "a list within a list", "an object within a list", "a list in an object within a list",
        "a value of a key", "a key within an object",
    ],
)  # fmt: skip
def test_wherever_a_table_names_the_person(house: House, content: bytes) -> None:
    imp = house.given(content)
    erased(house)
    imp.refresh_from_db()
    assert imp.state == CANCELLED


@pytest.mark.parametrize(
    "content",
    [
        as_nested([["bob"], ["anne"]], pa.list_(pa.list_(pa.string()))),
        workbook([["Export of anne"], [], COLUMNS, *OTHERS], Notes=[["For anne, as asked"]]),
    ],
    ids=["a list within a list", "titles"],
)
def test_a_table_that_names_others_where_no_field_is_stays(house: House, content: bytes) -> None:
    imp = house.given(content)
    assert erased(house).state == VERIFIED
    imp.refresh_from_db()
    assert imp.state == CHECKING


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (as_csv(CROWD * 50)[:-100], CANCELLED),
        (as_csv(OTHERS * 50)[:-100], Import.State.UPLOADING),
        (as_parquet(OTHERS * 50)[:-100], CANCELLED),  # nobody can tell who is in it
        (as_workbook(OTHERS * 50)[:-100], CANCELLED),
    ],
    ids=["names them", "names others", "Parquet", "Excel"],
)
def test_a_table_that_is_still_arriving(house: House, content: bytes, state: str) -> None:
    here = Environment.objects.get(slug="production")
    imp = imports.begin(here, file_name="shop", size=len(content) + 100, user=None)
    storage.whole_upload(imp).write_bytes(content)
    assert erased(house).state == VERIFIED
    imp.refresh_from_db()
    assert imp.state == state


def test_a_table_that_is_being_loaded_is_left_to_its_import(house: House) -> None:
    imp = house.given(as_csv(CROWD))
    mapping = tables.in_zone(tables.table.suggested(tables.sample(imp)), "UTC")
    here = Environment.objects.get(slug="production")
    house.ask(privacy.request, here, [ANN])
    with house.at_work():
        imports.start(imp, check_duplicates=True, mapping=tables.json_of(mapping))
        assert uploaded.being_read(here, refused(here.pk)) == imp
    house.carried(imp)
    assert [row["user_id"] for row in rows()] == ["bob"]
    assert not uploaded.count(here, refused(here.pk))
