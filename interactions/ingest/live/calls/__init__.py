"""The live ring: the latest calls of each environment, in Redis, for the Live page.

It holds personal data, so it's limited in count, age and size, and people's records are erased from it. Losing it only
affects the page: nothing is read from here into the data set.
"""

from interactions.ingest.live.calls.add import push
from interactions.ingest.live.calls.body import BODY_BYTES, MOST_LINES
from interactions.ingest.live.calls.connection import RingAway
from interactions.ingest.live.calls.delivery import READ, UNKNOWN, Delivery, DeliveryCause, Line, Sent, client_name
from interactions.ingest.live.calls.erase import count_users, erase_users
from interactions.ingest.live.calls.read import Minute, get, newest, problems, recent

__all__ = [
    "BODY_BYTES",
    "MOST_LINES",
    "READ",
    "UNKNOWN",
    "Delivery",
    "DeliveryCause",
    "Line",
    "Minute",
    "RingAway",
    "Sent",
    "client_name",
    "count_users",
    "erase_users",
    "get",
    "newest",
    "problems",
    "push",
    "recent",
]
