"""pydantic's errors in the words of a definition: codes, messages and places of what does not have the right form."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from common.wording import Path, label, quoted, show
from orchestration.definition.config import PIPELINE_NAME_RULE, RESERVED_KEYS
from orchestration.definition.problems import Report, inside_task, said_of
from orchestration.definition.templates import has_references
from orchestration.queues import NAME_RULE

# pydantic's error type → our code and what the value must be. `{…}` is filled from the error's context.
_MESSAGES: dict[str, tuple[str, str]] = {
    "string_type": ("wrong_type", "must be text"),
    "int_type": ("wrong_type", "must be a whole number"),
    "float_type": ("wrong_type", "must be a number"),
    "bool_type": ("wrong_type", "must be true or false"),
    "dict_type": ("wrong_type", "must be a mapping"),
    "model_type": ("wrong_type", "must be a mapping"),
    "mapping_type": ("wrong_type", "must be a mapping"),
    "list_type": ("wrong_type", "must be a list"),
    "tuple_type": ("wrong_type", "must be a list"),
    "finite_number": ("out_of_range", "must be a finite number"),
    "greater_than": ("out_of_range", "must be greater than {gt:g}"),
    "greater_than_equal": ("out_of_range", "must be at least {ge:g}"),
    "less_than": ("out_of_range", "must be less than {lt:g}"),
    "less_than_equal": ("out_of_range", "must be at most {le:g}"),
    "literal_error": ("invalid_choice", "must be {expected}"),
    "string_too_short": ("invalid_length", "must have at least {min_length} character(s)"),
    "string_too_long": ("invalid_length", "must have at most {max_length} characters"),
    "too_short": ("invalid_length", "must have at least {min_length} item(s)"),
    "too_long": ("invalid_length", "must have at most {max_length} items"),
}
# Errors of other types are our own, raised as PydanticCustomError with our code.
_PYDANTIC_TYPES = frozenset(get_args(ErrorType))
# What other languages of the kind call it.
_OTHER_WORDS = {"depends_on": "dependencies", "needs": "dependencies", "requires": "dependencies"}
_NAME_RULES = {
    "task": "use letters, digits and underscores, and do not begin with a digit",
    "pipeline": PIPELINE_NAME_RULE,
    "queue": NAME_RULE,
}


def check_model(
    model: type[BaseModel], value: Any, report: Report, path: Path, *, kind: str, templated: bool = False
) -> BaseModel | None:
    """The value as the model, or None with the problems reported. `kind` is `task`, `pipeline` or `parameters`.

    With `templated`, errors about a value that is or is in a placeholder text are left to run time; what the model does
    not know stays unknown, whatever it will hold.
    """
    try:
        return model.model_validate(value)
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    for error in _without_alternatives(errors):
        may_fit = templated and error["type"] != "extra_forbidden"
        if not (may_fit and _is_template(value, error["loc"], error.get("ctx", {}))):
            _report(error, model, value, report, path, kind)
    return None


def _without_alternatives(errors: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One error for each place: pydantic reports one for each type that a value might have had."""
    first: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for error in errors:
        steps = [step for step in error["loc"] if not _is_type_name(step)]
        first.setdefault(tuple(steps), {**error, "loc": tuple(steps)})
    return list(first.values())


def _is_type_name(step: str | int) -> bool:
    """pydantic puts the alternative it tried into the location: `list[constrained-str]`, `constrained-str`."""
    return isinstance(step, str) and (step.startswith(("list[", "function-", "dict[")) or step == "constrained-str")


def _is_template(value: Any, loc: Iterable[str | int], context: Mapping[str, Any]) -> bool:
    for steps in ((), *(at for at, _ in context.get("problems", ()))):
        found = value
        for step in (*loc, *steps):
            if isinstance(found, str):
                break
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(found, str) and has_references(found):
            return True
    return False


def _report(
    error: Mapping[str, Any], model: type[BaseModel], value: Any, report: Report, path: Path, kind: str
) -> None:
    loc: Path = error["loc"]
    context = error.get("ctx", {})
    where = (*path, *loc)
    name = label(inside_task(where))
    if error["type"] == "extra_forbidden":
        _report_unknown_key(model, value, report, where, loc, kind)
    elif error["type"] == "missing":
        report.add("missing_key", f'the key "{name}" is missing', where)
    elif error["type"] == "string_pattern_mismatch":
        rule = _NAME_RULES["queue" if name == "queue" else kind]
        report.add("invalid_name", f"{name} {quoted(error['input'])} is not valid; {rule}", where)
    elif error["type"] == "literal_error":
        choices = [str(choice).strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
        near = report.closest(error["input"], choices) if isinstance(error["input"], str) else None
        report.add(
            "invalid_choice",
            f"{name} must be {context['expected']}, not {show(error['input'])}",
            where,
            suggestion=near,
        )
    elif "problems" in context:
        for at, text in context["problems"]:
            report.add(error["type"], said_of((*where, *at), text), (*where, *at))
    elif error["type"] in _MESSAGES:
        code, must = _MESSAGES[error["type"]]
        report.add(code, f"{name} {must.format(**context)}, not {show(error['input'])}", where)
    elif error["type"] == "int_from_float":
        report.add("wrong_type", f"{name} must be a whole number, not {show(error['input'])}", where)
    else:
        code = "invalid_value" if error["type"] in _PYDANTIC_TYPES else error["type"]
        report.add(code, said_of(where, error["msg"]), where)


def _report_unknown_key(model: type[BaseModel], value: Any, report: Report, where: Path, loc: Path, kind: str) -> None:
    key = str(loc[-1])
    name = label(inside_task(where))
    if len(loc) == 1 and key in RESERVED_KEYS.get(kind, ()):
        report.add("reserved_key", f'"{key}" comes with a later version; remove it for now', where, at="key")
        return
    known = _keys_at(model, loc[:-1])
    meant = _OTHER_WORDS.get(key)
    near = meant if meant in known else report.closest(key, known)
    hint = "" if near else f"; known: {', '.join(known)}"
    report.add("unknown_key", f'unknown key "{name}"{hint}', where, at="key", suggestion=near)


def _keys_at(model: type[BaseModel], loc: Path) -> list[str]:
    """The keys that may stand at a place inside a model, found through the models of its fields."""
    for step in loc:
        inner = _model_of(model, step) if isinstance(step, str) else model
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = next((found for name, found in model.model_fields.items() if key in (name, found.alias)), None)
    return _first_model(field.annotation) if field is not None else None


def _first_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    arguments = getattr(annotation, "__args__", ())
    return next((found for found in map(_first_model, arguments) if found is not None), None)
