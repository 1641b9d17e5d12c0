"""What the editor was sent: the text, where the edit began, and what to do with it."""

import re
from dataclasses import dataclass
from typing import Literal, Self

from django.http import HttpRequest

from orchestration.definition.limits import MAX_BYTES

Action = Literal["check", "save", "load"]

WORD = re.compile(r"[\"']?([\w./-]+)")
_FIX = re.compile(r"fix:([0-9]{1,7}):([0-9]{1,7}):([\w./-]+):([\w./-]+)")
_OVER = re.compile(r"over-([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Fix:
    """One word in the place of another. Lines and columns count from 1."""

    line: int
    column: int
    old: str
    new: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        found = _FIX.fullmatch(text)
        return cls(int(found[1]), int(found[2]), found[3], found[4]) if found else None

    def as_text(self) -> str:
        return f"fix:{self.line}:{self.column}:{self.old}:{self.new}"

    def apply(self, text: str) -> str:
        """The text as it is when the word does not stand there any more."""
        lines = text.split("\n")
        line, at = lines[self.line - 1] if 0 < self.line <= len(lines) else "", self.column - 1
        if not line.startswith(self.old, at):
            return text
        lines[self.line - 1] = line[:at] + self.new + line[at + len(self.old) :]
        return "\n".join(lines)


class UnreadableFile(ValueError):
    """A file that no definition can be in; the message says why."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is not registered. `base` is the number of the version the edit began with, 0 for none."""

    text: str
    base: int = 0
    action: Action = "check"

    @classmethod
    def read(cls, request: HttpRequest) -> "Draft":
        """Browsers send line ends as CR LF; lines and texts of a definition have LF."""
        text = request.POST.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
        asked = request.POST.get("do", "check")
        if fix := Fix.parse(asked):
            return cls(fix.apply(text), _number(request))
        if over := _OVER.fullmatch(asked):
            return cls(text, int(over.group(1)), "save")
        return cls(text, _number(request), "save" if asked == "save" else "load" if asked == "load" else "check")

    @property
    def written_as(self) -> Literal["yaml", "json"]:
        """By how it begins, as the language guesses it."""
        return "json" if self.text.lstrip()[:1] in ("{", "[") else "yaml"


def _number(request: HttpRequest) -> int:
    base = request.POST.get("base", "")
    return int(base) if re.fullmatch("[0-9]{1,10}", base) else 0


def read_upload(request: HttpRequest) -> str:
    """The text of the file that was sent along. Raises `UnreadableFile`."""
    file = request.FILES.get("file")
    if file is None:
        raise UnreadableFile("Choose a file first; a definition is a .yaml or .json file.")
    raw: bytes = file.read(MAX_BYTES + 4)
    if len(raw) > MAX_BYTES + 3:  # a byte order mark is not counted
        raise UnreadableFile(f"The file is larger than {MAX_BYTES:,} bytes, which is the most a definition may have.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"The file is not UTF-8 (line {line}); save it as UTF-8 and choose it again.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
