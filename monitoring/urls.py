"""Addresses of the probes, at the root of the site."""

from django.urls import path

from monitoring import probes

urlpatterns = [
    path("livez", probes.livez, name="livez"),
    path("readyz", probes.readyz, name="readyz"),
    path("healthz", probes.healthz, name="healthz"),
    path("metrics", probes.metrics, name="prometheus"),
]
