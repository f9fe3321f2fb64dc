"""All addresses of Dojo."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("interactions.urls")),
]

handler403 = "interactions.views.errors.forbidden"
handler500 = "interactions.views.errors.server_error"
