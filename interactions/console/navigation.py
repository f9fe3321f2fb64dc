"""The context of the left pane on every page: environments, entries and rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from interactions.access import members
from interactions.access.roles import Access, Right, Role, rule_of
from interactions.console.filter.choice import carried
from interactions.console.saved.visit import visit_of
from interactions.models import Environment
from interactions.privacy import open_requests

# The pages that belong to each entry of the pane. A single import or key exists in one environment only, so switching
# the environment leads to the page of its entry.
_PAGES: Final[dict[str, tuple[str, ...]]] = {
    "overview": (),
    "dashboard": (),
    "people": ("person",),
    "breakdown": (),
    "retention": (),
    "paths": (),
    "funnel": (),
    "product_names": ("product_names_check",),
    "cohorts": ("cohort_create", "cohort_edit", "cohort_delete"),
    "health": ("health_thresholds",),
    "records": ("record", "exports", "export_new", "schedules", "schedule", "schedule_new"),
    "saved_views": (
        "view_create", "view_edit", "annotations", "annotation_create", "annotation_edit", "share_links",
        "share_link_create", "share_link_revoke",
    ),
    "imports": ("import_new", "import_detail", "import_check", "import_load"),
    "live": ("live_problems", "live_call"),
    "api_reference": ("api_site_key",),
    "deletion_requests": (
        "deletion_new", "deletion_request", "deletion_receipt", "receipt_verify",
    ),
    "access_letter": (),
    "data_retention": (),
    "connections": (
        "connection", "connection_create", "stream_create", "connection_secret", "connection_rotate",
        "connection_remove", "event_types", "pull_create", "pull_key",
    ),
    "keys": ("key_create", "key_rotate", "key_revoke"),
    "activity": (),
    "settings": (),
    "notifications": (),
    "members": ("member_add", "member_edit", "member_link", "member_deactivate", "member_second_factor"),
    "operations": (),
}  # fmt: skip
_ENTRY_OF: Final = {page: entry for entry, pages in _PAGES.items() for page in (entry, *pages)}


@dataclass(frozen=True, slots=True)
class PaneEntry:
    """A link of the pane to the page ``name``; ``icon`` is empty for a sub-entry.

    ``badge`` is the number of waiting things; None for pages without a badge.
    """

    name: str
    label: str
    url: str
    active: bool
    icon: str = ""
    badge: int | None = None

    @property
    def is_sub(self) -> bool:
        return not self.icon


@dataclass(frozen=True, slots=True)
class PaneSection:
    """Entries under one title; the first section has none."""

    title: str
    entries: tuple[PaneEntry, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentLink:
    """An environment, with the URL of the corresponding page in it."""

    environment: Environment
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The whole pane."""

    environment: Environment
    environments: tuple[EnvironmentLink, ...]
    sections: tuple[PaneSection, ...]
    account_url: str
    account_active: bool
    role: Role

    @property
    def badges(self) -> list[PaneEntry]:
        """The entries with a badge, which a fragment keeps up to date."""
        return [entry for section in self.sections for entry in section.entries if entry.badge is not None]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``navigation``, ``environment`` and ``may``, the names of the user's rights there.

    Without a log-in, or without a role anywhere, only an empty ``may``. Pages outside any environment (the account)
    may have ``?environment=``, so that the pane still links to where the user was. A visitor by share link has no
    pane and no rights: ``shared`` is their visit.
    """
    if visit := visit_of(request):
        return {"may": frozenset(), "shared": visit, "base_template": "shared/base.html"}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"may": frozenset()}
    standing: members.Standing = getattr(request, "standing", None) or members.standing(user)
    environments = standing.environments
    if not environments:
        return {"may": frozenset()}
    match = request.resolver_match
    page = (match.url_name or "") if match else ""
    slug = (match.kwargs.get("environment") if match else None) or request.GET.get("environment")
    current = next((e for e in environments if e.slug == slug), environments[0])
    rights = standing.rights(current.slug)
    filtered = carried(request.GET) if page in _FILTERED else ""
    links = (
        EnvironmentLink(e, _same_page(page, e, standing.rights(e.slug)), active=e == current) for e in environments
    )
    return {
        "version": settings.VERSION,
        "environment": current,
        "may": rights,
        "navigation": Navigation(
            environment=current,
            environments=tuple(links),
            sections=_sections(page, current, rights, filtered, is_administrator=user.is_superuser),
            account_url=_beside("account", current),
            account_active=page in ("account", "my_notifications"),
            role=dict(standing.roles)[current.slug],
        ),
    }


def _same_page(page: str, environment: Environment, rights: frozenset[Right]) -> str:
    """The URL of the corresponding page there, or of the overview if the user may not open it."""
    if page in _OF_NO_ENVIRONMENT:
        return _beside(page, environment)
    name = page if page == "import_new" else _ENTRY_OF.get(page, "overview")
    return reverse(name if rule_of(name) in rights else "overview", args=[environment.slug])


def _beside(page: str, environment: Environment) -> str:
    """The URL of a page outside any environment, which keeps the pane's environment."""
    return reverse(page, query={"environment": environment.slug})


_OF_NO_ENVIRONMENT: Final = frozenset({"account", "my_notifications", "operations"})
# Pages about interactions, which share a filter.
_FILTERED: Final = frozenset({"dashboard", "records", "breakdown", "retention", "paths", "funnel"})

# Title, and label, URL name and icon of each entry; a sub-entry has no icon. Only pages that the user may open are
# shown.
_SECTIONS: Final = (
    ("", (("Overview", "overview", "layout-dashboard"),)),
    (
        "Data sets",
        (
            ("Interactions", "dashboard", "click"),
            ("Breakdown", "breakdown", ""),
            ("Funnel", "funnel", ""),
            ("Paths", "paths", ""),
            ("Retention", "retention", ""),
            ("Cohorts", "cohorts", ""),
            ("People", "people", ""),
            ("Records", "records", ""),
            ("Imports", "imports", ""),
            ("Health", "health", ""),
            ("Product names", "product_names", ""),
            ("Saved views", "saved_views", ""),
        ),
    ),
    (
        "Integrate",
        (
            ("Live", "live", "activity"),
            ("Connections", "connections", "plug-connected"),
            ("API", "api_reference", "api"),
        ),
    ),
    (
        "Privacy",
        (
            ("Deletion requests", "deletion_requests", "user-x"),
            ("Access letter", "access_letter", ""),
            ("Data retention", "data_retention", ""),
        ),
    ),
    (
        "Settings",
        (
            ("API keys", "keys", "key"),
            ("Members", "members", "users"),
            ("Activity", "activity", "history"),
            ("Notifications", "notifications", "bell"),
            ("Environment", "settings", "adjustments"),
            ("Operations", "operations", "server-2"),
        ),
    ),
)

FILTERED_PAGES: Final = {name: label for _, entries in _SECTIONS for label, name, _ in entries if name in _FILTERED}
"""The pages with a filter and their labels: what can be saved as a view."""


def _sections(
    page: str, environment: Environment, rights: frozenset[Right], filtered: str, *, is_administrator: bool
) -> tuple[PaneSection, ...]:
    """``filtered`` is the page's filter as a query string, which is added to links to pages with a filter."""

    def address(name: str) -> str:
        if name in _OF_NO_ENVIRONMENT:
            return _beside(name, environment)
        return reverse(name, args=[environment.slug]) + (filtered if name in _FILTERED else "")

    def badge(name: str) -> int | None:
        return open_requests(environment).count() if name == "deletion_requests" else None

    sections = (
        PaneSection(
            title,
            tuple(
                PaneEntry(name, label, address(name), _ENTRY_OF.get(page) == name, icon, badge(name))
                for label, name, icon in entries
                if rule_of(name) in rights or (is_administrator and rule_of(name) is Access.ADMINISTRATOR)
            ),
        )
        for title, entries in _SECTIONS
    )
    return tuple(section for section in sections if section.entries)
