"""The project as an app, for its commands and for the setup of database connections."""

from django.apps import AppConfig


class DojoConfig(AppConfig):
    name = "dojo"

    def ready(self) -> None:
        from dojo import database  # noqa: F401 - connects itself to Django's signals
