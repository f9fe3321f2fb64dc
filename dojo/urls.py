"""All addresses of Dojo."""

from django.contrib import admin
from django.urls import include, path

from dojo.health import healthz

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("", include("interactions.urls")),
]

handler500 = "interactions.views.errors.server_error"
