"""The receipt of an erasure: what was asked, what was erased where, when, by whom; signed, so that it can be checked.

People are named in it by keyed hashes of their ids, which tell nobody anything but this Dojo, when asked about an id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.core.signing import BadSignature, Signer

from interactions import identity
from interactions.errors import DojoError
from interactions.models import DeletionRequest

KIND: Final = "dojo deletion receipt"
_SALT: Final = "interactions.erasure.receipt"
_SIGNATURE: Final = "signature"
_BITS: Final = 0xFFFFFFFFFFFFFFFF


class NoReceipt(DojoError):
    """A text that is no receipt of an erasure, or was changed since it was signed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt whose signature holds: what it says."""

    said: dict[str, Any]

    def names(self, identifier: str) -> bool:
        """Whether an id, of a user or an anonymous one, is among those that were erased."""
        key = _hash(identity.keyring().key(identifier))
        people = self.said["people"]
        return key in people["users"] or key in people["anonymous_ids"]


def sign(request: DeletionRequest) -> None:
    """Make the receipt of a request that is verified, and keep it with the request."""
    request.refresh_from_db()
    said = _said(request)
    request.receipt = json.dumps({**said, _SIGNATURE: _signature(said)}, indent=2, ensure_ascii=False)
    request.save(update_fields=["receipt"])


def check(text: str) -> Receipt:
    """What a receipt says, whatever its spacing. Raises NoReceipt where it is none, or not as it was signed here."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoReceipt("This is no receipt: it is not JSON.") from error
    if not isinstance(said, dict) or said.get("kind") != KIND or not isinstance(said.get(_SIGNATURE), str):
        raise NoReceipt("This is no receipt of an erasure.")
    signature = said.pop(_SIGNATURE)
    try:
        Signer(salt=_SALT).unsign(f"{_canonical(said)}:{signature}")
    except BadSignature as error:
        raise NoReceipt(
            "The signature does not hold: the receipt was changed, or was signed by a Dojo with another secret key."
        ) from error
    return Receipt(said)


def _said(request: DeletionRequest) -> dict[str, Any]:
    users: list[int] = []
    anonymous: list[int] = []
    for user_key, anonymous_key in request.tombstones.values_list("user_key", "anonymous_key"):
        if user_key is not None:
            users.append(user_key)
        elif anonymous_key is not None:
            anonymous.append(anonymous_key)
    return {
        "kind": KIND,
        "request": request.pk,
        "environment": request.environment.slug,
        "state": str(request.state),
        "source": str(request.source),
        "asked_by": request.asked_by,
        "reference": request.reference,
        "received_at": request.received_at.isoformat(),
        "refused_until": "for good" if request.is_for_good else request.hidden_at.isoformat(),  # type: ignore[union-attr]
        "verified_at": request.ended_at.isoformat(),  # type: ignore[union-attr]
        "people": {
            "count": len(users),
            "hash": "keyed BLAKE2b of the id, 64 bits",
            "users": sorted(map(_hash, users)),
            "anonymous_ids": sorted(map(_hash, anonymous)),
        },
        "records_erased": request.erased,
        "erased_by_store": request.found,
        "left": 0,
        "table_version": {"before": request.version_before, "after": request.version_after},
        "steps": [
            {"what": step.word, "at": step.at.isoformat(), "by": step.by or "Dojo"} for step in request.steps.all()
        ],
    }


def _hash(key: int) -> str:
    return f"{key & _BITS:016x}"


def _signature(said: dict[str, Any]) -> str:
    return Signer(salt=_SALT).signature(_canonical(said))


def _canonical(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
