"""Everything that a page can change: for each address that takes a POST, what has to be there and what is sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from interactions.access import keys
from interactions.access.roles import Role
from interactions.cohorts import change as cohorts
from interactions.exports import schedule as scheduling
from interactions.ingest.connections import change
from interactions.ingest.imports import storage
from interactions.ingest.pulls import change as pulls
from interactions.models import ApiKey, DeletionRequest, Environment, Export, Import, Membership, Pull, PulledDay
from interactions.product_names import change as product_names
from interactions.saved import links, notes, views
from tests.pages import made

from . import deletions

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


def _connection(**form: Any) -> Making:
    return lambda here, actor: ({"pk": change.create(here, "segment").connection.pk}, form)


def _a_pull(here: Environment) -> Pull:
    asked = pulls.Asked("mixpanel", "dojo.1a2b", "a secret", region="us", since=date(2026, 11, 1), project="4711")
    return pulls.create(here, asked)


def _pull(**form: Any) -> Making:
    return lambda here, actor: ({"pk": _a_pull(here).connection_id}, form)


def _pulled_day(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    pull = _a_pull(here)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    day = pull.days.create(day=pull.since, start=at, end=at, state=PulledDay.State.EMPTY)
    return {"pk": pull.connection_id}, {"day": day.pk}


def _of(part: dict[str, Any], **form: Any) -> Making:
    return lambda here, actor: (part, form)


def _member(here: Environment, actor: User, **form: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    user = User.objects.create_user("tom")
    Membership.objects.create(user=user, environment=here, role=Role.VIEWER)
    return {"pk": user.pk}, form


def _member_with_a_code(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    parts, form = _member(here, actor)
    Authenticator.objects.create(user_id=parts["pk"], type=Authenticator.Type.TOTP, data={})
    return parts, form


def _export(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    export = Export.objects.create(environment=here, created_by=actor, format="jsonl", records_total=1)
    return {"pk": export.pk}, {}


def _schedule(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"pk": scheduling.create(here, scheduling.ScheduleAsked(target="daily")).pk}, {"form": "pause"}


def _failed_import(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    imp = made(Import.State.FAILED, environment=here, created_by=actor)
    storage.whole_upload(imp).write_bytes(b'{"type":"like"}\n')  # else there is nothing to go on with
    return {"pk": imp.pk}, {}


def _own_thresholds(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    Environment.objects.filter(pk=here.pk).update(thresholds={"fresh": [1, 2]})
    return {}, {"reset": "1"}


def _request(make: Callable[[Environment], DeletionRequest], **form: Any) -> Making:
    return lambda here, actor: ({"pk": make(here).pk}, form)


def _link(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    link = deletions.linked(here)
    return {"pk": link.request_id}, {"anonymous_key": link.anonymous_key, "take": "1"}


def _person(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    found = deletions.received(here)
    return {"pk": found.pk}, {"person": found.named.all()[0].pk}


def _view(**form: Any) -> Making:
    def make(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
        kept = views.save(here, actor, name="Own", page="records", query="", is_shared=False, sees_people=False)
        return {"pk": kept.pk}, form

    return make


def _shared_view(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    kept = views.save(here, actor, name="All", page="records", query="", is_shared=True, sees_people=False)
    return {"pk": kept.pk}, {"start": "1"}


def _note(**form: Any) -> Making:
    def make(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"pk": notes.add(here, actor, day=date(2026, 11, 5), text="Sale").pk}, form

    return make


def _new_link(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    form = {"name": "Agency", "page": "dashboard", "query": "", "period": "moving", "expires": "7"}
    return {}, {**form, "once": secrets.token_hex(8)}  # more than one role makes links


def _share_link(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    ends = datetime(2099, 1, 1, tzinfo=UTC)
    return {"pk": links.create(here, actor, name="Agency", page="dashboard", query="", expires_at=ends)[0].pk}, {}


def _cohort(**form: Any) -> Making:
    def make(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"pk": cohorts.create(here, "Everybody", [], actor).pk}, form

    return make


def _names_that_wait(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"pk": product_names.upload(here, _NAMES, "names.csv", actor).pk}, {}


def _names_in_use(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    product_names.use(product_names.upload(here, _NAMES, "names.csv", actor))
    return {}, {}


def _file_of_names(here: Environment, actor: User) -> tuple[dict[str, Any], dict[str, Any]]:
    return {}, {"file": SimpleUploadedFile("names.csv", _NAMES)}


State = Import.State
_KEY = {"key": "dojo.1a2b", "secret": "another secret"}
_NAMES = b"id,name\nSKU-1,Trail shoe\n"
_RULE = {"rule": "0", "did-0": "did", "type-0": "checkout", "times-0": "2", "when-0": "ever"}
DEEDS = (
    Deed("member_add", _nothing(username="new", role="viewer")),
    Deed("member_edit", lambda here, actor: _member(here, actor, **{f"role_{here.slug}": "analyst"})),
    Deed("member_link", _member),
    Deed("member_deactivate", lambda here, actor: _member(here, actor, active="0")),
    Deed("member_second_factor", _member_with_a_code),
    Deed("key_create", _nothing(name="Shop", kind="secret", scopes=["write"], once="a")),
    Deed("api_site_key", _nothing(once="f")),
    Deed("key_rotate", _key(grace="0", once="b")),
    Deed("key_revoke", _key()),
    Deed("connection_create", _nothing(source="segment", once="c")),
    Deed("connection_secret", _connection(secret="a secret of the tool", once="d")),
    Deed("connection_rotate", _connection(grace="0", once="e")),
    Deed("connection_pause", _connection(paused="1")),
    Deed("connection_remove", _connection()),
    Deed("pull_create", _nothing(once="g", source="mixpanel", region="us", project="4711", since="2026-11-01", **_KEY)),
    Deed("pull_key", _pull(once="h", **_KEY)),
    Deed("pull_now", _pull()),
    Deed("pull_again", _pulled_day),
    Deed("stream_create", _of({"kind": "kinesis"}, stream="shop-events", group="dojo", start="earliest")),
    Deed("event_types", _of({"source": "segment"}, name="Signed Up", type="subscribe")),
    Deed("settings", _nothing(form="zone", time_zone="Europe/Vienna")),
    Deed("notifications", _nothing(form="rules", quiet_minutes=15, refused_percent=1)),
    Deed(
        "schedule_new",
        _nothing(target="daily", format="jsonl", every="day", weekday=0, hour=3, time_zone="UTC", start="all"),
    ),
    Deed("schedule", _schedule),
    Deed("health_thresholds", _own_thresholds),
    Deed("import_new", _nothing(action="sample")),
    Deed("import_check", _import(State.CHECKING, check_duplicates="on")),
    Deed("import_retry", _failed_import),
    Deed("import_cancel", _import(State.CHECKING)),
    Deed("import_undo", _import(State.DONE)),
    Deed("exports", _nothing(format="jsonl")),
    Deed("export_cancel", _export),
    Deed("deletion_new", _nothing(ids="ann")),
    Deed("deletion_link", _link),
    Deed("deletion_leave_out", _person),
    Deed("deletion_count", _request(deletions.received)),
    Deed("deletion_hide", _request(deletions.received)),
    Deed("deletion_approve", _request(deletions.awaiting)),
    Deed("deletion_start", _request(deletions.delayed)),
    Deed("deletion_cancel", _request(deletions.received)),
    Deed("deletion_retry", _request(deletions.failed)),
    Deed("access_letter", _nothing(user_id="ann", may_be_empty="1")),
    Deed("data_retention", _nothing(months="12")),
    Deed("view_create", _nothing(name="Kent", page="dashboard", query="region=Kent")),
    Deed("view_edit", _view(name="Bath")),
    Deed("view_delete", _view()),
    Deed("view_start", _shared_view),
    Deed("annotation_create", _nothing(day="2026-11-05", text="Sale")),
    Deed("annotation_edit", _note(day="2026-11-06", text="Sale ended")),
    Deed("annotation_delete", _note()),
    Deed("share_link_create", _new_link),
    Deed("share_link_revoke", _share_link),
    Deed("cohort_create", _nothing(name="Frequent buyers", **_RULE)),
    Deed("cohort_edit", _cohort(name="Frequent buyers", **_RULE)),
    Deed("cohort_draft", _nothing(**_RULE)),
    Deed("cohort_delete", _cohort()),
    Deed("product_names", _file_of_names),
    Deed("product_names_check", _names_that_wait),
    Deed("product_names_remove", _names_in_use),
    Deed("people", _nothing(id="ann")),
    Deed("records", _nothing(find="ann")),
    Deed("people_filter", _nothing(id="ann", to="records")),
    Deed("api_trial", _nothing(body='{"data":[]}')),
)


def all_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the application and of the accounts, to see whether anything changed; but for the log of deeds."""
    left_out = {"activityentry", "session", "logentry"}
    models = [model for label in ("interactions", "auth", "mfa") for model in apps.get_app_config(label).get_models()]
    return {
        model._meta.label: sorted(model._default_manager.values_list(), key=repr)
        for model in models
        if model._meta.model_name not in left_out
    }
