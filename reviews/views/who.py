"""Who looks at a page of reviews: the login, its reviewer profile, and what both together allow."""

from dataclasses import dataclass
from typing import Any

from reviews.actors import Actor, as_actor
from reviews.models import ReviewerProfile

VIEW = "reviews.view_reviewrequest"
DECIDE = "reviews.decide_reviewrequest"
ROUTE = "reviews.route_reviewrequest"
CHANNEL = "page"


@dataclass(frozen=True, slots=True)
class Who:
    """`actor` goes on record. Without a profile somebody acts as an operator, which takes the right to route."""

    actor: Actor
    may_decide: bool
    may_route: bool

    @property
    def reviewer(self) -> ReviewerProfile | None:
        return self.actor.reviewer

    @property
    def sees_all(self) -> bool:
        """Also what others have, and what their clearance would hide."""
        return self.may_route or (self.reviewer is not None and self.reviewer.is_lead)

    @property
    def as_operator(self) -> Actor:
        """For what is done to other people's reviews."""
        if self.reviewer is None or self.reviewer.is_lead or not self.may_route:
            return self.actor
        login = self.reviewer.user.get_username() if self.reviewer.user else self.reviewer.pk
        return Actor("user", login, self.actor.label, None, self.actor.identities)


def who_looks(request: Any) -> Who:
    """Of a request of Django or of the REST framework; read once in it."""
    known: Who | None = getattr(request, "_reviews_who", None)
    if known is None:
        actor = as_actor(request.user)
        routes = request.user.has_perm(ROUTE)
        decides = request.user.has_perm(DECIDE) and (actor.reviewer is not None or routes)
        known = request._reviews_who = Who(actor, decides, routes)
    return known
