"""A file is a stream of documents: records, lists, and objects with data, with anything or nothing between them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codec.reading import Record, plain
from tests.codec.strategies import dumped, interactions
from tests.codec.test_windows import cut_every_way

LIKE = b'{"type":"like"}'
BOM = b"\xef\xbb\xbf"
many = settings(max_examples=80)
sizes = st.integers(20, 500)
between = st.sampled_from([b"", b"\n", b" ", b",\n", b"\r", b"\r\n", b"\n" + BOM, b"\t,\t", b",", b",,\n\n"])


def user(number: int) -> bytes:
    return b'{"type":"like","user_id":"%d"}' % number


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[Record]]:
    """A stream of documents of all forms, and the records in it."""
    records: list[Record] = []

    def record() -> bytes:
        records.append(draw(interactions()))
        return dumped(records[-1], draw(st.integers(0, 3)))

    def document(depth: int) -> bytes:
        form = draw(st.integers(0, 2 if depth < 3 else 0))
        if form == 0:
            return record()
        inner = draw(st.sampled_from([b",", b", ", b"\n,\n", b"\n"])).join(
            document(depth + 1) if draw(st.integers(0, 4)) == 0 else record() for _ in range(draw(st.integers(0, 3)))
        )
        if form == 1:
            return b"[" + inner + b"]"
        before, after = draw(
            st.sampled_from(
                [
                    (b'{"data":[', b"]}"),
                    (b'{ "n" : 1, "data" :\n[ ', b' ] , "m" : [{"type":"like"},{"type":"like"}] }'),
                    (b'{"a":{"data":[{"type":"like"}]},"\\u0064ata":[', b"]\n}"),
                ]
            )
        )
        return before + inner + after

    parts = [part for _ in range(draw(st.integers(1, 5))) for part in (document(0), draw(between))]
    lead = draw(st.sampled_from([b"", BOM, b"\n\r", b" "]))
    return lead + b"".join(parts), records


class TestDocuments:
    @many
    @given(streams(), sizes, sizes)
    def test_of_every_form_load_whatever_stands_between_them(
        self, stream: tuple[bytes, list[Record]], window: int, block: int
    ) -> None:
        text, records = stream
        found = cut_every_way(text, window, block)
        assert found.rules == []
        assert [plain(each) for each in found.accepted] == [plain(each) for each in records]
