"""Make people's records disappear: hidden at once, erased from every store, counted again, and kept from coming back.

People are named by keyed hashes of their ids; but for requests that are being prepared, nothing here stores an id, and
nothing logs one.
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
