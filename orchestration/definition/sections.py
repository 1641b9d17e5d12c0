"""What every part of a definition is made of: the base of its models, and the types that several of them use."""

from collections.abc import ItemsView, KeysView, ValuesView
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PlainSerializer

from orchestration.definition.described import Described

MAX_SECONDS = 365 * 24 * 3600


def _whole_if_whole(number: float) -> Any:
    """300 rather than 300.0 in the canonical form. (Any: pydantic would turn a declared float back into one.)"""
    return int(number) if float(number).is_integer() else number


Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS, allow_inf_nan=False), PlainSerializer(_whole_if_whole)]
Delay = Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False), PlainSerializer(_whole_if_whole)]
Factor = Annotated[float, Field(ge=1, le=100, allow_inf_nan=False), PlainSerializer(_whole_if_whole)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), PlainSerializer(_whole_if_whole)]
# A list in every source format, a tuple here.
NameList = Annotated[tuple[str, ...], Field(strict=False)]


class Section(Described):
    """A part of a definition. Readable as a mapping too: `task["parameters"]`, `task.get("timeout")`, `dict(task)`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __getitem__(self, key: str) -> Any:
        if key not in type(self).model_fields:
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return key in type(self).model_fields

    def __len__(self) -> int:
        return len(type(self).model_fields)

    def get(self, key: str, default: Any = None) -> Any:
        return self._as_mapping().get(key, default)

    def keys(self) -> KeysView[str]:
        return self._as_mapping().keys()

    def values(self) -> ValuesView[Any]:
        return self._as_mapping().values()

    def items(self) -> ItemsView[str, Any]:
        return self._as_mapping().items()

    def _as_mapping(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}
