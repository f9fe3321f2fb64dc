"""The first administrator, so that a fresh Dojo can be logged in to."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model

NAME = "admin"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when typed from paper


def random_password() -> str:
    """Four groups of four letters and digits: 79 bits of chance."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def make_first() -> str | None:
    """Create the user "admin" where no administrator exists; the sentence to show once, or None."""
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return None
    password = settings.ADMIN_PASSWORD or random_password()
    users.create_superuser(username=NAME, password=password)
    if settings.ADMIN_PASSWORD:
        return f"Log in as {NAME} with the password from DOJO_ADMIN_PASSWORD."
    return f"Log in as {NAME} with the password {password} (shown this once; change it under Account)."
