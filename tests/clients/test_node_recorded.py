"""The Node client, recorded: what @miso.ai/server-sdk 0.6 sends and how it reads the answers.

The package itself is not installed, so this shows its wire format and its rules, not its code.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.clients.calls import call
from tests.clients.conftest import Api

pytestmark = pytest.mark.slow

AGENT = "MisoNodeSDK/0.6.6"
# How it takes a line of a 422 apart; a single line that does not fit keeps it from sending the good records again.
LINE = re.compile(r"^\s*data\.(\d+)(?:\.(\S+))?\s+(?:\(([^)]*)\)\s+)?is\s+invalid\.\s+(.*)$")

FAULTY: list[Any] = [
    {"type": "page view (old)"},
    {"type": "like", "user_id": ["a", "(b)", "c)"]},
    {"type": "like", "timestamp": "yesterday\n(at noon)"},
    {"type": "like", "a field": "data.0.type (x) is invalid. Not this one."},
    {"type": "custom"},
    "no record",
    None,
    {"type": "search", "search": {"filters": {"a b": [1]}}},
    {"type": "like", "context": {"custom_context": {"(a)\tb": None, "x)": [1, "2"]}}},
    {"type": "like", "user_id": "x" * 600},
    {"type": "checkout", "quantities": [1, ")"]},
    {"type": "(", "miso_id": ")"},
]


def post(api: Api, path: str, body: Any, options: str = "&async=1") -> tuple[int, dict[str, Any]]:
    return call(f"{api.host}/v1/{path}?api_key={api.secret}{options}", body, User_Agent=AGENT)


def indexes(lines: list[str]) -> set[int]:
    """The records that it takes for invalid; fails where it would not understand a line."""
    found = [LINE.match(line) for line in lines]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if not match]
    return {int(match[1]) for match in found if match}


def test_it_drops_the_records_that_the_lines_name_and_sends_the_rest_again(api: Api) -> None:
    good = [{"type": "like", "user_id": "node-recovered", "product_ids": [f"SKU-{at}"]} for at in range(len(FAULTY))]
    records = [record for pair in zip(good, FAULTY, strict=True) for record in pair]
    status, answer = post(api, "interactions", {"data": records})
    assert (status, answer["errors"]) == (422, True)
    assert indexes(answer["data"]) == set(range(1, len(records), 2))
    assert post(api, "interactions", {"data": good})[0] == 200
    api.wait_for("node-recovered", len(good))


def test_a_line_names_field_and_sentence(api: Api) -> None:
    _, answer = post(api, "interactions", {"data": [{"type": "like", "timestamp": "yesterday"}]})
    match = LINE.match(answer["data"][0])
    assert match and match.groups()[:3] == ("0", "timestamp", "yesterday")
    assert match[4].startswith("It must be")


def test_a_text_of_a_thousand_records_put_together_by_itself_goes_in(api: Api) -> None:
    records = ",".join('{"type":"like","user_id":"node-text","product_ids":["%d"]}' % at for at in range(1000))  # noqa: UP031
    assert post(api, "interactions", f'{{"data":[{records}]}}') == (200, {"errors": False, "message": "success"})
    api.wait_for("node-text", 1000)


def test_its_dry_run_comes_with_async_and_stores_nothing(api: Api) -> None:
    status, _ = post(api, "interactions", {"data": [{"type": "like", "user_id": "node-dry"}]}, "&async=1&dry_run=1")
    assert status == 200
    assert api.holds_nothing_of("node-dry")


def test_its_delete_is_a_post_of_user_ids_within_data(api: Api) -> None:
    post(api, "interactions", {"data": [{"type": "like", "user_id": "node-gone"}]})
    api.wait_for("node-gone", 1)
    status, answer = post(api, "interactions/_delete", {"data": {"user_ids": ["node-gone"]}})
    assert (status, list(answer)) == (200, ["message"])
    api.wait_until_gone("node-gone")
