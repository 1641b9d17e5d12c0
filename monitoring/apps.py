"""The `monitoring` app: metrics, alert rules, health, what Prometheus reads."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from monitoring.manager import Monitor


class MonitoringAppConfig(AppConfig):
    name = "monitoring"

    def ready(self) -> None:
        from monitoring import chapter, worker
        from monitoring.metrics.sources.registration import register_sources
        from monitoring.registering import register_pages
        from monitoring.selectors import checks, health
        from monitoring.services import evaluating, gauges, notices, retention, rollups
        from monitoring.services.notices import DELIVER
        from monitoring.services.rules import install_ready_made
        from orchestration.engine.errands import register_errand
        from orchestration.engine.ticker import register_duty
        from orchestration.services.chapters import register_chapter
        from orchestration.services.chapters.first_start import register_first_start
        from orchestration.services.retention import register_hold

        register_sources()
        register_chapter(40, chapter.ALERT_TITLE, chapter.tell_alert)
        register_chapter(90, chapter.HEALTH_TITLE, chapter.tell_health)
        register_first_start("ready-made alert rules", install_ready_made)
        register_hold(rollups.needed_from)
        register_duty("roll up metrics", 10.0, rollups.roll_up)
        register_duty("look at gauges", 15.0, gauges.look_around)
        register_duty("evaluate alert rules", 15.0, evaluating.evaluate_rules)
        register_duty("prune metrics", 3600.0, retention.prune_metrics)
        register_duty("prune monitoring records", 3600.0, retention.prune_records)
        register_errand(DELIVER, notices.has_due_notices)  # what was written is sent, whatever is switched off since
        checks.register_checks()
        health.register_areas()
        worker.connect_signals()
        register_pages()

    def make_monitor(self) -> "Monitor":
        """What `orchestrator.monitor` is."""
        from monitoring.manager import Monitor

        return Monitor()
