"""The users of Dojo: their roles and rights, and changing them."""

from interactions.access.members.change import MemberRefused, add, deactivate, reactivate, set_roles
from interactions.access.members.directory import ListedMember, as_members, users
from interactions.access.members.links import PasswordLink, new_link
from interactions.access.members.membership import Standing, standing

__all__ = [
    "ListedMember",
    "MemberRefused",
    "PasswordLink",
    "Standing",
    "add",
    "as_members",
    "deactivate",
    "new_link",
    "reactivate",
    "set_roles",
    "standing",
    "users",
]
