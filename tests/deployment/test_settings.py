"""Settings that only a deployment needs: Sentinel, static files apart from the data, HTTPS behind a proxy."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes

pytestmark = pytest.mark.one_database

SHOW = """
import json
from django.conf import settings
names = ("CELERY_BROKER_TRANSPORT_OPTIONS", "STATIC_ROOT", "SECURE_PROXY_SSL_HEADER", "SECURE_SSL_REDIRECT")
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


def show(processes: Processes, env: Mapping[str, str]) -> dict[str, Any]:
    done = processes.run("-c", SHOW, env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"})
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_sentinels_are_asked_for_the_master_of_the_named_group(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(database="sqlite", migrated=False, CELERY_BROKER_URL="sentinel://a:26379;sentinel://b:26379")
    assert show(processes, env)["CELERY_BROKER_TRANSPORT_OPTIONS"]["master_name"] == "mymaster"
    named = show(processes, env | {"REDIS_SENTINEL_MASTER": "other"})
    assert named["CELERY_BROKER_TRANSPORT_OPTIONS"]["master_name"] == "other"
    single = show(processes, env | {"CELERY_BROKER_URL": "redis://a/1"})
    assert "master_name" not in single["CELERY_BROKER_TRANSPORT_OPTIONS"]


def test_a_proxy_is_believed_only_when_there_is_said_to_be_one(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(database="sqlite", migrated=False)
    shown = show(processes, env)
    assert (shown["SECURE_PROXY_SSL_HEADER"], shown["SECURE_SSL_REDIRECT"]) == (None, False)
    assert shown["STATIC_ROOT"] == f"{env['DATA_DIR']}/static"
    shown = show(processes, env | {"BEHIND_PROXY": "true", "HTTPS_ONLY": "true", "STATIC_ROOT": "/srv/static"})
    assert shown["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert shown["SECURE_SSL_REDIRECT"] is True
    assert shown["STATIC_ROOT"] == "/srv/static"
