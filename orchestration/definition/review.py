"""What a definition says about people who decide: a task's `review:` and the parameters of `human_review`.

Owns the conditions under which a result is looked at, and reads confidences out of an output. Pure; who decides, by
when and how is the `reviews` app's.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeGuard

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestration.definition.described import Described
from orchestration.definition.sections import NameList, Section, Share

CONFIDENCE, FIELD_CONFIDENCE = "confidence", "_confidence"

# Conditions on what only these task types' outputs say. Types of your own may say anything.
ONLY_FOR: Mapping[str, frozenset[str]] = {
    "confidence_below": frozenset({"classification", "extraction"}),
    "fields_below": frozenset({"extraction"}),
    "validation_failed": frozenset({"validation"}),
}

Hours = Annotated[float, Field(gt=0, le=365 * 24, allow_inf_nan=False)]
Priority = Literal["low", "normal", "high", "urgent"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person is asked: a code to filter by, a sentence, and what was measured against which bound."""

    code: str
    message: str
    value: float | None = None
    threshold: float | None = None
    field: str | None = None


class ReviewRequestOptions(Described):
    """What is asked of the reviewer; the same wherever a review is asked for."""

    specializations: NameList = ()
    """What the reviewer must know; anybody when empty."""
    priority: Priority = "normal"
    """How urgent it is: low, normal, high or urgent."""
    risk: Literal["low", "normal", "high"] = "normal"
    """What is marked high is never approved by a policy."""
    due_hours: Hours | None = None
    """Hours until it is due; HITL_DEFAULT_TIMEOUT_HOURS when not given."""
    policy: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The escalation policy, by name."""
    may_edit: bool = True
    """Whether the reviewer may correct the result, or only approve and reject it."""
    four_eyes: bool = False
    """Whether who started the execution may not decide."""
    undo_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """How long a decision can be taken back before the execution goes on."""
    on_reject: Literal["fail", "continue"] = "fail"
    """Whether a rejection fails the task, or is only reported."""


class ReviewConfig(ReviewRequestOptions, Section):
    """When a person looks at the task's result before anything follows from it. Any one of the conditions is enough."""

    always: bool = False
    """Every result."""
    confidence_below: Share | None = None
    """Results whose confidence is lower, or that have none."""
    fields_below: Share | dict[str, Share] | None = None
    """Extractions with a field of lower confidence: one bound for all fields, or one for each that matters."""
    validation_failed: bool = False
    """Validations that did not pass, with `on_fail: continue` or without."""
    sample: Share | None = None
    """This share of the results that no other condition concerns, picked by the execution's id."""
    instructions: Annotated[str, Field(max_length=20_000)] = ""
    """What to look at, for the reviewer."""

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        if not (
            self.always
            or self.validation_failed
            or self.confidence_below is not None
            or self.fields_below is not None
            or self.sample
        ):
            raise PydanticCustomError(
                "missing_key",
                "needs a condition: always, confidence_below, fields_below, validation_failed or sample",
            )
        return self

    def reasons(self, output: Mapping[str, Any], seed: str) -> list[Reason]:
        """Why a person is to look at `output`; nothing when nobody needs to."""
        found = list(self._reasons(output))
        if not found and self.sample is not None and _draw(seed) < self.sample:
            share = f"{self.sample:.0%} of what passes is looked at"
            found = [Reason("sampled", f"picked as a sample: {share}", threshold=self.sample)]
        return found

    def _reasons(self, output: Mapping[str, Any]) -> Iterator[Reason]:
        if self.always:
            yield Reason("always", "every result is looked at")
        if self.confidence_below is not None:
            yield from _low_overall(overall_confidence(output), self.confidence_below)
        if self.fields_below is not None:
            yield from _low_fields(output, self.fields_below)
        if self.validation_failed and output.get("valid") is False:
            broken = len(output.get("violations") or ())
            message = f"the validation failed ({broken} violation{'s' if broken != 1 else ''})"
            yield Reason("validation_failed", message, value=broken)


def overall_confidence(output: Mapping[str, Any]) -> float | None:
    """`confidence` of an output; for an extraction the least of its fields. None when it says nothing of the kind."""
    given = output.get(CONFIDENCE)
    if _is_number(given):
        return float(given)
    return min(field_confidences(output).values(), default=None)


def field_confidences(output: Mapping[str, Any]) -> dict[str, float]:
    """Confidence by field, of an extraction's output."""
    given = output.get(FIELD_CONFIDENCE)
    return (
        {str(name): float(value) for name, value in given.items() if _is_number(value)}
        if isinstance(given, Mapping)
        else {}
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _low_overall(confidence: float | None, bound: float) -> Iterator[Reason]:
    if confidence is None:
        yield Reason("no_confidence", "the result has no confidence", threshold=bound)
    elif confidence < bound:
        message = f"confidence {confidence:.2f} is below {bound:g}"
        yield Reason("low_confidence", message, value=confidence, threshold=bound)


def _low_fields(output: Mapping[str, Any], bounds: float | Mapping[str, float]) -> Iterator[Reason]:
    known = field_confidences(output)
    wanted = bounds if isinstance(bounds, Mapping) else dict.fromkeys(known, bounds)
    for name, bound in wanted.items():
        if name not in known:
            yield Reason("field_missing", f"{name} was not found", threshold=bound, field=name)
        elif known[name] < bound:
            message = f"{name}: confidence {known[name]:.2f} is below {bound:g}"
            yield Reason("low_field_confidence", message, value=known[name], threshold=bound, field=name)


def _draw(seed: str) -> float:
    """The same number in [0, 1) for the same seed, everywhere and always."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) / 2**64
