"""Make people's records disappear: hidden at once, erased from every store, counted again, and kept from coming back.

People are named by keyed hashes of their user ids; nothing here stores or logs an id.
"""

from interactions.codec.tombstones import Tombstones, leave_out
from interactions.erasure.refusing import refused
from interactions.erasure.requesting import NobodyNamed, request

__all__ = ["NobodyNamed", "Tombstones", "leave_out", "refused", "request"]
