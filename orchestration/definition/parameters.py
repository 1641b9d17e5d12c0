"""The parameters of the built-in task types, as pydantic models.

Used twice: when a definition is checked (where a placeholder stands, its type is not known yet and is not checked),
and by the handlers on the values with every placeholder filled in, strictly.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, LiteralString, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from common.json_schema import compile_pattern
from common.short_schema import SchemaError, expand_schema
from common.wording import show
from orchestration.definition.conditions import Condition
from orchestration.definition.described import Described
from orchestration.definition.paths import parse_path
from orchestration.definition.review import ReviewRequestOptions
from orchestration.definition.templates import has_references

NonEmpty = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


def _checked(code: LiteralString, check: Callable[[str], Any]) -> AfterValidator:
    """A text that `check` accepts; what it raises (a ValueError) becomes the problem.

    Templates are checked when filled in.
    """

    def validate(text: str) -> str:
        try:
            if not has_references(text):
                check(text)
        except ValueError as error:
            raise PydanticCustomError(code, "{reason}", {"reason": str(error)}) from error
        return text

    return AfterValidator(validate)


def _check_schema(schema: dict[str, Any]) -> dict[str, Any]:
    try:
        expand_schema(schema)
    except SchemaError as error:
        raise PydanticCustomError(
            "invalid_schema", "{reason}", {"reason": str(error), "problems": error.problems}
        ) from error
    return schema


Expression = Annotated[NonEmpty, _checked("invalid_expression", Condition.parse)]
Pattern = Annotated[NonEmpty, _checked("invalid_pattern", compile_pattern)]
FieldPath = Annotated[NonEmpty, _checked("invalid_path", parse_path)]
Schema = Annotated[dict[str, Any], AfterValidator(_check_schema)]
TypeWord = Literal["string", "number", "integer", "boolean", "list", "object", "date", "money", "any"]


class Parameters(Described):
    """Base of the built-in parameter models."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class TextGenerationParameters(Parameters):
    """What to ask a model to write."""

    prompt: str | None = None
    """The text sent to the model."""
    prompt_template: str | None = None
    """The same as `prompt`."""
    system: str | None = None
    """Instructions that stand before the prompt."""
    input: str | None = None
    """The text to work on, when the prompt does not hold it."""
    max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """The longest answer, in the model's tokens."""
    temperature: Annotated[Finite, Field(ge=0, le=5)] | None = None
    """0 for the likeliest answer, more for variety."""
    top_p: Annotated[Finite, Field(gt=0, le=1)] | None = None
    """Keeps to the likeliest words that make up this share."""
    stop: Annotated[list[NonEmpty], Field(max_length=16)] | NonEmpty | None = None
    """Text, or a list of texts, at which the model stops."""
    max_sentences: Annotated[int, Field(ge=1, le=1_000)] | None = None
    """For local/summarize: how many sentences to keep."""
    max_keywords: Annotated[int, Field(ge=1, le=1_000)] | None = None
    """For local/keywords: how many to return."""

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        if self.prompt is not None and self.prompt_template is not None:
            raise PydanticCustomError("conflicting_keys", "give prompt or prompt_template, not both")
        return self


class Category(Parameters):
    """A class a text may belong to."""

    name: NonEmpty
    """What the result calls it."""
    description: str = ""
    """What belongs to it."""
    examples: list[str] = Field(default_factory=list)
    """Texts that belong to it."""


def _as_categories(value: Any) -> Any:
    """The three ways of writing categories as one."""
    if isinstance(value, dict):
        return [{"name": name, "description": text} for name, text in value.items()]
    if isinstance(value, list):
        return [{"name": item} if isinstance(item, str) else item for item in value]
    raise PydanticCustomError(
        "wrong_type",
        "must be a list of names, a mapping of names to descriptions, or a list of mappings with name, description and "
        "examples; not {found}",
        {"found": show(value)},
    )


def _distinct(categories: list[Category]) -> list[Category]:
    seen: set[str] = set()
    for category in categories:
        if category.name in seen:
            raise PydanticCustomError("duplicate_name", 'names "{name}" twice', {"name": category.name})
        seen.add(category.name)
    return categories


Categories = Annotated[
    list[Category],
    Field(min_length=1, max_length=1_000),
    BeforeValidator(_as_categories, json_schema_input_type=list[str | Category] | dict[str, str]),
    AfterValidator(_distinct),
]


class ClassificationParameters(Parameters):
    """Which classes there are, and the text (or the values of columns) to put into one."""

    categories: Categories = Field(default_factory=list)
    """Names; or a mapping of names to descriptions; or mappings with name, description and examples. A registered model
    knows its own: leave them out to have all of them, or name some."""
    text: str | None = None
    """The text to classify; found in the input when not given."""
    texts: Annotated[list[str], Field(max_length=10_000)] | None = None
    """Several texts, each put into classes by itself."""
    features: dict[str, Any] | Annotated[list[Any], Field(max_length=10_000)] | None = None
    """For registered models of columns: the values of one row, by name or in order; or a list of such rows."""
    instructions: str | None = None
    """What to look at, in words."""
    multi_label: bool = False
    """Whether a text may belong to several."""
    threshold: Annotated[Finite, Field(ge=0, le=1)] | None = None
    """The lowest score that counts."""

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        given = [name for name in ("text", "texts", "features") if name in self.model_fields_set]
        if len(given) > 1:
            raise PydanticCustomError("conflicting_keys", "give {given}, not both", {"given": " or ".join(given)})
        return self


class ExtractionParameters(Parameters):
    """Which fields to find in a text."""

    schema_: Schema = Field(alias="schema")
    """The fields, in the short form (`title: string`) or as JSON Schema."""
    text: str | None = None
    """The text to read; found in the input when not given."""
    instructions: str | None = None
    """What to look for, in words."""

    @property
    def json_schema(self) -> dict[str, Any]:
        return expand_schema(self.schema_)


class Rule(Parameters):
    """One demand on a value: of one field (`field` and what it must be), or between fields (`expression`)."""

    field: FieldPath | None = None
    """The path of a field, such as `invoice.lines[0].total`."""
    required: bool = False
    """Whether the field must be there and not null."""
    type: TypeWord | None = None
    """The type it must have."""
    minimum: Finite | None = None
    """The smallest number allowed."""
    maximum: Finite | None = None
    """The greatest number allowed."""
    min_length: Annotated[int, Field(ge=0)] | None = None
    """The fewest characters or items."""
    max_length: Annotated[int, Field(ge=0)] | None = None
    """The most characters or items."""
    pattern: Pattern | None = None
    """A regular expression (RE2) to be found in the text."""
    enum: Annotated[list[Any], Field(min_length=1)] | None = None
    """The values allowed."""
    expression: Expression | None = None
    """A condition that must be true, such as `end_date >= start_date`."""
    message: NonEmpty | None = None
    """What the report says when the rule is broken."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        demands = self.model_fields_set - {"field", "message"}
        if self.expression is not None and (self.field is not None or demands != {"expression"}):
            raise PydanticCustomError(
                "conflicting_keys", "give expression (with message), or field with demands, not both"
            )
        if self.expression is None and self.field is None:
            raise PydanticCustomError("missing_key", "needs field or expression")
        if not demands:
            raise PydanticCustomError("missing_key", "demands nothing; add required, type, minimum, pattern, …")
        _in_order(self.minimum, self.maximum, "minimum", "maximum")
        _in_order(self.min_length, self.max_length, "min_length", "max_length")
        return self


def _in_order(low: float | None, high: float | None, low_name: str, high_name: str) -> None:
    if low is not None and high is not None and low > high:
        text = "{low} must not be greater than {high}"
        raise PydanticCustomError("out_of_range", text, {"low": low_name, "high": high_name})


class ValidationParameters(Parameters):
    """What a value must fulfil."""

    rules: Annotated[list[Rule], Field(max_length=1_000)] = Field(default_factory=list)
    """Demands on fields and between them."""
    schema_: Schema | None = Field(default=None, alias="schema")
    """The fields, in the short form or as JSON Schema."""
    criteria: Annotated[list[NonEmpty], Field(max_length=100)] = Field(default_factory=list)
    """Demands in words, judged by the task's model."""
    value: Any = None
    """What to check, as a placeholder or written out; the outputs of the dependencies when not given."""
    on_fail: Literal["fail", "continue"] = "fail"
    """Whether a value that does not pass fails the task, or is only reported."""

    @model_validator(mode="after")
    def _checks_something(self) -> Self:
        if not self.rules and self.schema_ is None and not self.criteria:
            raise PydanticCustomError("missing_key", "needs rules or schema, or criteria for a model")
        return self

    @property
    def json_schema(self) -> dict[str, Any] | None:
        return None if self.schema_ is None else expand_schema(self.schema_)


class HumanReviewParameters(ReviewRequestOptions, Parameters):
    """What a person is asked to decide."""

    instructions: Annotated[str, Field(max_length=20_000)] | None = None
    """What to look at, for the reviewer."""
    value: Any = None
    """What is to be decided, as a placeholder or written out; the outputs of the dependencies when not given."""
    schema_: Schema | None = Field(default=None, alias="schema")
    """What a corrected value must look like, in the short form or as JSON Schema; the page makes a form of it."""

    @property
    def json_schema(self) -> dict[str, Any] | None:
        return None if self.schema_ is None else expand_schema(self.schema_)
