"""Several rows with one order id become one check-out."""

from __future__ import annotations

import random

from interactions.connectors.table import orders
from tests.connectors.table.opened import file, mapped, read, suggested

LINES = """order_id,date,customer,sku,qty,line total
1,2026-04-03 10:00,ann,a,1,"1,000.10"
2,2026-04-03 11:00,bob,b,2,0.1
1,2026-04-03 10:05,ann,c,3,0.2
,2026-04-03 12:00,eve,d,1,5
"""


def test_rows_of_an_order_are_one_check_out(tmp_path):
    path = file(tmp_path, LINES)
    assert (suggested(path).order, suggested(path).constants) == ("order_id", {"type": "checkout"})
    found = read(path)
    assert found.records == [
        {
            "type": "checkout",
            "product_ids": ["d"],
            "user_id": "eve",
            "quantities": [1],
            "revenue": 5,
            "timestamp": "2026-04-03 12:00:00Z",
        },
        {
            "type": "checkout",
            "product_ids": ["a", "c"],
            "user_id": "ann",
            "quantities": [1, 3],
            "revenue": 1000.3,
            "timestamp": "2026-04-03 10:00:00Z",
            "context": {"custom_context": {"uuid": "table:order:1"}},
        },
        {
            "type": "checkout",
            "product_ids": ["b"],
            "user_id": "bob",
            "quantities": [2],
            "revenue": 0.1,
            "timestamp": "2026-04-03 11:00:00Z",
            "context": {"custom_context": {"uuid": "table:order:2"}},
        },
    ]
    assert found.skipped == {("Other rows of an order", "They are in the check-out of their order."): 1}
    assert found.is_all_counted


def test_a_total_that_stands_in_each_row_counts_once(tmp_path):
    path = file(tmp_path, "order,who,sku,total\n1,a,s1,30\n2,b,s2,9\n1,a,s3,30\n")
    assert suggested(path).order_total
    assert [record["revenue"] for record in read(path).records] == [30, 9]


def test_quantities_that_do_not_stand_in_each_row_are_left_away(tmp_path):
    path = file(tmp_path, "order,who,sku,qty\n1,a,s1,2\n1,a,s2,\n2,b,s3,1\n")
    assert [record.get("quantities") for record in read(path).records] == [None, [1]]


def test_an_amount_that_is_no_number_is_not_lost_in_a_sum(tmp_path):
    path = file(tmp_path, "order,who,sku,total\n" + "1,a,s1,5\n" * 9 + "2,a,s2,free\n2,a,s3,3\n" + "3,a,s3,3\n" * 9)
    assert [record["revenue"] for record in read(path).records] == [45, "free", 27]


def test_other_types_stand_for_themselves(tmp_path):
    path = file(tmp_path, "event,order,who\nview,1,a\nbuy,1,a\nbuy,1,a\nview,,b\n")
    assert [record["type"] for record in read(path, mapped(path)).records] == [
        "product_detail_page_view",
        "product_detail_page_view",
        "checkout",
    ]


def test_orders_may_lie_anywhere_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(orders, "_ROWS_AT_ONCE", 100)
    lines = [f"{order},u{order},p{order}-{place}\n" for order in range(200) for place in range(3)]
    random.Random(1).shuffle(lines)
    found = read(file(tmp_path, "order,who,sku\n" + "".join(lines)))
    assert len(found.records) == 200
    for record in found.records:
        order = record["user_id"][1:]
        assert sorted(record["product_ids"]) == [f"p{order}-{place}" for place in range(3)]
    assert sum(found.skipped.values()) == 400
