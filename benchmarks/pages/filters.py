"""Queries beyond the plain address that people ask often or that cost most: filters, ranges, panels. Pure."""

from collections.abc import Iterator

from benchmarks.pages.addresses import Address

# Pattern of a route → label and query string, in which `{name}` stands for a value of the address. A pattern that no
# longer exists is simply not asked.
QUERIES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (("30 days", "range=30d"),),
    "search/": (("a word", "q=northgale"),),
    "executions/": (
        ("failed ones", "state=failed"),
        ("a word", "q=northgale"),
        ("a label", "label=team%3Dlegal"),
        ("needs attention", "view=attention"),
        ("ended in 7 days", "range=ended-7d"),
    ),
    "executions/<uuid:execution_id>/": (("a task beside it", "task={name}"),),
    "executions/<uuid:execution_id>/graph/": (("one task in focus", "focus={name}"),),
    "pipelines/<pipeline_id:pipeline_id>/run/": (("from an earlier run", "from={execution_id}"),),
    "pipelines/<pipeline_id:pipeline_id>/compare/": (("with itself", "a={number}&b={number}"),),
    "pipelines/": (("a word", "q=re"), ("failing ones first", "order=failing")),
    "registry/": (("a word", "q=model-00"), ("newest version first", "order=newest")),
    "registry/models/<text:model_name>/": (("another metric", "metric=latency_ms"),),
    "registry/models/<text:model_name>/compare/": (("everything", "all=1"),),
    "monitoring/": (("a month", "range=30d"), ("a pipeline", "pipeline=invoice_triage")),
    "monitoring/performance/": (("tasks", "of=attempts"), ("a month", "range=30d")),
    "monitoring/alerts/": (("what is over", "state=past"),),
    "cache/": (("a week", "range=7d"), ("a month", "range=30d"), ("a month, tasks", "range=30d&by=task")),
    "reviews/": (
        ("unclaimed", "tab=unclaimed"),
        ("all open", "tab=all"),
        ("done", "tab=done"),
        ("filtered", "tab=all&priority=high&q=2026-000"),
    ),
    "reviews/policies/<slug:policy_id>/": (("high risk", "version=1&high_risk"),),
    "api/v1/reviews": (("open and overdue", "open=true&overdue=true"), ("a specialization", "specialization=law")),
    "api/v1/executions": (
        ("failed ones", "status=failed"),
        ("a label", "label=team%3Alegal"),
        ("of a pipeline", "pipeline=invoice_intake"),
    ),
}


def filtered(address: Address) -> Iterator[tuple[str, str]]:
    """The address again with each of its queries, and their labels."""
    for label, query in QUERIES.get(address.route.pattern, ()):
        also = f"{address.label}, {label}" if address.label else label
        yield also, f"{address.url}?{query.format(**address.values)}"
