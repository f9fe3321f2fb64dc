"""The devices of user agents, which are stored with their texts: a process that only answers questions doesn't have to
load the rules by which they are told, which takes a tenth of a second.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from interactions.analytics.devices import RULES, Device, device_of
from interactions.analytics.index.run import Index

DEVICES: Final = pa.array([device.value for device in Device], pa.string())
"""The names of devices, by their number here."""
COLUMN: Final = f"device {RULES}"
"""The column with the devices' numbers beside user agents. Numbers made by other rules have another name."""
_NUMBERS: Final = {device: number for number, device in enumerate(Device)}
_UNKNOWN: Final = _NUMBERS[Device.UNKNOWN]


def devices_of(index: Index, agents: np.ndarray) -> np.ndarray:
    """The numbers (uint8) of the devices of these user agents: their codes + 1, or 0 for no user agent."""
    codes = agents.astype(np.int64) - 1
    found = np.full(len(codes), _UNKNOWN, np.uint8)
    is_stored = (codes >= 0) & (codes < len(index.devices))
    found[is_stored] = index.devices[codes[is_stored]]
    texts = index.texts.agent
    if texts.null_count:  # blanked since
        found[is_stored] = np.where(texts.is_null().to_numpy()[codes[is_stored]], _UNKNOWN, found[is_stored])
    others = np.flatnonzero(codes >= len(index.devices))
    if len(others):
        found[others] = [_NUMBERS[device_of(agent)] for agent in texts.take(pa.array(codes[others])).to_pylist()]
    return found


def all_devices(index: Index) -> np.ndarray:
    """The same for no user agent, and all of the index in the order of their codes."""
    return devices_of(index, np.arange(len(index.texts.agent) + 1))


def column_of(index: Index, start: int, end: int) -> dict[str, pa.Array]:
    """The COLUMN to store beside the user agents with the codes from ``start`` to ``end``."""
    return {COLUMN: pa.array(devices_of(index, np.arange(start, end) + 1))}
