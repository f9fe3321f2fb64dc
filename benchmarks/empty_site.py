"""What any answer costs: a Django site whose one view answers an empty 200, for the web server of the Procfile."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from dojo.gateway import Door, Gateway

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[],
    SECRET_KEY="of no use here",
    BODY_PATIENCE_SECONDS=15,
    BODY_LEAST_RATE=1024,
)


def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [re_path("", empty)]
application = Gateway(get_wsgi_application(), [Door("", largest_body=1 << 20)])
