"""The timeline as a table: task tree, durations, bars; its legend, and links to fold and unfold."""

from collections.abc import Iterable, Mapping
from zlib import crc32

from django.utils.safestring import SafeString

from web.charts import states
from web.charts.drawing.markup import (
    address,
    icon,
    legend,
    link,
    percent,
    safe,
    state_icon,
    state_word,
    swatch,
    text,
)
from web.charts.timeline.model import Kind, Mark, PlacedRow, Text, Tick, Timeline
from web.charts.timeline.rows import PAGE_SIZE
from web.quantities import UNKNOWN, duration, plural, quantity

Query = Mapping[str, str]
DEEPEST = 3
STOPPED = (Kind.FAILED, Kind.TIMED_OUT, Kind.CRASHED, Kind.CANCELLED)
"""Drawn with a line across their end, so that they do not differ by colour alone."""
RETURNED = (Kind.HANDED_BACK, Kind.DISCARDED)
LEGEND = {
    Kind.QUEUED: "Queued",
    Kind.RUNNING: "Running",
    Kind.COMPLETED: "Completed",
    Kind.FAILED: "Failed",
    Kind.TIMED_OUT: "Timed out",
    Kind.CRASHED: "Worker lost",
    Kind.HANDED_BACK: "Handed back",
    Kind.DISCARDED: "Discarded",
    Kind.CANCELLED: "Cancelled",
    Kind.BACK_OFF: "Retry back-off",
    Kind.WAITING: "Waiting for a person",
    Kind.PAUSED: "Paused",
}


def draw_timeline(chart: Timeline, query: Query, caption: str, ident: str) -> SafeString:
    """`ident` tells the hatches of several timelines on a page apart; empty makes one from the rows."""
    ident = ident or f"timeline-{_fingerprint(chart, caption)}"
    return safe(
        '<div class="timeline">',
        _definitions(chart, ident),
        _head(chart, query),
        f'<table class="gantt" role="table"><caption class="vh">{text(caption)}</caption>',
        f'{_axis(chart)}<tbody role="rowgroup">',
        "".join(_row(row, query, ident) for row in chart.rows),
        f'</tbody></table><div class="card__head">{_legend(chart, ident)}{_pager(chart, query)}</div></div>',
    )


def _fingerprint(chart: Timeline, caption: str) -> str:
    keys = "".join(placed.row.key for placed in chart.rows[:1])
    return f"{crc32(f'{caption} {keys} {chart.total}'.encode()):x}"


def _definitions(chart: Timeline, ident: str) -> str:
    """Hatches, and what stands behind and before every row's bars, drawn once and used by each row."""
    bands = "".join(
        f'<rect class="g-fold" x="{percent(band.x)}" width="{percent(band.width)}" height="100%"/>'
        for band in chart.bands
    )
    grid = "".join(_line("g-grid", tick.x) for tick in chart.ticks if tick.x > 0)
    now = "" if chart.now_x is None else _line("g-now", chart.now_x)
    return (
        '<svg class="vh" aria-hidden="true"><defs>'
        f'<g id="{ident}-under">{bands}{grid}</g><g id="{ident}-now">{now}</g>'
        f"{_hatch(f'{ident}-wait', 6, 'wait')}{_hatch(f'{ident}-back', 5, 'back')}</defs></svg>"
    )


def _line(css: str, x: float) -> str:
    return f'<line class="{css}" x1="{percent(x)}" x2="{percent(x)}" y1="-1" y2="100%"/>'


def _hatch(ident: str, size: int, tone: str) -> str:
    return (
        f'<pattern id="{ident}" width="{size}" height="{size}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect class="h-{tone}" width="{size}" height="{size}"/>'
        f'<path class="h-{tone}-l" d="M0 0v{size}"/></pattern>'
    )


def _head(chart: Timeline, query: Query) -> str:
    actions = ""
    if chart.can_fold:
        folds = chart.options.fold_waits
        actions += link(
            address(query, waits="all" if folds else None), "fold", "Unfold waits" if folds else "Fold waits"
        )
    if chart.folds:
        actions += link(address(query, rows="all", rows_page=None), "executions", _all(chart))
    if chart.options.show_all and chart.total > len(chart.rows):
        actions += link(address(query, rows=None, rows_page=None), "fold", "Show what matters")
    buttons = f'<div class="actions">{actions}</div>' if actions else ""
    return f'<div class="card__head"><p>{text(chart.summary)}</p>{buttons}</div>'


def _all(chart: Timeline) -> str:
    return f"Show all {plural(chart.total, 'task', 'tasks')}"


def _axis(chart: Timeline) -> str:
    labels = [_tick(tick) for tick in chart.ticks]
    labels += [
        f'<text x="{percent(band.x + band.width / 2)}" y="21" text-anchor="middle">'
        f"<title>{text(band.title)}</title>{text(band.label)}</text>"
        for band in chart.bands
    ]
    if chart.now_x is not None:
        labels.append(f'<text class="now-t" x="{percent(chart.now_x)}" y="21" text-anchor="middle">now</text>')
    heads = (
        '<th scope="col" role="columnheader" class="task">Task</th>'
        '<th scope="col" role="columnheader" class="dur">Took</th>'
    )
    folded = "".join(f" {text(band.title)}." for band in chart.bands)
    return (
        f'<thead role="rowgroup"><tr role="row">{heads}<th scope="col" role="columnheader">'
        f'<span class="vh">Timeline.{folded}</span><svg class="track" aria-hidden="true">{"".join(labels)}</svg>'
        "</th></tr></thead>"
    )


def _tick(tick: Tick) -> str:
    anchor = "start" if tick.x < 2 else "end" if tick.x > 97 else "middle"
    css = ' class="opt"' if tick.is_optional else ""
    return f'<text{css} x="{percent(tick.x)}" y="21" text-anchor="{anchor}">{text(tick.label)}</text>'


def _row(placed: PlacedRow, query: Query, ident: str) -> str:
    row = placed.row
    css = " ".join(
        filter(None, ("is-on" * row.is_selected, "quiet" * (not placed.marks), "many" * bool(placed.folded)))
    )
    css = f' class="{css}"' if css else ""
    return (
        f'<tr{css} role="row"><th scope="row" role="rowheader" class="task d{min(row.depth, DEEPEST)}">'
        f"{_name(placed, query)}</th>"
        f'<td class="dur" role="cell">{_took(placed)}</td>'
        f'<td role="cell"><svg class="track" role="img" aria-label="{text(placed.sentence)}">'
        f'<use href="#{ident}-under"/>{"".join(_mark(mark, placed, ident) for mark in placed.marks)}'
        f'{_further(placed)}<use href="#{ident}-now"/></svg></td></tr>\n'
    )


def _name(placed: PlacedRow, query: Query) -> str:
    row = placed.row
    href = address(query, rows="all", rows_page=placed.page) if placed.folded else text(row.href)
    mono = "" if placed.folded else " mono"
    label, tag = text(row.label), text(row.tag)
    inside = f'{state_icon(row.status)}<span class="clip{mono}" title="{label}">{label}</span>'
    if row.is_critical and not placed.folded:
        inside += f'<span class="crit" title="On the critical path">{icon("bolt", "sm")}</span>'
    if row.tag:
        inside += f'<span class="tag" title="{tag}">{tag}</span>'
    if not href:
        return f'<span class="name">{inside}</span>'
    current = ' aria-current="true"' if row.is_selected else ""
    return f'<a href="{href}"{current}>{inside}</a>'


def _took(placed: PlacedRow) -> str:
    row = placed.row
    if row.took:
        return text(row.took)
    if row.took_seconds is not None:
        return f"{'≤ ' if placed.folded else ''}{duration(row.took_seconds)}"
    return state_word(row.status).lower() if row.status in ("skipped", "cancelled") else UNKNOWN


def _mark(mark: Mark, placed: PlacedRow, ident: str) -> str:
    x, width, end = percent(mark.x), percent(mark.width), percent(mark.x + mark.width)
    title = f"<title>{text(mark.title)}</title>" if mark.title else ""
    if placed.folded:
        return f'<rect class="m-{_tone(mark.kind)}" x="{x}" width="{width}" y="14" height="8" rx="2"/>'
    if mark.kind is Kind.QUEUED:
        return (
            f'<line class="g-queue" x1="{x}" x2="{end}" y1="18" y2="18"/>'
            f'<line class="g-queue" x1="{x}" x2="{x}" y1="14" y2="22"/>'
        )
    if mark.kind is Kind.WAITING:
        hatch = f'fill="url(#{ident}-wait)"'
        return f'<rect class="b-wait" x="{x}" width="{width}" y="10.5" height="15" rx="3" {hatch}>{title}</rect>'
    if mark.kind is Kind.BACK_OFF:
        hatch = f'fill="url(#{ident}-back)"'
        return f'<rect class="b-back" x="{x}" width="{width}" y="12.5" height="11" rx="2" {hatch}>{title}</rect>'
    if mark.kind is Kind.PAUSED:
        return f'<rect class="b-paused" x="{x}" width="{width}" y="14.5" height="7" rx="2">{title}</rect>'
    if mark.kind in RETURNED:
        return f'<rect class="b-back b-empty" x="{x}" width="{width}" y="10.5" height="15" rx="3">{title}</rect>'
    stop = ""
    if mark.kind in STOPPED:
        stop = f'<line class="g-stop s-{_tone(mark.kind)}" x1="{end}" x2="{end}" y1="7" y2="29"/>'
    return f'<rect class="m-{_tone(mark.kind)}" x="{x}" width="{width}" y="10" height="16" rx="3">{title}</rect>{stop}'


def _tone(kind: Kind) -> str:
    return states.tone(kind.value)


def _further(placed: PlacedRow) -> str:
    """Median, critical path and text."""
    parts = []
    if placed.median:
        since, until = percent(placed.median.x), percent(placed.median.end)
        parts.append(f'<line class="g-ghost" x1="{since}" x2="{until}" y1="30" y2="30"/>')
        if not placed.median.is_cut:
            parts.append(f'<line class="g-ghost" x1="{until}" x2="{until}" y1="27" y2="33"/>')
    if placed.row.is_critical and placed.marks:
        start, end = placed.marks[0].x, placed.marks[-1].x + placed.marks[-1].width
        parts.append(f'<rect class="g-critical" x="{percent(start)}" width="{percent(end - start)}" y="4" height="2"/>')
    if placed.text == placed.text_wide:
        parts.append(_text(placed.text, ""))
    else:
        parts += [_text(placed.text, "t-narrow"), _text(placed.text_wide, "t-wide")]
    return "".join(parts)


def _text(placed: Text | None, css: str) -> str:
    if placed is None:
        return ""
    css = f' class="{css}"' if css else ""
    shift, anchor = (-6, "end") if placed.is_left else (6, "start")
    return f'<text{css} x="{percent(placed.x)}" dx="{shift}" y="22" text-anchor="{anchor}">{text(placed.words)}</text>'


def _legend(chart: Timeline, ident: str) -> str:
    return legend(_entries(chart, ident))


def _entries(chart: Timeline, ident: str) -> Iterable[tuple[str, str]]:
    words: dict[str, list[str]] = {}
    for kind in chart.kinds:
        words.setdefault(_swatch(kind, ident), []).append(LEGEND[kind])
    for mark, (first, *others) in words.items():
        yield mark, " or ".join((first, *(word.lower() for word in others)))
    if chart.has_medians:
        yield '<svg aria-hidden="true"><path class="g-ghost" d="M0 6h11.5M11 2v8"/></svg>', "Usual time (median)"
    if chart.has_critical:
        yield '<svg aria-hidden="true"><rect class="g-critical" y="5" width="100%" height="2"/></svg>', "Critical path"
    if chart.bands:
        yield '<svg aria-hidden="true"><rect class="g-fold g-fold--l" width="100%" height="100%"/></svg>', "Folded wait"


def _swatch(kind: Kind, ident: str) -> str:
    if kind is Kind.QUEUED:
        return '<svg aria-hidden="true"><path class="g-queue" d="M0 6h12M1 2v8"/></svg>'
    if kind in (Kind.WAITING, Kind.BACK_OFF):
        hatch = "wait" if kind is Kind.WAITING else "back"
        return f'<svg aria-hidden="true"><rect width="100%" height="100%" fill="url(#{ident}-{hatch})"/></svg>'
    if kind is Kind.PAUSED:
        return '<svg aria-hidden="true"><rect class="b-paused" x="0.5" y="3" width="11" height="6" rx="2"/></svg>'
    if kind in STOPPED:
        return f'<svg aria-hidden="true"><path class="m-{_tone(kind)}" d="M0 2h10v8H0zM10 0h2v12h-2z"/></svg>'
    if kind in RETURNED:
        return (
            '<svg aria-hidden="true"><rect class="b-back b-empty" x="0.5" y="1.5" width="11" height="9" rx="2"/></svg>'
        )
    return swatch(_tone(kind))


def _pager(chart: Timeline, query: Query) -> str:
    if chart.pages < 2:
        return ""
    page = min(chart.options.page, chart.pages)
    first = (page - 1) * PAGE_SIZE + 1
    where = f"Tasks {quantity(first)} to {quantity(first + len(chart.rows) - 1)} of {quantity(chart.total)}"
    back = _turn(query, page - 1, "Previous", page > 1)
    on = _turn(query, page + 1, "Next", page < chart.pages)
    inside = f'<span class="muted">{where}</span><span class="btns">{back}{on}</span>'
    return f'<nav class="actions" aria-label="Pages of the timeline">{inside}</nav>'


def _turn(query: Query, page: int, words: str, is_there: bool) -> str:
    if not is_there:
        return f'<span class="btn btn--sm" aria-disabled="true">{words}</span>'
    return f'<a class="btn btn--sm" href="{address(query, rows_page=page)}">{words}</a>'
