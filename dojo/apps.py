"""The project itself, an app for its commands and for what every connection to the database needs."""

from django.apps import AppConfig


class DojoConfig(AppConfig):
    name = "dojo"

    def ready(self) -> None:
        from dojo import database  # noqa: F401 - connects itself to Django's signals
