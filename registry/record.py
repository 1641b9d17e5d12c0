"""What use says of versions: apps above give a source of figures in their `ready()`, and pages, REST, commands and the
comparison show what it finds. Which figures there are, and which values are better, is the source's to say.
"""

from collections.abc import Callable, Sequence

from registry.figures import Figure
from registry.models import ModelVersion

Record = tuple[Figure, ...]
Source = Callable[[ModelVersion], Sequence[Figure]]
May = Callable[[str], bool]
"""Whether somebody has a permission."""
_sources: dict[str, tuple[str, Source]] = {}


def register(name: str, permission: str, source: Source) -> None:
    """Add a source, whose figures are for those with `permission`. It asks a bounded number of queries, and answers
    nothing of a version that was never used. The same name again replaces it.
    """
    _sources[name] = permission, source


def record_of(version: ModelVersion, may: May | None = None) -> Record:
    """What use says of a version whose model is loaded; of what somebody `may` see, or everything."""
    found = (source for permission, source in _sources.values() if may is None or may(permission))
    return tuple(figure for source in found for figure in source(version))
