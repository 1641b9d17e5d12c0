"""Channels, messages that wait to be sent (the outbox), and every try to send one.

Secrets are not here: a webhook is signed with the installation's own key (`monitoring.channels.webhook`).
"""

from django.db import models
from django.db.models import Q

from monitoring.models.alerts import Alert
from monitoring.states import ChannelKind, NoticeKind, NoticeStatus, choices


class Channel(models.Model):
    """Where messages go: `target` is addresses separated by commas, or the webhook's URL; empty for the log."""

    name = models.CharField(primary_key=True, max_length=100)
    kind = models.CharField(max_length=10, choices=choices(ChannelKind))
    target = models.CharField(max_length=2000, blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="log", target="") | Q(kind__in=["email", "webhook"]) & ~Q(target=""),
                name="channel_has_a_target",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """One message to one channel, written in the transaction that made it necessary."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=10, choices=choices(NoticeKind))
    content = models.JSONField(help_text="what is told, see services.notices")
    status = models.CharField(max_length=10, choices=choices(NoticeStatus), default=NoticeStatus.WAITING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(help_text="the next try; while one is under way, when it is given up for lost")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            # However often an evaluation runs: one message of each kind per incident and channel.
            models.UniqueConstraint(fields=["alert", "channel", "kind"], name="one_notice_per_incident"),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | ~Q(status="sent") & Q(sent_at=None),
                name="notice_sent_at_a_time",
            ),
        ]
        # What is due, oldest first.
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=Q(status="waiting"))]

    def __str__(self) -> str:
        return f"{self.kind} to {self.channel_id}: {self.status}"


class Delivery(models.Model):
    """One try to send a message, and what came of it."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    at = models.DateTimeField()
    succeeded = models.BooleanField()
    said = models.CharField(max_length=500, help_text="the reply's status, or what went wrong")
    seconds = models.FloatField()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.notice_id}: {self.said}"
