"""All URLs of Dojo."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# The admin's log-in page has no second factor, so it redirects to ours.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.autodiscover()  # here and not when a process starts, because it loads the code of reports, too

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("interactions.urls")),
]

handler403 = "interactions.console.errors.forbidden"
handler500 = "interactions.console.errors.server_error"
