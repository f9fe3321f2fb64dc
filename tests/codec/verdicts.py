"""Whether the ways of reading say the same of a record as the rule book does."""

from __future__ import annotations

import pyarrow as pa

from interactions.codec.calls import Call, read_call
from interactions.codec.check import check_bytes
from interactions.codec.table import Origin, to_table
from tests.codec.reading import KEYRING, RECEIVED, Outcome

ORIGIN = Origin(7, RECEIVED)


def by_rule_book(raws: list[bytes]) -> tuple[pa.Table | None, list[tuple[int, list[str]]]]:
    """What the rule book alone says: the rows of the good ones, and the violations of the others by their number."""
    checked = [check_bytes(raw) for raw in raws]
    good = [(one.record, one.rest) for one in checked if one.record is not None]
    bad = [
        (index, [f"{each.path}: {each.rule}" if each.path else each.rule for each in one.violations])
        for index, one in enumerate(checked)
        if one.record is None
    ]
    records, rests = [record for record, _ in good], [rest for _, rest in good]
    return (to_table(records, ORIGIN, KEYRING, rests=rests) if good else None), bad


def agrees(outcome: Outcome, raws: list[bytes]) -> None:
    table, bad = by_rule_book(raws)
    assert [(index, rules) for index, _, rules in outcome.rejected] == bad
    assert outcome.records == len(raws)
    if table is None:
        assert not outcome.table.num_rows
    else:
        assert outcome.table.combine_chunks() == table.combine_chunks()


def of_call(raws: list[bytes]) -> Call:
    return read_call(b'{"data":[' + b",".join(raws) + b"]}", Origin(0, RECEIVED))
