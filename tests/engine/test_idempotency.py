"""`Idempotency-Key`: the same submission twice is one execution."""

import pytest

from orchestration.engine import store
from orchestration.exceptions import IdempotencyConflict, InvalidInput
from orchestration.models import Execution
from tests.engine import flow

pytestmark = pytest.mark.django_db
KEY = {"idempotency_key": "order-7"}


def test_the_same_key_and_input_return_the_earlier_execution() -> None:
    first = flow.start(input_data={"n": 1, "m": 2}, options=KEY)
    assert flow.start(input_data={"m": 2, "n": 1}, options=KEY).pk == first.pk
    assert Execution.objects.count() == 1


def test_the_same_key_with_another_input_is_an_error() -> None:
    first = flow.start(input_data={"n": 1}, options=KEY)
    with pytest.raises(IdempotencyConflict, match=f"was used for execution {first.pk} with another input"):
        flow.start(input_data={"n": 2}, options=KEY)


def test_a_repeat_finds_its_execution_though_the_input_would_not_fit_any_more() -> None:
    first = flow.start(input_data={"n": 1}, options=KEY)
    assert flow.start(input_data={"n": 1}, options=KEY, inputs={"m": "integer"}).pk == first.pk
    with pytest.raises(InvalidInput):
        flow.start(input_data={"n": 1}, inputs={"m": "integer"})


def test_keys_of_different_pipelines_do_not_meet() -> None:
    first = flow.start(options=KEY)
    assert flow.start(options=KEY, name="other").pk != first.pk


def test_without_a_key_each_submission_is_an_execution() -> None:
    assert flow.start().pk != flow.start().pk


def test_two_that_use_a_key_at_once_get_the_same_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    create = store.create

    def beaten(new: store.NewExecution) -> object:
        monkeypatch.setattr(store, "create", create)
        winners.append(flow.start(options=KEY))
        return create(new)

    winners: list[Execution] = []
    monkeypatch.setattr(store, "create", beaten)
    assert flow.start(options=KEY).pk == winners[0].pk
    assert Execution.objects.count() == 1


def test_the_input_of_a_repeated_submission_is_still_checked() -> None:
    flow.start(options=KEY)
    with pytest.raises(InvalidInput):
        flow.start(input_data={"file": b""}, options=KEY)
