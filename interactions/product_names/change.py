"""Upload, use and remove names of products. Each is one transaction with its entry in the activity log."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from interactions.access import audit
from interactions.analytics.reports.product_groups import product_groups
from interactions.models import Environment, ProductNameBlock, ProductNameList
from interactions.product_names.blocks import blocks_for, packed
from interactions.product_names.lookup import all_of, in_use
from interactions.product_names.read import MOST_NAMES, NotNames, ReadNames, read

FROM_GROUPS: Final = "product_group_ids"
"""What a list that was taken from groups has as the name of its file."""
_KEPT: Final = timedelta(days=1)  # lists that nobody confirmed
_AT_ONCE: Final = 200  # rows per statement


def upload(environment: Environment, content: bytes, file_name: str, user: User) -> ProductNameList:
    """Store the names of a file, to be looked at. They aren't in use yet. Raises NotNames."""
    return _stored(environment, read(content), file_name, user)


def take_from_groups(environment: Environment, user: User) -> ProductNameList:
    """Store names from the groups of products in the data set, to be looked at.

    A product without a name gets the name of its group's id or else that id; names in use stay. Raises NotNames and
    DataSetBusy.
    """
    groups = product_groups(environment.slug, MOST_NAMES)
    if not groups:
        raise NotNames("No record has product_group_ids beside product_ids.")
    names = in_use(environment)
    known = all_of(names) if names else {}
    found = ReadNames(dict(known))
    for number, (product, group) in enumerate(groups.items(), 1):
        name = known.get(group, group)
        if product not in known and name != product:
            found.add(number, product, name)
    if found.by_id == known:
        raise NotNames("The groups name no product that has no name yet.")
    return _stored(environment, found, FROM_GROUPS, user)


def _stored(environment: Environment, found: ReadNames, file_name: str, user: User) -> ProductNameList:
    blocks = blocks_for(len(found.by_id))
    rows = list(packed(found.by_id, blocks))
    with transaction.atomic():
        waiting = environment.product_name_lists.filter(is_in_use=False)
        waiting.filter(created_at__lt=timezone.now() - _KEPT).delete()
        names = ProductNameList.objects.create(
            environment=environment,
            file_name=file_name[:255],
            names=len(found.by_id),
            repeated=found.repeated,
            refused=found.refused,
            refusals=found.refusals,
            blocks=blocks,
            created_by=user,
        )
        ProductNameBlock.objects.bulk_create(
            (ProductNameBlock(of=names, number=number, data=data) for number, data in rows), batch_size=_AT_ONCE
        )
    return names


def use(names: ProductNameList) -> None:
    """Use a list from now on, instead of the one before, which is removed. Doing it again has no effect."""
    with transaction.atomic():
        Environment.objects.select_for_update().get(pk=names.environment_id)
        if not ProductNameList.objects.filter(pk=names.pk, is_in_use=False).exists():
            return
        names.environment.product_name_lists.exclude(pk=names.pk).delete()
        ProductNameList.objects.filter(pk=names.pk).update(is_in_use=True)
        details = {"products": names.names, "file": names.file_name}
        audit.note(audit.Action.PRODUCT_NAMES_CHANGED, environment=names.environment, details=details)


def remove(environment: Environment) -> None:
    """Remove all names: pages show ids alone."""
    with transaction.atomic():
        if environment.product_name_lists.filter(is_in_use=True).exists():
            audit.note(audit.Action.PRODUCT_NAMES_REMOVED, environment=environment)
        environment.product_name_lists.all().delete()


def discard(names: ProductNameList) -> None:
    """Remove a list that isn't in use."""
    ProductNameList.objects.filter(pk=names.pk, is_in_use=False).delete()
