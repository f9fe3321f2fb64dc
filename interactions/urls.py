"""Addresses of the pages, the uploads and the health check."""

from django.contrib.auth import views as auth_views
from django.urls import include, path

from dojo.health import healthz
from interactions.api.trial import trial
from interactions.api.views import unknown
from interactions.uploads import views as uploads
from interactions.views import (
    account,
    activity,
    api_reference,
    dashboard,
    health,
    imports,
    keys,
    live,
    members,
    overview,
    people,
    settings,
    wizard,
)
from interactions.views.set_password import SetPassword

urlpatterns = [
    path("", overview.home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("set-password/<str:uidb64>/<str:token>/", SetPassword.as_view(), name="set_password"),
    path("account/", account.account, name="account"),
    path("v1", unknown, name="api_unknown"),
    path("v1/", include("interactions.api.urls")),
    path("uploads/", uploads.creation, name="uploads"),
    path("uploads/<str:token>/", uploads.resource, name="upload"),
    path("<slug:environment>/", overview.overview, name="overview"),
    path("<slug:environment>/overview/health/", overview.overview_health, name="overview_health"),
    path("<slug:environment>/interactions/", dashboard.dashboard, name="dashboard"),
    path("<slug:environment>/interactions/panels/", dashboard.dashboard_panels, name="dashboard_panels"),
    path("<slug:environment>/interactions/dashboard.json", dashboard.dashboard_data, name="dashboard_data"),
    path("<slug:environment>/interactions/health/", health.health, name="health"),
    path("<slug:environment>/interactions/health/thresholds/", health.health_thresholds, name="health_thresholds"),
    path("<slug:environment>/interactions/imports/", imports.imports, name="imports"),
    path("<slug:environment>/interactions/imports/new/", wizard.import_new, name="import_new"),
    path("<slug:environment>/interactions/imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("<slug:environment>/interactions/imports/<int:pk>/health/", health.import_health, name="import_health"),
    path("<slug:environment>/interactions/imports/<int:pk>/check/", wizard.import_check, name="import_check"),
    path("<slug:environment>/interactions/imports/<int:pk>/load/", wizard.import_load, name="import_load"),
    path("<slug:environment>/interactions/imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("<slug:environment>/interactions/imports/<int:pk>/retry/", imports.import_retry, name="import_retry"),
    path("<slug:environment>/interactions/imports/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path(
        "<slug:environment>/interactions/imports/<int:pk>/rejected.jsonl",
        imports.import_rejected,
        name="import_rejected",
    ),
    path("<slug:environment>/people/", people.people, name="people"),
    path("<slug:environment>/people/figures/", people.people_figures, name="people_figures"),
    path("<slug:environment>/people/<str:key>/", people.person, name="person"),
    path("<slug:environment>/api/", api_reference.api_reference, name="api_reference"),
    path("<slug:environment>/api/trial/", trial, name="api_trial"),
    path("<slug:environment>/live/", live.live, name="live"),
    path("<slug:environment>/live/problems/", live.live_problems, name="live_problems"),
    path("<slug:environment>/live/<int:id>/", live.live_call, name="live_call"),
    path("<slug:environment>/members/", members.members, name="members"),
    path("<slug:environment>/members/new/", members.member_add, name="member_add"),
    path("<slug:environment>/members/<int:pk>/", members.member_edit, name="member_edit"),
    path("<slug:environment>/members/<int:pk>/link/", members.member_link, name="member_link"),
    path("<slug:environment>/members/<int:pk>/log-in/", members.member_deactivate, name="member_deactivate"),
    path("<slug:environment>/settings/", settings.settings, name="settings"),
    path("<slug:environment>/activity/", activity.activity, name="activity"),
    path("<slug:environment>/keys/", keys.keys, name="keys"),
    path("<slug:environment>/keys/new/", keys.key_create, name="key_create"),
    path("<slug:environment>/keys/<int:pk>/rotate/", keys.key_rotate, name="key_rotate"),
    path("<slug:environment>/keys/<int:pk>/revoke/", keys.key_revoke, name="key_revoke"),
]
