"""Between the web server and Django: an event loop reads requests and sends responses, so that threads never wait for a
client.

A request gets a thread once its body has arrived. A slow client only holds a connection.
"""

from dojo.gateway.application import Gateway
from dojo.gateway.door import Door

__all__ = ["Door", "Gateway"]
