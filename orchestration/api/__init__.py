"""Pipelines and executions over REST: views that translate, and nothing more. `docs/rest.md` describes it."""
