"""Keys in Django's cache."""

from django.utils.crypto import salted_hmac

# django-allauth's: attempts by name and address, and used codes and tokens.
_OF_LOG_INS = ("allauth", "jwt:")


def cache_key(key: str, prefix: str, version: int) -> str:
    """The key in Redis. Keys about log-ins are keyed hashes, so they contain no names, addresses or codes."""
    if key.startswith(_OF_LOG_INS):
        key = f"log-in:{salted_hmac('dojo.cache', key).hexdigest()}"
    return f"{prefix}:{version}:{key}"
