"""`python deploy/healthcheck.py web|worker`: exit code 0 when what runs in this container does its work, else 1.

web: the server on PORT (default: 8000) answers, asked as a proxy would: by an allowed name, over HTTPS.
worker: a worker of this host gave a sign of life within LEASE_SECONDS, by the database's clock. It takes a quarter of a
second of CPU, since Django's settings are read and none of its apps is loaded.
"""

import os
import socket
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.db import DatabaseError, connection

SECONDS = 8.0
PAGE = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/livez"
HEARTBEAT = """
    SELECT CURRENT_TIMESTAMP, max(heartbeat_at) FROM orchestration_worker
    WHERE hostname = %s AND stopped_at IS NULL AND pool <> 'inline'
"""


class Unhealthy(Exception):
    """The message says what is wrong."""


def check_web() -> str:
    """Raises `OSError` when nothing answers, or not well."""
    host = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    request = Request(PAGE, headers={"Host": host, "X-Forwarded-Proto": "https"})
    with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - an address of ours
        return f"{PAGE} answers {answer.status}"


def check_worker() -> str:
    """Raises `Unhealthy`, or `DatabaseError` when the database is away."""
    host = socket.gethostname()
    # Django warns about questions before its apps are loaded; here none ever is.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="django.db")
    with connection.cursor() as cursor:
        cursor.execute(HEARTBEAT, [host])
        now, latest = map(_moment, cursor.fetchone())
    if now is None or latest is None:
        raise Unhealthy(f"no worker of {host} is running")
    age = (now - latest).total_seconds()
    if age > settings.ORCHESTRATION.lease_seconds:
        raise Unhealthy(f"the last heartbeat of a worker of {host} was {age:.0f} s ago")
    return f"a worker of {host} gave a sign of life {max(0.0, age):.0f} s ago"


def _moment(value: datetime | str | None) -> datetime | None:
    """SQLite has its times as text, in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


CHECKS = {"web": check_web, "worker": check_worker}


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in CHECKS:
        sys.stderr.write(f"usage: healthcheck.py {'|'.join(CHECKS)}\n")
        return 2
    try:
        sys.stdout.write(CHECKS[words[0]]() + "\n")
    except (OSError, DatabaseError, Unhealthy) as error:
        sys.stderr.write(f"{words[0]}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
