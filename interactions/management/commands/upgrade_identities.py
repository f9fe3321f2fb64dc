"""``manage.py upgrade_identities``: replace hashes keyed with SECRET_KEY by hashes keyed with IDENTITY_KEY, once.

``run`` does it before it starts anything.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dojo import redis_server
from dojo.progress import CommandProgress
from interactions.errors import DojoError
from interactions.privacy.identity_upgrade import upgrade
from interactions.warehouse.lake import Lake, LakeBusy, unlocked


class Command(BaseCommand):
    help = "Check the identity key, and replace hashes of ids keyed with SECRET_KEY. Does nothing if all are replaced."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with redis_server.alone() as is_alone:
                upgrade(CommandProgress(self.stdout), unlocked if is_alone else Lake.lock)
        except (DojoError, LakeBusy) as error:
            raise CommandError(str(error)) from error
