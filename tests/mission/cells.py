"""Runs a script cell by cell, as a notebook does: `python -m tests.mission.cells SCRIPT [ARGUMENT …]`.

Cells are separated by lines `# %%`. One that awaits at its top level is run by an event loop, and only that one.
"""

import ast
import asyncio
import inspect
import sys
from pathlib import Path
from typing import Any

SEPARATOR = "# %%\n"


def run_cells(script: Path) -> None:
    shared: dict[str, Any] = {"__name__": "__main__"}
    for cell in script.read_text().split(SEPARATOR):
        code = compile(cell, script.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, shared))
        else:
            exec(code, shared)


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    run_cells(Path(sys.argv[0]))
