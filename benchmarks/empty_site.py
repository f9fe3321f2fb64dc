"""What any answer costs: a Django site whose one view answers an empty 200, for the web server of the Procfile."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="of no use here")


def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [re_path("", empty)]
application = get_wsgi_application()
