"""Erase people: hide their records at once, erase them from every store, verify that, and keep them from coming back.

People are identified by keyed hashes of their ids. Only requests in preparation store ids, and nothing logs them.
"""

from interactions.contract.tombstones import Tombstones, leave_out
from interactions.privacy.ids import LONGEST_ANONYMOUS_ID, LONGEST_ID
from interactions.privacy.refuse import refused
from interactions.privacy.requests import (
    NobodyNamed,
    approve,
    cancel,
    hide,
    is_first_person,
    open_requests,
    request,
    start_now,
)
from interactions.privacy.steps import RequestStateError

__all__ = [
    "LONGEST_ANONYMOUS_ID",
    "LONGEST_ID",
    "NobodyNamed",
    "RequestStateError",
    "Tombstones",
    "approve",
    "cancel",
    "hide",
    "is_first_person",
    "leave_out",
    "open_requests",
    "refused",
    "request",
    "start_now",
]
