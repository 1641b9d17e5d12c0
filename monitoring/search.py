"""Alert rules in the search over everything."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.urls import reverse

from monitoring.models import AlertRule
from web.search import Hit


def search_rules(user: AbstractBaseUser | AnonymousUser, text: str, limit: int) -> list[Hit]:
    """By part of the name."""
    if not isinstance(user, PermissionsMixin) or not user.has_perm("monitoring.view_alertrule"):
        return []
    found = AlertRule.objects.filter(name__icontains=text).order_by("name", "pk")[:limit]
    return [Hit(rule.name, rule.pipeline_id or "every pipeline", _address(rule), "bell") for rule in found]


def _address(rule: AlertRule) -> str:
    return reverse("alert-rule", kwargs={"rule_id": rule.pk})
