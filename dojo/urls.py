"""All addresses of Dojo."""

from django.contrib import admin
from django.urls import include, path

admin.autodiscover()  # here and not at the start of each process: it loads what answers questions, too

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("interactions.urls")),
]

handler403 = "interactions.console.errors.forbidden"
handler500 = "interactions.console.errors.server_error"
