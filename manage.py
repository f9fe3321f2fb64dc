#!/usr/bin/env python
"""Django's command line for Dojo."""

import gc
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")
    gc.disable()  # starting makes no garbage, and looking for some takes a tenth of the time
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command, execute_from_command_line
    from django.db import DatabaseError

    try:
        django.setup()
        gc.freeze()
        gc.enable()
        if sys.argv[1:] in (["version"], ["--version"]):  # which Django would answer with its own
            call_command("version")
            return
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting of the operator's: its name and what to do are all they need.
        sys.exit(str(error))
    except DatabaseError as error:
        if "no such table" not in str(error) and "does not exist" not in str(error):
            raise
        sys.exit(
            "The database has no tables yet: start Dojo once with make run, or check DOJO_DATA_DIR and DATABASE_URL."
        )


if __name__ == "__main__":
    main()
