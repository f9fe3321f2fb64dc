"""Checks of single values, for the rule book and the API's description."""

from __future__ import annotations

import math
import re
from typing import Any

from interactions.contract.schema import LARGEST_AMOUNT

UUID_PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_BYTE = r"(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
IPV4_PATTERN = rf"^({_BYTE}(\.{_BYTE}){{3}})?$"

_UUID = re.compile(UUID_PATTERN.replace("$", r"\Z"))
_IPV4 = re.compile(IPV4_PATTERN.replace("$", r"\Z"))


def is_uuid(text: str) -> bool:
    return _UUID.match(text) is not None


def is_ipv4(text: str) -> bool:
    """Whether it's an IPv4 address or empty."""
    return _IPV4.match(text) is not None


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number that a double can hold, at least approximately."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of more than 308 digits
        return False


def is_amount(value: float) -> bool:
    """Whether a number is small enough that sums stay finite, and mostly exact to the cent."""
    return -LARGEST_AMOUNT <= value <= LARGEST_AMOUNT


def numbers_are_finite(value: Any) -> bool:
    """Whether a double can hold every number in ``value``, at any depth."""
    if isinstance(value, dict):
        return all(map(numbers_are_finite, value.values()))
    if isinstance(value, list):
        return all(map(numbers_are_finite, value))
    return is_number(value) or isinstance(value, bool) or not isinstance(value, (int, float))


def is_custom_value(value: Any) -> bool:
    """Whether ``value`` is allowed in custom_context; null counts as absent."""
    if isinstance(value, list):
        return (
            all(isinstance(item, str) for item in value)
            or all(isinstance(item, dict) for item in value)
            or all(is_number(item) for item in value)
        )
    return value is None or isinstance(value, (bool, str)) or is_number(value)
