"""The body of a request, piece by piece, as it comes off the network."""

from collections.abc import Iterator

from django.http import HttpRequest, UnreadablePostError

PIECE_BYTES = 64 << 10


def pieces(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body in pieces of at most ``PIECE_BYTES``.

    Ends early, without an error, where the connection is cut: what was yielded did arrive. Waits as
    long as the connection is open, and in the request's own thread: a web server that gets its
    request back while another thread still reads from it stands still.
    """
    try:
        while piece := request.read(PIECE_BYTES):
            yield piece
    except UnreadablePostError:  # a cut, as some servers tell of it; others just end the body
        return
