"""Create the first administrator, so that someone can log in to a new Dojo."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model

NAME = "admin"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters and digits that look alike


def random_password() -> str:
    """Four groups of four letters and digits: 79 random bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def make_first() -> str | None:
    """Create the user "admin" if there is no administrator; returns a sentence to show once, or None."""
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return None
    password = settings.ADMIN_PASSWORD or random_password()
    users.create_superuser(username=NAME, password=password)
    if settings.ADMIN_PASSWORD:
        return f"Log in as {NAME} with the password from DOJO_ADMIN_PASSWORD."
    return f"Log in as {NAME} with the password {password} (shown this once; change it under Account)."
