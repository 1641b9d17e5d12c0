"""From texts and rows of values to the arrays a session takes, in batches that keep within bounds.

Owns what a text or a value must be like. numpy is imported when the first model is loaded.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from common.wording import closest, kind_of
from orchestration.definition import schema_problems
from orchestration.exceptions import InvalidParameters
from orchestration.providers.registered.onnx_file import UnusableModel
from orchestration.providers.registered.session import NUMBERS, STRING, Input, OnnxSession

if TYPE_CHECKING:
    import numpy as np

Row: TypeAlias = Mapping[str, Any] | Sequence[Any]
"""The values of one row: by column, or in the model's order."""

MAX_CHARACTERS = 1_000_000  # of one text, from its beginning; as many as the offline models read
ROWS_AT_ONCE = 256
# A batch of texts is padded to its longest: as many pieces for each text as that one has.
CHARACTERS_AT_ONCE = 4_000_000
MAX_SHOWN = 5
LIMITS: Mapping[str, tuple[float, float]] = {
    "float32": (-3.4028234e38, 3.4028234e38),
    "float64": (-1.7976931348623157e308, 1.7976931348623157e308),
    "int64": (-(2**63), 2**63 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "bool": (0, 1),
}


def readable(text: str) -> str:
    """As much of a text as is read, in characters the runtime takes (no NUL, no lone surrogates)."""
    return text[:MAX_CHARACTERS].replace("\x00", " ").encode("utf-8", "replace").decode()


def text_batches(texts: Sequence[str], rows_at_once: int | None) -> Iterator[Sequence[str]]:
    """In order, each of few enough texts that the longest of them is no burden for all."""
    start, longest, most = 0, 0, rows_at_once or ROWS_AT_ONCE
    for at, text in enumerate(texts):
        longer = max(longest, len(text))
        if at > start and (at - start >= most or longer * (at - start + 1) > CHARACTERS_AT_ONCE):
            yield texts[start:at]
            start, longer = at, len(text)
        longest = longer
    if start < len(texts):
        yield texts[start:]


def row_batches(rows: Sequence[Row], rows_at_once: int | None) -> Iterator[Sequence[Row]]:
    most = rows_at_once or ROWS_AT_ONCE
    return (rows[at : at + most] for at in range(0, len(rows), most))


def text_feeds(session: OnnxSession, texts: Sequence[str]) -> "dict[str, np.ndarray[Any, Any]]":
    (only,) = session.inputs
    return {only.name: _column(texts, only)}


def row_feeds(session: OnnxSession, rows: Sequence[Row], columns: Sequence[str]) -> "dict[str, np.ndarray[Any, Any]]":
    """`columns` are those of a matrix, in order; empty when nobody named them. Raises `InvalidParameters`."""
    if len(session.inputs) > 1 or session.inputs[0].width == 1:
        ordered = [_in_order(row, [each.name for each in session.inputs]) for row in rows]
        return {each.name: _column([row[at] for row in ordered], each) for at, each in enumerate(session.inputs)}
    (only,) = session.inputs
    if columns and only.width not in (None, len(columns)):
        raise UnusableModel(f"the model takes {only.width} columns and is registered with the names of {len(columns)}")
    return {only.name: _matrix([_in_order(row, columns, only.width) for row in rows], only, columns)}


def check_rows(rows: Sequence[Row], schema: Mapping[str, Any] | None) -> None:
    """Rows given by column must fit the version's input schema. Raises `InvalidParameters`."""
    if schema is None:
        return
    for at, row in enumerate(rows):
        if isinstance(row, Mapping) and (problems := schema_problems(dict(row), schema)):
            listed = "; ".join(f"{pointer or '/'}: {message}" for pointer, message in problems[:MAX_SHOWN])
            which = f"features[{at}]" if len(rows) > 1 else "features"
            raise InvalidParameters(f"{which} does not fit the model's input schema: {listed}")


def _in_order(row: Row, columns: Sequence[str], width: int | None = None) -> Sequence[Any]:
    if isinstance(row, Mapping):
        if not columns:
            raise InvalidParameters(
                "nobody says which column of the model is which: give features as a list in the model's order, or "
                'register it with their names in order, such as metadata {"features": ["age", "income"]}'
            )
        missing = [name for name in columns if name not in row]
        if missing:
            near = closest(missing[0], [str(name) for name in row if name not in columns])
            hint = f' (is "{near}" what is meant by "{missing[0]}"?)' if near else ""
            raise InvalidParameters(f"features lacks {', '.join(missing)}{hint}; the model takes {', '.join(columns)}")
        return [row[name] for name in columns]
    wanted = len(columns) or width
    if wanted is not None and len(row) != wanted:
        named = f": {', '.join(columns)}" if columns else ""
        raise InvalidParameters(f"features has {len(row)} values, and the model takes {wanted}{named}")
    return row


def _value(value: Any, column: Input, name: str) -> Any:
    """A value as the column's type takes it; a number that is missing (null) is NaN where the type has one."""
    if column.kind == STRING:
        if isinstance(value, str):
            return readable(value)
        raise InvalidParameters(f'features: "{name}" must be a text, not {kind_of(value)}')
    dtype = NUMBERS[column.kind]
    if value is None and dtype.startswith("float"):
        return math.nan
    if not isinstance(value, (int, float)):
        raise InvalidParameters(f'features: "{name}" must be a number, not {kind_of(value)}')
    if not _fits(value, dtype):
        raise InvalidParameters(f'features: "{name}" is {value!r}, which the model cannot take as {dtype}')
    return value


def _fits(value: float, dtype: str) -> bool:
    low, high = LIMITS[dtype]
    if dtype.startswith("float"):
        return low <= value <= high or value != value  # NaN is unlike itself
    return low <= value <= high and value == int(value)


def _dtype(column: Input) -> str:
    return "object" if column.kind == STRING else NUMBERS[column.kind]


def _column(values: Sequence[Any], column: Input) -> "np.ndarray[Any, Any]":
    import numpy as np

    array = np.array([_value(value, column, column.name) for value in values], dtype=_dtype(column))
    return array.reshape(-1, 1) if len(column.shape) == 2 else array


def _matrix(rows: Sequence[Sequence[Any]], only: Input, columns: Sequence[str]) -> "np.ndarray[Any, Any]":
    import numpy as np

    names = columns or [f"[{at}]" for at in range(len(rows[0]))]
    if uneven := [row for row in rows if len(row) != len(names)]:
        raise InvalidParameters(f"features has rows of {len(names)} and of {len(uneven[0])} values")
    values = [[_value(value, only, name) for value, name in zip(row, names, strict=True)] for row in rows]
    return np.array(values, dtype=_dtype(only))
