"""Erasing from the command line, and with real processes: it waits, and says what came of it on its last line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dojo import workers
from interactions import privacy
from interactions.models import DeletionRequest
from interactions.privacy import receipts
from tests.ingest.imports.files import as_lines, record, records
from tests.ingest.imports.house import House, rows, users

from .people import ANN, crowd


@pytest.fixture
def at_work(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Workers that have done their work before anybody waits for it."""
    request = privacy.request

    def carried(*given: Any, **more: Any) -> DeletionRequest:
        asked: DeletionRequest = house.ask(request, *given, **more)
        house.carry()
        asked.refresh_from_db()
        return asked

    monkeypatch.setattr(privacy, "request", carried)
    monkeypatch.setattr(workers, "_living", lambda: True)
    return house


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return answer


def erase_users(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        call_command("erase_users", *arguments)
    assert isinstance(end.value.code, int)
    return end.value.code


def test_the_last_line_is_the_receipt_as_json_which_can_be_checked(
    at_work: House, capsys: pytest.CaptureFixture[str]
) -> None:
    at_work.done(as_lines(crowd()))
    assert erase_users("--user-id", ANN, "user-1", "--json") == 0
    answer = result(capsys)
    assert (answer["state"], answer["people"]["count"], answer["records_erased"]) == ("verified", 2, 11)
    receipt = receipts.check(json.dumps(answer))
    assert receipt.names(ANN) and receipt.names("user-1") and not receipt.names("user-2")
    assert len(users()) == 29


def test_ids_may_come_from_a_file(at_work: House, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    at_work.done(as_lines(crowd()))
    (tmp_path / "ids.txt").write_text(f"{ANN}\n\nuser-1\r\n", encoding="utf-8-sig")
    assert erase_users("--file", str(tmp_path / "ids.txt"), "--user-id", "user-2", "--json") == 0
    assert (result(capsys)["people"]["count"], len(users())) == (3, 28)


def test_another_environment_can_be_named(at_work: House, capsys: pytest.CaptureFixture[str]) -> None:
    at_work.done(as_lines(crowd()))
    assert erase_users("--user-id", ANN, "--environment", "playground", "--json") == 1
    assert (result(capsys)["records_erased"], len(users())) == (0, 40)


def test_without_json_it_says_so_in_a_sentence(at_work: House, capsys: pytest.CaptureFixture[str]) -> None:
    at_work.done(as_lines(records(3)))
    erase_users("--user-id", "user-1")
    said = capsys.readouterr().out
    assert said.startswith("Verified: 1 user, records erased 1, nothing left of them after ")
    assert "user-1" not in said


def test_what_could_not_be_erased_is_said_and_the_exit_code_tells(
    at_work: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.done(as_lines(crowd()))
    monkeypatch.setattr("interactions.warehouse.people.erase", lambda *_: None)
    monkeypatch.setattr("interactions.warehouse.people.erase_most", lambda *_: None)
    assert erase_users("--user-id", ANN, "--json") == 2
    said = capsys.readouterr()
    assert "Records are left" in said.err
    assert json.loads(said.out.splitlines()[-1])["state"] == "failed"


def of(*identifiers: str) -> bytes:
    return as_lines([record(number, user_id=each) for number, each in enumerate(identifiers)])


def test_an_id_in_a_file_keeps_its_commas_and_spaces(at_work: House, tmp_path: Path) -> None:
    at_work.done(of("a", "a,b", "b", "trail ", "trail"))
    (tmp_path / "ids.txt").write_bytes(b"\xef\xbb\xbfa,b\r\ntrail \r\n")
    assert erase_users("--file", str(tmp_path / "ids.txt")) == 0
    assert sorted(users()) == ["a", "b", "trail"]


def test_an_id_that_is_written_otherwise_is_not_found_and_that_is_no_success(
    at_work: House, capsys: pytest.CaptureFixture[str]
) -> None:
    at_work.done(of("trail "))
    assert erase_users("--user-id", "trail") == 1
    said = capsys.readouterr().out
    assert said.startswith("Nothing was stored about 1 user, so nothing was erased.") and "erified" not in said
    assert users() == ["trail "]


def test_the_receipt_tells_which_ids_were_not_in_the_data(at_work: House, capsys: pytest.CaptureFixture[str]) -> None:
    at_work.done(of("ann"))
    assert erase_users("--user-id", "ann", "nobody", "--json") == 0
    answer = result(capsys)
    receipt = receipts.check(json.dumps(answer))
    assert receipt.was_held("ann") and receipt.names("nobody") and not receipt.was_held("nobody")
    assert (answer["outcome"], len(answer["people"]["not_in_the_data"]["users"])) == ("erased", 1)


def test_an_anonymous_id_is_erased_by_itself(
    at_work: House, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alone = [record(number, user_id=None, anonymous_id=f"browser-{number % 3}") for number in range(6)]
    at_work.done(as_lines([*alone, record(9, user_id="ann", anonymous_id="browser-0")]))
    (tmp_path / "ids.csv").write_text('anonymous_id\nbrowser-1\n"nowhere"\n')
    assert erase_users("--anonymous-id", "browser-0", "--file", str(tmp_path / "ids.csv"), "--json") == 0
    people = result(capsys)["people"]
    assert (people["count"], people["anonymous_count"], len(people["anonymous_ids"])) == (0, 3, 3)
    assert (len(people["not_in_the_data"]["anonymous_ids"]), len(people["kept_with_a_user_id"])) == (1, 1)
    assert sorted(row["anonymous_id"] for row in rows()) == ["browser-0", "browser-2", "browser-2"]
    assert users().count("ann") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Enter at least one id."),
        (["--user-id", "a", "--environment", "nowhere"], "There is no environment called nowhere."),
        (["--file", "/nowhere/ids.txt"], "/nowhere/ids.txt cannot be read."),
    ],
)
def test_a_call_that_names_nobody_or_nowhere_is_refused(at_work: House, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as refusal:
        call_command("erase_users", *arguments)
    assert refusal.value.returncode == 2
