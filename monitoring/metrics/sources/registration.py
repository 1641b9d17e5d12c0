"""The sources that come with monitoring."""

from monitoring.metrics.sources import attempts, executions, register_source, reviews


def register_sources() -> None:
    """Called once, in the app's `ready()`."""
    register_source("submissions", executions.report_submitted)
    register_source("executions", executions.report_ended)
    register_source("task runs", executions.report_task_runs)
    register_source("attempts", attempts.report_attempts)
    register_source("reviews", reviews.report_reviews)
