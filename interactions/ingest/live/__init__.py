"""The inbox: live records, from the moment they are accepted until they are in the lake.

``accept`` is called by the API and answers once the records are safe in the database. ``append`` moves what waits
there into the table, in groups, each record exactly once whatever ends the process and when. ``aside`` says what could
not be moved, ``try_again`` lets it wait again.
"""

from interactions.ingest.live.aside import aside, try_again
from interactions.ingest.live.transfer import append
from interactions.ingest.live.writer import Beside, accept, accepted

__all__ = ["Beside", "accept", "accepted", "append", "aside", "try_again"]
