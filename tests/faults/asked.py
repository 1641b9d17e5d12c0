"""Programs of ours that a test asks things, a line of JSON each way: both ends of the pipe.

A test process cannot ask itself: its Django is set up for another database.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from tests.processes import ROOT, start_process
from tests.reaper import get_reaper


class Asked:
    """Runs `python -m MODULE`, which calls `answer_lines`; its errors go to `log`."""

    def __init__(self, module: str, env: Mapping[str, str], log: Path) -> None:
        self.log = log
        asked, self._asks = _pipe()
        self._answers, answered = _pipe()
        with log.open("ab") as errors, asked, answered:
            command = [sys.executable, "-m", module]
            self._process = start_process(command, env, ROOT, stdin=asked, stdout=answered, stderr=errors)

    def ask(self, do: str, **arguments: Any) -> Any:
        self._asks.write(json.dumps({"do": do, **arguments}) + "\n")
        self._asks.flush()
        answer = self._answers.readline()
        assert answer, f"the program ended; its log:\n{self.log.read_text()[-4000:]}"
        return json.loads(answer)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        get_reaper().release_group(self._process.pid)
        self._answers.close()
        with suppress(BrokenPipeError):  # what it was asked last and did not read
            self._asks.close()


def _pipe() -> tuple[TextIO, TextIO]:
    """The end to read from, the end to write to."""
    reads, writes = os.pipe()
    return os.fdopen(reads), os.fdopen(writes, "w")


def answer_lines(*commands: Callable[..., Any], call: Callable[..., Any]) -> None:
    """Answer until the other end closes. `call(command, **arguments)` calls it, with what patience the program has."""
    by_name = {command.__name__: command for command in commands}
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(call(by_name[asked.pop("do")], **asked)), flush=True)
