"""Deliveries by e-mail: sent once, tried again, given up, and never in the way of anything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from interactions import tasks
from interactions.models import Environment, Notification, NotificationChannel, NotificationDelivery
from interactions.notifications import addresses, deliver, tell
from interactions.notifications.events import NotifiedEvent
from tests import cast
from tests.ingest.imports.files import as_lines, records
from tests.ingest.imports.house import House

from .receivers import Mailbox
from .told import Kind, channel, own

State = NotificationDelivery.State


def told(house: House, environment: Environment, key: str = "k") -> None:
    house.ask(
        tell.tell,
        NotifiedEvent.IMPORT_FINISHED,
        environment,
        key=key,
        title="Import 7 finished in Production",
        text="10 records were added.",
        path="/production/interactions/imports/7/",
    )


def delivered() -> NotificationDelivery:
    return NotificationDelivery.objects.get()


def later(minutes: float) -> None:
    """Let that time pass for deliveries that wait."""
    for row in NotificationDelivery.objects.filter(state=State.WAITING):
        row.next_at -= timedelta(minutes=minutes)
        row.save()


def test_a_member_gets_mail_with_a_link(
    house: House, environment: Environment, mailbox: Mailbox, settings: object
) -> None:
    settings.PUBLIC_URL = "https://dojo.example/"  # type: ignore[attr-defined]
    own(environment)
    told(house, environment)
    house.carry()
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("olga@example.com", "Import 7 finished in Production")
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert "10 records were added." in body and "https://dojo.example/production/interactions/imports/7/" in body
    assert (delivered().state, delivered().attempts) == (State.SENT, 1)


def test_a_channel_of_the_environment_mails_several_at_once(
    house: House, environment: Environment, mailbox: Mailbox
) -> None:
    channel(environment, kind=Kind.EMAIL, address=addresses.sealed("a@example.com, b@example.com"))
    told(house, environment)
    house.carry()
    assert mailbox.mails[0]["To"] == "a@example.com, b@example.com"


def test_a_repeated_task_sends_nothing_again(house: House, environment: Environment, mailbox: Mailbox) -> None:
    own(environment)
    told(house, environment)
    house.carry()
    for _ in range(2):
        house.do(("deliver_notification", delivered().pk))
    assert len(mailbox.mails) == 1


def test_a_refusal_is_shown_without_the_address_and_tried_again(
    house: House, environment: Environment, mailbox: Mailbox
) -> None:
    own(environment)
    mailbox.refusal = "550 5.1.1 olga@example.com is unknown here"
    told(house, environment)
    house.carry()
    row = delivered()
    assert (row.state, row.attempts) == (State.WAITING, 1)
    assert row.result == "The server said 550 5.1.1 … is unknown here"
    tasks.sweep_notifications()
    assert delivered().attempts == 1  # its pause isn't over
    mailbox.refusal = ""
    later(2)
    with house.at_work():
        tasks.sweep_notifications()
    house.carry()
    assert (delivered().state, delivered().result, len(mailbox.mails)) == (State.SENT, "", 1)


def test_after_some_attempts_it_is_given_up(house: House, environment: Environment, mailbox: Mailbox) -> None:
    own(environment)
    mailbox.refusal = "451 try later"
    told(house, environment)
    for _ in range(len(deliver.PAUSES) + 2):
        house.carry()
        later(24 * 60)
        with house.at_work():
            tasks.sweep_notifications()
    row = delivered()
    assert (row.state, row.attempts) == (State.FAILED, len(deliver.PAUSES))
    assert row.result == "The server said 451 try later"


def test_a_mail_server_that_is_away_fails_nothing_else(
    house: House, environment: Environment, mailbox: Mailbox, settings: object
) -> None:
    settings.EMAIL_PORT = 1  # type: ignore[attr-defined]
    own(environment)
    imp = house.done(as_lines(records(3)))
    assert imp.is_done
    assert "can't be reached" in delivered().result


def test_without_redis_it_is_sent_by_the_next_sweep(
    house: House, environment: Environment, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(environment)
    told(house, environment)
    house.queue.clear()  # the broker was away
    with house.at_work():
        tasks.sweep_notifications()
    house.carry()
    assert len(mailbox.mails) == 1


def test_a_worker_that_dies_while_sending_leaves_it_to_another(
    house: House, environment: Environment, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class _Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise _Killed

    own(environment)
    told(house, environment)
    with monkeypatch.context() as patch:
        patch.setitem(deliver._SENDERS, Kind.EMAIL, killed)
        with pytest.raises(_Killed):
            house.carry()
    assert delivered().state == State.WAITING
    later(2)
    with house.at_work():
        tasks.sweep_notifications()
    house.carry()
    assert (delivered().state, delivered().attempts) == (State.SENT, 2)


def test_a_paused_channel_and_a_former_member_get_nothing_that_still_waits(
    house: House, environment: Environment, mailbox: Mailbox
) -> None:
    member = cast.analyst()
    rows = own(environment, member), channel(environment, kind=Kind.EMAIL, address=addresses.sealed("a@example.com"))
    told(house, environment)
    member.memberships.all().delete()  # type: ignore[attr-defined]
    NotificationChannel.objects.filter(pk=rows[1].pk).update(is_paused=True)
    house.carry()
    assert not mailbox.mails
    assert set(NotificationDelivery.objects.values_list("state", flat=True)) == {State.FAILED}


def test_without_a_mail_server_the_result_says_so(house: House, environment: Environment) -> None:
    own(environment)
    told(house, environment)
    house.carry()
    assert delivered().result == "EMAIL_URL isn't set, so Dojo can't send e-mail."


def test_a_title_cannot_add_headers(house: House, environment: Environment, mailbox: Mailbox) -> None:
    own(environment)
    Environment.objects.filter(pk=environment.pk).update(name="Shop\nBcc: eve@example.com")
    environment.refresh_from_db()
    house.done(as_lines(records(3)))
    assert mailbox.mails[0]["Bcc"] is None and "Shop Bcc:" in mailbox.mails[0]["Subject"]


def test_a_test_is_sent_at_once_and_a_second_click_sends_no_second(environment: Environment, mailbox: Mailbox) -> None:
    row = own(environment)
    for _ in range(2):
        assert deliver.send_test(row, "page-1").state == State.SENT
    assert [mail["Subject"] for mail in mailbox.mails] == ["Test of Dojo in Production"]
    mailbox.refusal = "550 no"
    failed = deliver.send_test(row, "page-2")
    assert (failed.state, failed.result) == (State.FAILED, "The server said 550 no")


def test_old_notifications_are_forgotten(house: House, environment: Environment, mailbox: Mailbox) -> None:
    own(environment)
    told(house, environment)
    house.carry()
    told(house, environment, "young")
    Notification.objects.filter(key="k").update(at=timezone.now() - deliver.KEPT)
    tasks.sweep_notifications()
    assert list(Notification.objects.values_list("key", flat=True)) == ["young"]
