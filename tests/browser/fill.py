"""`python -m tests.browser.fill EXECUTIONS LARGE_TASKS`: a small month of work and a login; prints both as JSON."""

import json
import sys

import django

django.setup()

from benchmarks.pages.dataset import Size, fill  # noqa: E402 - after Django is set up, as everything below
from orchestration.models import Execution  # noqa: E402
from orchestration.services.login import ensure_login  # noqa: E402

if __name__ == "__main__":
    executions, large_tasks = map(int, sys.argv[1:])
    login = ensure_login()
    found = Execution.objects.select_related("version").in_bulk(fill(Size(executions, 20, large_tasks)).values())
    states = {"large" if row.version.task_count == large_tasks else str(row.status): row for row in found.values()}
    subjects = {
        state: {
            "execution_id": str(row.pk),
            "task": row.task_runs.order_by("position").values_list("name", flat=True)[0],
            "pipeline_id": row.pipeline_id,
            "number": row.version.number,
        }
        for state, row in states.items()
    }
    print(json.dumps({"username": login.username, "password": login.password, "subjects": subjects}))
