#!/usr/bin/env python
"""Django's command line for Dojo."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting of the operator's: its name and what to do are all they need.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
