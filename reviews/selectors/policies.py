"""Escalation policies and their versions, for pages and REST."""

from django.db.models import Count, Prefetch, QuerySet

from reviews.models import EscalationPolicy, EscalationPolicyVersion, ReviewRequest
from reviews.services.policies import DEFAULT_POLICY

MOST = 200


def list_policies() -> list[tuple[EscalationPolicy, EscalationPolicyVersion]]:
    """Each policy with its newest version and that one's steps. Three queries; at most MOST policies."""
    versions = EscalationPolicyVersion.objects.order_by("-number").prefetch_related("steps")
    policies = EscalationPolicy.objects.prefetch_related(Prefetch("versions", versions))[:MOST]
    found = [(policy, next(iter(policy.versions.all()), None)) for policy in policies]
    return [(policy, version) for policy, version in found if version is not None]


def policy_ids() -> frozenset[str]:
    """Those that a review may name; `default` is made when first needed."""
    return frozenset({DEFAULT_POLICY, *EscalationPolicy.objects.filter(is_active=True).values_list("pk", flat=True)})


def policy_versions() -> "QuerySet[EscalationPolicyVersion]":
    return EscalationPolicyVersion.objects.select_related("policy").prefetch_related("steps")


def find_version(policy_id: str, number: int | None = None) -> EscalationPolicyVersion | None:
    """A version with its steps; without a number the newest."""
    rows = policy_versions().filter(policy=policy_id)
    rows = rows.filter(number=number) if number is not None else rows
    return rows.order_by("-number").first()


def count_open_by_version() -> dict[int, int]:
    """How many open reviews go by each version. One query."""
    rows = ReviewRequest.objects.filter(closed_at=None, policy__isnull=False).order_by()
    return dict(rows.values_list("policy").annotate(number=Count("pk")))
