"""The `registry` app."""

from django.apps import AppConfig


class RegistryAppConfig(AppConfig):
    name = "registry"
