"""Messages as lines of the worker's log: always there, whatever else is configured."""

import logging
from collections.abc import Mapping
from typing import Any

from monitoring.exceptions import InvalidChannel
from monitoring.states import AlertSeverity

logger = logging.getLogger("monitoring.alerts")

LEVELS = {
    AlertSeverity.INFO: logging.INFO,
    AlertSeverity.WARNING: logging.WARNING,
    AlertSeverity.ERROR: logging.ERROR,
    AlertSeverity.CRITICAL: logging.CRITICAL,
}


def check(target: str) -> None:
    if target:
        raise InvalidChannel("a log channel has no target; leave it out")


def obstacle(target: str) -> str:
    return ""


def send(target: str, content: Mapping[str, Any], message_id: str) -> str:
    level = logging.INFO if content["kind"] == "resolved" else LEVELS[AlertSeverity(content["severity"])]
    logger.log(level, "%s", content["subject"], extra={"alert": content["alert_id"], "notice": message_id})
    return "logged"
