"""A tutorial as somebody follows it: files saved, commands typed, what they print compared with what the page shows.

A fenced block whose first line is `# NAME` is a file; a `console` block has commands (`$ …`), each with the output
shown below it. Output is compared loosely: lines in order, others between them; spaces, ids and decimals may differ,
and `…` stands for anything. An id that the page shows is the real one in later commands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from run to run, as it is shown and as it may be; the first that fits counts.
LOOSE = (
    (UUID.pattern, f"({UUID.pattern})"),
    ("…", ".*"),
    (r"\d+ ms\b", r"\d+(?:\.\d+)? m?s\b"),
    (r"\d+\.\d+", r"\d+(?:\.\d+)?"),
    (r"\s+", r"\s+"),
)
LOOSE_PART = re.compile("|".join(f"({shown})" for shown, _ in LOOSE))


@dataclass(frozen=True)
class File:
    name: str
    text: str


@dataclass(frozen=True)
class Command:
    line: str
    shown: tuple[str, ...]
    """Lines that the page shows below it."""

    @property
    def is_left_running(self) -> bool:
        return self.line.endswith("&")


def read_steps(page: str) -> Iterator[File | Command]:
    """What a reader does, in order."""
    for language, text in BLOCK.findall(page):
        if language == "console":
            yield from _commands(text)
        elif found := re.match(r"# (\S+\.\w+)\n", text):
            yield File(found.group(1), text if language == "python" else text[found.end() :])


def _commands(text: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, *shown = part.rstrip("\n").split("\n")
        yield Command(line, tuple(shown))


@dataclass
class Ids:
    """The ids of this run for those of the page."""

    known: dict[str, str] = field(default_factory=dict)

    def put_into(self, text: str) -> str:
        return UUID.sub(lambda found: self.known.get(found.group(), found.group()), text)

    def find_missing(self, shown: tuple[str, ...], printed: str) -> str | None:
        """The first line shown that was not printed in its turn; ids seen on the way are learnt."""
        lines = iter(printed.splitlines())
        for line in shown:
            wanted = loosen(self.put_into(line.strip()), set(self.known.values()))
            found = next((match for one in lines if (match := wanted.fullmatch(one.strip()))), None)
            if found is None:
                return line
            new = [one for one in UUID.findall(line) if one not in self.known]
            self.known |= dict(zip(new, found.groups(), strict=True))
        return None


def loosen(line: str, exact: set[str]) -> re.Pattern[str]:
    """A pattern for a line; the ids in `exact` have to be those."""
    pattern, end = "", 0
    for found in LOOSE_PART.finditer(line):
        meant = next(may_be for group, (_, may_be) in zip(found.groups(), LOOSE, strict=True) if group is not None)
        pattern += re.escape(line[end : found.start()]) + (found.group() if found.group() in exact else meant)
        end = found.end()
    return re.compile(pattern + re.escape(line[end:]))
