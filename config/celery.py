"""The Celery application: `celery -A config worker` starts a worker with all it needs (leases, ticker, feeder)."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery would run Django's checks in every worker, and with them load all pages: 20 MB for nothing.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from celery import Celery
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu.transport import TRANSPORT_ALIASES

from config.logging import let_celery_keep_it

try:
    _ = settings.ORCHESTRATION  # read now, so that bad variables are a message and not a trace out of Celery
except ImproperlyConfigured as error:
    sys.exit(str(error))

if settings.ORCHESTRATION.log_format == "json":
    let_celery_keep_it()

TRANSPORT_ALIASES["embedded"] = "orchestration.engine.transport:Transport"

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery's Django fix-up closes the database connection around every job unless this is set, by this very name.
app.conf["CELERY_DB_REUSE_MAX"] = 10_000
app.autodiscover_tasks()
