"""The `orchestration` app: pipelines, the durable engine, task types and models."""

from django.apps import AppConfig


class OrchestrationAppConfig(AppConfig):
    name = "orchestration"

    def ready(self) -> None:
        from orchestration import wiring

        wiring.connect()
