"""Addresses of the pages, the uploads and the health check."""

from django.urls import include, path

from dojo.health import healthz
from dojo.metrics import metrics
from interactions.api.trial import trial
from interactions.console import (
    activity,
    api_reference,
    exports,
    health,
    keys,
    members,
    operations,
    overview,
    retention,
    settings,
    sites,
)
from interactions.console.connections import change, connections, pulls, streams, types
from interactions.console.dashboard import dashboard
from interactions.console.filter.keys import filter_keys
from interactions.console.imports import imports, wizard
from interactions.console.live import live
from interactions.console.people import filter, people
from interactions.console.privacy import data_retention, letter, receipts, requests
from interactions.console.records import records
from interactions.ingest.uploads import views as uploads

urlpatterns = [
    path("", overview.home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("", include("interactions.console.account.urls")),
    path("operations/", operations.operations, name="operations"),
    path("", include("interactions.api.urls")),
    path("uploads/", uploads.creation, name="uploads"),
    path("uploads/<str:token>/", uploads.resource, name="upload"),
    path("privacy/verify/", receipts.receipt_verify, name="receipt_verify"),
    path("<slug:environment>/", overview.overview, name="overview"),
    path("<slug:environment>/overview/health/", overview.overview_health, name="overview_health"),
    path("<slug:environment>/interactions/", dashboard.dashboard, name="dashboard"),
    path("<slug:environment>/interactions/panels/", dashboard.dashboard_panels, name="dashboard_panels"),
    path("<slug:environment>/interactions/dashboard.json", dashboard.dashboard_data, name="dashboard_data"),
    path("<slug:environment>/interactions/filter-keys.json", filter_keys, name="filter_keys"),
    path("<slug:environment>/interactions/records/", records.records, name="records"),
    path("<slug:environment>/interactions/records/count/", records.records_count, name="records_count"),
    path("<slug:environment>/interactions/records/<str:key>/", records.record, name="record"),
    path("<slug:environment>/interactions/exports/", exports.exports, name="exports"),
    path("<slug:environment>/interactions/exports/new/", exports.export_new, name="export_new"),
    path("<slug:environment>/interactions/exports/download/", exports.export_at_once, name="export_at_once"),
    path("<slug:environment>/interactions/exports/<int:pk>/file/", exports.export_file, name="export_file"),
    path("<slug:environment>/interactions/exports/<int:pk>/cancel/", exports.export_cancel, name="export_cancel"),
    path("<slug:environment>/interactions/retention/", retention.retention_page, name="retention"),
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
        "<slug:environment>/interactions/imports/<int:pk>/undo/preview/",
        imports.import_undo_preview,
        name="import_undo_preview",
    ),
    path(
        "<slug:environment>/interactions/imports/<int:pk>/rejected.jsonl",
        imports.import_rejected,
        name="import_rejected",
    ),
    path("<slug:environment>/people/", people.people, name="people"),
    path("<slug:environment>/people/filter/", filter.people_filter, name="people_filter"),
    path("<slug:environment>/people/figures/", people.people_figures, name="people_figures"),
    path("<slug:environment>/people/<str:key>/", people.person, name="person"),
    path("<slug:environment>/api/", api_reference.api_reference, name="api_reference"),
    path("<slug:environment>/api/site-key/", api_reference.site_key, name="api_site_key"),
    path("<slug:environment>/api/dojo-interactions.zip", sites.wordpress_plugin, name="wordpress_plugin"),
    path("<slug:environment>/api/trial/", trial, name="api_trial"),
    path("<slug:environment>/connections/", connections.connections, name="connections"),
    path("<slug:environment>/connections/new/", change.connection_create, name="connection_create"),
    path("<slug:environment>/connections/new/pull/", pulls.pull_create, name="pull_create"),
    path("<slug:environment>/connections/new/<slug:kind>/", streams.stream_create, name="stream_create"),
    path("<slug:environment>/connections/types/<slug:source>/", types.event_types, name="event_types"),
    path("<slug:environment>/connections/<int:pk>/", connections.connection, name="connection"),
    path("<slug:environment>/connections/<int:pk>/secret/", change.connection_secret, name="connection_secret"),
    path("<slug:environment>/connections/<int:pk>/rotate/", change.connection_rotate, name="connection_rotate"),
    path("<slug:environment>/connections/<int:pk>/pause/", change.connection_pause, name="connection_pause"),
    path("<slug:environment>/connections/<int:pk>/remove/", change.connection_remove, name="connection_remove"),
    path("<slug:environment>/connections/<int:pk>/key/", pulls.pull_key, name="pull_key"),
    path("<slug:environment>/connections/<int:pk>/pull-now/", pulls.pull_now, name="pull_now"),
    path("<slug:environment>/connections/<int:pk>/pull-again/", pulls.pull_again, name="pull_again"),
    path("<slug:environment>/live/", live.live, name="live"),
    path("<slug:environment>/live/problems/", live.live_problems, name="live_problems"),
    path("<slug:environment>/live/<int:id>/", live.live_call, name="live_call"),
    path("<slug:environment>/members/", members.members, name="members"),
    path("<slug:environment>/members/new/", members.member_add, name="member_add"),
    path("<slug:environment>/members/<int:pk>/", members.member_edit, name="member_edit"),
    path("<slug:environment>/members/<int:pk>/link/", members.member_link, name="member_link"),
    path("<slug:environment>/members/<int:pk>/log-in/", members.member_deactivate, name="member_deactivate"),
    path(
        "<slug:environment>/members/<int:pk>/second-factor/", members.member_second_factor, name="member_second_factor"
    ),
    path("<slug:environment>/settings/", settings.settings, name="settings"),
    path("<slug:environment>/activity/", activity.activity, name="activity"),
    path("<slug:environment>/privacy/requests/", requests.deletion_requests, name="deletion_requests"),
    path("<slug:environment>/privacy/requests/new/", requests.deletion_new, name="deletion_new"),
    path("<slug:environment>/privacy/requests/<int:pk>/", requests.deletion_request, name="deletion_request"),
    path("<slug:environment>/privacy/requests/<int:pk>/link/", requests.deletion_link, name="deletion_link"),
    path(
        "<slug:environment>/privacy/requests/<int:pk>/leave-out/",
        requests.deletion_leave_out,
        name="deletion_leave_out",
    ),
    path("<slug:environment>/privacy/requests/<int:pk>/count/", requests.deletion_count, name="deletion_count"),
    path("<slug:environment>/privacy/requests/<int:pk>/hide/", requests.deletion_hide, name="deletion_hide"),
    path("<slug:environment>/privacy/requests/<int:pk>/approve/", requests.deletion_approve, name="deletion_approve"),
    path("<slug:environment>/privacy/requests/<int:pk>/start/", requests.deletion_start, name="deletion_start"),
    path("<slug:environment>/privacy/requests/<int:pk>/cancel/", requests.deletion_cancel, name="deletion_cancel"),
    path("<slug:environment>/privacy/requests/<int:pk>/retry/", requests.deletion_retry, name="deletion_retry"),
    path("<slug:environment>/privacy/requests/<int:pk>/receipt/", receipts.deletion_receipt, name="deletion_receipt"),
    path(
        "<slug:environment>/privacy/requests/<int:pk>/receipt.json",
        receipts.deletion_receipt_json,
        name="deletion_receipt_json",
    ),
    path("<slug:environment>/privacy/access/", letter.access_letter, name="access_letter"),
    path("<slug:environment>/privacy/data-retention/", data_retention.data_retention, name="data_retention"),
    path("<slug:environment>/keys/", keys.keys, name="keys"),
    path("<slug:environment>/keys/new/", keys.key_create, name="key_create"),
    path("<slug:environment>/keys/<int:pk>/rotate/", keys.key_rotate, name="key_rotate"),
    path("<slug:environment>/keys/<int:pk>/revoke/", keys.key_revoke, name="key_revoke"),
]
