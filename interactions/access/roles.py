"""The rights of each role, and the right that each URL requires, as data.

The gate (console.gate), the navigation, the table in docs/members.md and a test of every URL use it.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final, TypeAlias


class Right(StrEnum):
    """Something a member may do in an environment."""

    LOOK = "look"
    IMPORT = "import"
    EXPORT = "export"
    UNDO_OWN = "undo_own"
    UNDO_ANY = "undo_any"
    COHORTS = "cohorts"
    ANNOTATE = "annotate"
    SHARE = "share"
    PEOPLE = "people"
    PRIVACY = "privacy"
    KEYS = "keys"
    MEMBERS = "members"
    SETTINGS = "settings"
    ACTIVITY = "activity"

    @property
    def summary(self) -> str:
        """What it allows, to follow "may"."""
        return _MAY[self]


class Role(StrEnum):
    """A member's role in an environment."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    PRIVACY = "privacy"
    OWNER = "owner"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def summary(self) -> str:
        """What the role is for, as a sentence."""
        return _SUMMARIES[self]

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self]


_MAY: Final = {
    Right.LOOK: "view the data set, imports, health, live calls and the API page",
    Right.IMPORT: "import files and product names, cancel and retry imports, send test interactions",
    Right.EXPORT: "download records and rejected records",
    Right.UNDO_OWN: "undo imports of their own",
    Right.UNDO_ANY: "undo anybody's imports",
    Right.COHORTS: "create, change and delete cohorts",
    Right.ANNOTATE: "write notes on charts, and share saved views with the other members",
    Right.SHARE: "create read-only links for people without an account",
    Right.PEOPLE: "see people: their pages, and records searched, filtered or exported by an id",
    Right.PRIVACY: "create and carry out deletion requests",
    Right.KEYS: "create, rotate and revoke API keys, and connect other tools",
    Right.MEMBERS: "add members and change their roles",
    Right.SETTINGS: "change the settings of the environment",
    Right.ACTIVITY: "read the activity log",
}
_LABELS: Final = {
    Role.VIEWER: "Viewer",
    Role.ANALYST: "Analyst",
    Role.PRIVACY: "Privacy admin",
    Role.OWNER: "Owner",
}
_SUMMARIES: Final = {
    Role.VIEWER: "Views the data set.",
    Role.ANALYST: "Also imports, exports, writes notes, creates links, and undoes their own imports.",
    Role.PRIVACY: "Views the data set and people, and carries out deletion requests.",
    Role.OWNER: "Does everything, including keys, members, settings and activity.",
}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.LOOK}),
    Role.ANALYST: frozenset(
        {Right.LOOK, Right.IMPORT, Right.EXPORT, Right.UNDO_OWN, Right.COHORTS, Right.ANNOTATE, Right.SHARE}
    ),
    Role.PRIVACY: frozenset({Right.LOOK, Right.PEOPLE, Right.PRIVACY}),
    Role.OWNER: frozenset(Right),
}


class Access(Enum):
    """What a URL outside environments requires."""

    PUBLIC = "anybody"
    LOGGED_IN = "anybody with a log-in"
    KEY = "an API key"
    ADMINISTRATOR = "an administrator of the whole Dojo"
    STAFF = "an administrator of the whole Dojo, or staff who may carry out deletion requests"


Rule: TypeAlias = Right | Access

# By URL name. A right is required in the environment in the URL; if there is none (uploads), the view checks it. A URL
# without a rule is refused to everyone.
ROUTES: Final[dict[str, Rule]] = {
    "healthz": Access.PUBLIC,
    "metrics": Access.PUBLIC,  # the view asks for the machine itself, or for METRICS_TOKEN
    "login": Access.PUBLIC,
    "account_login": Access.PUBLIC,
    "mfa_authenticate": Access.PUBLIC,  # the password was right, and that is all: nobody is logged in yet
    "mfa_login_webauthn": Access.PUBLIC,
    "openid_connect_login": Access.PUBLIC,
    "openid_connect_callback": Access.PUBLIC,
    "socialaccount_login_cancelled": Access.PUBLIC,
    "account_reset_password": Access.PUBLIC,
    "account_reset_password_done": Access.PUBLIC,
    "logout": Access.PUBLIC,
    "set_password": Access.PUBLIC,  # the link is the permission
    "account_reset_password_from_key": Access.PUBLIC,
    "home": Access.LOGGED_IN,
    "account": Access.LOGGED_IN,
    "my_notifications": Access.LOGGED_IN,
    "account_reauthenticate": Access.LOGGED_IN,
    "mfa_reauthenticate": Access.LOGGED_IN,
    "mfa_index": Access.LOGGED_IN,
    "mfa_activate_totp": Access.LOGGED_IN,
    "mfa_deactivate_totp": Access.LOGGED_IN,
    "mfa_reauthenticate_webauthn": Access.LOGGED_IN,
    "mfa_list_webauthn": Access.LOGGED_IN,
    "mfa_add_webauthn": Access.LOGGED_IN,
    "mfa_edit_webauthn": Access.LOGGED_IN,
    "mfa_remove_webauthn": Access.LOGGED_IN,
    "mfa_view_recovery_codes": Access.LOGGED_IN,
    "mfa_generate_recovery_codes": Access.LOGGED_IN,
    "mfa_download_recovery_codes": Access.LOGGED_IN,
    "operations": Access.ADMINISTRATOR,
    "api_interactions": Access.KEY,
    "api_deletion": Access.KEY,
    "api_export": Access.KEY,
    "api_reports": Access.KEY,
    "api_report": Access.KEY,
    "api_connect": Access.KEY,  # the token in the address is one
    "shared": Access.PUBLIC,  # the token in the address is the permission, for this page alone
    "shared_figures": Access.PUBLIC,
    "shared_panels": Access.PUBLIC,
    "shared_data": Access.PUBLIC,
    "api_openapi": Access.PUBLIC,
    "api_unknown": Access.PUBLIC,
    "uploads": Right.IMPORT,
    "upload": Right.IMPORT,
    "overview": Right.LOOK,
    "overview_health": Right.LOOK,
    "dashboard": Right.LOOK,  # these and records, exports and live calls ask for PEOPLE where they are somebody's
    "dashboard_figures": Right.LOOK,
    "dashboard_panels": Right.LOOK,
    "dashboard_data": Right.LOOK,
    "people": Right.PEOPLE,
    "people_filter": Right.PEOPLE,
    "people_figures": Right.PEOPLE,
    "person": Right.PEOPLE,
    "records": Right.LOOK,
    "records_count": Right.LOOK,
    "filter_keys": Right.LOOK,
    "filter_values": Right.LOOK,  # asks for PEOPLE as records do
    "breakdown": Right.LOOK,  # asks for PEOPLE as the dashboard does
    "retention": Right.LOOK,  # asks for PEOPLE as the dashboard does
    "paths": Right.LOOK,  # so do these
    "funnel": Right.LOOK,
    "record": Right.LOOK,
    "cohorts": Right.LOOK,
    "cohort_count": Right.LOOK,
    "cohort_people": Right.PEOPLE,
    "cohort_create": Right.COHORTS,
    "cohort_edit": Right.COHORTS,
    "cohort_draft": Right.COHORTS,
    "cohort_delete": Right.COHORTS,
    "product_names": Right.IMPORT,
    "product_names_check": Right.IMPORT,
    "product_names_remove": Right.IMPORT,
    "saved_views": Right.LOOK,  # everybody can keep views for themselves; the views ask for ANNOTATE where it's for all
    "view_create": Right.LOOK,
    "saved_view": Right.LOOK,
    "view_edit": Right.LOOK,  # the use case refuses whoever is neither its author nor an owner, here and below
    "view_delete": Right.LOOK,
    "view_start": Right.SETTINGS,
    "annotations": Right.LOOK,
    "annotation_create": Right.ANNOTATE,
    "annotation_edit": Right.ANNOTATE,
    "annotation_delete": Right.ANNOTATE,
    "share_links": Right.SHARE,
    "share_link_create": Right.SHARE,
    "share_link_revoke": Right.SHARE,
    "exports": Right.EXPORT,
    "export_new": Right.EXPORT,
    "export_at_once": Right.EXPORT,
    "export_file": Right.EXPORT,
    "export_cancel": Right.EXPORT,
    "schedules": Right.SETTINGS,  # what they write has everybody's ids, and nobody can be erased there
    "schedule_new": Right.SETTINGS,
    "schedule": Right.SETTINGS,
    "health": Right.LOOK,
    "health_thresholds": Right.SETTINGS,
    "import_health": Right.LOOK,
    "imports": Right.LOOK,
    "import_new": Right.IMPORT,
    "import_detail": Right.LOOK,
    "import_check": Right.IMPORT,
    "import_load": Right.LOOK,
    "import_cancel": Right.IMPORT,
    "import_retry": Right.IMPORT,
    "import_undo": Right.UNDO_OWN,  # the view asks for UNDO_ANY where it is somebody else's
    "import_undo_preview": Right.UNDO_OWN,  # and so here
    "import_rejected": Right.EXPORT,
    "api_reference": Right.LOOK,
    "api_trial": Right.LOOK,  # a dry run; the view asks for IMPORT where records are to be stored
    "api_site_key": Right.KEYS,
    "wordpress_plugin": Right.LOOK,
    "live": Right.LOOK,
    "live_problems": Right.LOOK,
    "live_call": Right.LOOK,
    "deletion_requests": Right.PRIVACY,
    "deletion_new": Right.PRIVACY,
    "deletion_request": Right.PRIVACY,
    "deletion_link": Right.PRIVACY,
    "deletion_leave_out": Right.PRIVACY,
    "deletion_count": Right.PRIVACY,
    "deletion_hide": Right.PRIVACY,
    "deletion_approve": Right.PRIVACY,  # the use case refuses the person who prepared it
    "deletion_start": Right.PRIVACY,
    "deletion_cancel": Right.PRIVACY,
    "deletion_retry": Right.PRIVACY,
    "deletion_receipt": Right.PRIVACY,
    "deletion_receipt_json": Right.PRIVACY,
    "receipt_verify": Access.LOGGED_IN,  # a receipt may be checked by whoever has it
    "access_letter": Right.PRIVACY,
    "data_retention": Right.PRIVACY,  # the view asks for SETTINGS to change it
    "keys": Right.KEYS,
    "key_create": Right.KEYS,
    "key_rotate": Right.KEYS,
    "key_revoke": Right.KEYS,
    "connections": Right.KEYS,
    "connection": Right.KEYS,
    "connection_create": Right.KEYS,
    "stream_create": Right.KEYS,
    "connection_secret": Right.KEYS,
    "connection_rotate": Right.KEYS,
    "connection_pause": Right.KEYS,
    "connection_remove": Right.KEYS,
    "event_types": Right.KEYS,
    "pull_create": Right.KEYS,
    "pull_key": Right.KEYS,
    "pull_now": Right.KEYS,
    "pull_again": Right.KEYS,
    "settings": Right.SETTINGS,
    "notifications": Right.SETTINGS,
    "activity": Right.ACTIVITY,
    "members": Right.MEMBERS,
    "member_add": Right.MEMBERS,
    "member_edit": Right.MEMBERS,
    "member_link": Right.MEMBERS,
    "member_deactivate": Right.MEMBERS,
    "member_second_factor": Right.MEMBERS,
}

# URLs of Django's own apps, by namespace. Pages of its admin check their own permissions.
NAMESPACES: Final[dict[str, Access]] = {"admin": Access.STAFF}


def rule_of(name: str | None, namespace: str = "") -> Rule | None:
    """The rule of a URL; None if there is none."""
    if namespace:
        return NAMESPACES.get(namespace)
    return ROUTES.get(name or "")
