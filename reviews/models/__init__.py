"""Tables of the reviews app. Status columns of reviews are written by `reviews.store` alone."""

from reviews.models.audit import AuditCheckpoint, ReviewEvent
from reviews.models.decisions import Draft, InformationRequest, ReviewDecision
from reviews.models.notices import Notice, NoticeDelivery, Notification, WebhookEndpoint
from reviews.models.policies import EscalationPolicy, EscalationPolicyVersion, EscalationStep
from reviews.models.requests import ReviewAssignment, ReviewExclusion, ReviewRequest
from reviews.models.reviewers import Absence, ReviewerProfile, ReviewerSpecialization

__all__ = [
    "Absence",
    "AuditCheckpoint",
    "Draft",
    "EscalationPolicy",
    "EscalationPolicyVersion",
    "EscalationStep",
    "InformationRequest",
    "Notice",
    "NoticeDelivery",
    "Notification",
    "ReviewAssignment",
    "ReviewDecision",
    "ReviewEvent",
    "ReviewExclusion",
    "ReviewRequest",
    "ReviewerProfile",
    "ReviewerSpecialization",
    "WebhookEndpoint",
]
