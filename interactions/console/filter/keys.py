"""The keys of custom_context in the data, as suggestions for the filter form."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interactions.analytics.conditions import is_key
from interactions.analytics.reports.context_keys import occurring
from interactions.models import Environment


@require_safe
@never_cache
def filter_keys(request: HttpRequest, environment: str) -> JsonResponse:
    """``{"keys": [...]}``, most frequent first."""
    here = get_object_or_404(Environment, slug=environment)
    return JsonResponse({"keys": [key for key in occurring(here.slug) if is_key(key)]})
