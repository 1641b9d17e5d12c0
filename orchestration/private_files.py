"""Files only their owner may read (mode 0600): the generated secrets of an installation, such as its first login."""

import os
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, create: Callable[[], str]) -> str:
    """The text of `path`, written first with `create()` when the file is not there; safe when two processes race."""
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole under another name and linked, so that a reader never sees half a secret.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(create())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text()
