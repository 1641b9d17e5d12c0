"""The result cache as the engine calls it: `answer` runs a handler, or finds what it returned for the same question.

Owns which tasks are cached, what their keys are made of, and what is said about it on the task run. Never fails a task:
whatever goes wrong here means that the handler runs. Tasks without `cache_enabled` never come here.
"""

import logging
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.cache.analytics import Subject
from orchestration.cache.entries import Entry, Origin, digest_of
from orchestration.cache.exceptions import StoreDown, Undecodable
from orchestration.cache.installed import Installed, get_installed
from orchestration.cache.keys import CacheKey, NotCacheable, first_difference
from orchestration.cache.names import name_of
from orchestration.cache.questions import Question, Why, key_of, reason_against
from orchestration.cache.single_flight import Turn
from orchestration.cache.tiers.store import Asked
from orchestration.cache.two_levels import ABSENT, DOWN, EXPIRED, INVALIDATED, UNDECODABLE, Found, Maker
from orchestration.handlers.base import Answer, Evidence, NeedsReview, TaskContext

logger = logging.getLogger(__name__)

RESULTS = "r:"
"""Keys of results begin with this; keys of users with another letter, so that they never meet."""
WAITING_SHARE = 0.5
"""Of what is left of the attempt, at most, is spent on waiting for somebody who makes the same result."""
EARLINESS = 1.0
"""XFetch's beta: Vattani, Chierichetti, Lowenstein, Optimal probabilistic cache stampede prevention, VLDB 2015."""
ANSWERED, AWAITED = "the same question was answered before", "it was being made, and was waited for"
HIT, MISS, BYPASS = "hit", "miss", "bypass"
Run = Callable[[], Answer]


def answer(question: Question, run: Run) -> Answer:
    """What `run` returns, or returned for the same question before; `context.cache` says which, and why."""
    found = _key_or_why_not(question)
    if isinstance(found, Why):
        return _bypass(question, found, run)
    return _Lookup(question, found, get_installed()).answer(run)


def _key_or_why_not(question: Question) -> CacheKey | Why:
    try:
        return reason_against(question) or key_of(question)
    except NotCacheable as error:
        return Why(str(error).partition(":")[0], str(error))


def _bypass(question: Question, why: Why, run: Run) -> Answer:
    question.context.cache = {"outcome": BYPASS, "reason": why.sentence}
    installed = get_installed()
    installed.analytics.count(question.subject, BYPASS, why.code)
    installed.keep_up()
    return run()


_WHY: Mapping[str, Why] = {
    EXPIRED: Why("expired", "the earlier result has expired"),
    INVALIDATED: Why("invalidated", "the earlier result was invalidated by one of its tags"),
    UNDECODABLE: Why("undecodable", "what was kept cannot be read: it is damaged, or of another version"),
    DOWN: Why("store_down", "the cache's store does not answer"),
    ABSENT: Why("first", "nothing like it has been asked lately"),
}
_GONE = Why("evicted", "the earlier result was deleted, or had to make room")
_ALWAYS = Why("refresh", "made anew at every run: cache.refresh is always")
_EARLY = Why("refresh", "made anew before it expires: cache.refresh is early")


@dataclass(slots=True)
class _Lookup:
    question: Question
    key: CacheKey
    installed: Installed
    latest: Found | None = None
    """What the last look came to."""

    @property
    def name(self) -> str:
        return RESULTS + self.key.digest

    @property
    def context(self) -> TaskContext:
        return self.question.context

    @property
    def subject(self) -> Subject:
        return self.question.subject

    @property
    def tags(self) -> list[str]:
        return sorted({name_of(str(tag)) for tag in self.question.task.cache.tags})

    def answer(self, run: Run) -> Answer:
        self.installed.keep_up()
        found = self._look()
        if found.entry is None:
            return self._miss(found, run)
        refresh = self.question.task.cache.refresh
        if refresh == "always" or (refresh == "early" and self._is_due(found.entry)):
            why = _ALWAYS if refresh == "always" else _EARLY
            turn = self._try_to_lead()
            if turn is not None or refresh == "always":
                return self._make(run, turn or Turn(None), why, before=digest_of(found.entry.content))
        return self._hit(found, run)

    def _look(self) -> Found:
        self.latest = self.installed.levels.look_up(self.name, self.tags, to_make=True)
        return self.latest

    def _look_again(self) -> Found | None:
        found = self._look()
        return found if found.entry is not None else None

    def _is_due(self, entry: Entry) -> bool:
        """The sooner it expires and the longer it takes to make, the likelier (XFetch)."""
        ahead = entry.seconds * EARLINESS * -math.log(1.0 - random.random())
        return self.installed.levels.clock() + ahead >= entry.expires_at

    def _try_to_lead(self) -> Turn | None:
        try:
            return self.installed.flights.try_to_lead(self.name)
        except StoreDown:
            return None

    # Found ------------------------------------------------------------------------------------------------------------

    def _hit(self, found: Found, run: Run, waited: float | None = None) -> Answer:
        entry = found.entry
        try:
            value = self.installed.levels.value_of(entry) if entry else None
        except Undecodable:
            value = None
        if entry is None or value is None:
            return self._make(run, Turn(None), _WHY[UNDECODABLE])
        age = max(0.0, self.installed.levels.clock() - entry.created_at)
        self.installed.analytics.count_hit(self.subject, found.level, self.name, entry, age)
        self.context.cache = _described_hit(found.level, entry, age, waited)
        self.context.model = entry.origin.model or self.context.model
        if evidence := value.get("evidence"):
            self.context.evidence = Evidence(text=evidence["text"], places=evidence["places"])
        output: Answer = value["output"]
        return output

    # Not found --------------------------------------------------------------------------------------------------------

    def _miss(self, found: Found, run: Run) -> Answer:
        if not found.may_keep:
            return self._make(run, Turn(None), _WHY[DOWN])
        started = time.monotonic()
        limit = self.context.remaining_seconds * WAITING_SHARE
        outcome = self.installed.flights.lead_or_wait(self.name, self._look_again, limit)
        if isinstance(outcome, Found):
            return self._hit(outcome, run, waited=round(time.monotonic() - started, 3))
        earlier = self._latest_questions()
        mine = next((asked for asked in earlier if asked.key == self.name), None)
        why = self._explain(found, earlier, mine)
        return self._make(run, outcome, why, before=mine.digest if mine else None)

    def _latest_questions(self) -> list[Asked]:
        try:
            return self.installed.levels.store.latest(f"{self.subject.pipeline}/{self.subject.task}")
        except StoreDown:
            return []

    def _explain(self, found: Found, earlier: list[Asked], mine: Asked | None) -> Why:
        if found.reason != ABSENT:
            return _WHY[found.reason]
        if mine is not None:
            return _WHY[EXPIRED] if mine.expires_at <= self.installed.levels.clock() else _GONE
        part = first_difference(self.key.parts, [asked.parts for asked in earlier])
        return _WHY[ABSENT] if part is None else Why(part, f"the most similar question kept differs in {part}")

    def _make(self, run: Run, turn: Turn, why: Why, before: str | None = None) -> Answer:
        self.context.cache = {"outcome": MISS, "reason": why.sentence, "code": why.code, "kept": False}
        self.installed.analytics.count(self.subject, MISS, why.code)
        kept = False
        started = time.perf_counter()
        try:
            output = run()
            refused = self._keep(output, turn, time.perf_counter() - started, before)
            kept = refused is None
            self.context.cache |= {"kept": kept} | ({"not_kept": refused} if refused else {})
            return output
        finally:
            self.installed.flights.land(self.name, turn, kept=kept)

    def _keep(self, output: Answer, turn: Turn, seconds: float, before: str | None) -> str | None:
        """Why a result is not kept; None when it is."""
        refused = self._reason_not_to_keep(output, turn)
        if refused is None:
            try:
                refused = self._write(output, turn, seconds, before)
            except NotCacheable as error:
                refused = str(error)
            except Exception as error:  # a result that is there must not be lost to a defect of the cache
                logger.exception("the result of %s could not be kept", self.context.task_name)
                refused = f"the cache failed: {type(error).__name__}"
        if refused is not None:
            self.installed.analytics.count(self.subject, "refused", refused.partition(":")[0])
        return refused

    def _reason_not_to_keep(self, output: Answer, turn: Turn) -> str | None:
        if isinstance(output, NeedsReview):
            return "a person decides about it"
        if self.context.not_kept:
            return self.context.not_kept
        if turn.token is None:
            return "somebody else makes it, or the store does not answer"
        return None

    def _write(self, output: Answer, turn: Turn, seconds: float, before: str | None) -> str | None:
        context, levels = self.context, self.installed.levels
        value: dict[str, Any] = {"output": output}
        if context.evidence.text and self.question.task.review is not None:
            value["evidence"] = {"text": context.evidence.text, "places": context.evidence.places}
        origin = Origin(
            execution_id=context.execution_id,
            pipeline=context.pipeline_name,
            task=context.task_name,
            model=str(context.model),
        )
        maker = Maker(
            origin=origin,
            seconds=seconds,
            cost_microusd=_cost(context.usage),
            token=turn.token,
            parts=self.key.parts,
        )
        versions = self.latest.versions if self.latest else {}
        if any(tag not in versions for tag in self.tags):
            return "the versions of its tags are not known"
        entry = levels.entry_of(value, ttl=self._ttl(), tags={tag: versions[tag] for tag in self.tags}, maker=maker)
        if not levels.keep(self.name, entry, maker):
            return "the store does not answer, or the entry was deleted while it was made"
        compared = "new" if before is None else "unchanged" if before == digest_of(entry.content) else "changed"
        self.installed.analytics.count(self.subject, "stored", compared, size=len(entry.content))
        return None

    def _ttl(self) -> float:
        task = self.question.task
        given = (task.cache.ttl, task.cache_ttl, self.question.default_ttl)
        learnt = self.installed.learnt_ttl(f"{self.subject.pipeline}/{self.subject.task}")
        return next((ttl for ttl in (*given, learnt) if ttl is not None), self.installed.default_ttl)


def _cost(usage: Mapping[str, Any]) -> int | None:
    """What a result cost in millionths of a dollar: 0 where nothing was asked of a service, None when not known."""
    cost = usage.get("cost_microusd")
    if isinstance(cost, int) and cost >= 0:
        return cost
    return None if "requests" in usage else 0


def _described_hit(level: str, entry: Entry, age: float, waited: float | None) -> dict[str, Any]:
    return {
        "outcome": HIT,
        "level": level,
        "reason": "the same question was answered before"
        if waited is None
        else "it was being made, and was waited for",
        "origin": {
            "execution_id": entry.origin.execution_id,
            "pipeline": entry.origin.pipeline,
            "task": entry.origin.task,
        },
        "made_at": datetime.fromtimestamp(entry.created_at, UTC).isoformat(timespec="milliseconds"),
        "age_seconds": round(age, 3),
        "seconds_saved": round(entry.seconds, 6),
        "microusd_saved": entry.cost_microusd,
    } | ({} if waited is None else {"waited_seconds": waited})
