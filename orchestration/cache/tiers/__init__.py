"""Where entries live: this process's memory, and the store all processes share (Redis, or a table)."""
