"""`make bench-pages`: how long every page and REST address takes with 10,000 executions in the tables."""
