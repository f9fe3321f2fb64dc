"""The calls that read, as data for the OpenAPI document and the API page."""

from __future__ import annotations

from typing import Any, Final

from interactions.analytics.step_fields import StepField
from interactions.api.documented import DocumentedAnswer, DocumentedCall, Option
from interactions.contract import schema
from interactions.questions.names import MEASURES, MOST_ROWS, REPORTS

MOST_RECORDS: Final = 50_000
USUAL_RECORDS: Final = 10_000
NEXT: Final = "X-Next-Cursor"
_CURSOR: Final = "17092…"
_WORDS: Final = {"type": "array", "items": {"type": "string"}}
_NUMBERS: Final = {"type": "array", "items": {"type": "integer", "minimum": 1}}


def _one_of(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _many_of(*words: str) -> dict[str, Any]:
    return {"type": "array", "items": _one_of(*words)}


_FIELDS: Final = f"It can be {', '.join(StepField)}, or custom.<key> for a key of custom_context."

FILTER: Final = (
    Option(
        "type",
        "Of this type. As all parameters of the filter, it can be given several times.",
        "checkout",
        _many_of(*schema.TYPES),
    ),
    Option(
        "group",
        "Of a type of this group.",
        "conversion",
        _many_of(*(group.name.lower() for group in schema.TYPES_BY_GROUP)),
    ),
    Option("product", "With this product id.", "SKU-1042", _WORDS),
    Option("keywords", "With these search words.", "running shoes", _WORDS),
    Option("category", "With this category.", "Shoes", _WORDS),
    Option("miso_id", "With this miso_id.", "7b0f2c9e-…", _WORDS),
    Option("source", "Of a campaign with this source.", "newsletter", _WORDS),
    Option("medium", "Of a campaign with this medium.", "email", _WORDS),
    Option("campaign", "Of a campaign with this name.", "spring", _WORDS),
    Option("term", "Of a campaign with this term.", "running shoes", _WORDS),
    Option("content", "Of a campaign with this content.", "banner", _WORDS),
    Option("page", "With a page whose address contains this.", "/shoes/", _WORDS),
    Option("page_url", "With this page; query and fragment don't count.", "https://shop.example/shoes", _WORDS),
    Option("referrer", "From this host, as the page's referrer says.", "www.google.com", _WORDS),
    Option("locale", "With this locale.", "en-GB", _WORDS),
    Option(
        "region",
        "With this region. region!=Kent leaves it out: every field but type and group has this. region~=ken looks for "
        "a part, as all texts can. any1.region=Kent&any1.device=phone needs one of the two; any1.type and any1.cohort "
        "are possible, too.",
        "Kent",
        _WORDS,
    ),
    Option("device", "Sent by such a device.", "phone", _many_of("phone", "tablet", "desktop", "bot", "unknown")),
    Option("result_type", "Feedback with this result type.", "answer", _WORDS),
    Option("assisted", "With a miso_id, or without.", "yes", _many_of("yes", "no")),
    Option("origin", "From an import, or from a call.", "live", _many_of("import", "live")),
    Option("cohort", "Of a person in the cohort with this number.", "3", _NUMBERS),
    Option("import", "From the import with this number.", "7", _NUMBERS),
    Option("user", "Of this user, as the addresses of pages name them. Needs the scope people.", "…", _WORDS),
    Option("anonymous", "Of this anonymous id, as pages name it. Needs the scope people.", "…", _WORDS),
)  # fmt: skip
PERIOD: Final = (
    Option(
        "period",
        "Counted back from the newest record.",
        "30d",
        _one_of("all", "24h", "7d", "30d", "90d", "month", "last-month"),
    ),
    Option("from", "The first day, or a time; in place of period.", "2024-03-01"),
    Option("to", "The last day, or the time before which.", "2024-03-31"),
    Option("zone", "The time zone of days and bars. The environment's by default.", "Europe/Berlin"),
)
_OPTIONS: Final = (
    Option(
        "unit",
        "The width of a bar. By default, it depends on the length of the period.",
        "day",
        _one_of("hour", "day", "week", "month", "year", "decade", "century"),
    ),
    Option("split", "Of over_time: what has a column.", "type", _one_of("group", "type")),
    Option(
        "compare",
        "Of totals, by_type, by_group, breakdown: yes for the period before, year for the same days last year, or no.",
        "no",
        _one_of("yes", "year", "no"),
    ),
    Option(
        "step",
        "Of funnel: shop, content, or 2 to 6 types; any is an interaction of any type. step1.region=Kent is a "
        "condition of the first step; each field of the filter can be in one, but type, group, cohort, import, people.",
        "search,click,checkout",
    ),
    Option(
        "window",
        "Of funnel: the time from the first step to the last.",
        "1d",
        _one_of("30min", "1h", "1d", "7d", "30d"),
    ),
    Option("breakdown", f"Of funnel: compare the values of this field. {_FIELDS}", "device"),
    Option("field", f"Of paths: what a step is; type by default. {_FIELDS}", "page"),
    Option("start", "Of paths: the value that they begin with; any by default.", "search"),
    Option("direction", "Of paths: after the start or before it.", "before", _one_of("after", "before")),
    Option(
        "steps",
        "Of paths: how many follow the start; 3 by default.",
        "5",
        {"type": "integer", "minimum": 2, "maximum": 5},
    ),
    Option(
        "within", "Of paths: in the start's session, or so long after it.", "7d", _one_of("session", "1d", "7d", "30d")
    ),
    Option("count", "Of paths: one per person, or one per session.", "sessions", _one_of("people", "sessions")),
    Option("repeats", "Of paths: equal steps in a row as one step, or as steps.", "keep", _one_of("fold", "keep")),
    Option("measure", "Of breakdown: what is counted for each value.", "people", _one_of(*MEASURES)),
    Option("by", "Of breakdown: a property, or custom.<key> for a key of custom_context.", "region"),
    Option(
        "goal",
        "Of breakdown, for the measure conversion: the type that counts as one.",
        "checkout",
        _one_of(*schema.TYPES),
    ),
    Option("first", "Of retention: the type of a person's first interaction.", "search", _one_of(*schema.TYPES)),
    Option("returning", "Of retention: the type with which people come back.", "checkout", _one_of(*schema.TYPES)),
    Option(
        "limit",
        "Of breakdown, products, searches, categories, campaigns, pages, regions and devices: how many rows.",
        "20",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
    ),
    Option("format", "json or csv; or send an Accept header.", "csv", _one_of("json", "csv")),
)
_BAD_QUERY: Final = DocumentedAnswer(
    400,
    "A parameter or its value is unknown. The message lists what exists.",
    {"message": "period=1y in the address isn't valid; it can be all, 24h, 7d, 30d, 90d, month or last-month."},
)
_NOT_READY: Final = DocumentedAnswer(
    503,
    "It can't be answered at this moment; Retry-After says when to try again.",
    {"message": "The data set is being rewritten. Try again in a few seconds."},
)
_ROW: Final = {"interactions": 1204, "people": 310, "goals": 41, "gross_revenue": 5121.5}
_TOTALS: Final = {
    "report": "totals",
    "environment": "production",
    "currency": "EUR",
    "version": 12,
    "is_behind": False,
    "period": {"start": "2024-03-01T00:00:00+01:00", "end": "2024-04-01T00:00:00+02:00"},
    "unit": "day",
    "columns": list(_ROW),
    "rows": [_ROW],
    "before": None,
}

CALLS: Final = (
    DocumentedCall(
        "listReports",
        "GET",
        "/v1/reports",
        "List the reports",
        "Names each report, and what it says.",
        "read",
        (),
        None,
        (
            DocumentedAnswer(
                200, "The reports.", {"reports": [{"name": "totals", "says": REPORTS["totals"].says}]}, "Reports"
            ),
        ),
    ),
    DocumentedCall(
        "readReport",
        "GET",
        "/v1/reports/{name}",
        "Read a report",
        "The figures of the pages, with their filter and period: the parameters are those of the pages' addresses, so"
        " you can take them from there. custom.<key>=<value> filters by a key of custom_context. Options that a report"
        " doesn't use are ignored. Money is in the environment's currency, shares are 0 to 1. audience and"
        " shared_devices need the scope people.",
        "read",
        (*PERIOD, *FILTER, *_OPTIONS),
        None,
        (
            DocumentedAnswer(
                200,
                "The rows. version is the data set's; is_behind says that newer records are being added.",
                _TOTALS,
                "Report",
                others={"text/csv": "interactions,people,goals,gross_revenue\r\n1204,310,41,5121.5\r\n"},
            ),
            _BAD_QUERY,
            DocumentedAnswer(
                404,
                "There is no such report. The message lists those there are.",
                {"message": "There is no report called 'weather'. It can be one of: totals, by_type."},
            ),
            _NOT_READY,
        ),
        tuple(REPORTS),
    ),
    DocumentedCall(
        "exportInteractions",
        "GET",
        "/v1/interactions/export",
        "Export interactions",
        "The records themselves as JSON Lines, oldest first, as they could be sent again. While there are more, the"
        f" answer has {NEXT}: give it as cursor, and the next call continues there, at any time. Without the scope"
        " people, user_id and anonymous_id are left out.",
        "read",
        (
            *PERIOD,
            *FILTER,
            Option("cursor", f"Go on after that place: {NEXT} of an answer.", _CURSOR),
            Option(
                "limit",
                f"How many records; {USUAL_RECORDS:,} by default.",
                "50000",
                {"type": "integer", "minimum": 1, "maximum": MOST_RECORDS},
            ),
        ),
        None,
        (
            DocumentedAnswer(
                200,
                "Records, one per line.",
                '{"type":"search","timestamp":"2024-03-01T09:41:07Z","search":{"keywords":"running shoes"}}\n',
                "Lines",
                media="application/jsonl",
                headers={NEXT: "where to go on; absent at the end"},
            ),
            _BAD_QUERY,
            _NOT_READY,
        ),
    ),
)
