"""What user agents run on is stored with an index, so that pages needn't load the rules that tell it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from interactions.analytics.devices import Device, device_of
from interactions.analytics.filters import Filter
from interactions.analytics.index import devices, store
from interactions.analytics.index.devices import DEVICES, all_devices, devices_of
from interactions.analytics.index.forget import without_unused
from interactions.analytics.index.run import Index
from interactions.analytics.reports.breakdowns import Subject, top
from interactions.analytics.reports.suggestions import suggestions
from interactions.analytics.reports.totals import by_type

from ...lakes import record
from .stored import added_to, built, opened

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FEW = [record(user_agent=agent) for agent in (WINDOWS, None, IPHONE, WINDOWS)]
MORE = [record(user_agent=agent) for agent in (BOT, "curl/8.5.0", IPHONE)]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The user agents that were looked at since."""
    found: list[str | None] = []
    monkeypatch.setattr(devices, "device_of", lambda agent: found.append(agent) or device_of(agent))
    return found


def named(index: Index) -> list[str]:
    """The device of no user agent, then those of all."""
    names: list[str] = DEVICES.take(all_devices(index)).to_pylist()
    return names


def expected(index: Index) -> list[str]:
    return [device_of(agent).value for agent in (None, *index.texts.agent.to_pylist())]


def test_no_user_agent_is_parsed_for_a_page(parsed: list[str | None]) -> None:
    store.write(built(FEW))
    store.write(added_to(opened(), MORE))
    index = opened()
    assert named(index) == expected(index)
    parsed.clear()
    counts = top(index, Filter(), Subject.DEVICES).set_index("device")["records"].to_dict()
    assert counts == {"desktop": 2, "phone": 2, "bot": 2, "unknown": 1}
    phones = Filter(device=Device.PHONE)
    assert int(by_type(index, phones)["records"].sum()) == 2
    suggestions(index, Filter(), "device")
    assert parsed == []


def test_only_new_user_agents_are_parsed_for_a_version(parsed: list[str | None]) -> None:
    store.write(built(FEW))
    assert sorted(map(str, parsed)) == sorted([WINDOWS, IPHONE])
    parsed.clear()
    store.write(added_to(opened(), MORE))
    assert sorted(map(str, parsed)) == sorted([BOT, "curl/8.5.0"])


def test_devices_told_by_other_rules_are_told_again(monkeypatch: pytest.MonkeyPatch, parsed: list[str | None]) -> None:
    with monkeypatch.context() as before:
        before.setattr(devices, "COLUMN", "device by earlier rules")
        before.setattr(devices, "device_of", lambda agent: Device.OTHER)
        store.write(built(FEW))
    index = opened()
    assert len(index.devices) == 0
    assert named(index) == expected(index)
    store.write(index)
    parsed.clear()
    assert len(opened().devices) == 2
    assert named(opened()) == expected(opened())
    assert parsed == []


def test_a_blanked_user_agent_is_unknown(parsed: list[str | None]) -> None:
    index = store.write(built(FEW))
    empty = without_unused(replace(index, runs=()))
    parsed.clear()
    assert named(empty) == ["unknown"] * 3
    store.write(empty)
    assert named(opened()) == ["unknown"] * 3


def test_devices_of_some() -> None:
    index = store.write(built(FEW))
    assert devices_of(index, np.array([2, 0])).tolist() == all_devices(index)[[2, 0]].tolist()
