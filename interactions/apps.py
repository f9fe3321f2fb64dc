"""The one app of Dojo."""

from django.apps import AppConfig


class InteractionsConfig(AppConfig):
    name = "interactions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from interactions.access.audit import log_ins  # noqa: F401 - connects itself to Django's signals
