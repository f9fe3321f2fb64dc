"""Names of keys in Django's cache."""

from django.utils.crypto import salted_hmac

# Of django-allauth: attempts by name and address, codes and tokens that were used.
_OF_LOG_INS = ("allauth", "jwt:")


def cache_key(key: str, prefix: str, version: int) -> str:
    """The key in Redis. Whatever is counted for log-ins is named by a keyed hash: no name, no address, no code."""
    if key.startswith(_OF_LOG_INS):
        key = f"log-in:{salted_hmac('dojo.cache', key).hexdigest()}"
    return f"{prefix}:{version}:{key}"
