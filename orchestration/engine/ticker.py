"""The loop that moves what time moves, in every worker's main process, with one leader by a row lease.

Duties are registered in each app's `ready()` as (name, period, function). Each has its own error handling; a duty that
takes long is said in the log. Two leaders at once are harmless: every duty is safe to repeat. No network here.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from common.clock import database_now
from common.resilience import database_is_away
from orchestration.engine.patience import Patience
from orchestration.models import TickerLease

logger = logging.getLogger(__name__)

LEADER_LEASE_SECONDS = 10.0
SLOW_DUTY_SECONDS = 2.0


@dataclass(frozen=True)
class Duty:
    """Something to do every `period` seconds; `act` returns how many rows it moved."""

    name: str
    period: float
    act: Callable[[], object]
    judges_silence: bool = False
    """Takes those who have not reported for dead, so it waits until they could have (see `Patience`)."""


_duties: dict[str, Duty] = {}


def register_duty(name: str, period: float, act: Callable[[], object], *, judges_silence: bool = False) -> None:
    """Have the leading ticker call `act` every `period` seconds."""
    _duties[name] = Duty(name, period, act, judges_silence)


def registered_duties() -> tuple[Duty, ...]:
    return tuple(_duties.values())


@dataclass
class Ticker:
    """One process's ticker: leads while it holds the lease, otherwise looks now and then whether the leader is gone."""

    holder: str
    patience: Patience = field(default_factory=Patience)
    _leads_until: float = 0.0
    _due: dict[str, float] = field(default_factory=dict)
    _reports: dict[str, dict[str, Any]] = field(default_factory=dict)

    def step(self) -> float:
        """One turn of the loop; returns the seconds until the next."""
        now = time.monotonic()
        if now >= self._leads_until - LEADER_LEASE_SECONDS / 2 and not self._lead(now):
            return LEADER_LEASE_SECONDS / 4
        for duty in registered_duties():
            if now >= self._due.get(duty.name, 0.0):
                self._perform(duty)
        return self._rest()

    def _lead(self, now: float) -> bool:
        leads = take_leadership(self.holder, self._reports)
        self.patience.note_answer()
        if not leads:
            self._leads_until = 0.0
            return False
        self._leads_until = now + LEADER_LEASE_SECONDS
        return True

    def _perform(self, duty: Duty) -> None:
        started = time.monotonic()
        if duty.judges_silence and (rest := self.patience.seconds_left()):
            self._due[duty.name] = started + rest
            return
        report: dict[str, Any] = dict(self._reports.get(duty.name, {}))
        try:
            duty.act()
        except Exception as error:  # one duty must not stop the others
            report["last_error"] = f"{type(error).__name__}: {error}"[:500]
            if database_is_away(error):
                raise  # the loop waits for it
            logger.exception('ticker duty "%s" failed', duty.name)
        else:
            report.pop("last_error", None)
            report["last_success_at"] = time.time()
            self.patience.note_answer()
        finally:
            seconds = time.monotonic() - started
            self._reports[duty.name] = report | {"seconds": round(seconds, 4)}
            self._due[duty.name] = started + duty.period
            if seconds > SLOW_DUTY_SECONDS:
                logger.warning('ticker duty "%s" took %.1f s', duty.name, seconds)

    def _rest(self) -> float:
        next_due = min(self._due.values(), default=time.monotonic() + 1.0)
        return min(max(0.01, next_due - time.monotonic()), 1.0)


def take_leadership(holder: str, reports: dict[str, dict[str, Any]]) -> bool:
    """Take or renew the leader's lease; False while another holder's lease lives."""
    with transaction.atomic():
        now = database_now()
        fresh = {"holder": holder, "expires_at": now + timedelta(seconds=LEADER_LEASE_SECONDS), "ticked_at": now}
        lease, created = TickerLease.objects.select_for_update().get_or_create(name="leader", defaults=fresh)
        if created:
            return True
        if lease.holder != holder and lease.expires_at > now:
            return False
        TickerLease.objects.filter(pk=lease.pk).update(**fresh, duties=reports or lease.duties)
        return True


def give_up_leadership(holder: str) -> None:
    """Let another ticker lead at once (on shutdown)."""
    TickerLease.objects.filter(holder=holder).update(expires_at=database_now())
