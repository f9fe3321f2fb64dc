"""Amounts of refunds: which records have one, and what the totals make of them."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from interactions import identity
from interactions.analytics.filters import Filter
from interactions.analytics.index.build import build_table
from interactions.analytics.index.refunds import amounts_of
from interactions.analytics.index.selection import hide
from interactions.analytics.properties import Breakdown, Measure
from interactions.analytics.reports.breakdown import breakdown
from interactions.analytics.reports.breakdowns import Subject, top
from interactions.analytics.reports.totals import totals
from interactions.contract.tombstones import Tombstones
from interactions.warehouse.lake import Lake
from interactions.warehouse.rewrite import remove_import
from tests import figures
from tests.lakes import append, record

from .rows import table_of


def in_context(amount: str) -> str:
    return f'{{"context":{{"custom_context":{{"refund_amount":{amount}}}}}}}'


@pytest.mark.parametrize(
    ("text", "amount"),
    [(in_context("12"), 12.0), (in_context("0.5"), 0.5), (in_context('"48.50"'), 48.5), (in_context("0"), 0.0),
     (in_context("0.30000000000000004"), 0.30000000000000004)],
)  # fmt: skip
def test_a_number_or_a_text_that_is_one_is_an_amount(text: str, amount: float) -> None:
    assert amounts_of(pa.array([text])).tolist() == [amount]


@pytest.mark.parametrize(
    "text",
    [None, "{}", "[]", '{"context":null}', '{"context":{"custom_context":[]}}', '{"context":{"custom_context":{}}}',
     *map(in_context, ("-3", '"-3"', '""', '"12 EUR"', "null", "true", "[3]", "{}", "1e400", '"nan"', '"1_000"'))],
)  # fmt: skip
def test_nothing_else_is(text: str | None) -> None:
    assert np.isnan(amounts_of(pa.array([text], pa.string()))).all()


def test_no_rows_have_no_amounts() -> None:
    assert len(amounts_of(pa.array([], pa.string()))) == 0


SOLD = record("checkout", "2024-01-01T00:00:00Z", user_id="u", region="Kent", product_ids=["p", "q"], revenue=90.0)
RETURNED = record(
    "refund", "2024-01-03T00:00:00Z", user_id="u", region="Kent", product_ids=["p"], extra=in_context("30.25")
)
SILENT = record("refund", "2024-01-03T00:00:00Z", user_id="u", product_ids=["p"])
LIKED = record("like", "2024-01-03T00:00:00Z", user_id="u", extra=in_context("7"))


def money(filter: Filter = figures.EVERYTHING) -> tuple[float, float, float | None]:
    """Gross revenue, refunds, net revenue."""
    found = figures.totals("production", filter)
    assert found is not None
    return found.revenue, found.refunds, found.net_revenue


def test_net_revenue_is_without_what_was_given_back() -> None:
    append([SOLD, SOLD, RETURNED, SILENT, LIKED])
    assert money() == (180.0, 30.25, 149.75)


def test_there_is_no_net_revenue_if_no_refund_has_an_amount() -> None:
    append([SOLD, SILENT, LIKED])
    assert money() == (90.0, 0.0, None)


def test_refunds_are_counted_as_they_come_and_go() -> None:
    append([SOLD], import_id=1)
    assert money() == (90.0, 0.0, None)
    append([RETURNED, LIKED], import_id=2)
    append([SILENT, SOLD], import_id=3)
    assert money() == (180.0, 30.25, 149.75)
    remove_import(Lake("production"), 2)
    assert money() == (180.0, 0.0, None)


def test_a_refund_has_to_pass_the_filter_itself() -> None:
    append([SOLD, RETURNED, {**RETURNED, "region": "Bath"}])
    assert money(Filter(region="Kent")) == (90.0, 30.25, 59.75)
    assert money(Filter(types=("refund",))) == (0.0, 60.5, -60.5)
    assert money(Filter(types=("checkout",))) == (90.0, 0.0, None)


def test_refunds_of_hidden_people_are_not_counted() -> None:
    gone = Tombstones.of([(identity.keyring().key("v"), None, datetime(2030, 1, 1, tzinfo=UTC))])
    index = build_table(table_of([SOLD, RETURNED, {**RETURNED, "user_id": "v"}]), gone, "production", 1)
    assert totals(index).refunds == 30.25
    shown = build_table(table_of([SOLD, RETURNED, {**RETURNED, "user_id": "v"}]), Tombstones.of([]), "production", 1)
    assert totals(shown).refunds == 60.5
    assert totals(hide(shown, gone)).refunds == 30.25


def test_a_breakdown_and_the_products_have_gross_revenue() -> None:
    index = build_table(table_of([SOLD, RETURNED]), Tombstones.of([]), "production", 1)
    for by in ("region", "type", "product"):
        frame = breakdown(index, Filter(), Breakdown(by, Measure.REVENUE))
        assert frame["revenue"].sum() == frame.attrs["total"] == 90.0, by
        assert "refund" not in frame["value"].to_list()
    frame = breakdown(index, Filter(region="Kent"), Breakdown("product", Measure.REVENUE))
    assert dict(zip(frame["value"], frame["revenue"], strict=True)) == {"p": 45.0, "q": 45.0}
    assert top(index, Filter(), Subject.PRODUCTS)["revenue"].tolist() == [45.0, 45.0]
