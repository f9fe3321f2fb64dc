"""/v1/reports: the reports of the pages, as JSON or CSV.

The code of reports is loaded by the first call, because processes that only receive interactions don't need it.
"""

from __future__ import annotations

from django.http import HttpResponse

from interactions.api import access, limits
from interactions.api.entrance import entrance
from interactions.api.errors import CallRefused, answer
from interactions.api.exchange import Exchange
from interactions.api.turns import reading
from interactions.models import ApiKey
from interactions.questions.names import REPORTS, ReportName


def _check(exchange: Exchange) -> None:
    access.admit(exchange, scope=ApiKey.Scope.READ)


@entrance("GET", "HEAD", check=_check)
def reports(exchange: Exchange) -> HttpResponse:
    """The list of reports."""
    limits.count(access.admit(exchange, scope=ApiKey.Scope.READ))
    return answer(200, {"reports": [{"name": each.name, "says": each.says} for each in REPORTS.values()]})


@entrance("GET", "HEAD", check=_check)
def report(exchange: Exchange) -> HttpResponse:
    """The report named by the last part of the path."""
    caller = access.admit(exchange, scope=ApiKey.Scope.READ)
    limits.count(caller)
    asked = _named(exchange.request.path_info.strip("/").rpartition("/")[2])
    if asked.of_people:
        access.permit(exchange.request, caller, scope=ApiKey.Scope.PEOPLE)
    from interactions.api.report_answer import report_answer

    with reading():
        return report_answer(exchange, caller, asked)


def _named(name: str) -> ReportName:
    if name in REPORTS:
        return REPORTS[name]
    raise CallRefused(404, f"There is no report called {name[:40]!r}. It can be one of: {', '.join(REPORTS)}.")
