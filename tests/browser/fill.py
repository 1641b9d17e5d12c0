"""`python -m tests.browser.fill EXECUTIONS LARGE_TASKS`: a small month of work and logins; prints them as JSON.

0 executions leave the tables empty. Further logins with the administrator's password: `stranger` has no permission,
`ana` and `bea` review.
"""

import json
import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - after Django is set up, as everything below
from django.contrib.auth.models import Permission  # noqa: E402
from django.db.models.functions import Length  # noqa: E402

from benchmarks.pages.dataset import Size, fill  # noqa: E402
from orchestration.models import Execution  # noqa: E402
from orchestration.services.login import ensure_login  # noqa: E402
from reviews.models import ReviewerProfile  # noqa: E402
from reviews.services.reviewers import update_reviewer  # noqa: E402

STRANGER = "stranger"
REVIEWERS = ("ana", "bea")


def subjects(executions: int, large_tasks: int) -> dict[str, dict[str, object]]:
    """State → an execution in it, with its pipeline and a task that has something to show."""
    if not executions:
        return {}
    found = Execution.objects.select_related("version").in_bulk(fill(Size(executions, 20, large_tasks)).values())
    states = {"large" if row.version.task_count == large_tasks else str(row.status): row for row in found.values()}
    return {state: _describe(row) for state, row in states.items()}


def _describe(row: Execution) -> dict[str, object]:
    """Of several tasks the one whose model has the longest name: it must fit a narrow page."""
    names = {str(task.status): task.name for task in row.task_runs.order_by(Length("model"), "-position")}
    return {
        "execution_id": str(row.pk),
        "task": names.get("failed") or names.get("completed") or next(iter(names.values())),
        "pipeline_id": row.pipeline_id,
        "number": row.version.number,
    }


def add_reviewers(password: str | None) -> None:
    """Logins of those reviewers that there are."""
    permissions = Permission.objects.filter(content_type__app_label="reviews", codename__regex="^(view|decide)_")
    for profile in ReviewerProfile.objects.filter(pk__in=REVIEWERS):
        user = get_user_model().objects.create_user(profile.pk, password=password)
        user.user_permissions.set(permissions)
        update_reviewer(reviewer_id=profile.pk, by=profile, user=user)


if __name__ == "__main__":
    executions, large_tasks = map(int, sys.argv[1:])
    login = ensure_login()
    get_user_model().objects.create_user(STRANGER, password=login.password)
    filled = subjects(executions, large_tasks)
    add_reviewers(login.password)
    print(json.dumps({"username": login.username, "password": login.password, "subjects": filled}))
