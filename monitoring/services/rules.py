"""Alert rules: adding, changing, switching, and the ready-made ones."""

import math
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from monitoring.evaluation import COMPARE
from monitoring.exceptions import InvalidRule, InvalidTemplate, RuleNotFound, UnknownMetric
from monitoring.messages import check_template
from monitoring.metrics.catalogue import Metric, find_metric
from monitoring.models import AlertRule, Channel
from monitoring.ready_made import ready_made_rules
from monitoring.services.channels import ensure_log_channel
from monitoring.states import LABELS, GroupBy, NoData, Operator
from orchestration.models import RegisteredPipeline
from orchestration.selectors.pipelines import find_version

_KEPT = {"id", "pipeline", "created_at", "updated_at", "evaluated_at", "last_error"}
Problem = tuple[str, str]


def add_alert_rule(*, rule: AlertRule, pipeline_id: str | None = None) -> AlertRule:
    """Save a rule for one pipeline, the one it names itself, or for all; one of the same scope and name becomes what
    this one says.

    Raises `InvalidRule` with every problem at once, `PipelineNotFound`.
    """
    pipeline = find_pipeline(rule.pipeline_id if pipeline_id is None else pipeline_id)
    check_rule(rule, pipeline)
    return _save(rule, pipeline)


@transaction.atomic
def _save(rule: AlertRule, pipeline: RegisteredPipeline | None) -> AlertRule:
    columns = {
        field.name: getattr(rule, field.name) for field in AlertRule._meta.concrete_fields if field.name not in _KEPT
    }
    saved, _ = AlertRule.objects.update_or_create(pipeline=pipeline, name=rule.name, defaults=columns)
    ensure_log_channel()
    return saved


def find_pipeline(pipeline_id: str | None) -> RegisteredPipeline | None:
    """The pipeline a rule is for, None for all. Raises `PipelineNotFound`."""
    return None if pipeline_id is None else find_version(pipeline_id=pipeline_id).pipeline


def check_rule(rule: AlertRule, pipeline: RegisteredPipeline | None = None) -> None:
    """Raise `InvalidRule` naming everything that is wrong with a rule."""
    problems = [*_field_problems(rule), *_meaning_problems(rule, pipeline)]
    if problems:
        said = "; ".join(f"{field}: {message}" for field, message in problems)
        raise InvalidRule(f'the alert rule "{rule.name}" cannot work: {said}', tuple(problems))


def _field_problems(rule: AlertRule) -> Iterator[Problem]:
    try:
        rule.clean_fields(exclude=["pipeline", "channels"])
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            yield field, " ".join(messages)


def _meaning_problems(rule: AlertRule, pipeline: RegisteredPipeline | None) -> Iterator[Problem]:
    for field in ("threshold", "resolve_threshold"):
        value = getattr(rule, field)
        if isinstance(value, float) and not math.isfinite(value):
            yield field, "has to be a finite number"
    yield from _resolving_problems(rule)
    if isinstance(rule.message_template, str):
        try:
            check_template(rule.message_template)
        except InvalidTemplate as error:
            yield "message_template", str(error)
    yield from _channel_problems(rule)
    if isinstance(rule.metric_name, str):
        yield from _metric_problems(rule, pipeline)


def _resolving_problems(rule: AlertRule) -> Iterator[Problem]:
    """The resolve threshold lies on the good side of the threshold."""
    resolve, threshold = rule.resolve_threshold, rule.threshold
    if resolve is None or any(type(one) not in (int, float) for one in (resolve, threshold)):
        return
    if rule.operator not in COMPARE:
        return
    if rule.operator in (Operator.EQUAL, Operator.UNEQUAL):
        yield "resolve_threshold", f"means nothing with {rule.operator}"
    elif resolve != threshold and COMPARE[rule.operator](resolve, threshold):
        side = "above" if rule.operator in (Operator.BELOW, Operator.AT_MOST) else "below"
        yield "resolve_threshold", f"has to be {side} the threshold, or alerts would end at once"


def _channel_problems(rule: AlertRule) -> Iterator[Problem]:
    names: Any = rule.channels
    if type(names) is not list or any(type(name) is not str for name in names):
        yield "channels", "has to be a list of names of channels"
        return
    missing = set(names) - {"log"} - set(Channel.objects.filter(pk__in=names).values_list("pk", flat=True))
    if missing:
        yield "channels", f"there is no channel {', '.join(sorted(missing))}"


def _metric_problems(rule: AlertRule, pipeline: RegisteredPipeline | None) -> Iterator[Problem]:
    try:
        metric = find_metric(rule.metric_name)
    except UnknownMetric as error:
        yield "metric_name", str(error)
        return
    yield from _value_problems(rule, metric)
    given = {"pipeline": pipeline, "task": rule.task, "model": rule.model}
    scoped = {label for label, value in given.items() if value}
    grouped = set(GroupBy(rule.group_by).labels) if rule.group_by in list(GroupBy) else set()
    if unknown := sorted((scoped | grouped) - set(metric.labels)):
        known = ", ".join(metric.labels) or "nothing"
        yield (
            "group_by" if not set(unknown) <= scoped else "metric_name",
            (f"{metric.name} is not kept by {', '.join(unknown)}, only by {known}"),
        )


def _value_problems(rule: AlertRule, metric: Metric) -> Iterator[Problem]:
    """What no value of the metric can reach: the alert would never begin, always be there, or never end."""
    is_capped = math.isfinite(metric.most)
    limits = f"between 0 and {metric.most:g} (100 %)" if is_capped else "never below 0"
    hint = "; write 0.1 for 10 %" if is_capped else ""
    given = {name: getattr(rule, name) for name in ("threshold", "resolve_threshold")}
    outside = [
        name
        for name, value in given.items()
        if type(value) in (int, float) and math.isfinite(value) and not 0 <= value <= metric.most
    ]
    for name in outside:
        yield name, f"cannot be {given[name]:g}: {metric.name} is {limits}{hint}"
    if not outside and _never_begins(rule, metric):
        words = LABELS[Operator(rule.operator)]
        yield "threshold", f"{metric.name} is {limits}, so it is never {words} {rule.threshold:g}"


def _never_begins(rule: AlertRule, metric: Metric) -> bool:
    """At the edge: no value is beyond it, and no data are no reason either."""
    if rule.no_data == NoData.ALERT:
        return False
    return (rule.operator, rule.threshold) in ((Operator.ABOVE, metric.most), (Operator.BELOW, 0))


def find_rule(rule_id: int) -> AlertRule:
    """Raises `RuleNotFound`."""
    rule = AlertRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise RuleNotFound(f"there is no alert rule {rule_id}; manage.py alerts --rules lists them")
    return rule


def set_rule_enabled(*, rule_id: int, enabled: bool) -> AlertRule:
    """Switch a rule; what is open of one that is switched off ends with the next evaluation. Raises `RuleNotFound`."""
    rule = find_rule(rule_id)
    AlertRule.objects.filter(pk=rule.pk).update(enabled=enabled)
    rule.enabled = enabled
    return rule


def delete_rule(*, rule_id: int) -> None:
    """Delete a rule with its alerts and what was told of them. Raises `RuleNotFound`."""
    find_rule(rule_id).delete()


def install_ready_made() -> list[AlertRule]:
    """Save the ready-made rules that are not there yet, by name; those that are stay as people changed them."""
    present = set(AlertRule.objects.filter(pipeline=None).values_list("name", flat=True))
    return [add_alert_rule(rule=rule) for rule in ready_made_rules() if rule.name not in present]
