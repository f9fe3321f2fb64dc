"""/v1/interactions/export: the records as pages of JSON Lines."""

from __future__ import annotations

from typing import cast

from django.http import HttpResponse

from interactions.api import access, limits
from interactions.api.entrance import entrance
from interactions.api.exchange import Exchange
from interactions.api.turns import reading
from interactions.models import ApiKey


def _check(exchange: Exchange) -> None:
    access.admit(exchange, scope=ApiKey.Scope.READ)


@entrance("GET", "HEAD", check=_check)
def export(exchange: Exchange) -> HttpResponse:
    """Records, oldest first, without the ids of people unless the key may see them."""
    caller = access.admit(exchange, scope=ApiKey.Scope.READ)
    limits.count(caller)
    from interactions.api.export_answer import export_answer  # imported here because it loads the code of reports

    with reading():
        return cast(HttpResponse, export_answer(exchange, caller))  # a streaming response also has headers
