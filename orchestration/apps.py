"""The `orchestration` app: pipelines, the durable engine, task types and models."""

from django.apps import AppConfig


class OrchestrationAppConfig(AppConfig):
    name = "orchestration"

    def ready(self) -> None:
        from orchestration.engine import recovery, worker
        from orchestration.engine.ticker import register_duty
        from orchestration.services import retention

        recovery.register_duties()
        register_duty("prune orphaned blobs", 24 * 3600, retention.prune_orphaned_blobs)
        register_duty("prune gone workers", 3600, retention.prune_gone_workers)
        worker.connect_signals()
