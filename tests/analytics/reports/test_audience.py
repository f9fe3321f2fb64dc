"""How many people there are, and which ids were seen together."""

from __future__ import annotations

from datetime import UTC, datetime

from interactions import identity
from interactions.analytics.reports.audience import Audience, audience
from interactions.analytics.reports.links import ambiguous, links

from ...lakes import record
from .traffic import index_of


def key(text: str) -> int:
    return identity.keyring().key(text)


ROWS = [
    record(at="2024-01-01T00:00:00Z", user_id="u", anonymous_id="own"),
    record(at="2024-01-03T00:00:00Z", user_id="u", anonymous_id="own"),
    record(at="2024-01-04T00:00:00Z", anonymous_id="own"),
    record(at="2024-01-05T00:00:00Z", user_id="u", anonymous_id="shared"),
    record(at="2024-01-06T00:00:00Z", user_id="v", anonymous_id="shared"),
    record(at="2024-01-07T00:00:00Z", anonymous_id="shared"),
    record(at="2024-01-08T00:00:00Z", anonymous_id="unknown"),
    record(at="2024-01-09T00:00:00Z"),
]


def test_an_id_of_one_user_is_theirs_and_a_shared_one_is_somebody_else() -> None:
    assert audience(index_of(ROWS)) == Audience(people=4, users=2, anonymous=3, linked=1, shared=1)


def test_links_count_records_that_bear_both_ids() -> None:
    found = links(index_of(ROWS)).set_index(["anonymous_key", "user_key"])
    assert found["records"].to_dict() == {
        (key("own"), key("u")): 2,
        (key("shared"), key("u")): 1,
        (key("shared"), key("v")): 1,
    }
    row = found.loc[(key("own"), key("u"))]
    assert (row["first_at"], row["last_at"]) == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC))


def test_ids_of_several_users_are_ambiguous() -> None:
    found = ambiguous(index_of(ROWS), 10)
    assert found[["anonymous_key", "users", "records"]].values.tolist() == [[key("shared"), 2, 2]]
    assert ambiguous(index_of([]), 10).empty
