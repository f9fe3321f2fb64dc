"""Exports as a worker writes them: whole, of nobody who is hidden, gone when they have to go."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from interactions import exports, privacy, tasks
from interactions.analytics.cohorts import CohortCondition, CohortDefinition, CohortRule
from interactions.analytics.conditions import Condition
from interactions.analytics.filters import Device, Filter
from interactions.analytics.periods import Period
from interactions.contract.schema import Group
from interactions.exports import write
from interactions.exports.filters import restored, stored
from interactions.models import ActivityEntry, Environment, Export
from interactions.privacy import id_file
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import
from tests import figures
from tests.ingest.imports.files import as_lines, records
from tests.ingest.imports.house import House, rows
from tests.privacy.people import ANN, crowd, of_ann, traces

State = Export.State
APRIL = Period(datetime(2024, 4, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC))


@pytest.fixture
def environment(db: None) -> Environment:
    return Environment.objects.get(slug="production")


def begun(house: House, environment: Environment, filter: Filter = Filter(), form: str = "jsonl") -> Export:  # noqa: B008
    total = figures.count(environment.slug, filter)
    export: Export = house.ask(exports.begin, environment, filter, form, records=total, user=None)
    return export


def written(house: House, environment: Environment, filter: Filter = Filter(), form: str = "jsonl") -> Export:  # noqa: B008
    export = begun(house, environment, filter, form)
    house.carry("write_export")
    export.refresh_from_db()
    return export


def lines_of(export: Export) -> list[dict[str, Any]]:
    with gzip.open(exports.file_path(export)) as lines:
        return [json.loads(line) for line in lines]


def files() -> list[str]:
    return sorted(str(path.relative_to(settings.EXPORTS_DIR)) for path in Path(settings.EXPORTS_DIR).rglob("*"))


def in_order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps({**row, "timestamp": row["timestamp"][:19]}, sort_keys=True) for row in found)


def test_json_lines_hold_every_record_and_import_again_to_the_same(house: House, environment: Environment) -> None:
    given = records(30, context={"custom_context": {"odd": ["é"], "n": 2}, "page": {"url": "https://a.example/?q=1"}})
    house.done(as_lines(given))
    export = written(house, environment)
    assert (export.state, export.records, export.records_total) == (State.DONE, 30, 30)
    assert in_order(lines_of(export)) == in_order(given)
    again = house.done(exports.file_path(export).read_bytes(), name="again.jsonl.gz", environment="playground")
    assert again.accepted == 30
    unlike = {"import_id", "received_at"}
    both = [
        [{k: v for k, v in row.items() if k not in unlike} for row in rows(slug)]
        for slug in ("production", "playground")
    ]
    assert both[0] == both[1]


def test_parquet_has_the_columns_with_their_types_and_none_of_ours(house: House, environment: Environment) -> None:
    house.done(as_lines(records(12)))
    table = pq.read_table(exports.file_path(written(house, environment, form="parquet")))
    assert table.num_rows == 12 and sorted(table["user_id"].to_pylist()) == sorted(f"user-{n}" for n in range(12))
    assert not {"user_key", "anonymous_key", "fingerprint"} & set(table.column_names)
    assert str(table.schema.field("timestamp").type) == "timestamp[us, tz=UTC]"


def test_csv_has_a_line_a_record(house: House, environment: Environment) -> None:
    house.done(as_lines(records(5, user_id="=HYPERLINK(1)")))
    text = gzip.decompress(exports.file_path(written(house, environment, form="csv")).read_bytes()).decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert len(found) == 5 and {row["user_id"] for row in found} == {"'=HYPERLINK(1)"}
    assert found[0]["timestamp"].endswith("Z")


def test_the_ids_of_a_csv_name_the_same_people_to_a_deletion_request(house: House, environment: Environment) -> None:
    ids = ["-8845298781299428018", "=1+1", "'@ann", "red;=blue", "+49 30 1"]
    given = [{**record, "user_id": user} for record, user in zip(records(len(ids)), ids, strict=True)]
    house.done(as_lines(given))
    text = gzip.decompress(exports.file_path(written(house, environment, form="csv")).read_bytes()).decode()
    found = [each.text for each in id_file.ids(io.StringIO(text, newline="")) if not each.is_anonymous]
    assert sorted(found) == sorted(ids)


@pytest.mark.parametrize(
    ("filter", "count"),
    [
        (Filter(user_id="user-3"), 1),
        (Filter(groups=(Group.CORE,)), 20),
        (Filter(types=("like",)), 0),
        (Filter(product_id="product-7", is_live=False), 1),
        (Filter(product_id=("product-7", "product-8")), 2),
        (Filter().having(is_not=True, product_id=("product-7", "product-8")), 18),
    ],
)
def test_a_filter_outlives_the_way_to_the_worker(
    house: House, environment: Environment, filter: Filter, count: int
) -> None:
    house.done(as_lines(records(20)))
    export = written(house, environment, filter)
    assert (export.state, export.records) == (State.DONE, count)
    assert len(lines_of(export)) == count


FIRST = '{"period":{"start":null,"end":null},"groups":[],"types":["search"],"user_id":null,"region":"Kent",'
FIRST += '"device":"phone","is_live":false,"import_id":null,"without_import":3}'


def test_a_filter_that_an_earlier_version_stored_still_means_the_same() -> None:
    expected = Filter(types=("search",), region="Kent", device="phone", is_live=False)
    assert restored(FIRST) == expected.having(is_not=True, import_id=3)


def test_a_stored_filter_is_the_same_again() -> None:
    asked = Filter(APRIL, (Group.CORE,), region=("Kent", "Wien"), user_key=-5, is_assisted=False, device=Device.PHONE)
    asked = asked.having(is_not=True, import_id=3, page_contains=("a", "b"))
    part = Condition("keywords", ("tea",), contains=True)
    asked = replace(asked, conditions=(*asked.conditions, part), any_of=((part, Condition("locale", ("de",))), (part,)))
    assert restored(stored(asked)) == asked


def test_a_stored_group_has_its_cohorts_again() -> None:
    cohort = CohortCondition((CohortDefinition(3, "Buyers", (CohortRule(("checkout",), at_least=2),)),), is_not=True)
    asked = Filter(any_of=[[Condition("type", ("search",)), cohort]], cohorts=[cohort])
    assert restored(stored(asked)) == asked


def test_a_filter_that_was_stored_before_groups_still_means_the_same() -> None:
    text = stored(Filter(region="Kent")).replace(',"any_of":[]', "").replace(',"contains":false', "")
    assert "any_of" not in text and "contains" not in text and restored(text) == Filter(region="Kent")


def test_hidden_people_are_in_no_export(house: House, environment: Environment) -> None:
    house.done(as_lines(crowd()))
    house.ask(privacy.request, environment, [ANN])
    assert all(row["user_id"] != ANN for row in lines_of(written(house, environment)))


def test_an_erasure_removes_what_was_exported_before(house: House, environment: Environment, folders: Path) -> None:
    house.done(as_lines(crowd()))
    done, waiting = written(house, environment), begun(house, environment, Filter(user_id=ANN))
    assert traces(folders / "exports")
    request = house.ask(privacy.request, environment, [ANN])
    house.carry("erase_people", "write_export")
    for each in (done, waiting, request):
        each.refresh_from_db()
    assert request.state == "verified", request.error
    assert (done.state, waiting.state) == (State.REMOVED, State.REMOVED)
    assert "erased" in done.error and files() == [] and ANN not in done.filter + waiting.filter


def test_an_export_of_after_an_erasure_stays(house: House, environment: Environment) -> None:
    house.done(as_lines(crowd()))
    house.ask(privacy.request, environment, [ANN])
    export = written(house, environment)
    house.carry()
    export.refresh_from_db()
    assert export.state == State.DONE and exports.file_path(export).exists()


def test_a_worker_stops_where_it_is_erased_from_meanwhile(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.done(as_lines([of_ann(1)]))
    export = begun(house, environment)
    whole = write.chunks

    def meanwhile(*arguments: Any) -> Any:
        exports.forget_before(environment, timezone.now())
        yield from whole(*arguments)

    monkeypatch.setattr(write, "chunks", meanwhile)
    house.carry("write_export")
    export.refresh_from_db()
    assert export.state == State.REMOVED and files() == []


def test_an_export_reads_on_where_the_table_is_rewritten(
    house: House, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    imp = house.done(as_lines(records(10)))
    export = begun(house, environment)
    whole = write.chunks

    def meanwhile(*arguments: Any) -> Any:
        with Lake("production").lock():
            remove_import(Lake("production"), imp.pk)
        yield from whole(*arguments)

    monkeypatch.setattr(write, "chunks", meanwhile)
    house.carry("write_export")
    assert len(lines_of(export)) == 10
    assert files() == [str(export.pk), f"{export.pk}/records.jsonl"]


def test_cancelling_leaves_nothing(house: House, environment: Environment) -> None:
    house.done(as_lines(records(3)))
    export, done = begun(house, environment, Filter(user_id="user-1")), written(house, environment)
    for each in (export, done):
        exports.cancel(each)
        each.refresh_from_db()
        assert (each.state, each.filter) == (State.CANCELLED, "")
    house.carry()
    assert files() == []
    with pytest.raises(exports.ExportStateError):
        exports.cancel(export)


def test_a_file_is_kept_for_its_time(house: House, environment: Environment) -> None:
    house.done(as_lines(records(3)))
    export = written(house, environment)
    tasks.sweep_exports()
    assert exports.file_path(export).exists()
    Export.objects.update(expires_at=timezone.now())
    tasks.sweep_exports()
    export.refresh_from_db()
    assert export.state == State.REMOVED and "72 hours" in export.error and files() == []


def test_an_export_whose_worker_was_lost_is_taken_up_again(house: House, environment: Environment) -> None:
    house.done(as_lines(records(3)))
    export = begun(house, environment)
    house.queue.clear()
    long_ago = timezone.now() - timedelta(seconds=10 * settings.IMPORT_STALE_SECONDS)
    Export.objects.update(state=State.WRITING, heartbeat_at=long_ago, claim="lost", attempts=1, records=2)
    (Path(settings.EXPORTS_DIR) / str(export.pk)).mkdir(parents=True)
    (Path(settings.EXPORTS_DIR) / str(export.pk) / "lost.draft").write_bytes(b"half")
    with house.at_work():
        tasks.sweep_exports()
    house.carry()
    export.refresh_from_db()
    assert (export.state, export.attempts, len(lines_of(export))) == (State.DONE, 2, 3)
    assert files() == [str(export.pk), f"{export.pk}/records.jsonl"]


def test_an_export_that_loses_its_workers_is_given_up(house: House, environment: Environment) -> None:
    export = begun(house, environment)
    long_ago = timezone.now() - timedelta(seconds=10 * settings.IMPORT_STALE_SECONDS)
    Export.objects.update(state=State.WRITING, heartbeat_at=long_ago, attempts=3)
    tasks.sweep_exports()
    export.refresh_from_db()
    assert export.state == State.FAILED and "Export again" in export.error


def test_the_log_names_what_was_filtered_by_but_nobody(house: House, environment: Environment) -> None:
    house.done(as_lines(crowd()))
    export = written(house, environment, Filter(user_id=ANN, types=("like",)))
    entry = ActivityEntry.objects.get(action="exported")
    assert entry.object == f"export {export.pk}" and entry.details["filtered by"] == "types, user"
    assert ANN not in json.dumps(entry.details) and ANN not in export.narrowed_by
