"""Whether monitoring works: the setting MONITORING_ENABLED, and a switch in the database for every process alike.

Paused, nothing is rolled up, looked at or evaluated. Nothing of what happens meanwhile is lost but gauges: once active
again, the roll-ups are derived from the rows.
"""

from django.conf import settings

from monitoring.exceptions import MonitoringDisabled
from monitoring.models import MonitoringSwitch


def is_active() -> bool:
    return settings.ORCHESTRATION.monitoring_enabled and not MonitoringSwitch.objects.filter(active=False).exists()


def set_active(*, active: bool) -> None:
    """Pause monitoring or let it go on. Raises `MonitoringDisabled` when the setting forbids what is asked."""
    if active and not settings.ORCHESTRATION.monitoring_enabled:
        raise MonitoringDisabled("monitoring is switched off by MONITORING_ENABLED=false; set it to true and restart")
    MonitoringSwitch.objects.update_or_create(pk=1, defaults={"active": active})
