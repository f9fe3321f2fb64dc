"""Keep what a user has chosen for pages. It isn't in the activity log: it changes nothing for anybody else."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from interactions.models import Environment, Preference


def preferred(user: User, environment: Environment, name: str) -> Any:
    """What the user has chosen, None if nothing."""
    return (
        Preference.objects.filter(user=user, environment=environment, name=name).values_list("value", flat=True).first()
    )


def prefer(user: User, environment: Environment, name: str, value: Any) -> None:
    """Keep the user's choice, a value of JSON."""
    Preference.objects.update_or_create(
        user=user, environment=environment, name=name, defaults={"value": value}, create_defaults={"value": value}
    )
