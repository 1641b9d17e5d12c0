"""Writes `docs/reference` from the code. Usage: python -m docs.make_reference [--check]

`--check` writes nothing, names what is out of date and exits with 1. Nothing outside the code has a say in it: the
documents are the same on every machine, whatever its environment sets.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "reference"
COMMAND = "python -m docs.make_reference"
NAMES = ("definition", "rest", "commands", "settings")
NOTE = f"<!-- Written by `{COMMAND}`; change the code it is made from. -->"


def main(words: Sequence[str]) -> int:
    stale = find_stale()
    if "--check" in words:
        for path in stale:
            print(f"out of date: {path.relative_to(FOLDER.parent.parent)}; run: {COMMAND}")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in stale.items():
        path.write_text(text)
        print(f"written: {path.relative_to(FOLDER.parent.parent)}")
    return 0


def find_stale() -> dict[Path, str]:
    """Documents that differ from what the code says, with what they should hold. Django has to be set up."""
    written = {FOLDER / f"{name}.md": make(name) for name in NAMES}
    return {path: text for path, text in written.items() if not path.exists() or path.read_text() != text}


def make(name: str) -> str:
    """One document; its writer has Django's models in reach, so it is imported when Django is set up."""
    write: Callable[[], str] = import_module(f"docs.writers.{name}").write
    return f"{NOTE}\n\n{write()}\n"


def run() -> int:
    """In a data folder of its own, and with nothing configured."""
    import django

    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
        os.environ.clear()
        os.environ.update(kept, DATA_DIR=folder, DJANGO_SETTINGS_MODULE="config.settings")
        django.setup()
        return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
