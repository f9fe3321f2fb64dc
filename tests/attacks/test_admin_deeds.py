"""What Django's admin lets staff do to deletion requests: each step × every role × own and foreign environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from interactions.access.roles import RIGHTS, Right, Role
from interactions.models import DeletionRequest, Environment
from tests import cast

from . import deletions
from .deeds import all_rows
from .test_deeds import ROLES, environment, folders

__all__ = ["folders"]

pytestmark = pytest.mark.django_db
LIST = "/admin/interactions/deletionrequest/"


@dataclass(frozen=True)
class Step:
    """A button of a request's page, or with ``is_action`` one of the list; ``key`` names what it is done to."""

    name: str
    make: Callable[[Environment], DeletionRequest]
    is_action: bool = False
    key: Callable[[DeletionRequest], int] | None = None

    def sent(self, found: DeletionRequest) -> tuple[str, dict[str, Any]]:
        """The address and the form."""
        if self.is_action:
            return LIST, {"action": self.name, "_selected_action": [found.pk], "confirmed": "1"}
        form = {"step": self.name, "take": "1", "key": self.key(found) if self.key else ""}
        return f"{LIST}{found.pk}/change/", form


STEPS = (
    Step("link", lambda here: deletions.linked(here).request, key=lambda found: found.links.all()[0].anonymous_key),
    Step("leave_out", deletions.received, key=lambda found: found.named.all()[0].pk),
    Step("count", deletions.received),
    Step("start", deletions.delayed),
    *(
        Step(name, make, is_action)
        for is_action in (False, True)
        for name, make in (
            ("hide", deletions.received),
            ("approve", deletions.awaiting),
            ("cancel", deletions.received),
            ("retry", deletions.failed),
        )
    ),
)


def name_of(step: Step) -> str:
    return f"{step.name}{' of the list' if step.is_action else ''}"


def staff(client: Client, role: Role | None, *environments: str, is_staff: bool = True) -> None:
    user = cast.member("somebody", role, *environments)
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    client.force_login(User.objects.get(pk=user.pk))


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_staff_do_what_their_role_allows_and_nothing_else(client: Client, step: Step, role: Role | None) -> None:
    staff(client, role)
    address, form = step.sent(step.make(environment("production")))
    before = all_rows()
    answer = client.post(address, form)
    if role is not None and Right.PRIVACY in RIGHTS[role]:
        assert answer.status_code == 302
        assert all_rows() != before
    else:
        assert answer.status_code == 403
        assert all_rows() == before


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_staff_of_another_environment_do_nothing_here(client: Client, step: Step) -> None:
    staff(client, Role.OWNER, "playground")
    address, form = step.sent(step.make(environment("production")))
    before = all_rows()
    answer = client.post(address, form)
    assert answer.status_code == (302 if step.is_action else 404)  # the list has no such row
    assert all_rows() == before


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_a_role_without_being_staff_does_nothing(client: Client, step: Step) -> None:
    staff(client, Role.OWNER, is_staff=False)
    address, form = step.sent(step.make(environment("production")))
    before = all_rows()
    assert client.post(address, form).status_code == 403
    assert all_rows() == before


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_a_request_is_added_by_whom_the_role_allows(client: Client, role: Role | None) -> None:
    staff(client, role)
    before = DeletionRequest.objects.count()
    answer = client.post(f"{LIST}add/", {"environment": environment("production").pk, "ids": "ann", "kind": "user"})
    may = role is not None and Right.PRIVACY in RIGHTS[role]
    assert answer.status_code == (302 if may else 403)
    assert DeletionRequest.objects.count() == before + may


def test_a_request_is_not_added_to_a_foreign_environment(client: Client) -> None:
    staff(client, Role.OWNER, "playground")
    answer = client.post(f"{LIST}add/", {"environment": environment("production").pk, "ids": "ann", "kind": "user"})
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()
    assert not DeletionRequest.objects.exists()
