"""Exports of other tools that are known by their columns. Names alone don't tell what their columns stand for: in
Shopify's orders, "Name" is the order's number and "Id" its id, which only the first of its rows has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from interactions.connectors.table.mapping import CUSTOM, UUID, Mapping, Times

if TYPE_CHECKING:
    import pyarrow as pa

_SHOPIFY: Final = frozenset(
    {"Name", "Id", "Financial Status", "Created at", "Total", "Lineitem name", "Lineitem quantity"}
)
_POSTHOG: Final = frozenset({"uuid", "event", "properties", "distinct_id", "timestamp"})
_SKU: Final = "Lineitem sku"


def as_known(mapping: Mapping, sample: pa.Table) -> Mapping:
    """The mapping of a known export instead of the suggested ``mapping``, which is returned for all other tables."""
    columns = set(sample.column_names)
    if columns >= _SHOPIFY:
        return _of_shopify(mapping, sample)
    return _of_posthog(mapping) if columns >= _POSTHOG else mapping


def _of_posthog(mapping: Mapping) -> Mapping:
    """PostHog's events, which have the uuid of its webhooks, and times in UTC."""
    if mapping.fields.get(UUID) != "uuid":
        return mapping
    return msgspec.structs.replace(mapping, uuid_prefix="posthog:", times=Times(mapping.times.form, "UTC"))


def _of_shopify(mapping: Mapping, sample: pa.Table) -> Mapping:
    """Shopify's orders: a row for each line, and only the first has the order's values. The uuid is the webhook's."""
    has_skus = _SKU in sample.column_names and all(sample[_SKU].to_pylist())
    return msgspec.structs.replace(
        mapping,
        fields={
            "timestamp": "Created at",
            "product_ids": _SKU if has_skus else "Lineitem name",
            "quantities": "Lineitem quantity",
            "revenue": "Total",
            UUID: "Id",
        },
        constants={"type": "checkout", f"{CUSTOM}source": "shopify"},
        types={},
        times=Times("iso", ""),
        separators={},
        uuid_prefix="shopify:order:",
        order="Name",
        order_total=False,
    )
