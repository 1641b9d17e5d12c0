"""The operators' console: raw rows, and what can be done with them. Importing it registers every page.

Reads through selectors, acts through services; who works with executions every day has the product's pages.
"""

from django.contrib import admin

from orchestration.admin import accounts, cache, executions, pipelines, results, task_runs, tokens, values, workers

__all__ = ["accounts", "cache", "executions", "pipelines", "results", "task_runs", "tokens", "values", "workers"]

admin.site.index_template = "admin/orchestration/index.html"
admin.site.index_title = "How it stands"
