"""POST /v1/interactions: what is stored, what is not, and what is answered."""

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse

from interactions.models import InboxEntry
from tests.api.conftest import records, waiting

Post = Callable[..., HttpResponse]
GOOD = {"type": "like", "user_id": "ann"}


def test_good_records_are_in_the_inbox_when_the_answer_comes(post: Post) -> None:
    answer = post({"data": [GOOD, GOOD]})
    assert (answer.status_code, answer.json()) == (200, {"errors": False, "message": "success"})
    entry = InboxEntry.objects.get()
    assert json.loads(b"[" + bytes(entry.text) + b"]") == [GOOD, GOOD]
    assert entry.records == 2


def test_a_success_has_no_data_key(post: Post) -> None:
    assert "data" not in post({"data": [GOOD]}).json()


def test_one_bad_record_keeps_all_from_being_stored(post: Post) -> None:
    answer = post({"data": [GOOD, {"type": "likes"}]})
    assert answer.status_code == 422
    assert answer.json()["errors"] is True
    assert waiting() == 0


def test_all_bad_records_are_told_one_line_a_violation(post: Post) -> None:
    answer = post({"data": [{"type": "like", "user_id": 1, "rating": 2}, GOOD, {}, 7]})
    lines = answer.json()["data"]
    assert [line.split(" ")[0] for line in lines] == ["data.0.user_id", "data.0.rating", "data.2.type", "data.3"]


def test_lines_come_apart_the_way_clients_take_them_apart(post: Post) -> None:
    bad = {"type": "like", "no such field": "a (b) is invalid.", "context": {"page": {"title": 3}}}
    pattern = re.compile(r"data\.(\d+)(?:\.(\S+))?\s+(?:\(.*\)\s+)?is invalid\.\s+(.*)")
    for line in post({"data": [bad, None]}).json()["data"]:
        assert pattern.fullmatch(line), line


def test_bad_records_of_a_large_call_have_their_own_numbers(post: Post) -> None:
    body = records(2000)
    body["data"][137]["user_id"] = 5
    body["data"][1999] = None
    lines = post(body).json()["data"]
    assert [line.split(" ")[0] for line in lines] == ["data.137.user_id", "data.1999"]


def test_ten_thousand_records_in_one_call(post: Post) -> None:
    assert post(records(10_000)).status_code == 200
    assert waiting() == 10_000


def test_an_empty_list_is_a_success_that_stores_nothing(post: Post) -> None:
    assert post({"data": []}).status_code == 200
    assert not InboxEntry.objects.exists()


LIKE = b'{"type": "like", "user_id": "ann"}'


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"[%b, %b]" % (LIKE, LIKE), 2),
        (b" [] ", 0),
        (LIKE, 1),
        (b"\xef\xbb\xbf\n" + LIKE + b"\n", 1),
        (LIKE + b"\n" + LIKE, 2),
        (LIKE + b"\r\n\r\n" + LIKE + b" \n" + LIKE + b"\r\n", 3),
        (b"\n".join([LIKE] * 3000), 3000),
    ],
)
def test_a_list_a_record_and_a_record_a_line_are_calls_too(post: Post, body: bytes, kept: int) -> None:
    assert post(body).status_code == 200
    assert post(gzip.compress(body), "&dry_run=1", headers={"Content-Encoding": "gzip"}).status_code == 200
    assert waiting() == kept


@pytest.mark.parametrize("form", [b"[%b]", b'{"data": [%b]}'])
def test_a_violation_names_its_place_in_a_list(post: Post, form: bytes) -> None:
    answer = post(form % b",".join([LIKE, b'{"type": "love"}', LIKE]))
    assert answer.status_code == 422 and answer.json()["data"][0].startswith("data.1.type ")


def test_a_violation_names_its_place_among_lines(post: Post) -> None:
    answer = post(b"\n".join([LIKE, LIKE, b'{"type": "like", "type": "like"}']))
    assert answer.json()["message"] == "1 of 3 records is invalid, so none was stored."
    assert answer.status_code == 422 and answer.json()["data"][0].startswith("data.2 (type) ")
    assert not InboxEntry.objects.exists()


def test_other_keys_beside_data_are_ignored(post: Post) -> None:
    assert post({"client": "x", "data": [GOOD], "more": {}}).status_code == 200
    assert waiting() == 1


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "nonsense"])
def test_the_body_is_json_whatever_its_type(post: Post, kind: str) -> None:
    assert post({"data": [GOOD]}, content_type=kind).status_code == 200
    assert waiting() == 1


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {}, {"Content-Type": "application/gzip"}])
def test_a_gzip_body_is_unpacked_said_or_not(post: Post, headers: dict[str, str]) -> None:
    packed = gzip.compress(json.dumps(records(300)).encode())
    assert post(packed, headers=headers).status_code == 200
    assert waiting() == 300


@pytest.mark.parametrize("cut", [0, 20, 5])
def test_a_broken_gzip_body_is_refused(post: Post, cut: int) -> None:
    packed = gzip.compress(json.dumps({"data": [GOOD]}).encode())[: -cut or None]
    packed = packed if cut else b"not gzip"
    assert post(packed, headers={"Content-Encoding": "gzip"}).status_code == 400


def test_a_gzip_body_of_many_members_is_unpacked_with_work_that_grows_with_them(post: Post) -> None:
    text = json.dumps({"data": [GOOD]}).encode()
    empty = gzip.compress(b"")
    packed = empty * 3000 + gzip.compress(text[:9]) + empty * 3000 + gzip.compress(text[9:])
    assert post(packed, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert waiting() == 1


def test_a_gzip_body_of_more_members_than_any_client_makes_is_refused(post: Post, monkeypatch: Any) -> None:
    monkeypatch.setattr("interactions.api.body._MOST_PIECES", 100)
    answer = post(gzip.compress(b"") * 102, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["message"][:35]) == (413, "The body has too many gzip members.")


def test_a_packing_that_is_not_known_is_refused(post: Post) -> None:
    assert post(b"x", headers={"Content-Encoding": "br"}).status_code == 415


@pytest.mark.parametrize("flag", ["dry_run=1", "dry_run=true"])
def test_a_dry_run_answers_alike_and_stores_nothing(post: Post, flag: str) -> None:
    assert post({"data": [GOOD]}, f"&{flag}").json() == {"errors": False, "message": "success"}
    assert post({"data": [{}]}, f"&{flag}").status_code == 422
    assert waiting() == 0


def test_dry_run_0_is_no_dry_run(post: Post) -> None:
    post({"data": [GOOD]}, "&dry_run=0")
    assert waiting() == 1


def test_async_is_as_without(post: Post) -> None:
    assert post({"data": [GOOD]}, "&async=1").json() == {"errors": False, "message": "success"}
    assert waiting() == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"data": [{"type": ]}', "at byte 19 (line 1, column 20)"),
        (b'{"data": [\n  {"type": "like"},\n  oops\n]}', "(line 3, column 3)"),
        (b'{"data": [', "ends too early"),
        (b"", "empty"),
        (b"{}", "data"),
        (b'{"data": null}', "list"),
        (b'{"data": {}}', "list"),
        (b'{"data": "x"}', "list"),
        (b'{"data": ' + b"[" * 3000 + b"]" * 3000 + b"}", "deep"),
        (b"null", "object"),
        (b'{"type": "like"}\n{"type": "like"', "ends too early"),
        (b'{"type": "like"}\n{"type": "like"}\n{"type": oops}', "at byte 43 (line 3, column 10)"),
        (b'{"type": "like"}\n{"type": "like"}}', "trailing"),
        (b'{"type": "like"}\n17', "trailing"),
        (b'{"type": "like"} {"type": "like"}', "trailing"),
        (b'{"data": []}\n{"data": []}', "trailing"),
        (b'{"user_id": "ann"}', "record"),
        (b'[{"type": "like"},]', "trailing comma"),
    ],
)
def test_what_is_no_call_is_refused_with_a_word_of_why(post: Post, body: bytes, said: str) -> None:
    answer = post(body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_a_byte_order_mark_is_let_pass(post: Post) -> None:
    assert post(b"\xef\xbb\xbf" + json.dumps({"data": [GOOD]}).encode()).status_code == 200


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_over_the_limit_is_refused(post: Post, settings: Any, packed: bool) -> None:
    settings.API_BODY_BYTES = 2000
    body = json.dumps(records(100)).encode()
    answer = post(gzip.compress(body), headers={"Content-Encoding": "gzip"}) if packed else post(body)
    assert answer.status_code == 413
    assert waiting() == 0


def test_more_records_than_the_limit_are_refused(post: Post, settings: Any) -> None:
    settings.API_RECORDS = 10
    assert post(records(10)).status_code == 200
    assert post(records(11)).status_code == 413
    assert waiting() == 10
