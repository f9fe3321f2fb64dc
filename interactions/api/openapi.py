"""The API as an OpenAPI 3.1 document, generated from ``schema`` and ``reference`` so that it can't contradict them."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from django.conf import settings
from django.http import HttpResponse

from interactions.api import reference
from interactions.api.entrance import entrance
from interactions.api.errors import answer
from interactions.api.exchange import Exchange
from interactions.api.openapi_fields import COMMON, interaction_schemas
from interactions.api.openapi_reports import report_schemas
from interactions.api.reference import DocumentedAnswer, DocumentedCall
from interactions.contract import schema

Json: TypeAlias = dict[str, Any]

VERSION = "1.1"
_KEYS = ("keyInQuery", "keyInHeader", "bearer")
_HEADERS = {
    405: ("Allow", {"type": "string"}, "the methods that the address supports"),
    429: ("Retry-After", {"type": "integer"}, "seconds until calls are taken again"),
    503: ("Retry-After", {"type": "integer"}, "seconds after which to try again"),
}


@entrance("GET", "HEAD")
def openapi(exchange: Exchange) -> HttpResponse:
    """The document, for the host of the request."""
    return answer(200, document(exchange.request.build_absolute_uri("/").rstrip("/")))


def document(server: str) -> Json:
    """The whole document; ``server`` is the base URL of the paths, without a trailing slash."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interactions API of Dojo",
            "version": VERSION,
            "summary": "Send interactions one by one or in batches, delete people's, and read reports.",
            "description": (
                "Every answer but CSV and exported records is JSON, and every error has one shape: an object with a"
                " message, and for a call with invalid records a list of lines besides. Browsers may call from any"
                " origin, unless the key names its own: preflights are answered under all of /v1. Any other path under"
                " /v1 answers 404. A null counts as absent everywhere in a record. Secret keys have scopes: each call"
                " names the one that it needs, publishable keys have write alone. " + limits_in_words()
            ),
        },
        "servers": [{"url": server}],
        "security": [{name: []} for name in _KEYS],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "keyInQuery": {"type": "apiKey", "in": "query", "name": "api_key"},
                "keyInHeader": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {**_message_schemas(), **report_schemas(), **COMMON, **interaction_schemas()},
            "responses": {"NotFound": _response(reference.NOT_FOUND, "Problem")},
        },
    }


def limits_in_words() -> str:
    """The limits in the settings, as sentences."""
    calls: int = settings.API_CALLS_PER_MINUTE
    a_minute = f" A key may make {calls:,} calls a minute." if calls else ""
    return (
        f"A body may have {settings.API_BODY_BYTES:,} bytes, unpacked, and {settings.API_RECORDS:,} records.{a_minute}"
        f" Objects and lists of a record can be nested {schema.DEEPEST} deep."
    )


def _paths() -> Json:
    paths: Json = {}
    for call in reference.CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return paths


def _operation(call: DocumentedCall) -> Json:
    operation: Json = {
        "operationId": call.id,
        "summary": call.title,
        "description": call.does,
        "parameters": [
            *_path_parameters(call),
            *(
                {"name": option.name, "in": "query", "description": option.does, "schema": dict(option.schema)}
                for option in call.options
            ),
        ],
        "responses": {str(each.status): _response(each, _body_schema(call, each)) for each in call.all_answers},
    }
    if call.keys in ("none", "token"):
        operation["security"] = []
    else:
        operation["security"] = [{name: [call.keys]} for name in _KEYS]
    if call.keys == "token":  # the sender determines its form
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
    if call.body is not None:
        body = {"schema": _ref(_REQUESTS[call.id]), "example": call.body}
        operation["requestBody"] = {"required": True, "content": {"application/json": body, "text/plain": body}}
    return operation


def _path_parameters(call: DocumentedCall) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", call.path)
    form = {"enum": list(call.places)} if call.places else {"pattern": "^[A-Za-z0-9_-]+$"}
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", **form}} for name in names]


_REQUESTS = {
    "sendInteractions": "Interactions",
    "deleteInteractions": "UserIds",
    "deleteInteractionsByPost": "UserIdsInData",
}


def _body_schema(call: DocumentedCall, given: DocumentedAnswer) -> str:
    if given.schema:
        return given.schema
    if call.keys == "token" and given.status == 200:
        return "Received"
    if call.keys == "none" and given.status == 200:
        return "Document"
    if given.status == 422:
        return "InvalidRecords"
    if given.status >= 400:
        return "Problem"
    return "Success" if call.id == "sendInteractions" else "Message"


def _response(given: DocumentedAnswer, name: str) -> Json:
    response: Json = {
        "description": given.when,
        "content": {
            given.media: {"schema": _ref(name), "example": given.body},
            **{media: {"schema": _ref("Text"), "example": text} for media, text in given.others.items()},
        },
    }
    if given.status in _HEADERS:
        header, form, says = _HEADERS[given.status]
        response["headers"] = {header: {"description": says, "schema": form}}
    if given.headers:
        response["headers"] = {
            header: {"description": says, "schema": {"type": "string"}} for header, says in given.headers.items()
        }
    return response


def _message_schemas() -> Json:
    message = {"type": "string", "description": "a sentence"}
    ids = {"type": "array", "maxItems": settings.API_RECORDS,
           "items": {"type": "string", "minLength": 1, "maxLength": schema.FIELDS["user_id"].longest}}  # fmt: skip
    user_ids = {"type": "object", "required": ["user_ids"], "properties": {"user_ids": ids}}
    line = {"type": "string", "pattern": r"^data\.\d+(\.\S+)?( \([^)]*\))? is invalid\. .+$",
            "description": reference.LINE_FORM}  # fmt: skip
    return {
        "Interactions": {
            "type": "object",
            "required": ["data"],
            "description": (
                f"{settings.API_BODY_BYTES} bytes at most, unpacked. Other keys are left alone. A body may also be the"
                " list itself, one record, or one record per line (JSON Lines)."
            ),
            "properties": {
                "data": {"type": "array", "maxItems": settings.API_RECORDS, "items": _ref("Interaction")},
            },
        },
        "UserIds": user_ids,
        "UserIdsInData": {"type": "object", "required": ["data"], "properties": {"data": _ref("UserIds")}},
        "Success": {
            "type": "object",
            "required": ["errors", "message"],
            "properties": {"errors": {"const": False}, "message": message},
        },
        "Received": {
            "type": "object",
            "required": ["errors", "message", "interactions", "skipped", "refused"],
            "properties": {
                "errors": {"const": False},
                "message": message,
                "interactions": {"type": "integer", "description": "stored"},
                "skipped": {"type": "integer", "description": "events that stand for no interaction"},
                "refused": {"type": "integer", "description": "events and interactions that break a rule"},
            },
        },
        "Message": {"type": "object", "required": ["message"], "properties": {"message": message}},
        "Problem": {"type": "object", "required": ["message"], "properties": {"message": message}},
        "InvalidRecords": {
            "type": "object",
            "required": ["errors", "message", "data"],
            "properties": {
                "errors": {"const": True},
                "message": message,
                "data": {"type": "array", "minItems": 1, "items": line},
            },
        },
        "Document": {"type": "object", "required": ["openapi"], "properties": {"openapi": {"type": "string"}}},
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
