"""Small charts inside rows and heads: run strips, share bars, durations against the median, sparklines."""

from collections.abc import Sequence

from django.utils.safestring import SafeString

from web.charts import states
from web.charts.drawing.markup import number, percent, safe, text
from web.charts.strips import Part, StripBar
from web.quantities import duration, plural, quantity

FEWEST, FEWEST_WIDE = 8, 40
"""So many bars there is always room for: a few runs do not become blocks."""
LOWEST, LOWEST_CUT = 0.12, 0.4
"""Even the shortest run can be seen and hit."""


def draw_strip(bars: Sequence[StripBar], label: str, is_wide: bool) -> SafeString:
    """Bars from left (oldest) to right. Bars with a link make it a group of links, else it is an image."""
    if not bars:
        return safe('<span class="muted">No runs yet</span>')
    counts = states.count_states(dict(states.count_each(bar.status for bar in bars)))
    words = text(f"{label or plural(len(bars), 'run', 'runs')}: {', '.join(counts)}")
    step = 100 / max(len(bars), FEWEST_WIDE if is_wide else FEWEST)
    drawn = "".join(_bar(bar, index * step + step * 0.13, step * 0.74) for index, bar in enumerate(bars))
    role = "group" if any(bar.href for bar in bars) else "img"
    css = "strip strip--wide" if is_wide else "strip"
    return safe(f'<svg class="{css}" role="{role}" aria-label="{words}">{drawn}</svg>')


def _bar(bar: StripBar, x: float, width: float) -> str:
    """A failed run has a cut below its top, so that it does not differ by its colour alone."""
    tone = states.tone(bar.status)
    share = min(1.0, max(LOWEST_CUT if tone == "bad" else LOWEST, bar.share))
    across, top = f'x="{percent(x)}" width="{percent(width)}"', percent(100 * (1 - share))
    drawn = (
        f'<rect class="m-{tone}" {across} y="{top}" height="{percent(100 * share)}" rx="1">'
        f"<title>{text(bar.title)}</title></rect>"
    )
    if tone == "bad":
        drawn += f'<rect class="cut" {across} y="{top}" height="1.5" transform="translate(0 3)"/>'
    if not bar.href:
        return drawn
    return f'<a href="{text(bar.href)}" tabindex="-1" aria-label="{text(bar.title)}">{drawn}</a>'


def draw_meter(parts: Sequence[Part], total: int | None, label: str, unit: str) -> SafeString:
    """`5/9` and a bar with its shares."""
    whole = max(total or 0, sum(max(0, part.count) for part in parts))
    done = sum(part.count for part in parts if part.status == "completed")
    counts = ", ".join(states.count_states({part.status: part.count for part in parts}))
    words = f"{label or f'{quantity(done)} of {quantity(whole)} {unit} done'}{f' ({counts})' if counts else ''}"
    x, drawn = 0.0, []
    for part in parts:
        width = 100 * max(0, part.count) / whole if whole else 0.0
        if width:
            drawn.append(
                f'<rect class="m-{states.tone(part.status)}" x="{percent(x)}" width="{percent(width)}" height="100%"/>'
            )
        x += width
    return safe(
        f'<span class="meter"><span class="fix fix--s">{quantity(done)}/{quantity(whole)}</span>'
        f'<svg class="bar" role="img" aria-label="{text(words)}">{"".join(drawn)}</svg></span>'
    )


def draw_bar(seconds: float | None, longest: float | None, median: float | None, status: str) -> SafeString:
    """A duration as text and as a bar; the mark is the median. Without `longest` the median stands in the middle."""
    if seconds is None:
        return safe('<span class="meter"><span class="fix">–</span></span>')
    full = max(longest or 0.0, 2 * (median or 0.0), 0.001) if longest or median else max(seconds, 0.001)
    share = min(100.0, 100 * max(0.0, seconds) / full)
    words = duration(seconds)
    mark = ""
    if median is not None:
        words += f", median {duration(median)}"
        mark = f'<rect class="m-mark" x="{percent(min(98.0, 100 * median / full))}" width="1.5" height="100%"/>'
    tone = "run" if status == "running" else "idle"
    return safe(
        f'<span class="meter"><span class="fix">{duration(seconds)}</span><svg class="bar" role="img" '
        f'aria-label="{text(words)}"><rect class="m-{tone}" width="{percent(share)}" height="100%"/>{mark}</svg></span>'
    )


def draw_spark(values: Sequence[float], label: str, tone: str) -> SafeString:
    """A line without axes, from 0 to the highest value."""
    if not values:
        return safe("")
    top = max(*values, 0.0) or 1.0
    step = 100 / max(1, len(values) - 1)
    points = [
        f"{number(index * step)} {number(100 - 92 * max(0.0, value) / top)}" for index, value in enumerate(values)
    ]
    line = f"M{'L'.join(points if len(points) > 1 else points * 2)}"
    area = f'<path class="a-accent" d="{line}L100 100L0 100Z"/>' if tone == "accent" and len(points) > 1 else ""
    return safe(
        f'<svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{text(label)}">'
        f'{area}<path class="l l-{text(tone)}" d="{line}"/></svg>'
    )
