"""Deletion requests in Django's admin: the desk's own use cases, under the rights that each person has at the desk.

Every process of Django loads its admin, so what puts questions is loaded where it is used: workers do without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from interactions import privacy
from interactions.access.roles import Right
from interactions.admin.readable import ReadOnly
from interactions.errors import DojoError
from interactions.models import DeletionRequest, Environment
from interactions.privacy.forms import AddForm, HideForm
from interactions.templatetags.deletion import deletion_state, people_named

_SHOWN: Final = 100
Step: TypeAlias = Callable[[DeletionRequest, User], object]
State = DeletionRequest.State

# What can be done to several requests at once, with a sentence that asks first.
_ASKED: Final[dict[str, tuple[str, str, Step]]] = {
    "hide": (
        "Hide and erase",
        "Their people leave every page at once. Erasing starts after an hour; you can cancel until then.",
        lambda found, user: privacy.hide(found, by=user, delay=HideForm().waits()),
    ),
    "approve": (
        "Approve",
        "The records of their people are erased. This can't be undone.",
        lambda found, user: privacy.approve(found, by=user),
    ),
    "cancel": (
        "Cancel",
        "Their people are shown again, and the ids in the requests are deleted.",
        lambda found, user: privacy.cancel(found, by=user),
    ),
    "retry": (
        "Retry",
        "Each is carried out again.",
        lambda found, user: _retry(found, user),
    ),
}


def _retry(found: DeletionRequest, user: User) -> None:
    from interactions.privacy import erasure as carrying

    carrying.retry(found, by=user)


@admin.register(DeletionRequest)
class DeletionRequestAdmin(ReadOnly):
    """Add one, see its preview, and take it to its end. Who may not at the desk may not here."""

    list_display = ("__str__", "environment", "shown_state", "reference", "people", "erased", "received_at", "due_at")
    list_filter = ("state", "environment", "source")
    search_fields = ("reference", "asked_by")
    list_select_related = ("environment",)
    actions = ("hide", "approve", "cancel", "retry")

    # --- Who may ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeletionRequest]:
        rows: QuerySet[DeletionRequest] = super().get_queryset(request)
        return rows.filter(environment__in=_environments(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.standing.may_somewhere(Right.PRIVACY))  # type: ignore[attr-defined]

    def has_view_permission(self, request: HttpRequest, obj: DeletionRequest | None = None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        return bool(request.standing.may(Right.PRIVACY, obj.environment.slug))  # type: ignore[attr-defined]

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    # --- The list ---

    @admin.display(description="State", ordering="state")
    def shown_state(self, found: DeletionRequest) -> str:
        return deletion_state(found)

    @admin.display(description="People")
    def people(self, found: DeletionRequest) -> str:
        return people_named(found)

    @admin.action(description="Hide and erase, in 1 hour")
    def hide(self, request: HttpRequest, rows: QuerySet[DeletionRequest]) -> HttpResponse | None:
        return self._ask("hide", request, rows)

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, rows: QuerySet[DeletionRequest]) -> HttpResponse | None:
        return self._ask("approve", request, rows)

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, rows: QuerySet[DeletionRequest]) -> HttpResponse | None:
        return self._ask("cancel", request, rows)

    @admin.action(description="Retry")
    def retry(self, request: HttpRequest, rows: QuerySet[DeletionRequest]) -> HttpResponse | None:
        return self._ask("retry", request, rows)

    def _ask(self, name: str, request: HttpRequest, rows: QuerySet[DeletionRequest]) -> HttpResponse | None:
        """Ask once, then do it to each; what one of them does not allow is said, and the others go on."""
        label, sentence, step = _ASKED[name]
        if not request.POST.get("confirmed"):
            context = {"name": name, "label": label, "sentence": sentence, "rows": rows}
            return self._page(request, "confirm", f"{label}?", context)
        for found in rows:
            self._do(request, found, step)
        return None

    # --- One request ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take a request in; nothing is hidden by that."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AddForm(request.POST, request.FILES) if request.method == "POST" else AddForm()
        form.fields["environment"].queryset = _environments(request)  # type: ignore[attr-defined]
        if form.is_bound and form.is_valid():
            made = form.prepare(form.cleaned_data["environment"], _user(request))
            if made is not None:
                return redirect("admin:interactions_deletionrequest_change", made.pk)
        return self._page(request, "add", "New deletion request", {"form": form})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The preview, the steps, and what can be done next."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404("There is no such deletion request.")
        timezone.activate(found.environment.zone)
        if request.method == "POST":
            self._do(request, found, _step_of(request))
            return redirect("admin:interactions_deletionrequest_change", found.pk)
        return self._page(request, "request", str(found).capitalize(), _shown(request, found))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The steps of a request are on its page."""
        return redirect("admin:interactions_deletionrequest_change", object_id)

    def _do(self, request: HttpRequest, found: DeletionRequest, step: Step) -> None:
        try:
            step(found, _user(request))
        except DojoError as error:
            self.message_user(request, f"{str(found).capitalize()}: {error}", messages.ERROR)
        else:
            found.refresh_from_db()
            self.message_user(request, f"{str(found).capitalize()}: {deletion_state(found).lower()}.")

    def _page(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/deletion/{name}.html", {**common, **context})


def _step_of(request: HttpRequest) -> Step:
    """What the button that was pressed does."""
    from interactions.privacy import preview

    given = request.POST
    name, key = given.get("step", ""), given.get("key", "")
    if name in ("link", "leave_out") and not key.lstrip("-").isdigit():
        name = ""
    match name:
        case "hide":
            delay = HideForm(given).waits()
            return lambda found, user: privacy.hide(found, by=user, delay=delay)
        case "start":
            return lambda found, user: privacy.start_now(found, by=user)
        case "count":
            return lambda found, _: preview.count(found)
        case "link":
            return lambda found, _: preview.choose_link(found, int(key), is_taken=given.get("take") == "1")
        case "leave_out":
            return lambda found, _: preview.leave_out(found, int(key))
        case "approve" | "cancel" | "retry":
            return _ASKED[name][2]
    return _unknown


def _unknown(_: DeletionRequest, __: User) -> None:
    raise DojoError("That can't be done to a deletion request.")


def _shown(request: HttpRequest, found: DeletionRequest) -> dict[str, Any]:
    is_first_person = privacy.is_first_person(found, _user(request))
    context: dict[str, Any] = {
        "asked": found,
        "environment": found.environment,
        "steps": found.steps.all(),
        "found": [(name, count) for name, count in found.found.items() if count],
        "is_first_person": is_first_person,
        "may_approve": found.awaits_approval and not is_first_person,
        "delays": HideForm.choices(needs_approval=found.environment.needs_approval),
    }
    if found.state == State.RECEIVED:
        from interactions.privacy import preview

        context |= {
            "preview": preview.preview(found),
            "named": found.named.all()[:_SHOWN],
            "links": found.links.order_by("-users", "id")[:_SHOWN],
            "most": _SHOWN,
        }
    return context


def _environments(request: HttpRequest) -> QuerySet[Environment]:
    """Those in which the person may carry out deletion requests."""
    standing = request.standing  # type: ignore[attr-defined]
    return Environment.objects.filter(
        slug__in=[each.slug for each in standing.environments if standing.may(Right.PRIVACY, each.slug)]
    )


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
