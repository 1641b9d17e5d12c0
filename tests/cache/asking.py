"""A process that uses the cache as a worker does; started by tests: `python -m tests.cache.asking <what> …`."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()  # before anything of ours is imported

from orchestration.cache.installed import get_installed  # noqa: E402
from orchestration.cache.single_flight import Turn  # noqa: E402
from orchestration.cache.two_levels import Found, Maker  # noqa: E402


def make_once(folder: str, threads: str) -> None:
    """So many threads want one missing key at once; each call that is made leaves a file."""
    gate = threading.Barrier(int(threads))

    def want() -> None:
        installed = get_installed()
        gate.wait()

        def look() -> Found | None:
            found = installed.levels.look_up("once")
            return found if found.entry else None

        found = look() or installed.flights.lead_or_wait("once", look, 30)
        if isinstance(found, Turn):
            Path(folder, f"call-{time.time_ns()}-{threading.get_ident()}").touch()
            time.sleep(0.3)
            entry = installed.levels.entry_of("made", ttl=60)
            kept = installed.levels.keep("once", entry, Maker(token=found.token))
            installed.flights.land("once", found, kept=kept)
        elif found is not None and found.entry is not None:
            assert installed.levels.value_of(found.entry) == "made"
        Path(folder, f"had-{time.time_ns()}-{threading.get_ident()}").touch()

    wanting = [threading.Thread(target=want) for _ in range(int(threads))]
    for thread in wanting:
        thread.start()
    for thread in wanting:
        thread.join()


def watch(key: str) -> None:
    """Have a key in memory, say so, and say when it is gone: milliseconds since 1970."""
    levels = get_installed().levels
    while (found := levels.look_up(key)).level != "memory":
        time.sleep(0.001)
    assert found.entry is not None
    sys.stdout.write(f"warm {levels.value_of(found.entry)}\n")
    sys.stdout.flush()
    while levels.look_up(key).level == "memory":
        time.sleep(0.0001)
    sys.stdout.write(f"gone {time.time() * 1000:.3f}\n")
    sys.stdout.flush()


def follow(key: str) -> None:
    """Say what is found whenever it is something else than before, until killed."""
    levels, before = get_installed().levels, ""
    while True:
        entry = levels.look_up(key).entry
        found = "nothing" if entry is None else str(levels.value_of(entry))
        if found != before:
            sys.stdout.write(f"found {found}\n")
            sys.stdout.flush()
        before = found
        time.sleep(0.0005)


def watch_many(times: str) -> None:
    """The same for keys `news-0`, `news-1` … in turn."""
    for number in range(int(times)):
        watch(f"news-{number}")


if __name__ == "__main__":
    ACTS: dict[str, Callable[..., None]] = {"make_once": make_once, "follow": follow, "watch_many": watch_many}
    ACTS[sys.argv[1]](*sys.argv[2:])
