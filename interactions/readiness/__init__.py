"""Whether a data set is fit for training: checks with thresholds, and what to do about each."""

from interactions.readiness.check import Check, Verdict
from interactions.readiness.report import RULE, CheckChange, Overall, Report, changes, report
from interactions.readiness.thresholds import THRESHOLDS, Threshold, ValueUnit, thresholds_of

__all__ = [
    "RULE",
    "THRESHOLDS",
    "Check",
    "CheckChange",
    "Overall",
    "Report",
    "Threshold",
    "ValueUnit",
    "Verdict",
    "changes",
    "report",
    "thresholds_of",
]
