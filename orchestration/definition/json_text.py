"""JSON text to a plain value with marks.

Stricter than `json.loads`: no NaN, no duplicate keys, capped depth and size.
"""

import re
from bisect import bisect_right
from json import JSONDecodeError, JSONDecoder
from typing import Any

from common.wording import text_fault
from orchestration.definition.limits import MAX_DEPTH, MAX_NODES, integer_fault
from orchestration.definition.marks import Mark, Node, Position
from orchestration.definition.problems import Report, said_of

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"-?[A-Za-z]+|[^\s,:\]}]{1,20}")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


_STRINGS = JSONDecoder()


class JsonFault(ValueError):
    """The text is not JSON; `offset` is where."""

    def __init__(self, code: str, message: str, offset: int) -> None:
        self.code, self.message, self.offset = code, message, offset
        super().__init__(message)


def _syntax(message: str, offset: int) -> JsonFault:
    return JsonFault("json_syntax", f"not valid JSON: {message}", offset)


class JsonReader:
    """A recursive reader of one text; recursion is bounded by MAX_DEPTH. Problems that let it go on go to `report`."""

    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.report = report
        self.nodes = 0
        self.path: list[str | int] = []
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def read(self) -> tuple[Any, Mark] | None:
        """The whole text as one value; None when it is not JSON."""
        try:
            value, mark, end = self.value(self._skip(0))
            end = self._skip(end)
            if end < len(self.text):
                raise _syntax("more text after the end of the value", end)
        except JsonFault as fault:
            self.report.add_at(fault.code, fault.message, (), self._place(fault.offset))
            return None
        return value, mark

    def value(self, start: int) -> tuple[Any, Mark, int]:
        """The value that begins at `start`, its marks, and the offset after it."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise JsonFault("too_many_nodes", f"the definition has more than {MAX_NODES:,} values", start)
        first = self.text[start : start + 1]
        if first == '"':
            text, end = self._string(start)
            return text, self._place(start), end
        if first not in ("{", "["):
            scalar, end = self._scalar(start)
            return scalar, self._place(start), end
        if len(self.path) >= MAX_DEPTH:
            raise JsonFault("too_deep", f"the definition is nested more than {MAX_DEPTH} levels deep", start)
        return self._mapping(start) if first == "{" else self._list(start)

    def _mapping(self, start: int) -> tuple[dict[str, Any], Node, int]:
        value: dict[str, Any] = {}
        node = Node(self._place(start))
        at = self._skip(start + 1)
        while not self._closes(at, "}", node):
            key_at = self._skip(at + 1) if node.members else at
            key, at = self._key(key_at)
            self.path.append(key)
            member, member_mark, at = self.value(at)
            if key in node.keys:
                self._duplicate(key, node.keys[key], self._place(key_at))
            else:
                value[key], node.members[key], node.keys[key] = member, member_mark, self._place(key_at)
            self.path.pop()
            at = self._skip(at)
        return value, node, at + 1

    def _list(self, start: int) -> tuple[list[Any], Node, int]:
        value: list[Any] = []
        node = Node(self._place(start))
        at = self._skip(start + 1)
        while not self._closes(at, "]", node):
            self.path.append(len(value))
            member, node.members[len(value)], at = self.value(self._skip(at + 1) if value else at)
            self.path.pop()
            value.append(member)
            at = self._skip(at)
        return value, node, at + 1

    def _closes(self, at: int, bracket: str, node: Node) -> bool:
        """Whether the container ends here; where it does not, a comma must stand before the next member."""
        found = self.text[at : at + 1]
        if found == bracket:
            return True
        if not found:
            line, column = node.place
            raise _syntax(f'the text ends before the "{bracket}" of line {line}, column {column}', at)
        if node.members and found != ",":
            raise _syntax(f'expected "," or "{bracket}"', at)
        return False

    def _key(self, start: int) -> tuple[str, int]:
        if self.text[start : start + 1] != '"':
            raise _syntax("expected a key in double quotes", start)
        key, at = self._string(start)
        at = self._skip(at)
        if self.text[at : at + 1] != ":":
            raise _syntax(f'expected ":" after the key "{key[:40]}"', at)
        return key, self._skip(at + 1)

    def _string(self, start: int) -> tuple[str, int]:
        try:
            text, end = _STRINGS.raw_decode(self.text, start)
        except JSONDecodeError as error:
            raise _syntax(error.msg[0].lower() + error.msg[1:].removesuffix(" at"), error.pos) from error
        if fault := text_fault(text):
            self._problem("bad_character", fault, start)
        return text, end

    def _scalar(self, start: int) -> tuple[bool | float | None, int]:
        match = _NUMBER.match(self.text, start)
        if match is not None and self.text[match.end() : match.end() + 1] not in ("", "x", "_", "."):
            return self._number(match, start), match.end()
        if match is not None and match.end() == len(self.text):
            return self._number(match, start), match.end()
        word = _WORD.match(self.text, start)
        if word is None:
            raise _syntax("expected a value", start)
        if word.group() in _WORDS:
            return _WORDS[word.group()], word.end()
        if word.group() in ("NaN", "Infinity", "-Infinity"):
            raise _syntax(f"{word.group()} is not a JSON number; leave it out or write it as text", start)
        raise _syntax(f"expected a value, found {word.group()[:20]}; text stands in double quotes", start)

    def _number(self, match: re.Match[str], start: int) -> float:
        text = match.group()
        if match.group(1) or match.group(2):
            number = float(text)
            if abs(number) != float("inf"):
                return number
            self._problem("number_out_of_range", f"the number {text[:40]} is too large; write it as text", start)
            return 0.0
        integer = int(text) if len(text) < 30 else 2**64
        if fault := integer_fault(integer):
            self._problem("number_out_of_range", fault, start)
            return 0
        return integer

    def _duplicate(self, key: str, first: Position, again: Position) -> None:
        where = f"first at line {first[0]}, column {first[1]}, again at line {again[0]}, column {again[1]}"
        path = tuple(self.path)
        self.report.add_at("duplicate_key", said_of(path, f"the key is given twice: {where}"), path, again)

    def _problem(self, code: str, message: str, offset: int) -> None:
        path = tuple(self.path)
        self.report.add_at(code, said_of(path, message), path, self._place(offset))

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _place(self, offset: int) -> Position:
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1
