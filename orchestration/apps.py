"""The `orchestration` app: pipelines, the durable engine, task types and models."""

from django.apps import AppConfig


class OrchestrationAppConfig(AppConfig):
    name = "orchestration"

    def ready(self) -> None:
        from orchestration.engine import recovery, worker

        recovery.register_duties()
        worker.connect_signals()
