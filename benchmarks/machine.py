"""What the figures were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import psycopg

from tests.services import PostgresServer, RedisServer

PACKAGES = ("celery", "kombu", "billiard", "redis", "hiredis", "django", "psycopg", "dbos")
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")


def describe(postgres: PostgresServer, redis: RedisServer) -> dict[str, str]:
    """Label → value, for people."""
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, file system {_file_system(postgres.directory)}",
        "Python": platform.python_version(),
        "PostgreSQL": _postgres(postgres),
        "Redis": _redis(redis),
        "packages": ", ".join(filter(None, map(_package, PACKAGES))),
    }


def _cpu_model() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _file_system(path: Path) -> str:
    mounts = [mount for mount in psutil.disk_partitions(all=True) if path.is_relative_to(mount.mountpoint)]
    return max(mounts, key=lambda mount: len(mount.mountpoint)).fstype if mounts else "unknown"


def _postgres(server: PostgresServer) -> str:
    with psycopg.connect(server.url()) as connection:
        settings = {name: connection.execute(f"SHOW {name}").fetchone() for name in ("server_version", *DURABILITY)}
    shown = {name: row[0] for name, row in settings.items() if row}
    return f"{shown['server_version']} ({', '.join(f'{name} {shown[name]}' for name in DURABILITY)})"


def _redis(server: RedisServer) -> str:
    with server.client() as client:
        return f"{client.info('server')['redis_version']} (nothing kept on disk)"


def _package(name: str) -> str | None:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return None
