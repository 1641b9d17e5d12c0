"""What a worker and its children use of their machine, as psutil tells it."""

import contextlib
import time
from dataclasses import dataclass, field

import psutil


@dataclass(frozen=True, slots=True)
class Use:
    """Of all processes together, since the look before: cores, resident bytes, bytes a second."""

    processes: int
    cpu_cores: float
    memory_bytes: int
    read_bytes_per_second: float | None
    written_bytes_per_second: float | None


@dataclass(frozen=True, slots=True)
class _Sums:
    """What one process has used in its life."""

    cpu_seconds: float
    read_bytes: int | None
    written_bytes: int | None


@dataclass
class ProcessTree:
    """Looks at a process and all below it; rates are those between two looks, of processes seen at both."""

    pid: int
    _before: dict[tuple[int, float], _Sums] = field(default_factory=dict)
    _looked_at: float = field(default_factory=time.monotonic)

    def look(self) -> Use:
        seen, memory = self._read()
        now = time.monotonic()
        seconds, self._looked_at = max(now - self._looked_at, 1e-3), now
        pairs = [(self._before[key], sums) for key, sums in seen.items() if key in self._before]
        self._before = seen
        return Use(
            processes=len(seen),
            cpu_cores=sum(after.cpu_seconds - before.cpu_seconds for before, after in pairs) / seconds,
            memory_bytes=memory,
            read_bytes_per_second=_rate([(b.read_bytes, a.read_bytes) for b, a in pairs], seconds),
            written_bytes_per_second=_rate([(b.written_bytes, a.written_bytes) for b, a in pairs], seconds),
        )

    def _read(self) -> tuple[dict[tuple[int, float], _Sums], int]:
        root = psutil.Process(self.pid)
        seen: dict[tuple[int, float], _Sums] = {}
        memory = 0
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess), process.oneshot():
                cpu, size = process.cpu_times(), process.memory_info().rss
                seen[process.pid, process.create_time()] = _Sums(cpu.user + cpu.system, *_io(process))
                memory += size
        return seen, memory


def _io(process: psutil.Process) -> tuple[int | None, int | None]:
    """Bytes that went to and came from disks; not every system tells, and not of every process."""
    try:
        counters = process.io_counters()
    except (psutil.AccessDenied, AttributeError, NotImplementedError):
        return None, None
    return counters.read_bytes, counters.write_bytes


def _rate(pairs: list[tuple[int | None, int | None]], seconds: float) -> float | None:
    known = [after - before for before, after in pairs if before is not None and after is not None]
    return sum(known) / seconds if known else None
