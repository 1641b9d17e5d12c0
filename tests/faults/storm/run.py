"""One storm: services, workers, a program that submits and reviews, one that judges, and a fault every few seconds.

The seed decides the schedule (which fault, how long, what is submitted); which instruction a fault hits is up to the
machine. Owns the life of everything it starts: after `close` no process is left.
"""

import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.faults.asked import Asked
from tests.faults.storm.faults import Fault, Interrupted, faults_for
from tests.faults.storm.outcome import CALM, Options, Outcome
from tests.plugin import clean_environment
from tests.processes import ManagedProcess, Processes, run_python
from tests.services import PostgresServer, RedisServer, Server, wait_until

PROFILES: dict[str, tuple[str, ...]] = {
    "postgresql-redis": ("postgresql", "redis"),
    "postgresql": ("postgresql",),
    "sqlite": ("sqlite",),
}
LEASE_SECONDS = 3.0
# A tenth of production's patience, so that an hour holds many faults.
SCALED = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "LEASE_RENEWAL_SECONDS": "0.5",
    "ATTEMPT_GRACE_SECONDS": "0.5",
    "SHUTDOWN_GRACE_SECONDS": "1",
    "HITL_LEASE_SECONDS": "2",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
# An invariant counts as broken when it stays so: a lease that ran out in an outage is taken back once a ticker leads
# again, and after errors its loop rests up to 5 s.
INVARIANT_SECONDS = 30.0
# What no fault excuses, in a log. (Broken connections, lost children and Celery's own trouble while it stops are: its
# pool falls over a child that it was about to start.)
UNEXPECTED = re.compile(r"(Integrity|Programming|Data|Assertion|Key|Type|Value)Error$|IllegalMove|DoesNotExist")
WORKERS = 2
BUSY_SECONDS = 3.0
START_SECONDS = 60.0


@dataclass(frozen=True)
class Ground:
    """What a storm passes over: an environment with a migrated database, and the servers it uses."""

    env: dict[str, str]
    services: dict[str, Server] = field(default_factory=dict)


@contextmanager
def make_ground(profile: str, folder: Path) -> Iterator[Ground]:
    """Servers of its own, which end with it."""
    needs = PROFILES[profile]
    ground = Ground(clean_environment() | {"DATA_DIR": str(folder / "data")})
    env, services = ground.env, ground.services
    try:
        if "postgresql" in needs:
            services["postgresql"] = postgres = PostgresServer(folder / "postgres")
            postgres.start()
            env["DATABASE_URL"] = postgres.create_database()
        if "redis" in needs:
            services["redis"] = redis = RedisServer(folder / "redis")
            redis.start()
            env |= {"REDIS_HOST": redis.host, "REDIS_PORT": str(redis.port)}
        done = run_python("manage.py", "migrate", "--verbosity=0", env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        yield ground
    finally:
        for server in services.values():
            server.stop()


class Storm:
    """A running system that faults act on. Use it as a context manager."""

    lease = LEASE_SECONDS

    def __init__(self, profile: str, options: Options, folder: Path, ground: Ground) -> None:
        self.options = options
        self.rng = random.Random(f"{profile}-{options.seed}")
        self.revision = 1
        self.outcome = Outcome(profile)
        self.folder = folder
        self.services = ground.services
        self._ground = ground
        self._interrupted: list[tuple[str, Interrupted]] = []
        self._processes = Processes(folder)
        self._workers: list[ManagedProcess] = []

    def __enter__(self) -> Self:
        try:
            self.env = self._prepare()
            self._judge = Asked("tests.faults.storm.audit", self.env, self.folder / "judge.log")
            self._start_load()
            self.keep_workers()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _prepare(self) -> dict[str, str]:
        env = self._ground.env | SCALED
        env |= {
            "STORM_NOTES": str(self.folder / "points"),
            "STORM_SEED": str(self.options.seed),
            "STORM_LIVE": str(self.options.live),
            "STORM_RATE": str(self.options.rate),
            "LOG_LEVEL": "INFO",
        }
        for name in ("points", "decisions"):
            (self.folder / name).touch()
        return env

    # What faults use

    def ask(self, do: str, **arguments: Any) -> Any:
        return self._judge.ask(do, **arguments)

    def rest(self, least: float, most: float) -> None:
        time.sleep(self.rng.uniform(least, most))

    def running_workers(self) -> list[ManagedProcess]:
        return [worker for worker in self._workers if worker.is_running]

    def busy_worker(self) -> ManagedProcess:
        """One that holds a task at this moment, if there is one within a few seconds."""
        self.keep_workers()
        worker = self.rng.choice(self.running_workers())
        wait_until(lambda: bool(self.ask("held", pid=worker.pid)), BUSY_SECONDS)
        return worker

    def keep_workers(self) -> None:
        """Replace workers that have ended."""
        for worker in [worker for worker in self._workers if not worker.is_running]:
            worker.kill_all()
            self._workers.remove(worker)
        modules = "tests.faults.storm.workload,tests.faults.sabotage"
        env = self.env | {"TASK_HANDLER_MODULES": modules, "STORM_KILLS": str(self.options.kills)}
        while len(self._workers) < WORKERS:
            words = ("-m", "celery", "-A", "config", "worker", "--loglevel=INFO", "--concurrency=2")
            self._workers.append(self._processes.python(*words, env=env, name="worker"))
            self.outcome.worker_starts += 1

    def restart_load(self) -> None:
        self._load.kill_all()
        self._start_load()

    def _start_load(self) -> None:
        words = ("-m", "tests.faults.storm.load", self.folder / "journal")
        self._load = self._processes.python(*words, env=self.env, name="load")

    def flush_redis(self) -> None:
        redis = self.services["redis"]
        assert isinstance(redis, RedisServer)
        redis.flush()

    # The storm

    def blow(self) -> Outcome:
        """Faults once there is work, then quiescence, then the verdict."""
        wait_until(lambda: any(self.ask("held", pid=worker.pid) for worker in self._workers), START_SECONDS, 0.2)
        started = time.monotonic()
        table = faults_for(self.services or {"sqlite": None})
        happened: Counter[str] = Counter()
        for name in self._choose(table):
            self.rest(*self.options.calm)
            say(f"{self.outcome.profile} {time.monotonic() - started:6.0f} s  {name}")
            if interrupted := table[name].act(self):
                self._interrupted.append((name, interrupted))
            happened[name] += 1
            self._settle()
            if self.outcome.problems:
                break
        self.outcome.seconds = time.monotonic() - started
        self.outcome.faults = dict(sorted(happened.items()))
        self._calm_down()
        self._judge_all()
        return self.outcome

    def _choose(self, table: Mapping[str, Fault]) -> Iterator[str]:
        """The faults in their turn, until the storm is over."""
        if self.options.faults:
            yield from self.options.faults
            wait_until(lambda: len(self._keys("ok")) >= self.options.submissions, 60, interval=0.2)
            return
        weights = [one.weight for one in table.values()]
        started = time.monotonic()
        while self._blows(time.monotonic() - started):
            yield self.rng.choices(list(table), weights)[0]

    def _blows(self, seconds: float) -> bool:
        due = self.options.minutes * 60
        return seconds < due or (seconds < due + 60 and len(self._keys("ok")) < self.options.submissions)

    def _settle(self) -> None:
        """Workers stand again, the submitting program lives, and what the invariants say comes true in time."""
        self.keep_workers()
        if not self._load.is_running:
            self._problem(f"the submitting program ended:\n{self._load.read_log()[-3000:]}")
        self._check_invariants()

    def _check_invariants(self) -> None:
        """A violation counts when the same one is seen every time, to the end of the patience."""
        deadline = time.monotonic() + INVARIANT_SECONDS
        lasting = dict(self.ask("violations"))
        self.outcome.checks += 1
        while lasting and time.monotonic() < deadline:
            time.sleep(1)
            self.keep_workers()
            now = dict(self.ask("violations"))
            lasting = {what: now[what] for what in lasting if what in now}
        for what, message in lasting.items():
            self._problem(f"invariant broken for {INVARIANT_SECONDS:g} s: {what}: {message}")

    def _calm_down(self) -> None:
        """No more submissions, no more faults from outside: everything must end."""
        (self.folder / CALM).touch()
        self._wait_for_answers()
        started = time.monotonic()

        def is_quiet() -> bool:
            self.keep_workers()
            found = self.ask("counts")
            return bool(found["live"] == found["open_reviews"] == 0)

        if not wait_until(is_quiet, self.options.quiescence_seconds, interval=0.5):
            self._problem(f"not ended {self.options.quiescence_seconds:g} s after the last fault: {self.ask('counts')}")
        self.outcome.quiescence_seconds = time.monotonic() - started
        self._load.kill_all()
        self._check_invariants()

    def _wait_for_answers(self) -> None:
        """Every key that was tried has an answer; from now on the program only reviews."""
        if not wait_until(lambda: self._keys("try") == self._keys("ok"), 60, interval=0.2):
            self._problem("the last submission is not acknowledged")

    def _keys(self, verb: str) -> set[str]:
        """Of the journal's lines of this kind; nothing is in it before the program has started."""
        journal = self.folder / "journal"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return {line.split()[1] for line in lines if line.startswith(f"{verb} ")}

    def _judge_all(self) -> None:
        outcome = self.outcome
        files = {name: str(self.folder / name) for name in ("journal", "decisions")}
        outcome.verdict = self.ask("verdict", **files)
        for said in outcome.verdict.pop("problems"):
            self._problem(said)
        for name in ("not_ended", "lost", "doubled"):
            if outcome.verdict[name]:
                self._problem(f"{name}: {outcome.verdict[name]}")
        if outcome.verdict["submitted"] != outcome.verdict["ended"]:
            self._problem(f"submitted {outcome.verdict['submitted']}, ended {outcome.verdict['ended']}")
        outcome.points = dict(sorted(Counter((self.folder / "points").read_text().splitlines()).items()))
        for name, interrupted in self._interrupted:
            self._measure(name, interrupted)
        outcome.logged = count_logged(self.folder)
        for said in filter(UNEXPECTED.search, outcome.logged):
            self._problem(f"{outcome.logged[said]} times in the logs: {said}")

    def _measure(self, name: str, interrupted: Interrupted) -> None:
        """Adds to `taken_back` and `recovery`."""
        outcome = self.outcome
        if interrupted.rows is None:
            pairs = [[None, self.ask("first_completion", since=interrupted.since)]]
        else:
            pairs = self.ask("restarted", rows=interrupted.rows, since=interrupted.since)
        for times, into in zip(zip(*pairs, strict=True), (outcome.taken_back, outcome.recovery), strict=False):
            if known := [round(one, 2) for one in times if one is not None]:
                into.setdefault(name, []).extend(known)

    def _problem(self, text: str) -> None:
        say(f"PROBLEM {self.outcome.profile}: {text}")
        self.outcome.problems.append(text)

    def close(self) -> None:
        for server in self.services.values():
            server.resume()
        self._processes.close()
        if hasattr(self, "_judge"):
            self._judge.close()


def count_logged(folder: Path) -> dict[str, int]:
    """The last lines of the tracebacks in the workers' logs, by exception."""
    found: Counter[str] = Counter()
    for log in (*folder.glob("worker-*.log"), *folder.glob("load-*.log")):
        inside, pool = False, False
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("Traceback"):
                inside, pool = True, False
            elif inside and line.startswith('  File "'):
                pool = "/billiard/pool.py" in line
            elif inside and line and not line.startswith((" ", "\t", "During", "The above")):
                found[f"{log.name.split('-')[0]}: {line.partition(':')[0][:80]}{' in the pool' * pool}"] += 1
                inside = False
    return dict(found.most_common(30))


def say(text: str) -> None:
    print(text, flush=True)


def blow(profile: str, options: Options, folder: Path, ground: Ground | None = None) -> Outcome:
    """One storm in `folder`, which is removed when the storm was survived; without a ground it makes its own."""
    folder.mkdir(parents=True)
    folder.chmod(0o711)  # PostgreSQL may run as another user, see tests/services.py
    given = nullcontext(ground) if ground else make_ground(profile, folder)
    with given as found, Storm(profile, options, folder, found) as storm:
        outcome = storm.blow()
    if not outcome.problems:
        shutil.rmtree(folder, ignore_errors=True)
    return outcome
