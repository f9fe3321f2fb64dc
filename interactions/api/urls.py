"""Addresses under /v1."""

from django.urls import path

from interactions.api import openapi, views

urlpatterns = [
    path("interactions", views.interactions, name="api_interactions"),
    path("interactions/_delete", views.deletion, name="api_deletion"),
    path("openapi.json", openapi.openapi, name="api_openapi"),
    path("", views.unknown, name="api_unknown"),
    path("<path:rest>", views.unknown, name="api_unknown"),
]
