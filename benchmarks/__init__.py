"""What a durable step costs, beside raw Celery and other engines: `make bench` (docs/benchmarks.md)."""
