"""What the two databases do differently.

PostgreSQL, unlike SQLite, can't store the character NUL, which can occur in any text sent to Dojo.
"""

from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.db.backends.signals import connection_created
from django.dispatch import receiver

_AWAY: Final = ("08", "57P")  # PostgreSQL's codes begin so where a connection can't be made, or the server ends it


def is_away(error: BaseException | None) -> bool:
    """Whether ``error``, or what it follows from, is that the database can't be reached."""
    while error is not None:
        cause = error.__cause__
        if isinstance(error, OperationalError | InterfaceError):
            if getattr(cause, "sqlite_errorname", "") == "SQLITE_CANTOPEN":
                return True
            state: str | None = getattr(cause, "sqlstate", "")  # None where no server was reached that could say one
            if state is None or state.startswith(_AWAY):
                return True
        error = cause or error.__context__
    return False


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
