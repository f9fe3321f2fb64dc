"""The body of a request, piece by piece, as it comes off the network."""

import queue
import threading
from collections.abc import Iterator

from django.http import HttpRequest, UnreadablePostError

PIECE_BYTES = 64 << 10
# A computer that was shut in the middle of an upload leaves a connection that is neither used nor
# ended. Given up after this, its upload can be resumed; 64 KiB take as long at 17 kbit/s.
SILENCE_SECONDS = 30.0


def pieces(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body in pieces of at most ``PIECE_BYTES``.

    Ends early, without an error, where the connection is cut or brings nothing for
    ``SILENCE_SECONDS``: what was yielded did arrive. A server's read cannot be interrupted, so a
    thread waits in it, one piece ahead at most; it ends with the connection.
    """
    wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
    arrived: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()

    def read() -> None:
        while wanted.get():
            try:
                arrived.put(request.read(PIECE_BYTES))
            except BaseException as error:  # handed to the request's own thread, which judges it
                arrived.put(error)

    threading.Thread(target=read, name="upload-body", daemon=True).start()
    try:
        while True:
            wanted.put(True)
            try:
                piece = arrived.get(timeout=SILENCE_SECONDS)
            except queue.Empty:
                return
            if isinstance(piece, UnreadablePostError):  # how Django tells of a cut connection
                return
            if isinstance(piece, BaseException):
                raise piece
            if not piece:
                return
            yield piece
    finally:
        wanted.put(False)
