"""The calls of the API and their responses, as data for the OpenAPI document and the API page."""

from __future__ import annotations

from typing import Any, Final

from interactions.api.documented import NOT_FOUND as NOT_FOUND
from interactions.api.documented import SHARED as SHARED
from interactions.api.documented import DocumentedAnswer as DocumentedAnswer
from interactions.api.documented import DocumentedCall as DocumentedCall
from interactions.api.documented import Option
from interactions.api.report_reference import CALLS as _READING
from interactions.contract import schema
from interactions.contract.schema import Form

_SUCCESS: Final = {"errors": False, "message": "success"}
_DRY_RUN: Final = Option("dry_run", "1 checks the call and answers the same way, but changes nothing.")
_LINES: Final = (
    "data.0.timestamp (yesterday) is invalid. It must be a date and time with an offset, such as 2024-03-01T09:41:07Z.",
    "data.2.rating is invalid. like has no such field.",
)

_USER_IDS: Final = {"user_ids": ["U-20817", "U-30112"]}
_ERASED: Final = DocumentedAnswer(
    200,
    "The people's records are hidden from now on, and their erasure is recorded.",
    {"message": "The records of 2 user ids are hidden from now on and will be erased."},
)

CALLS: Final[tuple[DocumentedCall, ...]] = (
    DocumentedCall(
        "sendInteractions",
        "POST",
        "/v1/interactions",
        "Send interactions",
        "Adds records. Either all of them are stored durably before the answer, or none is. A record that was sent"
        " before, by its context.custom_context.uuid or else by its content and timestamp, is not added again. A record"
        " with neither uuid nor timestamp is always added. The body may also be the list itself, one record, or a"
        " record a line. It is read as JSON whatever its content type says,"
        " and may be packed with gzip.",
        "write",
        (_DRY_RUN, Option("async", "1 is accepted for clients that send it. It changes nothing.")),
        {
            "data": [
                {
                    "type": "product_detail_page_view",
                    "user_id": "U-20817",
                    "product_ids": ["SKU-1042"],
                    "context": {"page": {"url": "https://shop.example/p/SKU-1042"}},
                }
            ]
        },
        (
            DocumentedAnswer(200, "All records are stored, or would be, in a dry run.", _SUCCESS),
            DocumentedAnswer(
                422,
                "Records are invalid, and none was stored. One line per violation, of all invalid records.",
                {"errors": True, "message": "2 of 3 records are invalid, so none was stored.", "data": list(_LINES)},
            ),
        ),
    ),
    DocumentedCall(
        "deleteInteractions",
        "DELETE",
        "/v1/interactions",
        "Delete people's interactions",
        "Hides all records of these users at once, and erases them.",
        "delete",
        (_DRY_RUN,),
        _USER_IDS,
        (_ERASED,),
    ),
    DocumentedCall(
        "deleteInteractionsByPost",
        "POST",
        "/v1/interactions/_delete",
        "Delete, with POST",
        "The same, for clients that send no body with DELETE.",
        "delete",
        (_DRY_RUN, Option("async", "1 is accepted for clients that send it. It changes nothing.")),
        {"data": _USER_IDS},
        (_ERASED,),
    ),
    *_READING,
    DocumentedCall(
        "receiveWebhook",
        "POST",
        "/v1/connect/{source}/{token}",
        "Receive another tool's events",
        "Where a connected tool sends its events by webhook, in its own format. The address is that of a connection,"
        " and the token in it replaces a key; tools that can sign have to. Interactions are stored durably before the"
        " answer. Events that can't become interactions are counted on the connection's page, and aren't errors.",
        "token",
        (),
        None,
        (
            DocumentedAnswer(
                200,
                "Everything that could be stored was stored.",
                {**_SUCCESS, "interactions": 2, "skipped": 1, "refused": 0},
            ),
            DocumentedAnswer(
                401,
                "The address is unknown, or the signature is missing or wrong.",
                {"message": "The signature in X-Signature is missing, or wrong for this body and secret."},
            ),
            NOT_FOUND,
        ),
    ),
    DocumentedCall(
        "readDocument",
        "GET",
        "/v1/openapi.json",
        "This API as an OpenAPI 3.1 document",
        "For tools that generate clients, tests or forms.",
        "none",
        (),
        None,
        (DocumentedAnswer(200, "The document.", {"openapi": "3.1.0"}),),
    ),
)

LINE_FORM: Final = "data.<index>[.<path>] [(<value>)] is invalid. <sentence>"

_EXAMPLES: Final[dict[str, Any]] = {
    "product_ids": ["SKU-1042"],
    "duration": 12.5,
    "search": {"keywords": "running shoes", "filters": {"brand": ["Acme"]}},
    "category": ["Shoes", "Running"],
    "quantities": [2],
    "revenue": 129.9,
    "rating": 4.5,
    "custom_action_name": "size_guide_opened",
    "question_id": "7b0f2c9e",
    "result_type": "answer",
    "value": "helpful",
}


def example(kind: str) -> dict[str, Any]:
    """An example record of this type, with the type's own fields."""
    own = {name: value for name, value in _EXAMPLES.items() if kind in schema.FIELDS[name].types}
    return {
        "type": kind,
        "user_id": "test-user",
        **own,
        "context": {"page": {"url": "https://shop.example/"}, "locale": "en-GB"},
    }


def form_of(field: schema.Field) -> str:
    """A field's form in words, with its maximum length."""
    if field.longest is None:
        return str(field.form)
    each = "each " if field.form is Form.STRINGS else ""
    return f"{field.form}, {each}up to {field.longest:,} characters"
