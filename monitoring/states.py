"""The words of monitoring: severities, where an alert stands and which moves are allowed, rule options. Pure."""

from collections.abc import Iterable
from enum import IntEnum, StrEnum


def choices(words: Iterable[StrEnum | IntEnum]) -> list[tuple[str | int, str]]:
    """Words as a column offers them: the value, and how people read it."""
    return [(word.value, LABELS.get(word, word.name.lower())) for word in words]


class AlertSeverity(StrEnum):
    """How bad it is; `rank` orders them, the worst first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return [AlertSeverity.CRITICAL, AlertSeverity.ERROR, AlertSeverity.WARNING, AlertSeverity.INFO].index(self)


class AlertStatus(StrEnum):
    """Where an incident stands."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


_S = AlertStatus

ALERT_MOVES: dict[AlertStatus, frozenset[AlertStatus]] = {
    _S.PENDING: frozenset({_S.FIRING, _S.SILENCED, _S.RESOLVED}),
    _S.FIRING: frozenset({_S.ACKNOWLEDGED, _S.SILENCED, _S.RESOLVED}),
    _S.ACKNOWLEDGED: frozenset({_S.SILENCED, _S.RESOLVED}),
    _S.SILENCED: frozenset({_S.FIRING, _S.ACKNOWLEDGED, _S.RESOLVED}),
    _S.RESOLVED: frozenset(),
}
OPEN_ALERT = tuple(status for status, moves in ALERT_MOVES.items() if moves)
ACTIVE_ALERT = (_S.FIRING, _S.ACKNOWLEDGED, _S.SILENCED)
"""What is wrong now, whether somebody knows of it or not."""


class Operator(StrEnum):
    """How a value is compared with a rule's threshold."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    EQUAL = "=="
    UNEQUAL = "!="


class NoData(StrEnum):
    """What too few samples mean: all is well, something is wrong, or nothing new."""

    OK = "ok"
    ALERT = "alert"
    KEEP = "keep"


class GroupBy(StrEnum):
    """What a rule watches separately, each with incidents of its own."""

    NOTHING = ""
    PIPELINE = "pipeline"
    TASK = "task"
    MODEL = "model"
    PATTERN = "pattern"
    EACH = "each"

    @property
    def labels(self) -> tuple[str, ...]:
        return GROUP_LABELS[self]


GROUP_LABELS: dict[GroupBy, tuple[str, ...]] = {
    GroupBy.NOTHING: (),
    GroupBy.PIPELINE: ("pipeline",),
    GroupBy.TASK: ("pipeline", "task"),
    GroupBy.MODEL: ("model",),
    GroupBy.PATTERN: ("pipeline", "task", "detail"),
    GroupBy.EACH: ("detail",),
}


class ChannelKind(StrEnum):
    """How a message travels."""

    LOG = "log"
    EMAIL = "email"
    WEBHOOK = "webhook"


class NoticeKind(StrEnum):
    """What a message says."""

    FIRING = "firing"
    RESOLVED = "resolved"


class NoticeStatus(StrEnum):
    """Where a message stands; `failed` means nobody tries again."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Level(IntEnum):
    """How long the stretch of one roll-up is, in seconds."""

    MINUTE = 60
    HOUR = 3600
    DAY = 86400


LABELS: dict[StrEnum | IntEnum, str] = {
    Operator.ABOVE: "above",
    Operator.AT_LEAST: "at least",
    Operator.BELOW: "below",
    Operator.AT_MOST: "at most",
    Operator.EQUAL: "equal to",
    Operator.UNEQUAL: "other than",
    NoData.OK: "all is well",
    NoData.ALERT: "something is wrong",
    NoData.KEEP: "nothing new",
    GroupBy.NOTHING: "everything together",
    GroupBy.PIPELINE: "each pipeline",
    GroupBy.TASK: "each task",
    GroupBy.MODEL: "each model",
    GroupBy.PATTERN: "each failure pattern",
    GroupBy.EACH: "each queue or worker",
    ChannelKind.EMAIL: "e-mail",
    ChannelKind.WEBHOOK: "signed webhook",
}
