"""PostgreSQL, unlike SQLite, can't store the character NUL, which can occur in any text sent to Dojo."""

from typing import Any

from django.db.backends.signals import connection_created
from django.dispatch import receiver


@receiver(connection_created)
def write_nul_visibly(connection: Any, **_: Any) -> None:
    """Have a new connection to PostgreSQL send "␀" in place of NUL, in rows and in queries."""
    if connection.vendor != "postgresql":
        return
    from psycopg.types.string import StrDumperUnknown

    class _WithoutNul(StrDumperUnknown):
        def dump(self, text: str) -> Any:
            return super().dump(text.replace("\x00", "␀"))

    connection.connection.adapters.register_dumper(str, _WithoutNul)
