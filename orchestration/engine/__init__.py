"""What workers do. `store` writes, `runner` works, `keeper`, `ticker` and `feeder` look after it."""
