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
    from django.core.management import execute_from_command_line

    try:
        django.setup()
        gc.freeze()
        gc.enable()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting of the operator's: its name and what to do are all they need.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
