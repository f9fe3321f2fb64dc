"""Whether the ways of reading say the same of a record as the rule book does."""

from __future__ import annotations

from typing import Any

from interactions.codec.calls import Call, read_call
from interactions.codec.origin import Origin
from interactions.codec.rulebook import check_bytes
from tests.codec import oracle
from tests.codec.read import KEYRING, RECEIVED, Outcome

ORIGIN = Origin(7, RECEIVED)


def by_rule_book(raws: list[bytes]) -> tuple[list[dict[str, Any]], list[tuple[int, list[str]]]]:
    """What the rule book alone says: the rows of the good ones, and the violations of the others by their number."""
    checked = [check_bytes(raw) for raw in raws]
    bad = [
        (index, [f"{each.path}: {each.rule}" if each.path else each.rule for each in one.violations])
        for index, one in enumerate(checked)
        if one.record is None
    ]
    good = [raw for raw, one in zip(raws, checked, strict=True) if one.record is not None]
    return [oracle.row(raw, ORIGIN, KEYRING) for raw in good], bad


def agrees(outcome: Outcome, raws: list[bytes]) -> None:
    rows, bad = by_rule_book(raws)
    assert [(index, rules) for index, _, rules in outcome.rejected] == bad
    assert outcome.records == len(raws)
    assert outcome.table.to_pylist() == rows


def of_call(raws: list[bytes]) -> Call:
    return read_call(b'{"data":[' + b",".join(raws) + b"]}", Origin(0, RECEIVED))
