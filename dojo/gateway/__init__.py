"""Between the web server and Django: an event loop reads what clients send and sends what they get, so that threads
work and never wait for a client.

A request gets a thread once its body is there. Who sends or reads too slowly holds a connection, and nothing else.
"""

from dojo.gateway.application import Gateway
from dojo.gateway.door import Door

__all__ = ["Door", "Gateway"]
