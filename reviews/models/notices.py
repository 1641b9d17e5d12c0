"""News for people: in-app notifications, and the outbox of e-mails and webhooks with a record of every try."""

from django.db import models
from django.db.models import Q

from reviews.models.fields import choices, new_id
from reviews.models.requests import ReviewRequest
from reviews.models.reviewers import ReviewerProfile
from reviews.states import NoticeChannel, NoticeStatus


class Notification(models.Model):
    """Something a reviewer sees in the pages."""

    reviewer = models.ForeignKey(
        ReviewerProfile, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    review = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["reviewer", "-id"], name="review_notification_newest"),
            # The number beside the bell.
            models.Index(fields=["reviewer"], name="review_notification_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.text


class WebhookEndpoint(models.Model):
    """Where to post news of reviews. Only operators add one: nobody else can make the server call an address."""

    name = models.SlugField(primary_key=True, max_length=64)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=200, help_text="signs what is sent; shared with the receiver")
    events = models.JSONField(default=list, blank=True, help_text="kinds it wants, such as review.decided; [] all")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(url__startswith="http"), name="review_webhook_is_http"),
            models.CheckConstraint(condition=~Q(secret=""), name="review_webhook_has_a_secret"),
        ]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """One message to one address, written with what it tells about and sent afterwards."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.CharField(max_length=10, choices=choices(NoticeChannel))
    address = models.CharField(max_length=500, help_text="an e-mail address, or the name of a webhook")
    kind = models.CharField(max_length=40)
    review = models.ForeignKey(ReviewRequest, null=True, on_delete=models.CASCADE, related_name="notices")
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=choices(NoticeStatus), default=NoticeStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="when it may be tried; moved on while a process sends it")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at=None)),
                name="review_notice_sent_has_a_time",
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="review_notice_due", condition=Q(status="queued"))]

    def __str__(self) -> str:
        return f"{self.channel} to {self.address}: {self.kind}"


class NoticeDelivery(models.Model):
    """One try to send a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    attempt = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    seconds = models.FloatField()
    is_success = models.BooleanField()
    response = models.CharField(max_length=300, blank=True, help_text="HTTP status, or the error")

    class Meta:
        verbose_name_plural = "notice deliveries"
        ordering = ["notice", "attempt"]
        constraints = [models.UniqueConstraint(fields=["notice", "attempt"], name="one_review_delivery_per_attempt")]

    def __str__(self) -> str:
        return f"{self.notice_id} #{self.attempt}: {self.response}"
