"""Large values: kept once by their content, behind a reference, loaded where they are needed."""

from collections.abc import Callable

import pytest

from common.errors import UnstorableValue
from orchestration.engine.blobs import load_value, store_value
from orchestration.exceptions import InvalidInput
from orchestration.models import Blob
from orchestration.selectors.executions import execution_status
from tests.engine import flow

pytestmark = pytest.mark.django_db
LARGE = {"text": "x\x00" * 100_000}


def test_a_small_value_stays_in_its_row() -> None:
    assert store_value({"a": 1}) == {"a": 1}
    assert not Blob.objects.exists()


def test_a_large_value_becomes_a_reference_and_comes_back() -> None:
    stored = store_value(LARGE)
    assert set(stored) == {"$blob", "size"}
    assert load_value(stored) == LARGE
    assert load_value([stored, {"in": stored}]) == [LARGE, {"in": LARGE}]


def test_the_same_value_is_kept_once() -> None:
    assert store_value(LARGE) == store_value(dict(LARGE))
    assert Blob.objects.count() == 1


def test_writing_a_value_again_marks_its_blob_as_just_used() -> None:
    store_value(LARGE)
    Blob.objects.update(touched_at="2020-01-01T00:00:00Z")
    store_value(LARGE)
    assert Blob.objects.get().touched_at.year > 2020


def test_a_value_over_the_limit_is_refused_with_both_sizes(configure: Callable[..., None]) -> None:
    configure(value_max_bytes=100_000)
    with pytest.raises(UnstorableValue, match=r"takes 200,\d\d\d bytes as JSON, more than VALUE_MAX_BYTES=100,000"):
        store_value("x" * 200_000)
    with pytest.raises(InvalidInput, match="the input cannot be stored: the value takes"):
        flow.start(input_data={"text": "x" * 200_000})


def test_large_inputs_and_outputs_are_kept_once_and_shown_whole() -> None:
    execution = flow.start(input_data=LARGE)
    who = flow.claimant()
    flow.complete(flow.take(who), who, store_value(LARGE))
    assert Blob.objects.count() == 1
    shown = execution_status(execution.pk)
    assert shown["output"] == {"a": LARGE}
    assert shown["tasks"]["a"]["output"] == LARGE


def test_a_blob_that_is_gone_is_an_error_that_says_so() -> None:
    stored = store_value(LARGE)
    Blob.objects.all().delete()
    with pytest.raises(Blob.DoesNotExist):
        load_value(stored)
