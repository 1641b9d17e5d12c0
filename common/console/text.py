"""Text on its way to a terminal, and the few formats that every command uses."""

import re
from datetime import datetime

from rich.text import Text

from common.figures import HARD, THIN, duration

# What a document, an error or a name may hold and a terminal would obey: control characters (C0, DEL, C1), marks that
# turn the direction of writing, the byte order mark, lone surrogates.
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def plain(value: object, limit: int | None = None) -> str:
    """One line of text that no terminal can misunderstand, cut to `limit` characters."""
    line = _OBEYED.sub(" ", str(value)).strip()
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def styled(value: object, style: str = "", limit: int | None = None) -> Text:
    """The same for rich: what stands in the text is never read as markup."""
    return Text(plain(value, limit), style=style)


def hint(value: str) -> Text:
    """What one could do next: indented, not loud."""
    return Text("  " + plain(value), style="dim")


def seconds(amount: float | None) -> str:
    """A duration with the spaces of a terminal."""
    return duration(amount).replace(HARD, " ").replace(THIN, " ")


def moment(at: datetime | None) -> str:
    """A time as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "–"


def count(number: int, word: str, plural: str = "") -> str:
    """`1 task`, `2 tasks`, `2,000 tasks`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
