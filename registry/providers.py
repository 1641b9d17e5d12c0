"""Who hosts models: apps above name their providers in their `ready()`, and registering knows no others."""

from common.wording import did_you_mean
from registry.exceptions import InvalidVersion

_known: dict[str, None] = {}


def register(*names: str) -> None:
    """Add providers, such as `openai`. Without any, every name is taken for one."""
    _known.update(dict.fromkeys(names))


def check_provider(name: str) -> None:
    """Raises `InvalidVersion` for a name that nobody answers for."""
    if _known and name not in _known:
        near = did_you_mean(name, _known)
        raise InvalidVersion(
            f'there is no provider "{name}"{near}; there are {", ".join(_known)}', [("/provider", "not a provider")]
        )
