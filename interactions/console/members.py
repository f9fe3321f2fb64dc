"""The members of an environment: list, add, change roles, deactivate, and create set-password links."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from interactions.access import members as membership
from interactions.access.members import ListedMember
from interactions.access.roles import Role
from interactions.access.sign_on import second_factor
from interactions.console.fragments import page_or_fragment, to_page
from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import Environment

PAGE_SIZE: Final = 50
_NO_ACCESS: Final = ("", "No access")
_ROLES: Final = [(role.value, role.label) for role in Role]


class MemberForm(forms.Form):
    """A new member."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    full_name = forms.CharField(
        label="Full name (optional)",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label="E-mail (optional)", required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(choices=_ROLES, widget=forms.RadioSelect, initial=Role.VIEWER.value)


class RolesForm(forms.Form):
    """A role for each environment that the current user owns, in fields named ``role_<slug>``."""

    def __init__(self, member: ListedMember, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._environments = [environment for environment, _ in member.roles]
        for environment, role in member.roles:
            self.fields[_field(environment)] = forms.ChoiceField(
                label=environment.name, choices=[_NO_ACCESS, *_ROLES], initial=role or "", required=False
            )

    def roles(self) -> dict[Environment, Role | None]:
        given = {environment: self.cleaned_data[_field(environment)] for environment in self._environments}
        return {environment: Role(value) if value else None for environment, value in given.items()}


def _field(environment: Environment) -> str:
    return f"role_{environment.slug}"


@require_safe
@never_cache
def members(request: HttpRequest, environment: str) -> HttpResponse:
    """Members and administrators, 50 per page, active ones first; ``find`` searches by name."""
    here = get_object_or_404(Environment, slug=environment)
    return page_or_fragment(request, "members/list.html", "list", _listed(request, here))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def member_add(request: HttpRequest, environment: str) -> HttpResponse:
    """Add a member. A new user gets a log-in and a set-password link, which is shown once."""
    here = get_object_or_404(Environment, slug=environment)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            user, is_new = membership.add(
                here,
                name=given["username"],
                role=Role(given["role"]),
                by=person(request),
                full_name=given["full_name"],
                email=given["email"],
            )
        except DojoError as error:
            form.add_error("username", str(error))
        else:
            if is_new:
                return _shown(request, here, user, is_first=True)
            messages.success(request, f"{user} is now a member of {here}, with their existing log-in.")
            return to_page(request, "members", here)
    summaries = {role.value: role.summary for role in Role}
    context = {"environment": here, "form": form, "roles": [(r, summaries[r.data["value"]]) for r in form["role"]]}
    return page_or_fragment(request, "members/add.html", "form", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def member_edit(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Change a member's roles in all environments that the current user owns."""
    here, member = _find(request, environment, pk)
    form = RolesForm(member, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            changed = membership.set_roles(member.user, form.roles(), by=person(request))
        except DojoError as error:
            form.add_error(None, str(error))
        else:
            if changed:
                messages.success(request, f"The roles of {member.user} were changed.")
            return to_page(request, "members", here)
    context = {"environment": here, "form": form, "member": member, "all_roles": list(Role)}
    return page_or_fragment(request, "members/edit.html", "form", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def member_link(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Create another set-password link and show it once."""
    here, member = _find(request, environment, pk)
    if request.method == "POST":
        return _shown(request, here, member.user)
    context = {"environment": here, "member": member, "hours": settings.MEMBER_LINK_HOURS}
    return page_or_fragment(request, "members/link.html", "form", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def member_deactivate(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Confirm, then deactivate a log-in or reactivate it."""
    here, member = _find(request, environment, pk)
    if request.method != "POST":
        return page_or_fragment(request, "members/deactivate.html", "form", {"environment": here, "member": member})
    act, said = (
        (membership.deactivate, "is deactivated, and logged out everywhere.")
        if request.POST.get("active") == "0"
        else (membership.reactivate, "can log in again.")
    )
    try:
        act(member.user, by=person(request))
    except DojoError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.user} {said}")
    return to_page(request, "members", here)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def member_second_factor(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """Confirm, then take away the second factors of a member who lost theirs."""
    here, member = _find(request, environment, pk)
    if request.method != "POST":
        context = {"environment": here, "member": member}
        return page_or_fragment(request, "members/second_factor.html", "form", context)
    try:
        if second_factor.remove(member.user, by=person(request)):
            messages.success(request, f"{member.user} logs in with the password alone, and is logged out everywhere.")
    except DojoError as error:
        messages.error(request, str(error))
    return to_page(request, "members", here)


def _find(request: HttpRequest, environment: str, pk: int) -> tuple[Environment, ListedMember]:
    """Only members: administrators are changed in Django's admin."""
    here = get_object_or_404(Environment, slug=environment)
    user = get_object_or_404(User, pk=pk, memberships__environment=here, is_superuser=False)
    return here, membership.as_members([user], here, request.standing)[0]  # type: ignore[attr-defined]


def _listed(request: HttpRequest, here: Environment) -> dict[str, Any]:
    find = request.GET.get("find", "").strip()
    page = Paginator(membership.users(here, named=find), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = membership.as_members(page, here, request.standing)  # type: ignore[attr-defined]
    return {
        "environment": here,
        "members": rows,
        "page": page,
        "find": find,
        "roles": list(Role),
        "has_others": any(len(row.roles) > 1 for row in rows),
    }


def _shown(request: HttpRequest, here: Environment, user: User, *, is_first: bool = False) -> HttpResponse:
    """The only response with the link."""
    try:
        link = membership.new_link(user, by=person(request), is_first=is_first)
    except DojoError as error:
        messages.error(request, str(error))
        return to_page(request, "members", here)
    address = request.build_absolute_uri(reverse("set_password", args=[link.uid, link.token]))
    context = {**_listed(request, here), "user_of_link": user, "address": address, "link": link}
    return page_or_fragment(request, "members/shown.html", "link", context)
