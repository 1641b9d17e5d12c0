"""Ends what a test process started, even when that test process was killed.

Owns one small helper process (this file, run as a script) that reads from a pipe which process groups and folders
there are. When the pipe closes, for whatever reason, it ends the groups it still holds and removes the folders. It
sits in a session of its own, so Ctrl-C does not reach it. Ending things in the ordinary way is the starter's
business.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

POLITE_SECONDS = 3.0


class Reaper:
    """The test process's end of the pipe."""

    def __init__(self) -> None:
        command = [sys.executable, "-S", __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)

    def guard_group(self, group: int, polite: signal.Signals = signal.SIGTERM) -> None:
        """End this process group if we die; `polite` is tried before SIGKILL."""
        self._write("group", str(group), str(polite.value))

    def release_group(self, group: int) -> None:
        self._write("release", str(group))

    def guard_folder(self, folder: Path) -> None:
        self._write("folder", str(folder))

    def close(self) -> None:
        """End and remove everything still guarded, and wait until that is done."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def _write(self, *words: str) -> None:
        assert self._process.stdin
        self._process.stdin.write("\t".join(words) + "\n")
        self._process.stdin.flush()


@cache
def get_reaper() -> Reaper:
    """The reaper of this process, started at the first call."""
    return Reaper()


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group (0 only asks); False when nobody is left in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # PermissionError: on macOS, a group of zombies
        return False
    return True


def _read(lines: Iterable[str]) -> tuple[dict[int, int], list[str]]:
    groups: dict[int, int] = {}
    folders: list[str] = []
    for line in lines:
        match line.rstrip("\n").split("\t"):
            case ["group", group, polite]:
                groups[int(group)] = int(polite)
            case ["release", group]:
                groups.pop(int(group), None)
            case ["folder", folder]:
                folders.append(folder)
    return groups, folders


def main() -> None:
    """Read until the pipe closes, then end and remove what is left."""
    groups, folders = _read(sys.stdin)
    left = [group for group, polite in groups.items() if signal_group(group, polite)]
    deadline = time.monotonic() + POLITE_SECONDS
    while (left := [group for group in left if signal_group(group, 0)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in left:
        signal_group(group, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
