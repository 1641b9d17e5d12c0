"""Programs of ours that a test asks things, a line of JSON each way: both ends of the pipe.

A test process cannot ask itself: its Django is set up for another database.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.processes import ROOT
from tests.reaper import get_reaper


class Asked:
    """Runs `python -m MODULE`, which calls `answer_lines`; its errors go to `log`."""

    def __init__(self, module: str, env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        get_reaper().guard_group(self._process.pid)

    def ask(self, do: str, **arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the program ended; its log:\n{self.log.read_text()[-4000:]}"
        return json.loads(answer)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        get_reaper().release_group(self._process.pid)


def answer_lines(*commands: Callable[..., Any], call: Callable[..., Any]) -> None:
    """Answer until the other end closes. `call(command, **arguments)` calls it, with what patience the program has."""
    by_name = {command.__name__: command for command in commands}
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(call(by_name[asked.pop("do")], **asked)), flush=True)
