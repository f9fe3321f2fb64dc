"""Addresses under /v1."""

from django.urls import path

from interactions.api import views

urlpatterns = [
    path("interactions", views.interactions, name="api_interactions"),
    path("interactions/_delete", views.deletion, name="api_deletion"),
    path("", views.unknown),
    path("<path:rest>", views.unknown),
]
