"""The response to a call for a report: its rows as CSV, or as JSON together with their filter and period."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any, Final, TypeAlias

import pandas as pd
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from interactions import readiness
from interactions.access.keys import Caller
from interactions.analytics.data_sets import settled, standing
from interactions.analytics.periods import Period, allowed_units
from interactions.analytics.reports.audience import audience
from interactions.analytics.reports.breakdowns import Subject
from interactions.analytics.reports.cohorts import cohort_people
from interactions.analytics.reports.links import ambiguous, with_ids
from interactions.analytics.reports.overview import added
from interactions.analytics.reports.reach import reach
from interactions.analytics.step_fields import key_of
from interactions.api import report_query as given
from interactions.api.errors import CallRefused, answer
from interactions.api.exchange import Exchange
from interactions.cohorts.stored import KnownCohorts
from interactions.contract.currencies import rounded
from interactions.contract.moments import local
from interactions.csv_cells import harmless
from interactions.models import Environment
from interactions.questions.breakdown import BreakdownChoice, broken_down
from interactions.questions.names import MOST_ROWS, ReportName
from interactions.questions.options import KEPT, Choice
from interactions.questions.question import ReportQuestion
from interactions.questions.retention import RetentionChoice, returned
from interactions.questions.tables import before, is_money, ranking, table_of

Row: TypeAlias = dict[str, Any]

_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_FORMATS: Final = {"json": _JSON, "csv": _CSV}
_DAYS: Final = 30  # of growth, as on the Overview
_SHARED: Final = 100  # devices, as on the People page


def report_answer(exchange: Exchange, caller: Caller, asked: ReportName) -> HttpResponse:
    """The report ``asked`` for. Raises CallRefused, DataNotReady."""
    request = exchange.request
    form = _form(request)
    here = Environment.objects.get(pk=caller.environment_id)
    given.check_names(request.GET, _names(asked), is_filtered=asked.is_filtered)
    zone = given.zone_of(request.GET, here)
    found = _filtered(request, caller, here, asked, zone) if asked.is_filtered else _unfiltered(here, asked, zone)
    rows = found.pop("rows")
    response = _as_csv(found["columns"], rows) if form == _CSV else answer(200, _envelope(here, asked, found, rows))
    patch_vary_headers(response, ["Accept"])
    return response


def _names(asked: ReportName) -> list[str]:
    return [*(KEPT if asked.is_filtered else ()), *(["limit"] if asked.is_ranking else []), *asked.options]


def _form(request: HttpRequest) -> str:
    """The media type of the response, from ``format`` or else the Accept header. Raises CallRefused (400)."""
    word = request.GET.get("format", "")
    if word and word not in _FORMATS:
        raise CallRefused(400, f"format can be {' or '.join(_FORMATS)}.")
    return _FORMATS.get(word) or request.get_preferred_type([_JSON, _CSV]) or _JSON


def _filtered(request: HttpRequest, caller: Caller, here: Environment, asked: ReportName, zone: tzinfo) -> Row:
    query = request.GET
    choice = Choice.of(query, zone, cohorts=KnownCohorts(here))
    given.check_filter(request, caller, here, choice.filter)
    given.check_steps(query)
    given.check_keys(here, choice.filter)
    for field in (choice.paths.field, choice.breakdown):
        given.check_key(here, key_of(field))
    limit = given.whole_number(query, "limit", MOST_ROWS, MOST_ROWS)
    if asked.name == "retention":
        return _retention(here, choice, query)
    question = ReportQuestion.of(here, choice)
    _check_unit(question)
    frame, earlier = _frames(question, query, asked, limit)
    found: Row = {
        "period": _period(question.filter.period, zone),
        "unit": question.unit,
        "columns": _columns(frame),
        "rows": _rows(frame, here, zone),
    }
    if asked.is_compared:
        found["before"] = earlier if earlier is None else _before(question, earlier, here)
    return found


def _frames(
    question: ReportQuestion, query: QueryDict, asked: ReportName, limit: int
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The report, and the same for the period before if it's compared. Raises CallRefused (400)."""
    if asked.name == "breakdown":
        mistakes: list[str] = []
        wanted = BreakdownChoice.of(query, mistakes)
        given.refuse_mistakes(mistakes)
        given.check_key(question.environment, wanted.key)
        about, earlier = wanted.asked(question), question.before
        frame = broken_down(question, question.filter, about, limit)
        return frame, broken_down(question, earlier, about, limit) if earlier else None
    if asked.is_ranking:
        return ranking(question, Subject(asked.name), limit), None
    return table_of(question, asked.name), before(question, asked.name) if asked.is_compared else None


def _retention(here: Environment, choice: Choice, query: QueryDict) -> Row:
    """Raises CallRefused (400)."""
    mistakes: list[str] = []
    wanted = RetentionChoice.of(query, choice.filter, mistakes)
    given.refuse_mistakes(mistakes)
    frame, unit, found = returned(here, wanted)
    return {
        "period": _period(wanted.filter.period(found.newest, found.everything), choice.filter.zone),
        "unit": unit,
        "columns": _columns(frame),
        "rows": _rows(frame, here, choice.filter.zone),
    }


def _before(question: ReportQuestion, earlier: pd.DataFrame, here: Environment) -> Row:
    period = question.before.period if question.before else Period()
    return {"period": _period(period, question.zone), "rows": _rows(earlier, here, question.zone)}


def _check_unit(question: ReportQuestion) -> None:
    asked = question.choice.unit
    if asked is None or question.start is None or question.end is None or asked is question.unit:
        return
    allowed = allowed_units(question.start, question.end, question.zone)
    raise CallRefused(400, f"unit={asked} doesn't fit this period. It can be {' or '.join(allowed)}.")


def _unfiltered(here: Environment, asked: ReportName, zone: tzinfo) -> Row:
    frame = _OTHERS[asked.name](here, zone)
    return {"columns": _columns(frame), "rows": _rows(frame, here, zone)}


def _growth(here: Environment, zone: tzinfo) -> pd.DataFrame:
    return added(settled(here.slug), timezone.now(), _DAYS, zone).rename_axis("start")


def _health(here: Environment, _zone: tzinfo) -> pd.DataFrame:
    rows = [
        {
            "check": check.name,
            "title": check.title,
            "section": check.section.value,
            "verdict": check.verdict.value,
            "value": check.value,
            "unit": check.unit.value,
            "is_essential": check.essential,
            "detail": check.detail,
            "advice": check.advice,
        }
        for check in readiness.report(here).checks
    ]
    return pd.DataFrame(rows)


def _cohorts(here: Environment, _zone: tzinfo) -> pd.DataFrame:
    engine = settled(here.slug)
    newest = reach(engine, timezone.now(), here.zone).newest
    rows = [
        {"cohort": each.pk, "name": each.name, "people": cohort_people(engine, each.counted_back(newest, here.zone))}
        for each in KnownCohorts(here).by_id.values()
    ]
    return pd.DataFrame(rows, columns=["cohort", "name", "people"])


def _audience(here: Environment, _zone: tzinfo) -> pd.DataFrame:
    return pd.DataFrame([asdict(audience(settled(here.slug)))])


def _shared_devices(here: Environment, zone: tzinfo) -> pd.DataFrame:
    frame = with_ids(here.slug, ambiguous(settled(here.slug), _SHARED))
    return frame[["anonymous_id", "users", "records", "first_at", "last_at"]]


_OTHERS: Final[dict[str, Callable[[Environment, tzinfo], pd.DataFrame]]] = {
    "growth": _growth,
    "health": _health,
    "cohorts": _cohorts,
    "audience": _audience,
    "shared_devices": _shared_devices,
}


def _columns(frame: pd.DataFrame) -> list[str]:
    return [*(["start"] if isinstance(frame.index, pd.DatetimeIndex) else []), *map(str, frame.columns)]


def _rows(frame: pd.DataFrame, here: Environment, zone: tzinfo) -> list[Row]:
    """The rows as objects by column; times have the offset of ``zone``, and unknown values are None."""
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis("start").reset_index()
    return [
        {str(name): _value(str(name), value, here, zone) for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _value(name: str, value: Any, here: Environment, zone: tzinfo) -> Any:
    if value is None or value is pd.NaT:
        return None
    if isinstance(value, datetime):
        return local(value, zone).isoformat()
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return rounded(value, here.currency) if is_money(name) else value


def _envelope(here: Environment, asked: ReportName, found: Row, rows: list[Row]) -> Row:
    stands = standing(here.slug)
    return {
        "report": asked.name,
        "environment": here.slug,
        "currency": here.currency or None,
        "version": stands.version,
        "is_behind": stands.is_behind,
        **found,
        "rows": rows,
    }


def _period(period: Period, zone: tzinfo) -> Row:
    """The period as an object; ``end`` is exclusive, and None means no bound."""
    bounds = {"start": period.start, "end": period.end}
    return {name: None if bound is None else local(bound, zone).isoformat() for name, bound in bounds.items()}


def _as_csv(columns: list[str], rows: list[Row]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(harmless, columns))
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
    response = HttpResponse(text.getvalue().encode(errors="replace"), content_type=f"{_CSV}; charset=utf-8")
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["Cache-Control"] = "no-store"
    return response


def _cell(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else "" if value is None else value
