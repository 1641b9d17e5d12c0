"""Making one rule and changing one by its number, as the editor and REST do.

`services.rules` adds by scope and name, which is what programs do that run again and again.
"""

from django.db import transaction
from django.utils import timezone

from monitoring.exceptions import RuleExists
from monitoring.models import AlertRule
from monitoring.services.rules import add_alert_rule, check_rule, find_pipeline, find_rule

_KEPT = {"id", "created_at", "updated_at", "evaluated_at", "last_error"}


@transaction.atomic
def create_rule(*, rule: AlertRule, pipeline_id: str | None = None) -> AlertRule:
    """Save a rule that is not there yet. Raises `RuleExists`, `InvalidRule`, `PipelineNotFound`."""
    taken = AlertRule.objects.filter(name=rule.name, pipeline=pipeline_id).first()
    if taken is not None:
        raise RuleExists(f'there is a rule "{rule.name}" of this scope already (number {taken.pk}); change that one')
    return add_alert_rule(rule=rule, pipeline_id=pipeline_id)


@transaction.atomic
def change_rule(*, rule_id: int, rule: AlertRule, pipeline_id: str | None = None) -> AlertRule:
    """Make a saved rule what `rule` says, its name and pipeline too; its alerts stay its own.

    Raises `RuleNotFound`, `InvalidRule`, `RuleExists`, `PipelineNotFound`.
    """
    saved = find_rule(rule_id)
    pipeline = find_pipeline(pipeline_id)
    check_rule(rule, pipeline)
    taken = AlertRule.objects.filter(name=rule.name, pipeline=pipeline).exclude(pk=saved.pk)
    if taken.exists():
        raise RuleExists(f'there is another rule "{rule.name}" of this scope already')
    columns = {field.name: getattr(rule, field.name) for field in AlertRule._meta.concrete_fields}
    changed = {name: value for name, value in columns.items() if name not in _KEPT} | {"pipeline": pipeline}
    AlertRule.objects.filter(pk=saved.pk).update(**changed, last_error="", updated_at=timezone.now())
    return find_rule(rule_id)
