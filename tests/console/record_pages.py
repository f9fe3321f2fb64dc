"""The pages of records and exports, and eight records to show there."""

from __future__ import annotations

from django import conf
from django.test import Client

from interactions import identity
from interactions.contract.keyring import Keyring
from interactions.contract.tombstones import Person
from tests.lakes import Record, append, record

PAGE = "/production/interactions/records/"
EXPORTS = "/production/interactions/exports/"


def hashed(name: str) -> str:
    """What addresses say instead of a user id."""
    return Person(user_key=Keyring(conf.settings.IDENTITY_KEY.encode()).key(name)).address  # there's no database yet


ANN = f"user={hashed('ann')}"


def of(name: str, minute: int, **fields: object) -> Record:
    key = identity.keyring().key(name)
    return record(at=f"2024-01-01T10:{minute:02}:00Z", user_id=name, user_key=key, **fields)


def eight() -> None:
    append([of("ann" if minute % 2 else "bob", minute, product_ids=[f"p{minute}"]) for minute in range(8)])


def get(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()
