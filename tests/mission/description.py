"""The product description (`docs/product-description.md`), read: its blocks of code and its lists, by heading.

Pure. Owns no judgement: `test_examples.py` runs the blocks, `tests/docs/test_features.py` looks for the lines.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "product-description.md"
ITEM = re.compile(r"(?:- |\d\. )(.+)")
HEADING = re.compile(r"(#+) (.+)")


@dataclass
class Section:
    """What stands below one heading, up to the next one."""

    title: str
    chapter: str
    """The heading of the second level that it stands under."""
    items: list[str] = field(default_factory=list)
    """Lines of its list, without the mark."""
    blocks: list[str] = field(default_factory=list)
    """Its fenced code."""
    languages: list[str] = field(default_factory=list)


def read(page: str | None = None) -> dict[str, Section]:
    """The sections by title, in their order. A title occurs once."""
    sections: dict[str, Section] = {}
    current, chapter, block = Section("", ""), "", None
    for line in (PAGE.read_text() if page is None else page).splitlines():
        if line.startswith("```"):
            block = _fence(current, line, block)
        elif block is not None:
            block.append(line)
        elif found := HEADING.fullmatch(line):
            level, title = found.groups()
            chapter = title if len(level) <= 2 else chapter
            current = sections.setdefault(title, Section(title, chapter))
        elif found := ITEM.fullmatch(line):
            current.items.append(found.group(1))
    return sections


def _fence(current: Section, line: str, block: list[str] | None) -> list[str] | None:
    """The block that begins here; None when one ends."""
    if block is None:
        current.languages.append(line.strip("`"))
        return []
    current.blocks.append("\n".join(block) + "\n")
    return None


def read_variables(block: str) -> dict[str, str]:
    """`NAME=value` lines of a shell block."""
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", block, re.MULTILINE))
