"""An interaction as a typed record, read by msgspec in one pass over the bytes.

The Structs are made strict where msgspec can be: an unknown field, a wrong
form or an over-long identifier fails to decode. What they cannot say (a field
that this type may not have, the form of a UUID) is checked on whole columns in
``columns``. Whatever fails here is looked at again by ``check``, which speaks
in sentences; a record is refused only there.

``gc=False``: the records hold no cycles, and the collector would walk the
millions of fresh objects again and again.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from interactions import schema

ShortId: TypeAlias = Annotated[str, Meta(max_length=512)]
LongId: TypeAlias = Annotated[str, Meta(max_length=1024)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
Type: TypeAlias = Literal[schema.TYPES]  # type: ignore[valid-type]
# Lists are looked into by ``columns``: msgspec allows one kind of list in a union.
CustomValue: TypeAlias = bool | int | float | str | list[Any] | None


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
    custom_context: dict[str, CustomValue] | None = None


class Search(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    keywords: str | None = None
    filters: dict[str, list[str]] | None = None


class Interaction(Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """One record. The order of the fields is the order of ``columns.Columns``; null is absent."""

    type: Type
    timestamp: Moment | None = None
    user_id: ShortId | None = None
    anonymous_id: LongId | None = None
    product_ids: list[ShortId] | None = None
    product_group_ids: list[ShortId] | None = None
    miso_id: str | None = None
    duration: float | None = None
    revenue: float | None = None
    rating: float | None = None
    quantities: float | list[float] | None = None
    category: list[str] | None = None
    custom_action_name: str | None = None
    search: Search | None = None
    question_id: ShortId | None = None
    result_type: str | None = None
    value: str | None = None
    context: Context | None = None


line_decoder: msgspec.json.Decoder[Interaction] = msgspec.json.Decoder(Interaction)
list_decoder: msgspec.json.Decoder[list[Interaction]] = msgspec.json.Decoder(list[Interaction])
