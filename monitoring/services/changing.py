"""Making one rule and changing one by its number, as the editor and REST do.

`services.rules` adds by scope and name, which is what programs do that run again and again.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitoring.exceptions import RuleExists
from monitoring.models import AlertRule
from monitoring.services.rules import add_alert_rule, check_rule, find_pipeline, find_rule


@transaction.atomic
def create_rule(*, rule: AlertRule, pipeline_id: str | None = None) -> AlertRule:
    """Save a rule that is not there yet. Raises `RuleExists`, `InvalidRule`, `PipelineNotFound`."""
    taken = AlertRule.objects.filter(name=rule.name, pipeline=pipeline_id).first()
    if taken is not None:
        raise RuleExists(f'there is a rule "{rule.name}" of this scope already (number {taken.pk}); change that one')
    return add_alert_rule(rule=rule, pipeline_id=pipeline_id)


@transaction.atomic
def change_rule(*, rule_id: int, changes: Mapping[str, Any]) -> AlertRule:
    """Change what is named of a saved rule, its name and `pipeline` (an id, or None) too; its alerts stay its own.

    What is not named stays as it is, whoever changes that meanwhile. Raises `RuleNotFound`, `InvalidRule`,
    `RuleExists`, `PipelineNotFound`.
    """
    AlertRule.objects.select_for_update().filter(pk=rule_id).first()
    rule, columns = find_rule(rule_id), dict(changes)
    if "pipeline" in columns:
        columns["pipeline"] = find_pipeline(columns["pipeline"])
    for name, value in columns.items():
        setattr(rule, name, value)
    check_rule(rule, rule.pipeline)
    if AlertRule.objects.filter(name=rule.name, pipeline=rule.pipeline).exclude(pk=rule_id).exists():
        raise RuleExists(f'there is another rule "{rule.name}" of this scope already')
    AlertRule.objects.filter(pk=rule_id).update(**columns, last_error="", updated_at=timezone.now())
    return find_rule(rule_id)
