"""What `components/pager.html` shows below a list that is read page by page, newest first."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pager:
    """`summary` says which rows these are; an address that is "" is an end of the list."""

    summary: str
    newer: str = ""
    older: str = ""
    newer_label: str = "Newer"
    older_label: str = "Older"
