"""Whether monitoring works at all, for every process alike."""

from django.db import models


class MonitoringSwitch(models.Model):
    """One row at most; without it monitoring is active. Switched by `services.switch`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "monitoring switches"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_monitoring_switch")]

    def __str__(self) -> str:
        return "active" if self.active else "paused"
