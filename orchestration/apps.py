"""The `orchestration` app: pipelines, the durable engine, task types and models."""

from django.apps import AppConfig


class OrchestrationAppConfig(AppConfig):
    name = "orchestration"

    def ready(self) -> None:
        from orchestration import news
        from orchestration.engine import recovery, worker
        from orchestration.engine.ticker import register_duty
        from orchestration.selectors.pipeline_search import search_pipelines
        from orchestration.selectors.search import search_executions
        from orchestration.services import retention
        from orchestration.signals import execution_changed
        from web import navigation, search
        from web.navigation import NavItem

        recovery.register_duties()
        register_duty("prune orphaned blobs", 24 * 3600, retention.prune_orphaned_blobs)
        register_duty("prune gone workers", 3600, retention.prune_gone_workers)
        worker.connect_signals()
        execution_changed.connect(news.tell)
        executions, pipelines = "orchestration.view_execution", "orchestration.view_registeredpipeline"
        navigation.register(NavItem("", 10, "Overview", "overview", "overview", executions))
        navigation.register(NavItem("", 20, "Executions", "executions", "executions", executions))
        navigation.register(NavItem("", 30, "Pipelines", "pipelines", "pipelines", pipelines))
        search.register("Pipelines", search_pipelines)
        search.register("Executions", search_executions)
