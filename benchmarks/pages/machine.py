"""What the pages were measured on, in a few lines: label → value."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg

from tests.services import PostgresServer

PACKAGES = ("django", "djangorestframework", "django-htmx", "gunicorn", "psycopg")


def describe_system() -> dict[str, str]:
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def describe_postgres(server: PostgresServer) -> dict[str, str]:
    with psycopg.connect(server.url()) as connection:
        found = connection.execute("SHOW server_version").fetchone()
    return {"PostgreSQL": found[0]} if found else {}


def _cpu_model() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
