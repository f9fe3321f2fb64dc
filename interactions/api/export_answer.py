"""The response to a call for records: a streamed page of them, and the cursor of the next one."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from interactions import exports
from interactions.access import audit
from interactions.access.keys import Caller
from interactions.analytics.filters import Filter
from interactions.analytics.reports.record_order import RecordKey
from interactions.analytics.reports.records import oldest
from interactions.api import report_query as given
from interactions.api.errors import CallRefused
from interactions.api.exchange import Exchange
from interactions.api.nameless import nameless
from interactions.api.report_reference import MOST_RECORDS, NEXT, USUAL_RECORDS
from interactions.codec.record_files import RecordFormat, pieces
from interactions.cohorts.stored import KnownCohorts
from interactions.models import ApiKey, Environment
from interactions.questions.choice import FilterQuery
from interactions.questions.records import records_filter


def export_answer(exchange: Exchange, caller: Caller) -> StreamingHttpResponse:
    """Up to ``limit`` records after ``cursor``, oldest first. It has the header NEXT if there are more.

    Raises CallRefused, DataNotReady.
    """
    request = exchange.request
    here = Environment.objects.get(pk=caller.environment_id)
    given.check_names(request.GET, ("cursor", "limit"), is_filtered=True)
    if request.GET.get("format", "jsonl") != RecordFormat.LINES:
        raise CallRefused(400, "format can only be jsonl.")
    choice = FilterQuery.of(request.GET, given.zone_of(request.GET, here), cohorts=KnownCohorts(here))
    given.check_filter(request, caller, here, choice)
    limit = given.whole_number(request.GET, "limit", USUAL_RECORDS, MOST_RECORDS)
    wanted = records_filter(here, choice)
    page = oldest(here.slug, wanted, after=_cursor(request.GET.get("cursor", "")), limit=limit)
    _note(exchange, caller, here, wanted, page.rows.num_rows)
    headers = {"Cache-Control": "no-store"}
    if page.next is not None:
        headers[NEXT] = str(page.next)
    rows = page.rows if ApiKey.Scope.PEOPLE in caller.scopes else nameless(page.rows)
    lines = pieces(RecordFormat.LINES, rows)
    return StreamingHttpResponse(lines, content_type=RecordFormat.LINES.media_type, headers=headers)


def _cursor(text: str) -> RecordKey | None:
    if not text:
        return None
    place = RecordKey.of(text)
    if place is None:
        raise CallRefused(400, f"The cursor is invalid. Send the {NEXT} of the previous answer.")
    return place


def _note(exchange: Exchange, caller: Caller, here: Environment, wanted: Filter, records: int) -> None:
    """Log one action for all that a key exports in a day, with an entry for each call."""
    with audit.acting(caller, audit.client_address(exchange.request)):
        audit.note(
            audit.Action.EXPORTED,
            environment=here,
            details={
                "format": RecordFormat.LINES.value,
                "records": records,
                "filtered by": ", ".join(exports.narrowed_by(wanted)) or "nothing",
            },
            shared=audit.shared_by(f"{here.slug} {exchange.received_at.date()} exported by key", caller.key_id),
        )
