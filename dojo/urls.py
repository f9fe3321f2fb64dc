"""All addresses of Dojo."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# The admin's own log-in page knows no second factor: it leads to ours.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.autodiscover()  # here and not at the start of each process: it loads what answers questions, too

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("interactions.urls")),
]

handler403 = "interactions.console.errors.forbidden"
handler500 = "interactions.console.errors.server_error"
