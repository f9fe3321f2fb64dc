"""Imports, live calls, undo and erasure in any order give what a plain model of the rule gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interactions.ingest.duplicates.index import FingerprintIndex
from interactions.models import DeletionRequest, Import
from interactions.warehouse.lake import Lake
from tests.ingest.duplicates.house import erase, load, send, undo
from tests.ingest.imports.files import Record, record
from tests.ingest.imports.house import House, rows

LIVE = 0
Key = tuple[str, int]
Sent = tuple[Key, str]  # what tells it from others, and its user

KEYS = st.one_of(st.tuples(st.just("content"), st.integers(0, 2)), st.tuples(st.just("uuid"), st.integers(0, 2)))
USERS = st.sampled_from(["ann", "bob", "eve"])
SENT = st.lists(st.tuples(KEYS, USERS), min_size=1, max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("import"), SENT),
        st.tuples(st.just("live"), st.lists(SENT, min_size=1, max_size=2)),
        st.tuples(st.just("undo"), st.integers(0, 3)),
        st.tuples(st.just("erase"), USERS),
        st.tuples(st.just("delete the index"), st.none()),
    ),
    min_size=2,
    max_size=8,
)


@dataclass
class Model:
    """The rule in plain words. Content is another where its user is."""

    table: list[tuple[Key, str, int]] = field(default_factory=list)  # and who sent it
    left_out: dict[Any, list[tuple[Key, str]]] = field(default_factory=dict)  # by import, or batch of calls
    erased: set[str] = field(default_factory=set)

    def add(self, sent: Sequence[Sent], holder: int, batch: object) -> None:
        there = Counter(key for key, _, _ in self.table)
        of_imports = {key for key, _, of in self.table if of != LIVE}
        seen: Counter[Key] = Counter()
        for key, user in sent:
            if user in self.erased:
                continue
            seen[key] += 1
            if (there[key] or seen[key] > 1) if key[0] == "uuid" else seen[key] <= there[key]:
                if holder != LIVE or key in of_imports:
                    self.left_out.setdefault(batch, []).append((key, user))
            else:
                self.table.append((key, user, holder))

    def undo(self, holder: int) -> Counter[Key]:
        """What stays of the import, as others sent it, too; whose it becomes is left open."""
        own = Counter(key for key, _, of in self.table if of == holder)
        self.left_out.pop(holder, None)
        stays: Counter[Key] = Counter()
        for key, copies in own.items():
            others = [of for other, _, of in self.table if other == key and of != holder]
            sent = [
                sum(each == key for each, _ in entries) + others.count(of if isinstance(of, int) else LIVE)
                for of, entries in self.left_out.items()
                if key in [each for each, _ in entries]
            ]
            needed = min(max(sent, default=0), 1 if key[0] == "uuid" else 99)
            stays[key] = min(max(needed - len(others), 0), copies)
        return stays

    def erase(self, user: str) -> None:
        self.erased.add(user)
        self.table = [each for each in self.table if each[1] != user]
        for holder, entries in self.left_out.items():
            self.left_out[holder] = [each for each in entries if each[1] != user]


def made(sent: Sent) -> Record:
    (kind, number), user = sent
    context = {"custom_context": {"uuid": str(number)}} if kind == "uuid" else None
    return record(number, user_id=user, context=context)


def keyed(sent: Sequence[Sent]) -> list[Sent]:
    """Content says its user; a uuid is the same whoever is named."""
    return [((f"content of {user}" if key[0] == "content" else "uuid", key[1]), user) for key, user in sent]


def in_table() -> list[tuple[Key, str, int]]:
    found = []
    for row in rows():
        number = int(row["product_ids"][0].removeprefix("product-"))
        kind = "uuid" if row["fingerprint"][0] & 0x80 else f"content of {row['user_id']}"
        found.append(((kind, number), row["user_id"], row["import_id"]))
    return found


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_table_holds_what_the_rule_says(emptied: Callable[[], House], steps: list[tuple[str, Any]]) -> None:
    house, model, loaded = emptied(), Model(), list[Import]()
    DeletionRequest.objects.all().delete()
    for number, (step, what) in enumerate(steps):
        if step == "import":
            imp = load(house, *map(made, what))
            model.add(keyed(what), imp.pk, imp.pk)
            loaded.append(imp)
        elif step == "live":
            send(*[list(map(made, call)) for call in what])
            for call in what:
                model.add(keyed(call), LIVE, f"batch {number}")
        elif step == "undo" and loaded:
            imp = loaded.pop(what % len(loaded))
            imp.refresh_from_db()
            if imp.is_done:
                stays = model.undo(imp.pk)
                left = Counter(key for key, _, of in model.table if of != imp.pk) + stays
                undo(house, imp)
                assert Counter(key for key, _, _ in in_table()) == left
                model.table = in_table()
        elif step == "erase" and what not in model.erased:
            erase(house, what)
            model.erase(what)
            assert FingerprintIndex("production").count_dead(Lake("production").parts()) == 0
        elif step == "delete the index":
            FingerprintIndex("production").remove()
        assert sorted(in_table()) == sorted(model.table)
