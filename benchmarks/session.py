"""One session: start the engines, then round by round time every workload on each of them, close together in time.

A machine's speed drifts; engines timed minutes apart cannot be compared. So the engines take turns within a round, in
an order that rotates, and ratios are taken within the round (`benchmarks.figures`).
"""

from collections.abc import Callable, Iterable, Sequence

from benchmarks.driver import Driver
from benchmarks.engines import ENGINES, FILLED, OURS, Engine
from benchmarks.figures import Seconds
from benchmarks.stack import Stack
from benchmarks.workloads import WORKLOADS, Workload

# W7 is these two on tables full of finished executions, beside the same on empty ones.
W7 = "W7"
W7_WORKLOADS = ("W1", "W3")

Plan = dict[Workload, list[Engine]]
Say = Callable[[str], None]


def make_plan(names: Iterable[str], engines: Sequence[str]) -> Plan:
    """Workload → the engines that run it."""
    wanted: dict[str, set[str]] = {name: set() for name in WORKLOADS}
    for name in names:
        if name == W7:
            for part in W7_WORKLOADS:
                wanted[part] |= {FILLED, OURS}
        else:
            wanted[name] |= set(engines) - {FILLED}
    chosen = {name: [ENGINES[engine] for engine in ENGINES if engine in found] for name, found in wanted.items()}
    return {WORKLOADS[name]: found for name, found in chosen.items() if found}


def run_session(stack: Stack, plan: Plan, *, rounds: int, careful: bool, history: int, say: Say) -> Seconds:
    """The figures of every round; a `careful` session has a round to warm up, and rests.

    Raises `DriverFailed`, `StackFailed`.
    """
    drivers = _start(stack, plan, history, say)
    seconds: Seconds = {workload.name: {engine.name: [] for engine in engines} for workload, engines in plan.items()}
    for number in range(0 if careful else 1, rounds + 1):
        say(f"round {number} of {rounds}" if number else "a round to warm up, not counted")
        for workload, engines in plan.items():
            for engine in _rotated(engines, number):
                if careful:
                    stack.wait_until_quiet()
                taken: float = drivers[engine.name].call("measure", workload)
                say(f"  {workload.name:<4} {engine.title:<26} {taken:9.4f} s")
                if number:
                    seconds[workload.name][engine.name].append(taken)
    return seconds


def _start(stack: Stack, plan: Plan, history: int, say: Say) -> dict[str, Driver]:
    """Everything is started before anything is waited for."""
    engines = {engine.name: engine for found in plan.values() for engine in found}
    say(f"starting {', '.join(engine.title for engine in engines.values())}")
    drivers = {name: _start_engine(stack, engine) for name, engine in engines.items()}
    for name, engine in engines.items():
        drivers[name].call("prepare", [workload for workload, found in plan.items() if engine in found])
        if engine.has_history:
            say(f"putting {history:,} finished executions into the tables")
            drivers[name].call("fill", history)
    return drivers


def _start_engine(stack: Stack, engine: Engine) -> Driver:
    env = engine.environment(stack)
    if engine.worker_app:
        stack.start_worker(engine.worker_app, env)
    return stack.start_driver(engine.client, env)


def _rotated(engines: list[Engine], number: int) -> list[Engine]:
    turn = number % len(engines)
    return engines[turn:] + engines[:turn]
