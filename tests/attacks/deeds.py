"""Everything that a page can change: for each address that takes a POST, what has to be there and what is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from interactions.access import keys
from interactions.access.roles import Role
from interactions.models import ApiKey, Environment, Export, Import, Membership
from tests import cast
from tests.pages import made

Making = Callable[[Environment, User], tuple[dict[str, Any], dict[str, Any]]]


@dataclass(frozen=True)
class Deed:
    """``make`` gives the rest of the address and the form, for an environment and whoever sends it."""

    name: str
    make: Making

    def address(self, environment: Environment, parts: dict[str, Any]) -> str:
        return reverse(self.name, kwargs={"environment": environment.slug, **parts})


def _nothing(**form: Any) -> Making:
    return lambda environment, actor: ({}, form)


def _import(state: str, **form: Any) -> Making:
    return lambda here, actor: ({"pk": made(state, environment=here, created_by=actor).pk}, form)


def _key(**form: Any) -> Making:
    def make(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"pk": keys.create(here, kind=ApiKey.Kind.SECRET, name="Shop")[0].pk}, form

    return make


def _member(here: Environment, actor: User, **form: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    user = User.objects.create_user("tom")
    Membership.objects.create(user=user, environment=here, role=Role.VIEWER)
    return {"pk": user.pk}, form


def _export(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    export = Export.objects.create(environment=here, created_by=actor, format="jsonl", records_total=1)
    return {"pk": export.pk}, {}


def _request(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    desk = Client()
    desk.force_login(cast.member("preparer", Role.PRIVACY, here.slug))
    answer = desk.post(reverse("deletion_new", args=[here.slug]), {"ids": "ann"})
    return {"pk": int(answer["Location"].split("/")[-2])}, {}


State = Import.State
DEEDS = (
    Deed("member_add", _nothing(username="new", role="viewer")),
    Deed("member_edit", lambda here, actor: _member(here, actor, **{f"role_{here.slug}": "analyst"})),
    Deed("member_link", _member),
    Deed("member_deactivate", lambda here, actor: _member(here, actor, active="0")),
    Deed("key_create", _nothing(name="Shop", kind="secret", once="a")),
    Deed("key_rotate", _key(grace="0", once="b")),
    Deed("key_revoke", _key()),
    Deed("settings", _nothing(form="zone", time_zone="Europe/Vienna")),
    Deed("health_thresholds", _nothing(reset="1")),
    Deed("import_new", _nothing(action="sample")),
    Deed("import_cancel", _import(State.CHECKING)),
    Deed("import_undo", _import(State.DONE)),
    Deed("export_cancel", _export),
    Deed("deletion_new", _nothing(ids="ann")),
    Deed("deletion_cancel", _request),
    Deed("deletion_hide", _request),
    Deed("people_filter", _nothing(id="ann", to="records")),
    Deed("api_trial", _nothing(body='{"data":[]}')),
)


def all_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the application and of the accounts, to see whether anything changed; but for the log of deeds."""
    left_out = {"activityentry", "session", "logentry"}
    models = [*apps.get_app_config("interactions").get_models(), *apps.get_app_config("auth").get_models()]
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=repr)
        for model in models
        if model._meta.model_name not in left_out
    }
