"""What the app hangs in elsewhere when Django starts, each kind in a table: duties, errands, news, pages, chapters.

The floors below offer functions and know nothing of the ticker, so their duties are registered here too.
"""

from collections.abc import Callable

from common.health import register_check
from orchestration import news, receivers
from orchestration.cache import optimiser
from orchestration.definition import load_task_types_with
from orchestration.engine import recovery, worker
from orchestration.engine.errands import register_errand
from orchestration.engine.ticker import register_duty
from orchestration.handlers.catalog import load_handler_modules
from orchestration.providers.hosted import endpoints
from orchestration.selectors import health
from orchestration.selectors.model_record import figures_of
from orchestration.selectors.model_users import pipelines_naming
from orchestration.selectors.pipeline_search import search_pipelines
from orchestration.selectors.search import search_executions
from orchestration.services import retention, tokens
from orchestration.services.chapters import caching, models, register_chapter, reviewing
from orchestration.services.reviews import SEND_NOTICES, close_needless, settle_decided
from orchestration.signals import execution_changed
from orchestration.tracing import wiring as tracing
from orchestration.tracing.switch import is_on, tracing_check
from orchestration.views.model_runs import show_runs
from registry import providers, record, usage
from registry.services.scrubbing import scrub
from reviews.audit.trail import write_checkpoint
from reviews.escalation.running import run_due
from reviews.notices.sending import has_due_notices
from reviews.services.assignment import assign_due
from reviews.services.retention import prune_messages
from reviews.signals import review_closed, review_decided
from web import navigation, panels, search
from web.navigation import NavItem

HOUR, DAY = 3600.0, 24 * 3600.0

# Name, seconds between two calls, function; those of the engine itself are in `engine.recovery`.
DUTIES: tuple[tuple[str, float, Callable[[], object]], ...] = (
    ("settle decided reviews", 0.5, settle_decided),
    ("close needless reviews", 2.0, close_needless),
    ("reviews: what is due", 1.0, run_due),
    ("reviews: assignment", 2.0, assign_due),
    ("reviews: audit checkpoint", HOUR, write_checkpoint),
    ("reviews: prune messages", DAY, prune_messages),
    ("verify model files", 10.0, scrub),
    ("optimise the cache", 300.0, optimiser.optimise),
    ("prune orphaned blobs", DAY, retention.prune_orphaned_blobs),
    ("prune gone workers", HOUR, retention.prune_gone_workers),
    ("prune expired tokens", DAY, tokens.prune_expired_tokens),
)
EXECUTIONS, PIPELINES = "orchestration.view_execution", "orchestration.view_registeredpipeline"
NAVIGATION = (
    NavItem("", 10, "Overview", "overview", "overview", EXECUTIONS),
    NavItem("", 20, "Executions", "executions", "executions", EXECUTIONS),
    NavItem("", 30, "Pipelines", "pipelines", "pipelines", PIPELINES),
    NavItem("System", 15, "Result cache", "bolt", "cache", "orchestration.view_cacheentry", key="c"),
)


def connect() -> None:
    """Called once, in the app's `ready()`."""
    recovery.register_duties()
    for name, period, act in DUTIES:
        register_duty(name, period, act)
    register_errand(SEND_NOTICES, has_due_notices)
    health.register_checks()
    load_task_types_with(load_handler_modules)
    worker.connect_signals()
    register_check("configured", "tracing", tracing_check, needs_database=False)
    if is_on():
        tracing.connect()
    _hear()
    _show()


def _hear() -> None:
    execution_changed.connect(news.tell)
    for ended in (review_decided, review_closed):
        ended.connect(receivers.bring_decision)


def _show() -> None:
    for item in NAVIGATION:
        navigation.register(item)
    search.register("Pipelines", search_pipelines)
    search.register("Executions", search_executions)
    usage.register("pipelines", pipelines_naming)
    providers.register(*(service.name for service in endpoints.SERVICES), "local")
    record.register("executions", EXECUTIONS, figures_of)
    panels.register("registry.version", "runs", show_runs, order=10)
    register_chapter(10, models.TITLE, models.tell)
    register_chapter(20, caching.TITLE, caching.tell)
    register_chapter(30, reviewing.TITLE, reviewing.tell)
