"""What the result cache's strategies find again, and what a hit costs. `python -m benchmarks.cache`."""
