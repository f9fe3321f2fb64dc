"""A running Dojo takes what other tools send: in the data set once, however often it is sent."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Dojo, add_environment, wait_for

from .payloads import (
    LISTED,
    LISTED_RECORDS,
    ORDER,
    ORDER_RECORD,
    POSTHOG_EVENT,
    POSTHOG_RECORD,
    REFUND,
    REFUND_RECORD,
    SIGNED_UP,
    VIEWED,
    VIEWED_RECORD,
    WOO_ORDER,
    WOO_RECORD,
    compact,
    signature,
)

SENT = [
    ("segment", VIEWED, [VIEWED_RECORD]),
    ("segment", [LISTED, SIGNED_UP, VIEWED], LISTED_RECORDS),  # the last one was sent before
    ("shopify", ORDER, [ORDER_RECORD]),
    ("shopify", REFUND, [REFUND_RECORD]),
    ("woocommerce", WOO_ORDER, [WOO_RECORD]),
    ("posthog", POSTHOG_EVENT, [POSTHOG_RECORD]),
]
CUT = re.compile(r"\.?0*(?=Z$)")


def post(dojo: Dojo, path: str, payload: Any, headers: dict[str, str]) -> int:
    request = urllib.request.Request(dojo.url + path, compact(payload), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def exported(dojo: Dojo, environment: str, file: Path) -> list[dict[str, Any]]:
    dojo.manage("export_interactions", "--environment", environment, str(file))
    return [json.loads(line) for line in file.read_text().splitlines()]


def plain(record: dict[str, Any]) -> str:
    """A record by which equal ones are told: a time's trailing zeros and a number's say nothing."""
    if "." in record["timestamp"]:
        record = {**record, "timestamp": CUT.sub("", record["timestamp"])}
    return json.dumps(json.loads(json.dumps(record), parse_int=float), sort_keys=True)


@pytest.mark.slow
def test_what_tools_send_twice_is_in_the_data_set_once(dojo: Dojo, tmp_path: Path) -> None:
    here = add_environment(dojo, "webhooks")
    made = {}
    for source in ("segment", "shopify", "woocommerce", "posthog"):
        last = dojo.manage("create_connection", source, "--environment", here).splitlines()[-1]
        made[source] = json.loads(last)
        assert made[source].keys() == {"id", "path", "secret"}
    for _ in range(2):
        for source, payload, _ in SENT:
            signed = signature(source, made[source]["secret"], payload)
            assert post(dojo, made[source]["path"], payload, signed) == 200
    forged = {"X-Signature": "0" * 40}
    assert post(dojo, made["segment"]["path"], {**VIEWED, "messageId": "forged"}, forged) == 401
    expected = sorted(plain(record) for _, _, records in SENT for record in records)
    file = tmp_path / "all.jsonl"
    wait_for(lambda: len(exported(dojo, here, file)) >= len(expected), seconds=60)
    assert sorted(map(plain, exported(dojo, here, file))) == expected
