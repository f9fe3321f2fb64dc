"""The door to the keyed hashes that people are named by: whoever needs one gets the keyring here."""

from django.conf import settings

from interactions.codec.keyring import Keyring


def keyring() -> Keyring:
    """The keyring of this Dojo's identities."""
    return Keyring(settings.SECRET_KEY.encode())
