"""The form that starts an execution: the pipeline's input in fields or as JSON, and what goes with it.

Built from a pipeline's `inputs` and the texts that were sent, it gives the input to start with, or errors beside the
fields. Starting is the view's, by a service.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from uuid import uuid4

from django import forms

from common.wording import text_fault
from orchestration.arguments import label_fault
from orchestration.definition import Pipeline, expand_schema, schema_problems
from web.schema_form.fields import InputField, input_fields
from web.schema_form.values import (
    MISSING,
    NotInFields,
    ReadInput,
    read_fields,
    read_json,
    show_defaults,
    show_fields,
    write_json,
)

Mode = Literal["fields", "json"]

JSON_NAME = "json"
LONGEST_TITLE = 200
_LINES = re.compile("\r\n|[\r\n]")
_NONCE = re.compile(r"[0-9a-f]{32}")
_LONG = frozenset({"body", "content", "document", "message", "prompt", "text"})
_TOLD_ALREADY = "is a required property"  # beside the field that was left empty


class OptionsForm(forms.Form):
    """What goes with an input: a title and labels."""

    title = forms.CharField(
        max_length=LONGEST_TITLE, required=False, help_text="What it is about, for the lists. It may stay empty."
    )
    labels = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="One on a line, such as customer=Northwind. Lists can be filtered by them.",
    )

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if fault := text_fault(title):
            raise forms.ValidationError(f"The title {fault}.")
        return title

    def clean_labels(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, line in enumerate(_LINES.split(self.cleaned_data["labels"]), start=1):
            if line.strip():
                key, sign, text = _split_label(line)
                if fault := _label_fault(key, sign, text, found):
                    raise forms.ValidationError(f"Line {number}: {fault}.")
                found[key] = text
        return found


def _label_fault(key: str, sign: str, text: str, found: Mapping[str, str]) -> str | None:
    if not (key and sign):
        return "write a label as key=text"
    if key in found:
        return f"the label {key[:40]} is given twice"
    return label_fault(key, text)


def write_labels(labels: Mapping[str, str]) -> str:
    """Labels as the form takes them; those that it cannot say are left out."""
    lines = {f"{key}={text}": (key, "=", text) for key, text in labels.items()}
    return "\n".join(
        line for line, said in lines.items() if _LINES.split(line) == [line] and _split_label(line) == said
    )


def _split_label(line: str) -> tuple[str, str, str]:
    key, sign, text = line.partition("=")
    return key.strip(), sign, text.strip()


@dataclass(frozen=True, slots=True)
class BoundInput:
    """A field as the page shows it."""

    field: InputField
    text: str = ""
    errors: Sequence[str] = ()
    fields: "Sequence[BoundInput]" = ()
    in_optional: bool = False

    @property
    def is_checked(self) -> bool:
        return self.text != ""

    @property
    def must_be_given(self) -> bool:
        """For the browser: inside of a group that may stay empty nothing must."""
        return self.field.is_required and not self.field.is_nullable and not self.in_optional

    @property
    def described_by(self) -> str:
        told = ["_error"] * bool(self.errors) + ["_hint"] * bool(self.hint)
        return " ".join(self.field.name + part for part in told)

    @property
    def hint(self) -> str:
        one = self.field
        lines = f"one {'of the values' if one.item and one.item.kind == 'choice' else 'item'} on a line"
        parts = [
            one.description,
            one.limits,
            lines if one.kind == "lines" else "",
            "JSON" if one.kind == "json" else "",
        ]
        text = "; ".join(part.rstrip(".") for part in parts if part)
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    @property
    def rows(self) -> int:
        """How many lines the text and a little more take."""
        least = {"lines": 3, "json": 4}.get(self.field.kind, 8 if self.field.path[-1] in _LONG else 2)
        return max(least, min(16, 1 + sum(1 + len(line) // 90 for line in self.text.split("\n"))))


@dataclass
class RunForm:
    """One state of the form. `texts` are what the controls of the input hold."""

    pipeline: Pipeline
    mode: Mode
    texts: dict[str, str]
    options: OptionsForm
    nonce: str
    errors: dict[str, list[str]] = field(default_factory=dict)
    """By the names of controls; under "" those of no single one."""
    notice: str = ""

    @classmethod
    def new(cls, pipeline: Pipeline) -> "RunForm":
        fields = _fields_of(pipeline)
        texts = show_defaults(fields) if fields else {JSON_NAME: write_json({})}
        return cls(pipeline, "fields" if fields else "json", texts, OptionsForm(), uuid4().hex)

    @classmethod
    def again(cls, pipeline: Pipeline, value: Any, *, title: str, labels: Mapping[str, str]) -> "RunForm":
        """Filled in from an earlier execution."""
        options = OptionsForm(initial={"title": title, "labels": write_labels(labels)})
        form = cls(pipeline, "fields", {}, options, uuid4().hex)
        form._show(value)
        return form

    @classmethod
    def sent(cls, pipeline: Pipeline, data: Mapping[str, str]) -> "RunForm":
        """As it was filled in. Browsers send line ends as CR LF."""
        texts = {name: text.replace("\r\n", "\n") for name, text in data.items() if _is_input(name)}
        is_json = data.get("mode") == "json" or _fields_of(pipeline) is None
        nonce = data.get("nonce", "")
        return cls(
            pipeline,
            "json" if is_json else "fields",
            texts,
            OptionsForm(data),
            nonce if _NONCE.fullmatch(nonce) else uuid4().hex,
        )

    @cached_property
    def input_fields(self) -> tuple[InputField, ...] | None:
        """None when the input can only be written as JSON."""
        return _fields_of(self.pipeline)

    @cached_property
    def fields_by_name(self) -> dict[str, InputField]:
        return {one.name: one for top in self.input_fields or () for one in top.walk()}

    @property
    def fields(self) -> list[BoundInput]:
        return [self._bind(one, False) for one in self.input_fields or ()]

    @property
    def json_text(self) -> str:
        return self.texts.get(JSON_NAME, "")

    @property
    def json_rows(self) -> int:
        return max(10, min(30, self.json_text.count("\n") + 2))

    @property
    def json_errors(self) -> list[str]:
        return self.errors.get(JSON_NAME, [])

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(id of the control or "", its label, message) of every error, in the order of the page."""
        known = self.fields_by_name
        found = [
            (name, known[name].label if name in known else "", message)
            for name in ("", JSON_NAME, *known)
            for message in self.errors.get(name, ())
        ]
        if self.options.is_bound:
            found += [
                (f"id_{name}", name.capitalize(), str(message))
                for name, messages in self.options.errors.items()
                for message in messages
            ]
        return found

    def read(self) -> Any:
        """The input, unless there are `errors`: a control's own, and where the input does not fit the schema."""
        found = self._read()
        self.errors = found.errors
        if not self.errors.get(JSON_NAME):
            self._check(found)
        self.options.is_valid()
        return found.value

    @property
    def is_valid(self) -> bool:
        return not self.errors and self.options.is_valid()

    def as_json(self) -> None:
        """From fields to JSON, when what is filled in can be read; what is not yet given is no hindrance."""
        found = read_fields(self.input_fields or (), self.texts)
        wrong = {name: [m for m in messages if m != MISSING] for name, messages in found.errors.items()}
        self.errors = {name: messages for name, messages in wrong.items() if messages}
        if self.errors:
            self.notice = "Mend these first, so that nothing is lost on the way to JSON."
            return
        self.mode, self.texts = "json", {JSON_NAME: write_json(found.value)}

    def as_fields(self) -> None:
        """From JSON to fields, when they can say the same."""
        found = read_json(self.json_text)
        if found.errors:
            self.errors = {JSON_NAME: found.errors[""]}
            self.notice = "Mend this first, so that nothing is lost on the way to the fields."
        else:
            self._show(found.value, is_complete=False)

    def key(self, *parts: Any) -> str:
        """An idempotency key: the same form sent twice with the same content starts one execution."""
        content = json.dumps([self.pipeline.digest, *parts], sort_keys=True)
        return f"page-{self.nonce}-{hashlib.sha256(content.encode()).hexdigest()[:32]}"

    def add_problems(self, problems: Sequence[tuple[str, str]]) -> None:
        """(JSON pointer into the input, message) each, beside the field that it is about."""
        for pointer, message in problems:
            name, said = self._place(pointer, message)
            self.errors.setdefault(name, []).append(said)

    def _read(self) -> ReadInput:
        if self.mode == "fields":
            return read_fields(self.input_fields or (), self.texts)
        found = read_json(self.json_text)
        return ReadInput(found.value, {JSON_NAME: found.errors[""]} if found.errors else {})

    def _check(self, found: ReadInput) -> None:
        if self.pipeline.config.inputs is None:
            return
        problems = schema_problems(found.value, expand_schema(self.pipeline.config.inputs))
        had_errors = bool(found.errors)
        self.add_problems([entry for entry in problems if not (had_errors and entry[1].endswith(_TOLD_ALREADY))])

    def _place(self, pointer: str, message: str) -> tuple[str, str]:
        said = f"{message[:1].upper()}{message[1:]}" + ("" if message.endswith((".", "…")) else ".")
        if self.mode == "json":
            return JSON_NAME, f"{pointer}: {said}" if pointer else said
        names = {one.pointer: one for one in self.fields_by_name.values()}
        at = pointer
        while at and at not in names:
            at = at.rpartition("/")[0]
        inside = pointer[len(at) + 1 :]
        if not at:
            return "", said
        return names[at].name, f"{_inside(inside)}: {said}" if inside else said

    def _show(self, value: Any, *, is_complete: bool = True) -> None:
        """In the fields if they can say it exactly; else as JSON, with a word about it."""
        self.mode, self.texts = "json", {JSON_NAME: write_json(value)}
        if self.input_fields is None:
            return
        try:
            texts = show_fields(self.input_fields, value, is_complete=is_complete)
        except NotInFields:
            self.notice = "Shown as JSON, because the fields could not say exactly the same."
            return
        self.mode, self.texts = "fields", texts

    def _bind(self, one: InputField, in_optional: bool) -> BoundInput:
        inside = in_optional or not one.is_required or one.is_nullable
        return BoundInput(
            field=one,
            text=self.texts.get(one.name, ""),
            errors=self.errors.get(one.name, ()),
            fields=[self._bind(inner, inside) for inner in one.fields],
            in_optional=in_optional,
        )


def _fields_of(pipeline: Pipeline) -> tuple[InputField, ...] | None:
    inputs = pipeline.config.inputs
    return None if inputs is None else input_fields(expand_schema(inputs))


def _is_input(name: str) -> bool:
    return name == JSON_NAME or name.startswith("input/")


def _inside(pointer: str) -> str:
    return ", ".join(f"item {int(step) + 1}" if step.isdigit() else step for step in pointer.split("/"))
