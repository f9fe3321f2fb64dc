"""The users of Dojo: their roles and rights, and changing them."""

from interactions.access.members.change import MemberRefused, add, deactivate, reactivate, set_roles
from interactions.access.members.directory import ListedMember, as_members, users
from interactions.access.members.links import PasswordLink, mail_links, new_link
from interactions.access.members.membership import Standing, standing

__all__ = [
    "ListedMember",
    "MemberRefused",
    "PasswordLink",
    "Standing",
    "add",
    "as_members",
    "deactivate",
    "mail_links",
    "new_link",
    "reactivate",
    "set_roles",
    "standing",
    "users",
]
