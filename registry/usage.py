"""Who uses models, as far as apps above know: each gives a finder in its `ready()`, and pages show what they find."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody who names a model, such as a pipeline. `detail` says where, `reference` how."""

    label: str
    url: str
    reference: str
    detail: str = ""


Finder = Callable[[Sequence[str]], Mapping[str, Sequence[Use]]]
_finders: dict[str, Finder] = {}


def register(name: str, finder: Finder) -> None:
    """Add a finder: model names → who uses each, in a bounded number of queries. The same name again replaces it."""
    _finders[name] = finder


def uses_of(model_names: Iterable[str]) -> dict[str, list[Use]]:
    """Model name → who uses it; those nobody uses have an empty list."""
    names = list(model_names)
    found: dict[str, list[Use]] = {name: [] for name in names}
    for finder in _finders.values():
        for name, uses in finder(names).items():
            found[name] += uses
    return found
