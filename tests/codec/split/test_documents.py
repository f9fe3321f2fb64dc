"""A file is a stream of documents: records, lists, and objects with data, with anything or nothing between them."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactions.codec.split import documents, syntax
from interactions.codec.split.windows import ByteRange
from tests.codec.read import Record, plain
from tests.codec.split.test_windows import cut_every_way
from tests.codec.strategies import dumped, interactions

LIKE = b'{"type":"like"}'
BOM = b"\xef\xbb\xbf"
many = settings(max_examples=80)
sizes = st.integers(20, 500)
between = st.sampled_from(
    [b"", b"\n", b" ", b",\n", b"\r", b"\r\n", b"\n" + BOM, b"\t,\t", b",", b",,\n\n", b"\x1e", b"\n\x1e"]
)


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
        inner = draw(st.sampled_from([b",", b", ", b"\n,\n"])).join(
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
    lead = draw(st.sampled_from([b"", BOM, b"\n\r", b" ", b"\x1e"]))
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

    @pytest.mark.parametrize(
        ("text", "records"),
        [
            (b"\n".join([b'{"data":[' + LIKE + b"," + LIKE + b"]}"] * 3), 6),  # bodies one a line
            (LIKE * 500, 500),  # joined on one line
            (b"\n".join([b'{\n  "type": "like"\n}'] * 3), 3),  # pretty-printed, in a row
            (b",\n".join([LIKE] * 3) + b",\n", 3),
            (b"\r".join([LIKE] * 3), 3),
            (b"\n".join([LIKE, BOM + LIKE, BOM, LIKE]), 3),
            (b"".join([b"\x1e" + LIKE + b"\n"] * 3), 3),  # RFC 7464
            (b"\x1e".join([LIKE, b"[" + LIKE + b"]", b'{"data":[' + LIKE + b"]}"]), 3),
            (b"[" + LIKE + b"][" + LIKE + b"]", 2),
            (b'{"data":[' + LIKE + b']}{"data":[]}{"n":1,"data":[' + LIKE + b'],"m":{}}', 2),
            (b"[" + LIKE + b"]\n" + LIKE + b'\n{"data":[' + LIKE + b"]}\n[[" + LIKE + b"]," + LIKE + b"]", 5),
            (b'[{"data":[' + LIKE + b']},{"data":[' + LIKE + b"]}]", 2),
        ],
    )
    def test_of_each_form_load(self, text: bytes, records: int) -> None:
        found = cut_every_way(text, 30, 40)
        assert (len(found.accepted), found.rules) == (records, [])

    def test_an_object_with_a_type_is_a_record_whatever_it_holds(self) -> None:
        record = b'{"type":"love","data":[' + LIKE + b"," + LIKE + b"]}"
        found = cut_every_way(LIKE + b"\n" + record + b"\n" + LIKE, 30, 40)
        assert (found.texts, len(found.accepted)) == ([record], 2)

    def test_an_object_with_neither_is_a_record_that_is_refused(self) -> None:
        found = cut_every_way(LIKE + b'{"records":[' + LIKE + b"]}" + LIKE, 30, 40)
        assert (found.texts, len(found.accepted)) == ([b'{"records":[' + LIKE + b"]}"], 2)


@st.composite
def broken_streams(draw: st.DrawFn) -> bytes:
    """A stream in which bytes were left out, put in or cut off in some places."""
    text = bytearray(draw(streams())[0])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(text) - 1)))
        until = place + draw(st.sampled_from([0, 0, 1, 1, 7, 40]))
        text[place:until] = draw(
            st.sampled_from(
                [b"", b'"', b"{", b"}", b"[", b"]", b"\\", b"\n", b"\x1e", b",", b"\xff", b" x ", LIKE, b"\n" + LIKE]
            )
        )
    return LIKE + b"\n" + bytes(text)


class TestDamage:
    @many
    @given(broken_streams(), sizes, sizes, st.sampled_from([1 << 20, 300, 60]))
    @example(LIKE + b'\n{"n":1,"data":[],"n":\n' + LIKE + b"]", 321, 106, 300)
    def test_is_the_same_however_it_is_cut(self, text: bytes, window: int, block: int, longest: int) -> None:
        cut_every_way(text, window, block, longest=longest)

    @pytest.mark.parametrize("between", [b"\n", b",\n", b"", b"\r\n", b"\n\n", b"\n\x1e", b"\x1e"])
    @pytest.mark.parametrize(
        "bad",
        [
            b'{"type":"like","user_id":"a""}',  # a quote too many
            b'{"type":"like","user_id":"a}',  # too few
            b'{"type":"like","context":{"page":{"url":"/"}}',  # a brace too few
            b'{"type":"like","product_ids":["a","b"}',  # a bracket too few
            b'{"type":"like","product_ids":["a"]]}',  # too many
            b'{"type":"like","user_id":"a"',
            b'{"type":"like","user_id":',
            b"{'type':'like'}",
            b'{"type":"rate","rating":NaN}',
        ],
    )
    def test_costs_one_record_which_is_kept_whole(self, bad: bytes, between: bytes) -> None:
        if not between and bad.endswith(b":"):
            return  # what follows is the value
        text = between.join([user(1), bad, user(2), user(3)])
        found = cut_every_way(text, 30, 40)
        assert [record["user_id"] for record in found.accepted] == ["1", "2", "3"]
        assert found.texts == [bad + b"," if between == b",\n" and not _is_balanced(bad) else bad]

    def test_between_records_is_one_record_up_to_the_next(self) -> None:
        found = cut_every_way(user(1) + b'\nx,"y": 1}} hello\n' + user(2), 30, 40)
        assert (found.texts, len(found.accepted)) == ([b'x,"y": 1}} hello'], 2)

    @pytest.mark.parametrize(
        ("opened", "closed", "rule"),
        [
            (b"[" * 17, b"]" * 17, documents.TOO_MANY_LISTS),
            (b'{"data":[' * 65, b"]}" * 65, documents.TOO_DEEP),
            (b'[{"data":[' * 32 + b"[", b"]" + b"]}]" * 32, documents.TOO_DEEP),
        ],
    )
    def test_by_too_many_lists_is_named(self, opened: bytes, closed: bytes, rule: str) -> None:
        found = cut_every_way(opened + closed + b"\n" + LIKE, 30, 40)
        assert found.rules[0] == rule and len(found.accepted) == 1

    def test_of_a_body_that_breaks_off_costs_its_last_record_alone(self) -> None:
        bodies = [b'{"data":[' + user(1) + b"," + user(2)[:-5], b'{"data":[' + user(3) + b"]}"]
        found = cut_every_way(b"\n".join(bodies), 30, 40)
        assert (found.texts, len(found.accepted)) == ([user(2)[:-5]], 2)

    def test_a_body_that_breaks_off_between_two_records_is_named(self) -> None:
        text = b'{"data":[' + user(1) + b'\n{"data":[' + user(2) + b"]}"
        found = cut_every_way(text, 30, 40)
        assert (found.rules, found.offsets) == ([documents.NOT_CLOSED], [text.index(b"\n") + 1])
        assert len(found.accepted) == 2


def _is_balanced(text: bytes) -> bool:
    return text.endswith((b"]}", b'"}', b"'}", b"N}")) and text.count(b'"') % 2 == 0 and text.count(b"[") <= 1


class TestWorkGrowsWithTheSizeOfTheFile:
    @pytest.mark.parametrize(
        "filling",
        [
            b" ",
            b"{",
            b"[",
            b'"',
            b"{ ",
            b'{"a":',
            b'{"type":[\n',
            b'{"data":[',
            b'{"n":1,"data":[',
            b'{"type":"like","l":[1,\n',
            b'{"type":"like"\n',
            b'{"type":"like","user_id":"a""}',
            b'},{"type":"like","a":',
            b'"},{"',
            b"1,",
            b"x\n",
            b"\x1e",
            b"\x1e{",
            b'{"a":"\\ud800"}',
        ],
    )
    def test_whatever_it_holds(self, filling: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        steps = {count: _steps(LIKE + filling * (count // len(filling)), monkeypatch) for count in (200_000, 400_000)}
        assert steps[400_000] <= 2.5 * steps[200_000] + 1_000_000


def _steps(text: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes are looked at at most to tell apart what stands in a text."""
    looked = 0
    value_end, cut_of = syntax.value_end, syntax.cut_of

    def counted_end(view: memoryview, start: int, size: int) -> syntax.End:
        nonlocal looked
        end = value_end(view, start, size)
        looked += (end.place or size) - start
        return end

    def counted_cut(text: bytes, start: int, size: int) -> syntax.Cut | None:
        nonlocal looked
        cut = cut_of(text, start, size)
        looked += (cut.place if cut else size) - start
        return cut

    with monkeypatch.context() as patched:
        patched.setattr(documents, "value_end", counted_end)
        patched.setattr(syntax, "value_end", counted_end)
        patched.setattr(syntax, "cut_of", counted_cut)
        found = documents.Documents(io.BytesIO(text), ByteRange(0, len(text), len(text)), 1 << 24)
        while found.next(1_000) is not None:
            pass
    return looked
