"""Addresses of the pages of pipelines and executions."""

from django.urls import path

from orchestration.views import overview

urlpatterns = [
    path("", overview.overview, name="overview"),
]
