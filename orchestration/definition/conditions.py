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
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.definition.paths import PathError, Steps, follow, read_steps, write_path
from orchestration.definition.problems import kind_of

MAX_LENGTH = 2_000
MAX_DEPTH = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.]))"
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"|(?P<operator>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*))"
)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARISONS = frozenset({"==", "!=", *_ORDER})
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_FUNCTIONS = {"len": 1, "default": 2}
_KEYWORDS = frozenset({"and", "or", "not", "in", *_CONSTANTS, *_FUNCTIONS})


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
        return cls(text, _Parser(text).whole())

    def names(self) -> tuple[str, ...]:
        """The paths it uses, each once, in order."""
        return tuple(dict.fromkeys(path.name for path in _paths(self.root)))

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """Its value; ConditionError when a name is missing or types do not fit."""
        return _evaluate(self.root, scope)

    def explain(self, scope: Mapping[str, Any]) -> str:
        """The text with the value of each name behind it: `total (12.5) == net (10)`."""
        pieces: list[str] = []
        at = 0
        for path in sorted(_paths(self.root), key=lambda found: found.start):
            pieces += [self.text[at : path.end], f" ({_show(path, scope)})"]
            at = path.end
        return "".join(pieces) + self.text[at:]


def _show(path: PathNode, scope: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(_look_up(path, scope), ensure_ascii=False, default=repr)
    except ConditionError:
        return "missing"
    return text if len(text) <= 80 else text[:79] + "…"


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


def _paths(node: Expression) -> Iterator[PathNode]:
    if isinstance(node, PathNode):
        yield node
    for child in _children(node):
        yield from _paths(child)


def _evaluate(node: Expression, scope: Mapping[str, Any]) -> Any:
    match node:
        case Literal(value):
            return value
        case PathNode():
            return _look_up(node, scope)
        case ListNode(items):
            return [_evaluate(item, scope) for item in items]
        case Call("len", (argument,)):
            return _length(_evaluate(argument, scope))
        case Call(_, (argument, fallback)):
            return _default(argument, fallback, scope)
        case Compare(sign, left, right):
            return _compare(sign, _evaluate(left, scope), _evaluate(right, scope))
        case Not(operand):
            return not _boolean(_evaluate(operand, scope), "not")
        case Junction(word, operands):
            decisive = word == "or"
            return decisive if any(_boolean(_evaluate(o, scope), word) is decisive for o in operands) else not decisive
    raise AssertionError(node)  # every kind of node has its case above


def _look_up(path: PathNode, scope: Mapping[str, Any]) -> Any:
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
        value = _evaluate(argument, scope)
    except ConditionError as error:
        if error.code != "unknown_name":
            raise
        value = None
    return _evaluate(fallback, scope) if value is None else value


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


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    steps: Steps = ()  # of a name: the path that follows it


class _Parser:
    """Recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.token = self._read(0)

    def whole(self) -> Expression:
        expression = self._junction("or")
        if self.token.kind == "end":
            return expression
        if self.token.text in _COMPARISONS:
            raise self._fault('comparisons cannot be chained; write "a < b and b < c"')
        raise self._fault(f'"{self.token.text}" is not expected here')

    def _junction(self, word: str) -> Expression:
        operands = [self._operand_of(word)]
        while self.token.text == word and self.token.kind == "name":
            self._next()
            operands.append(self._operand_of(word))
        return operands[0] if len(operands) == 1 else Junction(word, tuple(operands))

    def _operand_of(self, word: str) -> Expression:
        return self._junction("and") if word == "or" else self._negation()

    def _negation(self) -> Expression:
        if not self._at("name", "not"):
            return self._comparison()
        self._enter()
        self._next()
        operand = self._negation()
        self.depth -= 1
        return Not(operand)

    def _comparison(self) -> Expression:
        left = self._operand()
        if self.token.kind == "operator" and self.token.text in _COMPARISONS:
            return Compare(self._next().text, left, self._operand())
        if self._at("name", "in"):
            self._next()
            return Compare("in", left, self._operand())
        if self._at("name", "not"):
            self._next()
            self._expect("name", "in")
            return Compare("not in", left, self._operand())
        return left

    def _operand(self) -> Expression:
        self._enter()
        token = self._next()
        if token.kind == "number":
            node: Expression = Literal(self._number(token))
        elif token.kind == "text":
            node = Literal(self._string(token))
        elif token.text in ("(", "[") and token.kind == "operator":
            node = self._group() if token.text == "(" else ListNode(self._arguments("]"))
        elif token.kind == "name":
            node = self._named(token)
        else:
            raise self._fault(f'expected a value, found "{token.text}"' if token.text else "expected a value", token)
        self.depth -= 1
        return node

    def _named(self, token: _Token) -> Expression:
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        if self._at("operator", "("):
            return self._call(token)
        if token.text in _KEYWORDS:
            raise self._fault(f'"{token.text}" is not expected here', token)
        return PathNode(token.text, token.steps, token.start, token.end)

    def _call(self, token: _Token) -> Expression:
        if token.text not in _FUNCTIONS:
            raise self._fault(f'there is no function "{token.text}"; there are len(x) and default(x, y)', token)
        self._next()
        arguments = self._arguments(")")
        if len(arguments) != _FUNCTIONS[token.text]:
            raise self._fault(f"{token.text} takes {_FUNCTIONS[token.text]} values, not {len(arguments)}", token)
        return Call(token.text, arguments)

    def _group(self) -> Expression:
        inner = self._junction("or")
        self._expect("operator", ")")
        return inner

    def _arguments(self, closing: str) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while not self._at("operator", closing):
            if found:
                self._expect("operator", ",")
            found.append(self._junction("or"))
        self._next()
        return tuple(found)

    def _number(self, token: _Token) -> float:
        is_integer = token.text.lstrip("-").isdigit()
        value: float = int(token.text) if is_integer else float(token.text)
        if abs(value) > 1e300:
            raise self._fault("the number is too large", token)
        return value

    def _string(self, token: _Token) -> str:
        body = token.text[1:-1]
        if token.text[0] == "'":
            body = body.replace("\\'", "'").replace('"', '\\"')
        try:
            text: str = json.loads(f'"{body}"')
        except json.JSONDecodeError as error:
            raise self._fault(f"the text cannot be read: {error.msg}", token) from error
        return text

    def _at(self, kind: str, text: str) -> bool:
        return self.token.kind == kind and self.token.text == text

    def _expect(self, kind: str, text: str) -> None:
        if not self._at(kind, text):
            raise self._fault(f'expected "{text}"' + (f', found "{self.token.text}"' if self.token.text else ""))
        self._next()

    def _next(self) -> _Token:
        token = self.token
        if token.kind != "end":
            self.token = self._read(token.end)
        return token

    def _read(self, at: int) -> _Token:
        match = _TOKEN.match(self.text, at)
        if match is not None and match.lastgroup is not None:
            return self._token(match, match.lastgroup)
        rest = self.text[at:].lstrip()
        start = len(self.text) - len(rest)
        if rest:
            raise ConditionError("syntax", f'"{rest[:10]}" cannot be read{_HINTS.get(rest[0], "")}', start + 1)
        return _Token("end", "", start, start)

    def _token(self, match: re.Match[str], kind: str) -> _Token:
        text, start, end = match.group(kind), match.start(kind), match.end()
        if kind != "name" or text in _KEYWORDS:
            return _Token(kind, text, start, end)
        steps, end = read_steps(self.text, end)
        return _Token(kind, text, start, end, steps)

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._fault(f"the condition is nested more than {MAX_DEPTH} levels deep")

    def _fault(self, message: str, token: _Token | None = None) -> ConditionError:
        return ConditionError("syntax", message, (token or self.token).start + 1)


_HINTS = {
    "=": '; write "==" to compare',
    "&": '; write "and"',
    "|": '; write "or"',
    "!": '; write "not" or "!="',
    "{": "; names stand without braces here",
    '"': "; the text has no closing quote",
    "'": "; the text has no closing quote",
    **dict.fromkeys("+-*/%", "; there is no arithmetic"),
}
