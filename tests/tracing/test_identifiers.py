"""Identifiers of traces and spans."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from orchestration.tracing.identifiers import TraceContext, attempt_span_id, own_context


@given(st.uuids(), st.booleans())
def test_a_context_is_read_as_it_was_written(execution_id: UUID, is_sampled: bool) -> None:
    context = own_context(execution_id, is_sampled=is_sampled)
    assert TraceContext.parse(str(context)) == context


@given(st.uuids(), st.integers(1, 2**63), st.integers(1, 2**31))
def test_each_attempt_has_a_span_of_its_own(execution_id: UUID, task_run: int, token: int) -> None:
    found = attempt_span_id(execution_id, task_run, token)
    assert 0 < found < 2**64
    assert found != attempt_span_id(execution_id, task_run, token + 1)
