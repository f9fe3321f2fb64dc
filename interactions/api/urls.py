"""The API's full URL patterns, the only ones that its entry point resolves."""

from django.urls import path

from interactions.api import connect, export, openapi, reports, views

urlpatterns = [
    path("v1/interactions", views.interactions, name="api_interactions"),
    path("v1/interactions/_delete", views.deletion, name="api_deletion"),
    path("v1/interactions/export", export.export, name="api_export"),
    path("v1/reports", reports.reports, name="api_reports"),
    path("v1/reports/<str:name>", reports.report, name="api_report"),
    path("v1/openapi.json", openapi.openapi, name="api_openapi"),
    path("v1/connect/<str:source>/<str:token>", connect.connect, name="api_connect"),
    path("v1", views.unknown, name="api_unknown"),
    path("v1/", views.unknown, name="api_unknown"),
    path("v1/<path:rest>", views.unknown, name="api_unknown"),
]
