"""What PostgreSQL doesn't take and SQLite does: the character NUL, which may stand in any text that is sent to Dojo."""

from typing import Any

from django.db.backends.signals import connection_created
from django.dispatch import receiver


@receiver(connection_created)
def write_nul_visibly(connection: Any, **_: Any) -> None:
    """Have a new connection to PostgreSQL send "␀" in place of each NUL, in rows as in questions about them."""
    if connection.vendor != "postgresql":
        return
    from psycopg.types.string import StrDumperUnknown

    class _WithoutNul(StrDumperUnknown):
        def dump(self, text: str) -> Any:
            return super().dump(text.replace("\x00", "␀"))

    connection.connection.adapters.register_dumper(str, _WithoutNul)
