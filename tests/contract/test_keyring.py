"""The keyed hashes of ids: SipHash-2-4 as its authors define it, whoever computes it."""

import io
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.codec.origin import Origin
from interactions.codec.reader import Reader
from interactions.codec.split.windows import ByteRange, Format
from interactions.compiled import siphash
from interactions.contract.keyring import EarlierKeyring, Keyring, _of_strings
from interactions.contract.keyring import siphash as in_python
from tests.codec.read import KEYRING, LONGEST, RECEIVED

_ANN = -3523841111970808964  # of "ann"
KEY = bytes(range(16))
# The hashes of the first 0, 1, … 63 of the bytes 0, 1, … by KEY, from the reference implementation of SipHash-2-4.
VECTORS = [
    *(0x726FDB47DD0E0E31, 0x74F839C593DC67FD, 0x0D6C8009D9A94F5A, 0x85676696D7FB7E2D),
    *(0xCF2794E0277187B7, 0x18765564CD99A68D, 0xCBC9466E58FEE3CE, 0xAB0200F58B01D137),
    *(0x93F5F5799A932462, 0x9E0082DF0BA9E4B0, 0x7A5DBBC594DDB9F3, 0xF4B32F46226BADA7),
    *(0x751E8FBC860EE5FB, 0x14EA5627C0843D90, 0xF723CA908E7AF2EE, 0xA129CA6149BE45E5),
    *(0x3F2ACC7F57C29BDB, 0x699AE9F52CBE4794, 0x4BC1B3F0968DD39C, 0xBB6DC91DA77961BD),
    *(0xBED65CF21AA2EE98, 0xD0F2CBB02E3B67C7, 0x93536795E3A33E88, 0xA80C038CCD5CCEC8),
    *(0xB8AD50C6F649AF94, 0xBCE192DE8A85B8EA, 0x17D835B85BBB15F3, 0x2F2E6163076BCFAD),
    *(0xDE4DAAACA71DC9A5, 0xA6A2506687956571, 0xAD87A3535C49EF28, 0x32D892FAD841C342),
    *(0x7127512F72F27CCE, 0xA7F32346F95978E3, 0x12E0B01ABB051238, 0x15E034D40FA197AE),
    *(0x314DFFBE0815A3B4, 0x027990F029623981, 0xCADCD4E59EF40C4D, 0x9ABFD8766A33735C),
    *(0x0E3EA96B5304A7D0, 0xAD0C42D6FC585992, 0x187306C89BC215A9, 0xD4A60ABCF3792B95),
    *(0xF935451DE4F21DF2, 0xA9538F0419755787, 0xDB9ACDDFF56CA510, 0xD06C98CD5C0975EB),
    *(0xE612A3CB9ECBA951, 0xC766E62CFCADAF96, 0xEE64435A9752FE72, 0xA192D576B245165A),
    *(0x0A8787BF8ECB74B2, 0x81B3E73D20B49B6F, 0x7FA8220BA3B2ECEA, 0x245731C13CA42499),
    *(0xB78DBFAF3A8D83BD, 0xEA1AD565322A1A0B, 0x60E61C23A3795013, 0x6606D7E446282B93),
    *(0x6CA4ECB15C5F91E1, 0x9F626DA15C9625F3, 0xE51B38608EF25F57, 0x958A324CEB064572),
]


def test_python_gives_the_authors_vectors() -> None:
    assert [in_python(KEY, bytes(range(size))) for size in range(64)] == VECTORS


def test_the_compiled_loops_give_the_authors_vectors() -> None:
    text = np.frombuffer(b"".join(bytes(range(size)) for size in range(64)), np.uint8)
    offsets = np.cumsum([0, *range(64)]).astype(np.int32)
    offsets.flags.writeable = False
    hashes = np.empty(64, np.uint64)
    siphash.strings(text, offsets, 64, *np.frombuffer(KEY, "<u8"), hashes)
    assert hashes.tolist() == VECTORS


@given(
    st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=70), max_size=60), st.integers(0, 9)
)
def test_both_give_the_same_for_any_column(ids: list[str | None], first: int) -> None:
    column = pa.array(ids, pa.string()).slice(first)
    expected = [KEYRING[each] for each in ids[first:]]
    assert KEYRING.column(column).to_pylist() == expected
    assert _of_strings(column, KEYRING._key).to_pylist() == expected


def test_columns_of_nothing() -> None:
    assert KEYRING.column(pa.nulls(30, pa.string())).to_pylist() == [None] * 30
    assert KEYRING.column(pa.array([""] * 30)).to_pylist() == [KEYRING.key("")] * 30
    assert _of_strings(pa.array([], pa.string()), KEYRING._key).to_pylist() == []


@pytest.mark.parametrize("more", ["", ',"timestamp":"2016-12-31T23:59:60Z"'], ids=["scanner", "rule book"])
def test_an_id_written_with_escapes_has_the_hash_of_what_it_means(more: str) -> None:
    ids = ["Åsa 🙂 \n", "plain", 'a"b\\c/', "ʼ", "x" * 500]
    escaped = [json.dumps(each) for each in ids]
    straight = [json.dumps(each, ensure_ascii=False) for each in ids]
    both = [*escaped, *straight, *["".join(rf"\u{ord(letter):04x}" for letter in "plain").join('""')] * 30]
    lines = [f'{{"type":"like","user_id":{each},"anonymous_id":{each}{more}}}' for each in both]
    text = "\n".join(lines).encode()
    reader = Reader(Origin(7, RECEIVED), KEYRING, longest=LONGEST)
    run = ByteRange(0, len(text), len(text), Format.LINES)
    table = pa.concat_tables(each for batch in reader.read(io.BytesIO(text), run) for each in batch.tables)
    expected = [KEYRING.key(json.loads(each)) for each in both]
    assert table["user_key"].to_pylist() == expected
    assert table["anonymous_key"].to_pylist() == expected


def test_keys_are_signed_numbers_that_only_the_secret_gives() -> None:
    keys = {KEYRING.key(str(number)) for number in range(200)}
    assert len(keys) == 200
    assert min(keys) < 0 < max(keys)
    assert all(-(1 << 63) <= key < 1 << 63 for key in keys)
    assert Keyring(b"another secret").key("a") != KEYRING.key("a")
    assert Keyring(b"another secret").check != KEYRING.check == Keyring(b"a secret").check


def test_earlier_hashes_stay_what_they_were() -> None:
    earlier = EarlierKeyring(EarlierKeyring.key_of(b"a secret"))
    assert earlier.key("ann") == _ANN
    assert earlier.column(pa.array(["ann", None, "ann"])).to_pylist() == [_ANN, None, _ANN]
