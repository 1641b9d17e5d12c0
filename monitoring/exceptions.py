"""Errors of the monitoring app; their kinds are in `common.errors`."""

from common.errors import Conflict, Invalid, NotFound, OrchestrationError


class InvalidRule(Invalid):
    """An alert rule that could never work; `problems` names each field and what is wrong with it."""

    code = "invalid_alert_rule"

    def __init__(self, message: str, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class InvalidTemplate(Invalid):
    """A message template that asks for what a message may not hold."""

    code = "invalid_message_template"


class InvalidChannel(Invalid):
    code = "invalid_channel"


class InvalidSilence(Invalid):
    code = "invalid_silence"


class InvalidRange(Invalid):
    """A stretch of time that cannot be read or derived again."""

    code = "invalid_range"


class UnknownMetric(Invalid):
    code = "unknown_metric"


class RuleNotFound(NotFound):
    code = "alert_rule_not_found"


class AlertNotFound(NotFound):
    code = "alert_not_found"


class SilenceNotFound(NotFound):
    code = "silence_not_found"


class ChannelNotFound(NotFound):
    code = "channel_not_found"


class RuleExists(Conflict):
    """A rule of this scope and name is there already."""

    code = "alert_rule_exists"


class AlertMoved(Conflict):
    """Somebody or something changed the alert first; the message says how it stands now."""

    code = "alert_moved"


class MonitoringDisabled(Conflict):
    """MONITORING_ENABLED=false: nothing is recorded or watched."""

    code = "monitoring_disabled"


class UndeliverableNotice(OrchestrationError):
    """A message could not be handed over; the text says why, and is kept with the try."""

    code = "undeliverable_notice"


class ForbiddenAddress(UndeliverableNotice):
    """A webhook's address leads to a network it must not reach."""

    code = "forbidden_address"
