"""How many cores there are to work on."""

import os


def cores() -> int:
    """Those that this process may use: on a shared machine or in a container often fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
