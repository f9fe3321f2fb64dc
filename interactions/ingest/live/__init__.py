"""The inbox: live records from the moment they are accepted until they are in the lake.

The API calls ``accept``, which returns once the records are safe in the database. ``append`` moves waiting records into
the table in batches, each exactly once even if the process is killed. ``aside`` lists records that couldn't be moved,
``try_again`` requeues them.
"""

from interactions.ingest.live.aside import aside, try_again
from interactions.ingest.live.transfer import append
from interactions.ingest.live.writer import Beside, accept, accepted

__all__ = ["Beside", "accept", "accepted", "append", "aside", "try_again"]
