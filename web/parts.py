"""What views give to the includes of `templates/components/`; `web.paging` has the pager's."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the pages about a thing; a count of None is not shown."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and its value; `note` in a quieter voice behind it."""

    term: str
    value: object
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name and a note."""

    label: str
    value: str
    note: str
