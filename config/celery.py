"""The Celery application: `celery -A config worker` starts a worker with all it needs (leases, ticker, feeder)."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["embedded"] = "orchestration.engine.transport:Transport"

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
try:
    # Celery's Django fix-up closes the database connection around every job unless this is set, by this very name.
    app.conf["CELERY_DB_REUSE_MAX"] = 10_000
except ImproperlyConfigured as error:
    sys.exit(str(error))
app.autodiscover_tasks()
