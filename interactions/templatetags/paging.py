"""How one page of a list leads to the next."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def page_query(context: dict[str, Any], number: int, name: str = "") -> str:
    """The query of this address with another page of the list whose parameter is ``name``; all else stays."""
    query = context["request"].GET.copy()
    query[name or "page"] = str(number)
    return f"?{query.urlencode()}"
