"""Interim: replaced by plain imports once every module exists."""

from importlib import import_module

from django.contrib.auth import views as auth_views
from django.urls import path

from interactions.uploads import views as uploads


def _later(module, name):
    def view(request, *args, **kwargs):
        return getattr(import_module(module), name)(request, *args, **kwargs)

    return view


_V = "interactions.views"
_E = "<slug:environment>/interactions/"
urlpatterns = [
    path("", _later(f"{_V}.overview", "home"), name="home"),
    path("healthz", _later("dojo.health", "healthz"), name="healthz"),
    path("login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/", _later(f"{_V}.account", "account"), name="account"),
    path("uploads/", uploads.creation, name="uploads"),
    path("uploads/<str:token>/", uploads.resource, name="upload"),
    path("<slug:environment>/", _later(f"{_V}.overview", "overview"), name="overview"),
    path(_E, _later(f"{_V}.dashboard", "dashboard"), name="dashboard"),
    path(_E + "dashboard.json", _later(f"{_V}.dashboard", "dashboard_data"), name="dashboard_data"),
    path(_E + "imports/", _later(f"{_V}.imports", "imports"), name="imports"),
    path(_E + "imports/new/", _later(f"{_V}.wizard", "import_new"), name="import_new"),
    path(_E + "imports/<int:pk>/", _later(f"{_V}.imports", "import_detail"), name="import_detail"),
    path(_E + "imports/<int:pk>/check/", _later(f"{_V}.wizard", "import_check"), name="import_check"),
    path(_E + "imports/<int:pk>/load/", _later(f"{_V}.wizard", "import_load"), name="import_load"),
    path(_E + "imports/<int:pk>/cancel/", _later(f"{_V}.imports", "import_cancel"), name="import_cancel"),
    path(_E + "imports/<int:pk>/retry/", _later(f"{_V}.imports", "import_retry"), name="import_retry"),
    path(_E + "imports/<int:pk>/undo/", _later(f"{_V}.imports", "import_undo"), name="import_undo"),
    path(_E + "imports/<int:pk>/rejected.jsonl", _later(f"{_V}.imports", "import_rejected"), name="import_rejected"),
]
