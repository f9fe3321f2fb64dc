"""Look names of products up."""

from __future__ import annotations

from collections.abc import Iterable

from interactions.models import Environment, ProductNameBlock, ProductNameList
from interactions.product_names.blocks import holds, number_of, unpacked

ProductNames = dict[str, str]
"""Names by product id; products without a name aren't in it."""


def in_use(environment: Environment) -> ProductNameList | None:
    """The list of names in use; None without one."""
    return environment.product_name_lists.filter(is_in_use=True).select_related("created_by").first()


def names_of(environment: Environment, ids: Iterable[str | None]) -> ProductNames:
    """The names of these products. Reads only their blocks."""
    wanted = {each for each in ids if each}
    names = in_use(environment) if wanted else None
    return of_list(names, wanted) if names else {}


def with_name(identifier: str, names: ProductNames) -> str:
    """``Trail shoe · SKU-1``; the id alone if the product has no name."""
    return f"{names[identifier]} · {identifier}" if identifier in names else identifier


def of_list(names: ProductNameList, ids: Iterable[str]) -> ProductNames:
    """The names that a list has for these products."""
    wanted = set(ids)
    numbers = {number_of(each, names.blocks) for each in wanted}
    found: ProductNames = {}
    rows = ProductNameBlock.objects.filter(of=names, number__in=sorted(numbers)).values_list("data", flat=True)
    for data in rows:
        found |= {identifier: name for identifier, name in unpacked(data).items() if identifier in wanted}
    return found


def all_of(names: ProductNameList) -> ProductNames:
    """All names of a list."""
    return first_of(names, names.names)


def named_like(environment: Environment, text: str, limit: int) -> ProductNames:
    """Up to ``limit`` products with a name that contains ``text``, ignoring case."""
    names, text = in_use(environment), text.strip().lower()
    return first_of(names, limit, text) if names and text else {}


def first_of(names: ProductNameList, limit: int, text: str = "") -> ProductNames:
    """Up to ``limit`` names of a list; with ``text``, in lower case, those that contain it."""
    found: ProductNames = {}
    rows = ProductNameBlock.objects.filter(of=names).order_by("number").values_list("data", flat=True)
    for data in rows.iterator(50):
        found |= holds(data, text) if text else unpacked(data)
        if len(found) >= limit:
            break
    return dict(list(found.items())[:limit])
