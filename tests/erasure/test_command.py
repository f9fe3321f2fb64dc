"""Erasing from the command line, and with real processes: it waits, and says what came of it on its last line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dojo import workers
from interactions import erasure
from interactions.erasure import receipts
from interactions.models import DeletionRequest
from tests.imports.files import as_lines, records
from tests.imports.house import House, users

from .people import ANN, crowd


@pytest.fixture
def at_work(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Workers that have done their work before anybody waits for it."""
    request = erasure.request

    def carried(*given: Any, **more: Any) -> DeletionRequest:
        asked: DeletionRequest = house.ask(request, *given, **more)
        house.carry()
        asked.refresh_from_db()
        return asked

    monkeypatch.setattr(erasure, "request", carried)
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
    assert erase_users("--user-id", ANN, "--environment", "playground", "--json") == 0
    assert (result(capsys)["records_erased"], len(users())) == (0, 40)


def test_without_json_it_says_so_in_a_sentence(at_work: House, capsys: pytest.CaptureFixture[str]) -> None:
    at_work.done(as_lines(records(3)))
    erase_users("--user-id", "user-1")
    said = capsys.readouterr().out
    assert said.startswith("Verified: users 1, records erased 1, nothing left of them after ")
    assert "user-1" not in said


def test_what_could_not_be_erased_is_said_and_the_exit_code_tells(
    at_work: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.done(as_lines(crowd()))
    monkeypatch.setattr("interactions.lake_people.erase", lambda *_: None)
    monkeypatch.setattr("interactions.lake_people.erase_most", lambda *_: None)
    assert erase_users("--user-id", ANN, "--json") == 2
    said = capsys.readouterr()
    assert "Records are left" in said.err
    assert json.loads(said.out.splitlines()[-1])["state"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name at least one user id."),
        (["--user-id", "a", "--environment", "nowhere"], "There is no environment called nowhere."),
        (["--file", "/nowhere/ids.txt"], "/nowhere/ids.txt cannot be read."),
    ],
)
def test_a_call_that_names_nobody_or_nowhere_is_refused(at_work: House, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as refusal:
        call_command("erase_users", *arguments)
    assert refusal.value.returncode == 2
