"""Who may not have a review, as callers name them: by reviewer id, by login name, or as the history writes either
(`reviewer:ana`, `user:ana`).
"""

from collections.abc import Iterable, Sequence

from django.contrib.auth import get_user_model

from common.wording import did_you_mean
from reviews.checks import listed, refuse, text_fault
from reviews.models import ReviewerProfile

LONGEST_PERSON = 150
NAMED = 1000  # people among whom a near name is looked for
_PREFIXES = ("reviewer:", "user:")


def named(people: Iterable[str], option: str) -> list[str]:
    """Names as exclusions have them; authors may be people from elsewhere. Raises `InvalidReview`."""
    given = listed(people, option)
    faults = ((f"/{option}/{n}", text_fault(person, LONGEST_PERSON, least=1)) for n, person in enumerate(given))
    refuse("somebody is not named", faults)
    return [_bare(person) for person in given]


def check_known(people: Sequence[str], option: str) -> Sequence[str]:
    """The same; a conflict of interest that names nobody would protect nothing. Raises `InvalidReview`."""
    if not people:
        return people
    users, login = get_user_model()._default_manager, get_user_model().USERNAME_FIELD
    known = set(ReviewerProfile.objects.filter(pk__in=people).values_list("pk", flat=True))
    known |= set(users.filter(**{f"{login}__in": people}).values_list(login, flat=True))
    unknown = [(n, person) for n, person in enumerate(people) if person not in known]
    if unknown:
        there = list(ReviewerProfile.objects.order_by("pk").values_list("pk", flat=True)[:NAMED])
        refuse(
            "somebody is not known",
            [
                (f"/{option}/{n}", f'there is no reviewer and no login "{person}"{did_you_mean(person, there)}')
                for n, person in unknown
            ],
        )
    return people


def _bare(person: str) -> str:
    for prefix in _PREFIXES:
        if person.startswith(prefix) and len(person) > len(prefix):
            return person.removeprefix(prefix)
    return person
