"""Specializations as people write them, and what a review asks for. Pure.

legal        the specialization, at any level (a reviewer's: at level 3)
legal:4      at level 4 or more (a reviewer's: at level 4); levels are 1 to 5
legal:4?     asked for, until an escalation step widens the search
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reviews.exceptions import InvalidReview

MAX_LEVEL = 5
DEFAULT_LEVEL = 3
_WRITTEN = re.compile(r"(?P<name>[^:?]{1,64})(?::(?P<level>[1-5]))?(?P<preferred>\?)?")


@dataclass(frozen=True, slots=True)
class Skill:
    name: str
    level: int = DEFAULT_LEVEL

    @property
    def words(self) -> str:
        return f"{self.name} {self.level}"

    @property
    def explanation(self) -> str:
        return f"Knows {self.name} at level {self.level} of {MAX_LEVEL}"


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    level: int = 1
    is_preferred: bool = False

    @property
    def words(self) -> str:
        return self.name + (f" {self.level}" if self.level > 1 else "") + (" preferred" if self.is_preferred else "")

    @property
    def explanation(self) -> str:
        """The whole of it, as a sentence."""
        level = f"at level {self.level} or above" if self.level > 1 else "at any level"
        return f"{'Rather somebody' if self.is_preferred else 'Somebody'} who knows {self.name} {level}"

    def __str__(self) -> str:
        return self.name + (f":{self.level}" if self.level > 1 else "") + ("?" if self.is_preferred else "")


def parse_skill(text: str) -> Skill:
    """`legal:4` of a reviewer. Raises `InvalidReview`."""
    name, level, preferred = _parse(text)
    if preferred:
        raise InvalidReview(f'the specialization "{text}" of a reviewer cannot end in "?"')
    return Skill(name, level or DEFAULT_LEVEL)


def parse_wanted(text: str) -> Wanted:
    """`legal:4?` of a review. Raises `InvalidReview`."""
    name, level, preferred = _parse(text)
    return Wanted(name, level or 1, preferred)


def _parse(text: object) -> tuple[str, int | None, bool]:
    match = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or not match["name"].strip():
        raise InvalidReview(
            f'the specialization {str(text)[:80]!r} is not understood: write a name, such as "legal", '
            f'or a name and a level from 1 to {MAX_LEVEL}, such as "legal:4"'
        )
    return match["name"].strip().casefold(), int(match["level"]) if match["level"] else None, bool(match["preferred"])


def widen(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Who else might do: nothing preferred, and what is required at any level. The required names always stay."""
    return tuple(Wanted(one.name) for one in wanted if not one.is_preferred)


def key_part(name: str) -> str:
    """What the key of all requirements with this specialization has in it."""
    return f"[{json.dumps(name.casefold(), ensure_ascii=False)}, "


@dataclass(frozen=True, slots=True)
class Requirements:
    """Everything a review asks of its reviewer, whoever that is."""

    wanted: tuple[Wanted, ...] = ()
    language: str = ""
    sensitivity: int = 0
    needs_lead: bool = False

    @property
    def key(self) -> str:
        """The same text for the same requirements: what SQL compares, as there are few different ones."""
        skills = sorted([one.name, one.level] for one in self.wanted)
        return json.dumps([skills, self.language, self.sensitivity, self.needs_lead], ensure_ascii=False)

    @classmethod
    def from_key(cls, key: str) -> "Requirements":
        skills, language, sensitivity, needs_lead = json.loads(key)
        return cls(tuple(Wanted(name, level) for name, level in skills), language, sensitivity, needs_lead)
