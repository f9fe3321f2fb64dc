"""Scheduled exports: write new records to a folder or an object store, each record once.

An import is new until a run has written it, and goes to a file of its own. Live records are written by the span of time
in which they were received, up to a moment before which none can arrive any more (:mod:`.plan`). A run's imports and
span are decided before it writes, and its files are named after them, so a repeated run overwrites what it wrote.
"""

from interactions.exports.schedule.change import ScheduleAsked, ScheduleRefused, create, pause, remove, run_now
from interactions.exports.schedule.reach import forget_drafts, out_of_reach, writing_before

__all__ = [
    "ScheduleAsked",
    "ScheduleRefused",
    "create",
    "forget_drafts",
    "out_of_reach",
    "pause",
    "remove",
    "run_now",
    "writing_before",
]
