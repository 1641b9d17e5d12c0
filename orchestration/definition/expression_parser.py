"""Text to the nodes of a condition. The grammar is in `conditions`."""

import json
import re
from dataclasses import dataclass

from orchestration.definition.expressions import (
    COMPARISONS,
    Call,
    Compare,
    ConditionError,
    Expression,
    Junction,
    ListNode,
    Literal,
    Not,
    PathNode,
)
from orchestration.definition.paths import Steps, read_steps

MAX_DEPTH = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.]))"
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"|(?P<operator>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*))"
)
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_FUNCTIONS = {"len": 1, "default": 2}
_KEYWORDS = frozenset({"and", "or", "not", "in", *_CONSTANTS, *_FUNCTIONS})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    steps: Steps = ()  # of a name: the path that follows it


class Parser:
    """Recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.token = self._read(0)

    def whole(self) -> Expression:
        expression = self._junction("or")
        if self.token.kind == "end":
            return expression
        if self.token.text in COMPARISONS:
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
        if self.token.kind == "operator" and self.token.text in COMPARISONS:
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
