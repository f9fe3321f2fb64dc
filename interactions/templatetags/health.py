"""Template filters for the Health page."""

from __future__ import annotations

from typing import Final

from django import template

from interactions.readiness import Check, Overall, Threshold, ValueUnit

register = template.Library()

_TONES: Final = {Overall.READY: "good", Overall.NEARLY: "fair", Overall.NOT_YET: "poor"}
_STATES: Final = {Overall.READY: "green", Overall.NEARLY: "amber", Overall.NOT_YET: "red"}


@register.filter
def overall_tone(overall: Overall) -> str:
    """The tone of the overall verdict, as used for checks."""
    return _TONES[overall]


@register.filter
def overall_state(overall: Overall) -> str:
    """The colour of the overall verdict, as used for states."""
    return _STATES[overall]


@register.filter
def check_value(check: Check) -> str:
    """The value with its unit: ``84 days``, ``12.5%``, ``1.4``; a dash if it's unknown."""
    return "–" if check.value is None else _written(check.value, check.unit)


@register.filter
def check_bound(check: Check) -> str:
    """The threshold for good values: ``good from 84 days``, ``good up to 1%``."""
    threshold = check.threshold
    if not threshold.more_is_better and not threshold.good:
        return "good at 0"
    return f"good {'from' if threshold.more_is_better else 'up to'} {_written(threshold.good, threshold.unit)}"


@register.filter
def usual_bounds(threshold: Threshold) -> str:
    """The default thresholds: ``84 and 28 days``."""
    good, poor = _written(threshold.good, threshold.unit), _written(threshold.poor, threshold.unit)
    return f"{good.split(' ')[0]} and {poor}"


@register.filter
def unit_sign(threshold: Threshold) -> str:
    """The unit after an input field."""
    return {ValueUnit.DAYS: "days", ValueUnit.SHARE: "%"}.get(threshold.unit, "")


def _written(value: float, unit: ValueUnit) -> str:
    if unit is ValueUnit.DAYS:
        return f"{value:,.0f} day" + ("" if value == 1 else "s")
    if unit is ValueUnit.SHARE:
        return _share(value)
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _share(value: float) -> str:
    """A share in percent, never rounded to 0% or 100% unless it's exact."""
    percent = 100 * value
    if 0 < percent < 0.1:
        return f"{percent:.2g}%" if percent >= 0.01 else "< 0.01%"
    if 99.9 < percent < 100:
        return "> 99.9%"
    return f"{percent:.1f}".removesuffix(".0") + "%"
