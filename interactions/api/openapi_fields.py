"""The fields of records as JSON Schema: a schema per type, so that each lists its own fields."""

from __future__ import annotations

from typing import Any, TypeAlias

from interactions.api.reference import example, form_of
from interactions.contract import schema
from interactions.contract.schema import Field, Form
from interactions.contract.values import IPV4_PATTERN, UUID_PATTERN

Json: TypeAlias = dict[str, Any]

_STRING = {"type": "string"}
_NUMBER = {"type": "number"}
_AMOUNT = {"minimum": -schema.LARGEST_AMOUNT, "maximum": schema.LARGEST_AMOUNT}
# Fields that a type doesn't have may be null, which counts as absent.
_NOTHING_ELSE = {"type": "null"}


def _null_too(form: Json, kind: str, **more: Any) -> Json:
    """A schema that also allows null, which counts as absent, for an optional field."""
    return {"type": [kind, "null"], **form, **more}


def _strings(longest: int | None) -> Json:
    return {"type": "array", "items": _STRING if longest is None else {**_STRING, "maxLength": longest}}


# Whole numbers are stored unchanged if a double can represent them, even inexactly.
_CUSTOM_VALUE: Json = {
    "anyOf": [
        {"type": ["boolean", "number", "string", "null"]},
        {"type": "array", "items": _NUMBER},
        {"type": "array", "items": _STRING},
        {"type": "array", "items": {"type": "object"}},
    ]
}


def _form(field: Field) -> Json:
    match field.form:
        case Form.STRING:
            return _null_too({} if field.longest is None else {"maxLength": field.longest}, "string")
        case Form.STRINGS:
            return {**_strings(field.longest), "type": ["array", "null"]}
        case Form.NUMBER:
            return _null_too(_AMOUNT, "number")
        case Form.NUMBER_OR_NUMBERS:
            return {"type": ["number", "array", "null"], **_AMOUNT, "items": {**_NUMBER, **_AMOUNT}}
        case Form.TIMESTAMP:
            return _null_too({"format": "date-time"}, "string")
        case Form.UUID:
            return _null_too({"format": "uuid", "pattern": UUID_PATTERN}, "string")
        case Form.IPV4:
            return _null_too({"pattern": IPV4_PATTERN}, "string")
        case Form.FILTERS:
            return _null_too({"additionalProperties": _strings(None)}, "object")
        case Form.CUSTOM:
            return _null_too({"additionalProperties": _CUSTOM_VALUE}, "object")
        case Form.OBJECT:
            return _null_too({}, "object")


def _field(field: Field) -> Json:
    return {**_form(field), "description": form_of(field)}


def _fields(fields: dict[str, Field]) -> Json:
    return {name: _field(field) for name, field in fields.items()}


def _plain(names: tuple[str, ...]) -> Json:
    return {name: _field(Field(Form.STRING)) for name in names}


def _null_or(name: str) -> Json:
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"}, {"type": "null"}]}


COMMON: Json = {
    "Search": {"type": "object", "additionalProperties": _NOTHING_ELSE, "properties": _fields(schema.SEARCH_FIELDS)},
    "Campaign": {"type": "object", "properties": _plain(schema.CAMPAIGN_FIELDS)},
    "Page": {
        "type": "object",
        "required": ["url"],
        "properties": {**_plain(schema.PAGE_FIELDS), "url": _STRING},
    },
    "Context": {
        "type": "object",
        "description": "Keys that are not listed here are kept as they are.",
        "properties": {
            **_fields(schema.CONTEXT_FIELDS),
            "campaign": _null_or("Campaign"),
            "page": _null_or("Page"),
        },
    },
}
_NOTE: Json = {"description": "Dojo's own note on a record that was rejected. It's left out when the record is read."}
_OBJECTS = {"search": _null_or("Search"), "context": _null_or("Context")}


def interaction_schemas() -> Json:
    """``Interaction``, and the schema of each type under the type's name."""
    return {
        "Interaction": {
            "oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in schema.TYPES],
            "discriminator": {
                "propertyName": "type",
                "mapping": {kind: f"#/components/schemas/{kind}" for kind in schema.TYPES},
            },
        },
        **{kind: _interaction(kind) for kind in schema.TYPES},
    }


def _interaction(kind: str) -> Json:
    properties = {
        name: _OBJECTS.get(name) or _field(field)
        for name, field in schema.FIELDS.items()
        if kind in field.types and name != "type"
    }
    required = ["type"]
    if kind == "custom":
        required.append("custom_action_name")
        properties["custom_action_name"] = _STRING
    return {
        "type": "object",
        "description": str(schema.GROUP_OF[kind]),
        "required": required,
        "properties": {"type": {"const": kind}, **properties, schema.NOTE: _NOTE},
        "additionalProperties": _NOTHING_ELSE,
        "examples": [example(kind)],
    }
