"""The WSGI entrance that the web server imports."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dojo.settings")

application = get_wsgi_application()

# What is loaded by now stays: nobody need look through it for garbage again, in the middle of a call.
gc.collect()
gc.freeze()
