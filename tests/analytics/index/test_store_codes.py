"""Codes of texts and of pairs of ids are the same in every version of a stored index."""

from __future__ import annotations

import pyarrow as pa
import pytest

from interactions.analytics.index import manifest, store
from interactions.analytics.index.dictionaries import NAMES, Dictionaries
from interactions.analytics.index.forget import forgotten

from ...lakes import record
from .stored import SITE, added_to, built, files, opened, tombstones_of
from .test_build_of_parts import clicks


class TestCodes:
    def test_stay_what_they_are(self) -> None:
        index = store.write(built(clicks(200)))
        before = {name: getattr(index.texts, name).to_pylist() for name in NAMES}
        for seed in range(4):
            index = store.write(added_to(index, clicks(30, seed=50 + seed)))
        after = {name: getattr(opened().texts, name).to_pylist() for name in NAMES}
        assert all(after[name][: len(before[name])] == before[name] for name in NAMES)
        assert all(len(set(map(str, texts))) == len(texts) for texts in after.values())

    @pytest.mark.parametrize("name", [name for name in NAMES if name not in ("campaign", "custom")])
    def test_are_found_by_texts_in_files_and_new_ones_follow(self, name: str) -> None:
        index = store.write(built(clicks(200)))
        index = store.write(added_to(index, [*clicks(20, seed=4)]))
        known = getattr(opened().texts, name)
        dictionary = Dictionaries.of(opened())[name]
        assert dictionary.codes(known.combine_chunks()).tolist() == list(range(len(known)))
        assert dictionary.codes(pa.array(["new", known[0].as_py(), "newer", "new"])).tolist() == [
            *(len(known), 0, len(known) + 1, len(known)),
        ]
        assert dictionary.texts.to_pylist() == [*known.to_pylist(), "new", "newer"]

    def test_of_campaigns_and_pairs_are_found_likewise(self) -> None:
        store.write(built(clicks(200)))
        index = opened()
        codes = Dictionaries.of(index)
        assert codes["campaign"].codes(index.texts.campaign.combine_chunks()).tolist() == list(
            range(len(index.texts.campaign))
        )
        pairs = index.pairs
        assert codes.pair_codes.codes(pairs.user, pairs.visitor, pairs.has).tolist() == list(range(len(pairs)))

    def test_of_a_text_that_was_blanked_out_is_not_used_again(self) -> None:
        index = built([record(user_id="ann", page_url="https://a.example/ann"), record(user_id="ben", page_url="b")])
        index = store.write(forgotten(store.write(index), tombstones_of("ann")))
        assert sorted(map(str, index.texts.page.to_pylist())) == ["None", "b"]
        code = Dictionaries.of(index)["page"].codes(pa.array(["https://a.example/ann"]))
        assert code.tolist() == [2]


class TestPairs:
    def test_are_counted_by_patches_beside_what_stays(self) -> None:
        index = store.write(built(clicks(200)))
        before = files()
        expected = built(clicks(200))
        for seed in range(6):
            index = store.write(added_to(index, clicks(2, seed=seed)))
            expected = added_to(expected, clicks(2, seed=seed))
        base, *patches = manifest.read(store.folder_of(SITE)).pairs
        assert before[f"{base.name}.arrow"] == files()[f"{base.name}.arrow"]
        assert 1 <= len(patches) <= 4
        for name in ("user", "visitor", "has", "records"):
            assert getattr(opened().pairs, name).tolist() == getattr(expected.pairs, name).tolist()

    def test_are_written_anew_when_patches_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("interactions.analytics.index.pair_files._FEW", 3)
        index = store.write(built(clicks(20)))
        store.write(added_to(index, clicks(30, seed=3)))
        assert len(manifest.read(store.folder_of(SITE)).pairs) == 1
        assert opened().pairs.records.sum() == 50

    def test_are_written_anew_when_there_is_no_room_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("interactions.analytics.index.pair_files._LEAST_ROOM", 1)
        index = store.write(built([record(user_id="ann")]))
        index = store.write(added_to(index, [record(user_id="ben")]))
        store.write(added_to(index, [record(user_id="cat")]))
        assert len(manifest.read(store.folder_of(SITE)).pairs) == 1
        assert len(opened().pairs) == 3

    def test_change_for_nobody_who_has_an_older_version(self) -> None:
        older = store.write(built([record(user_id="ann")]))
        store.write(added_to(older, [record(user_id="ann"), record(user_id="ben")]))
        assert older.pairs.records.tolist() == [1]
