"""The same submission twice at the same moment: it is started once, and one of the answers says so."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from orchestration.models import Execution
from reviews.models import ReviewRequest
from tests.api.rest.asking import ROOT, post, register, submit

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, SENDERS = 5, 4


def answers_at_once(user: Any, send: Any) -> list[Any]:
    """What each sender was answered; all are let go together, each with a connection of its own."""
    gate = Barrier(SENDERS)

    def one() -> Any:
        client = APIClient()
        client.force_authenticate(user)
        try:
            connection.ensure_connection()
            gate.wait(60)
            return send(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as threads:
        return [each.result(30) for each in [threads.submit(one) for _ in range(SENDERS)]]


def once(answers: list[Any]) -> None:
    """One made it, the others were given the same."""
    assert sorted(each.status_code for each in answers) == [200] * (SENDERS - 1) + [201], [a.content for a in answers]
    assert len({each.json()["id"] for each in answers}) == 1


def test_of_first_submissions_with_one_key_one_starts_it(api: APIClient, admin_user: Any) -> None:
    register(api)
    for number in range(ROUNDS):
        once(answers_at_once(admin_user, lambda client, key=f"order-{number}": submit(client, key=key)))
    assert Execution.objects.count() == ROUNDS


def test_of_reruns_with_one_key_one_starts_it(api: APIClient, admin_user: Any) -> None:
    register(api)
    address = f"{ROOT}/executions/{submit(api).json()['id']}/rerun"
    for number in range(ROUNDS):
        headers = {"Idempotency-Key": f"again-{number}"}
        once(answers_at_once(admin_user, lambda client, sent=headers: post(client, address, {}, headers=sent)))
    assert Execution.objects.count() == ROUNDS + 1


def test_of_reviews_asked_for_with_one_subject_one_is_opened(admin_user: Any) -> None:
    for number in range(ROUNDS):
        asked = {
            "task_name": "check",
            "task_type": "validation",
            "input": {},
            "subject": {"kind": "x", "id": f"{number}"},
        }
        once(answers_at_once(admin_user, lambda client, body=asked: post(client, f"{ROOT}/reviews", body)))
    assert ReviewRequest.objects.count() == ROUNDS
