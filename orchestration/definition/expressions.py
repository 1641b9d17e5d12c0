"""The nodes of a parsed condition, and what they are worth. How text becomes nodes is in `expression_parser`."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from common.wording import kind_of
from orchestration.definition.paths import PathError, Steps, follow, write_path

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = frozenset({"==", "!=", *_ORDER})


class ConditionError(ValueError):
    """A condition that cannot be read (code `syntax`) or worked out (`unknown_name`, `wrong_type`).

    `column` counts from 1.
    """

    def __init__(self, code: str, message: str, column: int | None = None) -> None:
        self.code, self.message, self.column = code, message, column
        super().__init__(code, message, column)

    def __str__(self) -> str:
        return self.message if self.column is None else f"{self.message} (at character {self.column})"


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class PathNode:
    """A value of the scope. `start` and `end` are where it stands in the text."""

    root: str
    steps: Steps
    start: int
    end: int

    @property
    def name(self) -> str:
        return write_path(self.root, self.steps)


@dataclass(frozen=True, slots=True)
class ListNode:
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` or `or` over two or more operands, worked out from the left as far as needed."""

    operator: str
    operands: tuple["Expression", ...]


Expression = Literal | PathNode | ListNode | Call | Compare | Not | Junction


def _children(node: Expression) -> tuple[Expression, ...]:
    match node:
        case ListNode(items):
            return items
        case Call(_, arguments):
            return arguments
        case Compare(_, left, right):
            return left, right
        case Not(operand):
            return (operand,)
        case Junction(_, operands):
            return operands
    return ()


def paths_in(node: Expression) -> Iterator[PathNode]:
    if isinstance(node, PathNode):
        yield node
    for child in _children(node):
        yield from paths_in(child)


def evaluate(node: Expression, scope: Mapping[str, Any]) -> Any:
    match node:
        case Literal(value):
            return value
        case PathNode():
            return look_up(node, scope)
        case ListNode(items):
            return [evaluate(item, scope) for item in items]
        case Call("len", (argument,)):
            return _length(evaluate(argument, scope))
        case Call(_, (argument, fallback)):
            return _default(argument, fallback, scope)
        case Compare(sign, left, right):
            return _compare(sign, evaluate(left, scope), evaluate(right, scope))
        case Not(operand):
            return not _boolean(evaluate(operand, scope), "not")
        case Junction(word, operands):
            decisive = word == "or"
            return decisive if any(_boolean(evaluate(o, scope), word) is decisive for o in operands) else not decisive
    raise AssertionError(node)  # every kind of node has its case above


def look_up(path: PathNode, scope: Mapping[str, Any]) -> Any:
    if path.root not in scope:
        known = ", ".join(sorted(scope)[:20]) or "nothing"
        raise ConditionError("unknown_name", f'there is no "{path.root}" here; known: {known}')
    try:
        return follow(scope[path.root], path.steps, path.root)
    except PathError as error:
        raise ConditionError("unknown_name", str(error)) from error


def _default(argument: Expression, fallback: Expression, scope: Mapping[str, Any]) -> Any:
    """The second value where the first is missing or null."""
    try:
        value = evaluate(argument, scope)
    except ConditionError as error:
        if error.code != "unknown_name":
            raise
        value = None
    return evaluate(fallback, scope) if value is None else value


def _length(value: Any) -> int:
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    raise ConditionError("wrong_type", f"len needs text, a list or a mapping, not {kind_of(value)}")


def _boolean(value: Any, word: str) -> bool:
    if isinstance(value, bool):
        return value
    raise ConditionError("wrong_type", f'"{word}" needs true or false, not {kind_of(value)}; compare it with something')


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign in ("in", "not in"):
        return _contains(right, left) is (sign == "in")
    if sign in _ORDER:
        kinds = kind_of(left), kind_of(right)
        if kinds not in (("number", "number"), ("text", "text")):
            raise ConditionError("wrong_type", f'"{sign}" cannot compare {kinds[0]} with {kinds[1]}')
        return _ORDER[sign](left, right)
    if kind_of(left) != kind_of(right) and left is not None and right is not None:
        raise ConditionError("wrong_type", f'"{sign}" cannot compare {kind_of(left)} with {kind_of(right)}')
    return _equal(left, right) is (sign == "==")


def _equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: true is not 1."""
    if kind_of(left) != kind_of(right):
        return False
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    return bool(left == right)


def _contains(container: Any, value: Any) -> bool:
    if isinstance(container, (list, tuple)):
        return any(_equal(item, value) for item in container)
    if isinstance(container, (str, Mapping)) and isinstance(value, str):
        return value in container
    raise ConditionError(
        "wrong_type", f'"in" needs a list, or text in text or a mapping, not {kind_of(value)} in {kind_of(container)}'
    )
