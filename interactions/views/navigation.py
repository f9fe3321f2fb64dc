"""What the left pane of every page needs: environments, entries, and what the person may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from interactions.models import Environment

MAY_IMPORT: Final = "interactions.add_import"

# Pages of one import exist in one environment only: switching leads to the list of the other.
_KIND_OF_PAGE: Final[dict[str, str]] = {
    "overview": "overview",
    "dashboard": "dashboard",
    "health": "health",
    "health_thresholds": "health",
    "imports": "imports",
    "import_new": "import_new",
    "import_detail": "imports",
    "import_check": "imports",
    "import_load": "imports",
    "live": "live",
    "live_problems": "live",
    "live_call": "live",
    "api_reference": "api_reference",
    "keys": "keys",
    "key_create": "keys",
    "key_rotate": "keys",
    "key_revoke": "keys",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the pane; ``icon`` is empty for a sub-entry."""

    label: str
    url: str
    active: bool
    icon: str = ""

    @property
    def is_sub(self) -> bool:
        return not self.icon


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one title; the first section has none."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentLink:
    """An environment, and the page like this one in it."""

    environment: Environment
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The whole pane."""

    environment: Environment
    environments: tuple[EnvironmentLink, ...]
    sections: tuple[Section, ...]
    account_url: str
    account_active: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``navigation``, ``environment`` and ``may_import``; empty without a log-in.

    Pages outside any environment (the account) may name one as ``?environment=``, so that the
    pane keeps leading where the person was.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    environments = list(Environment.objects.all())
    if not environments:
        return {}
    match = request.resolver_match
    page = (match.url_name or "") if match else ""
    slug = (match.kwargs.get("environment") if match else None) or request.GET.get("environment")
    current = next((e for e in environments if e.slug == slug), environments[0])
    return {
        "environment": current,
        "may_import": user.has_perm(MAY_IMPORT),
        "navigation": Navigation(
            environment=current,
            environments=tuple(EnvironmentLink(e, _same_page(page, e), active=e == current) for e in environments),
            sections=_sections(page, current),
            account_url=_account(current),
            account_active=page == "account",
        ),
    }


def _same_page(page: str, environment: Environment) -> str:
    if page == "account":
        return _account(environment)
    return reverse(_KIND_OF_PAGE.get(page, "overview"), args=[environment.slug])


def _account(environment: Environment) -> str:
    return reverse("account", query={"environment": environment.slug})


def _sections(page: str, environment: Environment) -> tuple[Section, ...]:
    def entry(label: str, name: str, icon: str = "") -> Entry:
        active = page == name or _KIND_OF_PAGE.get(page) == name or (name == "imports" and page == "import_new")
        return Entry(label, reverse(name, args=[environment.slug]), active, icon)

    return (
        Section("", (entry("Overview", "overview", "layout-dashboard"),)),
        Section(
            "Data sets",
            (entry("Interactions", "dashboard", "click"), entry("Imports", "imports"), entry("Health", "health")),
        ),
        Section("Integrate", (entry("Live", "live", "activity"), entry("API", "api_reference", "api"))),
        Section("Settings", (entry("API keys", "keys", "key"),)),
    )
