"""The receipt of an erasure: what was requested, what was erased where, when and by whom; signed, so that it can be
checked.

It identifies people by keyed hashes, which only this Dojo can compare with an id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from interactions import identity
from interactions.errors import DojoError
from interactions.exports import schedule
from interactions.models import DeletionRequest
from interactions.privacy import database_log

KIND: Final = "dojo deletion receipt"
_SIGNATURE: Final = "signature"
_KINDS: Final = ("users", "anonymous_ids")
_BITS: Final = 0xFFFFFFFFFFFFFFFF


class NoReceipt(DojoError):
    """The text isn't a receipt of an erasure, or was changed after signing."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The content of a receipt with a valid signature."""

    said: dict[str, Any]

    def names(self, identifier: str) -> bool:
        """Whether a user id or anonymous id is among those that were erased."""
        people = self.said["people"]
        return any(key in people[kind] for key in _hashes(identifier) for kind in _KINDS)

    def was_held(self, identifier: str) -> bool:
        """Whether there were records of an id that it :meth:`names`; True for old receipts that don't say."""
        people, unknown = self.said["people"], self.said["people"].get("not_in_the_data", {})
        found = [(key, kind) for key in _hashes(identifier) for kind in _KINDS if key in people[kind]]
        return any(key not in unknown.get(kind, ()) for key, kind in found)


def sign(request: DeletionRequest) -> None:
    """Create the receipt of a verified request and save it with the request."""
    request.refresh_from_db()
    said = _said(request)
    request.receipt = json.dumps(
        {**said, _SIGNATURE: identity.signature(_canonical(said))}, indent=2, ensure_ascii=False
    )
    request.save(update_fields=["receipt"])


def check(text: str) -> Receipt:
    """Check a receipt, regardless of whitespace. Raises NoReceipt if it isn't one, or wasn't signed here."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoReceipt("This isn't a receipt: it's not JSON.") from error
    if not isinstance(said, dict) or said.get("kind") != KIND or not isinstance(said.get(_SIGNATURE), str):
        raise NoReceipt("This isn't a receipt of an erasure.")
    signature = said.pop(_SIGNATURE)
    if not identity.is_signed(_canonical(said), signature):
        raise NoReceipt(
            "The signature is not valid: the receipt was changed, or was signed by a Dojo with another identity key."
        )
    return Receipt(said)


def _said(request: DeletionRequest) -> dict[str, Any]:
    held_nothing = request.held_nothing
    ended_at = request.ended_at or timezone.now()
    outside = schedule.out_of_reach(request.environment, ended_at)
    return {
        "kind": KIND,
        "request": request.pk,
        "environment": request.environment.slug,
        "state": str(request.state),
        "outcome": "nothing was held" if held_nothing else "erased",
        "source": str(request.source),
        "asked_by": request.asked_by,
        "reference": request.reference,
        "received_at": request.received_at.isoformat(),
        "refused_until": "for good" if request.is_for_good else request.hidden_at.isoformat(),  # type: ignore[union-attr]
        "verified_at": request.ended_at.isoformat(),  # type: ignore[union-attr]
        "people": _people(request),
        "records_erased": request.erased,
        "erased_by_store": request.found,
        "left": sum(request.left.values()),
        "left_by_store": request.left,
        "write_ahead_log": database_log.what_is_kept(),
        "table_version": {"before": request.version_before, "after": request.version_after},
        # Copies that other systems got: Dojo can't tell whether these people are in them, or erase them there.
        **({"not_erased_at": outside} if outside else {}),
        "steps": [
            {"what": step.word, "at": step.at.isoformat(), "by": step.by or "Dojo"} for step in request.steps.all()
        ],
    }


def _people(request: DeletionRequest) -> dict[str, Any]:
    """The people the request covers, by keyed hashes, and which of them had no records."""
    covered: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    unknown: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    beside: list[str] = []
    rows = request.tombstones.values_list("user_key", "anonymous_key", "was_held", "is_beside_user")
    for user_key, anonymous_key, was_held, is_beside_user in rows.iterator(5_000):
        kind, key = ("users", user_key) if user_key is not None else ("anonymous_ids", anonymous_key)
        if key is None:
            continue
        covered[kind].append(_hash(key))
        if is_beside_user:
            beside.append(_hash(key))
        elif not was_held:
            unknown[kind].append(_hash(key))
    return {
        "count": request.people,
        "anonymous_count": request.anonymous,
        "linked_count": request.linked,
        "hash": "keyed SipHash-2-4 of the id, 64 bits",
        **{kind: sorted(keys) for kind, keys in covered.items()},
        "not_in_the_data": {kind: sorted(keys) for kind, keys in unknown.items()},
        "kept_with_a_user_id": sorted(beside),
    }


def _hashes(identifier: str) -> list[str]:
    return [_hash(key) for key in identity.names_of(identifier)]


def _hash(key: int) -> str:
    return f"{key & _BITS:016x}"


def _canonical(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
