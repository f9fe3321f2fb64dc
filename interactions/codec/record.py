"""An interaction as a typed record, read by msgspec in one pass over the bytes.

The Structs are made strict where msgspec can be: an unknown field, a field
that this type may not have, a wrong form or an over-long identifier fails to
decode. What they cannot say (the form of a UUID or a timestamp, a key that comes twice) is
checked on whole columns in ``table``. Whatever fails here is looked at again by ``check``, which speaks
in sentences; a record is refused only there.

``gc=False``: the records hold no cycles, and the collector would walk the
millions of fresh objects again and again.
"""

from typing import Annotated, Any, TypeAlias, Union, get_type_hints

import msgspec
from msgspec import Meta, Struct

from interactions.contract import schema

ShortId: TypeAlias = Annotated[str, Meta(max_length=512)]
LongId: TypeAlias = Annotated[str, Meta(max_length=1024)]
Amount: TypeAlias = Annotated[float, Meta(ge=-schema.LARGEST_AMOUNT, le=schema.LARGEST_AMOUNT)]


class Page(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    url: str
    referrer: str | None = None
    title: str | None = None


class Campaign(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    name: str | None = None
    source: str | None = None
    medium: str | None = None
    term: str | None = None
    content: str | None = None


class Context(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    campaign: Campaign | None = None
    truncated_ip: str | None = None
    locale: str | None = None
    region: str | None = None
    page: Page | None = None
    user_agent: str | None = None
    # Read by ``custom``, once for all records that repeat it; null is Raw(b"null").
    custom_context: msgspec.Raw = msgspec.Raw()


class Search(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    keywords: str | None = None
    filters: dict[str, list[str]] | None = None


class Interaction(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """The fields that a record may have, in the order that columns and fingerprints rely on; null is absent.

    Records themselves are of one of KINDS: a class for each type, in which a field that the type may not have
    can only be null. So a field in the wrong place fails to decode, at no cost.
    """

    timestamp: str | None = None  # ``table`` puts the instant in its place
    user_id: ShortId | None = None
    anonymous_id: LongId | None = None
    product_ids: list[ShortId] | None = None
    product_group_ids: list[ShortId] | None = None
    miso_id: str | None = None
    duration: Amount | None = None
    revenue: Amount | None = None
    rating: Amount | None = None
    quantities: Amount | list[Amount] | None = None
    category: list[str] | None = None
    custom_action_name: str | None = None
    search: Search | None = None
    question_id: ShortId | None = None
    result_type: str | None = None
    value: str | None = None
    context: Context | None = None


def _kind(name: str) -> type[Struct]:
    """The class of records of the type ``name``."""
    hints = get_type_hints(Interaction, include_extras=True)
    fields: list[Any] = []
    for field in Interaction.__struct_fields__:
        if field == "custom_action_name" and name == "custom":
            fields.append((field, str))
        else:
            fields.append((field, hints[field] if name in schema.FIELDS[field].types else None, None))
    return msgspec.defstruct(
        f"{Interaction.__name__}_{name}",
        fields,
        module=__name__,
        tag_field="type",
        tag=name,
        gc=False,
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
    )


KINDS: dict[str, type[Struct]] = {name: _kind(name) for name in schema.TYPES}
AnyKind: Any = Union[tuple(KINDS.values())]  # noqa: UP007 - made of a list

line_decoder: msgspec.json.Decoder[Interaction] = msgspec.json.Decoder(AnyKind)
list_decoder: msgspec.json.Decoder[list[Interaction]] = msgspec.json.Decoder(list[AnyKind])


def typed(record: dict[str, Any]) -> Interaction:
    """A decoded record, of a type that there is, as a typed one. Raises msgspec.ValidationError."""
    kind: Any = KINDS[record["type"]]  # its class, because msgspec learns a union anew with each call
    context = record.get("context")
    if not context or "custom_context" not in context:
        found: Interaction = msgspec.convert(record, kind)
        return found
    others = {key: value for key, value in context.items() if key != "custom_context"}
    found = msgspec.convert({**record, "context": others}, kind)
    found.context.custom_context = msgspec.Raw(msgspec.json.encode(context["custom_context"]))  # type: ignore[union-attr]
    return found
