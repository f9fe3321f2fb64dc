"""All URLs of Dojo."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# The admin's log-in page has no second factor, so it redirects to ours.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.autodiscover()  # here and not when a process starts, because it loads the code of reports, too

# What django-allauth keeps is managed on our own pages, which say what it means and log it.
for _model in [model for model in admin.site._registry if model.__module__.startswith("allauth.")]:
    admin.site.unregister(_model)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("interactions.urls")),
]

handler403 = "interactions.console.errors.forbidden"
handler500 = "interactions.console.errors.server_error"
