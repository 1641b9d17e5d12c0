"""Batches: in order, complete, and within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from orchestration.providers.registered.arrays import (
    CHARACTERS_AT_ONCE,
    MAX_CHARACTERS,
    ROWS_AT_ONCE,
    readable,
    row_batches,
    text_batches,
)

lengths = st.lists(st.one_of(st.integers(0, 40), st.sampled_from([20_000, 400_000, MAX_CHARACTERS])), max_size=600)


@given(lengths, st.sampled_from([None, 1]))
def test_texts_come_in_order_and_no_batch_is_padded_beyond_the_bound(lengths: list[int], at_once: int | None) -> None:
    whole = "x" * MAX_CHARACTERS
    texts = [whole[:length] for length in lengths]
    batches = list(text_batches(texts, at_once))
    assert [text for batch in batches for text in batch] == texts
    for batch in batches:
        assert 1 <= len(batch) <= (at_once or ROWS_AT_ONCE)
        assert len(batch) == 1 or max(map(len, batch)) * len(batch) <= CHARACTERS_AT_ONCE


@given(st.integers(0, 1000), st.sampled_from([None, 1]))
def test_rows_come_in_order(count: int, at_once: int | None) -> None:
    rows = [[number] for number in range(count)]
    batches = list(row_batches(rows, at_once))
    assert [row for batch in batches for row in batch] == rows
    assert all(1 <= len(batch) <= (at_once or ROWS_AT_ONCE) for batch in batches)


@given(st.text(st.characters(), max_size=50))
def test_any_text_can_be_read(text: str) -> None:
    read = readable(text)
    assert len(read) == len(text)
    assert "\x00" not in read
    assert read.encode().decode() == read
