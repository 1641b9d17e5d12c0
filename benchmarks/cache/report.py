"""The whole of the cache's benchmark: measured, judged against its bounds, written as a page."""

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median

from benchmarks.cache import costs, hit_ratios
from benchmarks.cache.hit_ratios import OPTIMUM, STRATEGY_ORDER, Ratios
from benchmarks.cache.traces import CAPACITY, LENGTH, TRACES
from orchestration.conf import OrchestrationConfig
from tests.services import RedisServer

BEGIN, END = "<!-- python -m benchmarks.cache writes from here -->", "<!-- to here -->"
WORST_GAP_POINTS = 3.0
MEMORY_MICROSECONDS = 5.0
REDIS_TIMES = 1.3
NEWS_MILLISECONDS = 10.0
DEFAULT_CODEC: str = OrchestrationConfig.model_fields["cache_codec"].default


@dataclass
class Results:
    ratios: list[Ratios]
    """One for each seed."""
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    redis: dict[str, dict[str, costs.RedisCost]] = field(default_factory=dict)
    """CACHE_CODEC → size → cost. Promised is the default; the other is shown for who chooses it."""
    news: list[float] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)


def measure(seeds: int, folder: Path, *, ratios_only: bool) -> Results:
    names = dict(hit_ratios.CACHES)
    if find_spec("theine") is None:
        names.pop("theine")  # the page says so by its absence
    results = Results([hit_ratios.measure_all(seed, names=names) for seed in range(1, seeds + 1)])
    if ratios_only:
        return results
    server = RedisServer(folder)
    server.start()
    try:
        for strategy in STRATEGY_ORDER:
            levels = costs.levels_on(server, strategy)
            results.memory[strategy] = costs.measure_memory(levels)
            levels.coherence.close()
        for codec in (DEFAULT_CODEC, "zstd"):
            results.redis[codec] = costs.measure_redis(server, costs.levels_on(server, "lru", cache_codec=codec))
        results.news = costs.measure_news(server)
        results.machine = _describe(server)
    finally:
        server.stop()
    return results


def _describe(server: RedisServer) -> dict[str, str]:
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "Python": platform.python_version(),
        "Redis": _redis_version(server),
        "measured on": datetime.now(UTC).date().isoformat(),
        "costs": f"medians of {costs.CALLS:,} calls, made in turns with what they are compared with",
    }


def worst_gap(results: Results, name: str) -> float:
    return max(hit_ratios.worst_gap(ratios, name) for ratios in results.ratios)


def find_broken_bounds(results: Results) -> list[str]:
    """What is not as promised."""
    broken = []
    if (gap := worst_gap(results, "adaptive")) > WORST_GAP_POINTS:
        broken.append(f"adaptive is {gap:.1f} points behind the best rival on a trace, more than {WORST_GAP_POINTS:g}")
    for strategy, cost in results.memory.items():
        if cost["look-up"] > MEMORY_MICROSECONDS:
            broken.append(f"a hit in memory ({strategy}) takes {cost['look-up']:.1f} µs more than a dictionary")
    for title, found in results.redis.get(DEFAULT_CODEC, {}).items():
        if found.times > REDIS_TIMES:
            broken.append(f"a hit in Redis ({title}) takes {found.times:.2f} times a bare GET")
    if results.news and median(results.news) > NEWS_MILLISECONDS:
        broken.append(f"a delete is seen after {median(results.news):.1f} ms, later than {NEWS_MILLISECONDS:g} ms")
    return broken


def _cpu_model() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _redis_version(server: RedisServer) -> str:
    with server.client() as client:
        return f"{client.info('server')['redis_version']} on the same machine"


def write(results: Results, page: Path) -> None:
    """The generated part of the page; what people wrote around it stays."""
    before, mark, rest = (page.read_text() if page.exists() else "").partition(BEGIN)
    after = rest.partition(END)[2] if mark else "\n"
    page.write_text(f"{before}{BEGIN}\n\n{render(results)}\n\n{END}{after}")


def render(results: Results) -> str:
    """The tables, in Markdown."""
    described = [f"- {label}: {value}" for label, value in results.machine.items()]
    parts = [described, _render_ratios(results), _render_costs(results)]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _render_ratios(results: Results) -> list[str]:
    names = list(next(iter(results.ratios[0].values())))
    lines = [
        f"Hits in per cent of {LENGTH:,} requests, {CAPACITY:,} entries, mean of {len(results.ratios)} traces each:",
        "",
        _row(["trace", *names]),
        _row(["---", *["---:"] * len(names)]),
    ]
    for trace in TRACES:
        shares = {name: 100 * mean(ratios[trace][name] for ratios in results.ratios) for name in names}
        best = max(share for name, share in shares.items() if name != OPTIMUM)
        lines.append(_row([trace, *(_marked(share, best - share < 0.05) for share in shares.values())]))
    gaps = [f"{worst_gap(results, name):.1f}" if name != OPTIMUM else "" for name in names]
    return [*lines, _row(["*worst gap to the best rival*", *gaps])]


def _marked(share: float, is_best: bool) -> str:
    return f"**{share:.1f}**" if is_best else f"{share:.1f}"


def _render_costs(results: Results) -> list[str]:
    if not results.memory:
        return []
    lines = [
        _row(["a hit in memory", "beyond a dictionary", "making the value (267 bytes)"]),
        _row(["---", "---:", "---:"]),
    ]
    for strategy, cost in results.memory.items():
        lines.append(_row([f"`{strategy}`", f"{cost['look-up']:.1f} µs", f"{cost['value']:.1f} µs"]))
    lines += [
        "",
        _row(["a hit in Redis", "`CACHE_CODEC`", "bytes", "look-up", "bare GET", "times", "making the value"]),
    ]
    lines.append(_row(["---", "---", *["---:"] * 5]))
    for codec, sizes in results.redis.items():
        lines += [_row(_redis_cells(title, codec, found)) for title, found in sizes.items()]
    news = sorted(results.news)
    seen = f"half within {median(news):.1f} ms, the slowest of {len(news)} after {news[-1]:.1f} ms"
    return [*lines, "", f"A delete in one process is seen by the memory of another: {seen}."]


def _redis_cells(title: str, codec: str, found: costs.RedisCost) -> list[str]:
    look_up, get, read = (f"{1e6 * seconds:.0f} µs" for seconds in (found.look_up, found.get, found.read))
    return [title, f"`{codec}`", f"{found.stored:,}", look_up, get, f"{found.times:.2f}", read]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
