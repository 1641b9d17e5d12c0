"""Conditions: a small typed expression language over JSON values, such as `total == net and len(items) > 0`.

    or:       and ("or" and)*
    and:      not ("and" not)*
    not:      "not" not | compare
    compare:  operand (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not" "in") operand)?
    operand:  number | "text" | true | false | null | [ list ] | ( or ) | len(or) | default(or, or) | path

Nothing is converted in silence: comparing text with a number is an error that says so. `null` may be compared for
equality with anything. No attributes, no calls but `len` and `default`, no arithmetic.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.definition.expression_parser import Parser
from orchestration.definition.expressions import (
    ConditionError,
    Expression,
    PathNode,
    evaluate,
    look_up,
    paths_in,
)

__all__ = ["Condition", "ConditionError"]

MAX_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition."""

    text: str
    root: Expression

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """ConditionError when it cannot be read."""
        if len(text) > MAX_LENGTH:
            raise ConditionError("syntax", f"the condition has more than {MAX_LENGTH:,} characters")
        return cls(text, Parser(text).whole())

    def names(self) -> tuple[str, ...]:
        """The paths it uses, each once, in order."""
        return tuple(dict.fromkeys(path.name for path in paths_in(self.root)))

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """Its value; ConditionError when a name is missing or types do not fit."""
        return evaluate(self.root, scope)

    def explain(self, scope: Mapping[str, Any]) -> str:
        """The text with the value of each name behind it: `total (12.5) == net (10)`."""
        pieces: list[str] = []
        at = 0
        for path in sorted(paths_in(self.root), key=lambda found: found.start):
            pieces += [self.text[at : path.end], f" ({_show(path, scope)})"]
            at = path.end
        return "".join(pieces) + self.text[at:]


def _show(path: PathNode, scope: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(look_up(path, scope), ensure_ascii=False, default=repr)
    except ConditionError:
        return "missing"
    return text if len(text) <= 80 else text[:79] + "…"
