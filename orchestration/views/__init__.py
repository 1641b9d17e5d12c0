"""The pages of pipelines and executions: each view reads a selector or calls a service, and renders."""
