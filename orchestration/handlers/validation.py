"""`type: validation`: checks a value against rules, a schema and criteria in words, and reports every violation.

Owns what a rule means, which value is checked when none is given, and the report. The languages rules are written in
(paths, conditions, JSON Schema, patterns) belong to `orchestration.definition`.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from common.short_schema import SHORT_TYPES
from common.wording import kind_of, label, show
from orchestration.definition import Condition, ConditionError, TaskConfig, schema_problems
from orchestration.definition.parameters import Rule, ValidationParameters
from orchestration.definition.paths import PathError, follow, parse_path
from orchestration.exceptions import TaskError
from orchestration.handlers.asking import when_answered
from orchestration.handlers.base import TaskContext
from orchestration.handlers.text import find_value
from orchestration.providers.base import JudgementReply, JudgementRequest
from orchestration.providers.catalog import get_provider

MAX_SHOWN = 5
MAX_MESSAGE = 300
MAX_REPORTED_VALUE = 500

# What a rule can demand of a field → the JSON Schema that checks it, and how it is said. Values of another type than
# the demand is about do not pass: `minimum` is not met by a text.
DEMANDS: Mapping[str, tuple[Callable[[Any], dict[str, Any]], str]] = {
    "type": (lambda word: SHORT_TYPES[word], "must be of type {}"),
    "minimum": (lambda least: {"type": "number", "minimum": least}, "must be a number of at least {}"),
    "maximum": (lambda most: {"type": "number", "maximum": most}, "must be a number of at most {}"),
    "min_length": (lambda least: _length_schema("min", least), "must have at least {} characters or items"),
    "max_length": (lambda most: _length_schema("max", most), "must have at most {} characters or items"),
    "pattern": (lambda pattern: {"type": "string", "pattern": pattern}, "must be text that matches {}"),
    "enum": (lambda allowed: {"enum": allowed}, "must be one of {}"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken demand. `field` is a path into the value, null when no single field is to blame."""

    field: str | None
    rule: str
    message: str
    value: Any = None


class ValidationFailed(TaskError):
    """The value breaks rules, and the task says `on_fail: fail`. `details` has every violation."""

    code = "validation_failed"

    def __init__(self, report: Mapping[str, Any]) -> None:
        violations = report["violations"]
        shown = [f"{found['field'] or 'value'}: {found['message']}" for found in violations[:MAX_SHOWN]]
        more = f" (and {len(violations) - MAX_SHOWN} more)" if len(violations) > MAX_SHOWN else ""
        super().__init__(
            f"{len(violations)} of {report['checked']} checks failed: {'; '.join(shown)}{more}",
            details={"violations": violations, "checked": report["checked"]},
        )
        self.rejected_output = report


def validate(
    task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext
) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """`valid`, `violations`, `checked` (the number of demands) and the `value`. Raises `ValidationFailed`."""
    parameters = ValidationParameters.model_validate(task_config.parameters)
    value = find_value(task_config, input_data)
    violations = _violations(value, parameters)
    if not parameters.criteria:
        return _report(value, violations, parameters)
    request = JudgementRequest(
        value=value,
        criteria=parameters.criteria,
        deadline_seconds=context.remaining_seconds,
        usage=context.usage,
    )
    return when_answered(
        get_provider(context.model).judge(request),
        context,
        lambda reply: _report(value, [*violations, *_unmet(parameters.criteria, reply)], parameters),
    )


def _violations(value: Any, parameters: ValidationParameters) -> list[Violation]:
    """Of the rules and the schema."""
    schema = parameters.json_schema
    scope = {"value": value, **(value if isinstance(value, Mapping) else {})}
    broken = [violation for rule in parameters.rules for violation in _broken_demands(rule, scope)]
    return [*broken, *(_schema_violations(value, schema) if schema else ())]


def _unmet(criteria: Sequence[str], reply: JudgementReply) -> Iterator[Violation]:
    for criterion, verdict in zip(criteria, reply.verdicts, strict=True):
        if not verdict.met:
            yield Violation(None, "criterion", _cut(f"{criterion}: {verdict.reason}"))


def _report(value: Any, violations: Sequence[Violation], parameters: ValidationParameters) -> dict[str, Any]:
    demands = sum(len(_demands(rule)) for rule in parameters.rules)
    report = {
        "valid": not violations,
        "violations": [asdict(violation) for violation in violations],
        "checked": demands + (parameters.json_schema is not None) + len(parameters.criteria),
        "value": value,
    }
    if violations and parameters.on_fail == "fail":
        raise ValidationFailed(report)
    return report


def _demands(rule: Rule) -> list[str]:
    given = [name for name in DEMANDS if getattr(rule, name) is not None]
    return given + ["required"] * rule.required + ["expression"] * (rule.expression is not None)


def _broken_demands(rule: Rule, scope: Mapping[str, Any]) -> Iterator[Violation]:
    if rule.expression is not None:
        if reason := _why_not_true(Condition.parse(rule.expression), scope):
            yield Violation(None, "expression", rule.message or _cut(reason))
        return
    path = rule.field or ""
    value = _find(path, scope)
    if value is None:
        if rule.required:
            yield Violation(path, "required", rule.message or "is required, and is missing or null")
        return
    for name, (to_schema, says) in DEMANDS.items():
        demanded = getattr(rule, name)
        if demanded is not None and schema_problems(value, to_schema(demanded)):
            message = f"{says.format(_write(demanded))}, {_found(name, value)}"
            yield Violation(path, name, rule.message or _cut(message), _brief(value))


def _why_not_true(condition: Condition, scope: Mapping[str, Any]) -> str | None:
    try:
        result = condition.evaluate(scope)
    except ConditionError as error:
        return f"{condition.text} cannot be worked out: {error}"
    if result is True:
        return None
    return f"{condition.explain(scope)} is {'not true' if result is False else f'{kind_of(result)}, not true or false'}"


def _schema_violations(value: Any, schema: Mapping[str, Any]) -> Iterator[Violation]:
    """Names that begin with `_` are notes on a result (`_confidence`): a schema sees those it names."""
    if isinstance(value, Mapping):
        named = schema.get("properties", {})
        value = {name: member for name, member in value.items() if not name.startswith("_") or name in named}
    for pointer, message in schema_problems(value, schema):
        field, found = _at(value, pointer)
        yield Violation(field or None, "schema", message, _brief(found))


def _find(path: str, scope: Mapping[str, Any]) -> Any:
    """What stands at a path; None when nothing does."""
    root, *steps = parse_path(path)
    try:
        return follow(scope.get(str(root)), tuple(steps), str(root))
    except PathError:
        return None


def _at(value: Any, pointer: str) -> tuple[str, Any]:
    """The path a JSON pointer means, as people write it, and what stands there."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        step = int(part) if isinstance(value, list) else part.replace("~1", "/").replace("~0", "~")
        value = value[step]
        path.append(step)
    return label(tuple(path)), value


def _length_schema(bound: str, length: int) -> dict[str, Any]:
    words = ("Length", "Items", "Properties")
    return {"type": ["string", "array", "object"], **{bound + word: length for word in words}}


def _write(demanded: Any) -> str:
    if isinstance(demanded, float) and demanded.is_integer():
        demanded = int(demanded)
    return demanded if isinstance(demanded, str) else json.dumps(demanded, ensure_ascii=False)


def _found(demand: str, value: Any) -> str:
    if demand in ("min_length", "max_length") and isinstance(value, (str, list, Mapping)):
        return f"has {len(value)}"
    return f"not {show(value)}"


def _brief(value: Any) -> Any:
    """The value, or what it is when a report full of it would be too long."""
    return value if len(json.dumps(value, default=str)) <= MAX_REPORTED_VALUE else show(value)


def _cut(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"
