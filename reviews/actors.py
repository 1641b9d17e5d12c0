"""Who acts: a reviewer, a login without a profile, a policy, or the system itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.auth.base_user import AbstractBaseUser

from common.wording import closest, printable, text_fault
from reviews.exceptions import ReviewerNotFound
from reviews.models import EscalationPolicyVersion, ReviewerProfile

Kind = Literal["reviewer", "user", "policy", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`key` goes on record; `label` is for people; `identities` are the names that an exclusion may use."""

    kind: Kind
    id: str
    label: str
    reviewer: ReviewerProfile | None = None
    identities: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        return self.id if self.kind in ("policy", "system") else f"{self.kind}:{self.id}"

    @property
    def reviewer_id(self) -> str | None:
        return self.reviewer.pk if self.reviewer else None

    @property
    def is_person(self) -> bool:
        return self.kind in ("reviewer", "user")

    @property
    def leads(self) -> bool:
        """May act for others: a lead, or a login that pages and REST let through by its permissions."""
        return self.reviewer.is_lead if self.reviewer else True


By = Actor | ReviewerProfile | AbstractBaseUser | str
"""Who does something, as callers name them; a text is a reviewer's id."""


def system(name: str = "system", label: str = "") -> Actor:
    """The product itself, or one of its parts."""
    return Actor("system", name, label or name)


SYSTEM = system("system", "the system")
ROUTING = system("routing", "routing")


def policy_actor(version: EscalationPolicyVersion) -> Actor:
    """What a policy does is signed `policy:<id>@<version>` everywhere."""
    return Actor("policy", version.label, version.label)


def reviewer_actor(reviewer: ReviewerProfile) -> Actor:
    names = {reviewer.pk} | ({reviewer.user.get_username()} if reviewer.user else set())
    return Actor("reviewer", reviewer.pk, str(reviewer), reviewer, frozenset(names))


def as_actor(by: By) -> Actor:
    """The actor behind a reviewer, a reviewer's id, or a login (its profile when it has one).

    Raises `ReviewerNotFound`.
    """
    if isinstance(by, Actor):
        return by
    if isinstance(by, ReviewerProfile):
        return reviewer_actor(by)
    if isinstance(by, AbstractBaseUser):
        profile = ReviewerProfile.objects.select_related("user").filter(user=by, is_active=True).first()  # type: ignore[misc]
        name = by.get_username()
        return reviewer_actor(profile) if profile else Actor("user", name, _full_name(by), None, frozenset({name}))
    return reviewer_actor(find_reviewer(by))


def as_source(actor: By | str) -> Actor:
    """The same, but a text names a part of the product, such as `engine`."""
    return system(actor) if isinstance(actor, str) else as_actor(actor)


def find_reviewer(reviewer_id: str) -> ReviewerProfile:
    """Raises `ReviewerNotFound`, with near names."""
    rows = ReviewerProfile.objects.select_related("user").prefetch_related("skills")
    found = None if text_fault(reviewer_id) else rows.filter(pk=reviewer_id).first()
    if found is None:
        known = list(ReviewerProfile.objects.order_by("pk").values_list("pk", flat=True)[:1000])
        near = closest(reviewer_id, known)
        hint = f' Did you mean "{near}"?' if near else " Register them first: register_reviewer(ReviewerProfile(…))."
        raise ReviewerNotFound(f'there is no reviewer "{printable(reviewer_id[:80])}".{hint}')
    return found


def _full_name(user: AbstractBaseUser) -> str:
    full: Callable[[], Any] | None = getattr(user, "get_full_name", None)
    return str(full() if full else "") or user.get_username()
