"""Ratios as bars on a logarithmic scale, as an SVG that reads on light and dark pages. Pure.

A bar starts at 1, so its length is the logarithm of the ratio: to the left less time than the yardstick, to the right
more. The thin line is the spread over the rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log2

from benchmarks.figures import Spread

WIDTH, LEFT, RIGHT = 820, 290, 70
BAR, GAP, HEAD, FOOT = 14, 5, 64, 18
# Mid tones that stand out from white and from black alike; text follows the reader's theme.
COLOURS = ("#3b82f6", "#0d9f6e", "#d97706", "#a855f7")
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; } .small { font-size: 11px; } .title { font-weight: 600; }
.grid { stroke: #8b949e; stroke-opacity: .35; } .one { stroke: #6e7781; stroke-width: 1.5; }
.spread { stroke: #6e7781; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .one, .spread { stroke: #9ba6b2; }
}"""


@dataclass(frozen=True, slots=True)
class Bar:
    """`series` chooses the colour and names it in the legend."""

    series: str
    ratio: Spread


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return len(self.bars) * (BAR + GAP) + 2 * GAP


@dataclass(frozen=True, slots=True)
class Scale:
    """Powers of two from `low` to `high`, across the plot."""

    low: int
    high: int

    def x(self, ratio: float) -> float:
        share = (log2(ratio) - self.low) / (self.high - self.low)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def draw(title: str, groups: Sequence[Group]) -> str:
    """The SVG document."""
    scale = _scale(groups)
    series = list(dict.fromkeys(bar.series for group in groups for bar in group.bars))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(series)}
    height = HEAD + sum(group.height for group in groups) + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        _text(10, 20, title, "title"),
        *_legend(colours),
        *_axis(scale, height),
    ]
    top = HEAD
    for group in groups:
        parts += _group(group, top, scale, colours)
        top += group.height
    return "\n".join([*parts, "</svg>\n"])


def _scale(groups: Sequence[Group]) -> Scale:
    spreads = [bar.ratio for group in groups for bar in group.bars]
    low = min((spread.low for spread in spreads), default=1.0)
    high = max((spread.high for spread in spreads), default=1.0)
    return Scale(min(floor(log2(low)), -1), max(ceil(log2(high)), 1))


def _legend(colours: dict[str, str]) -> list[str]:
    parts, x = [], 10
    for name, colour in colours.items():
        parts += [f'<rect x="{x}" y="32" width="11" height="11" rx="2" fill="{colour}"/>', _text(x + 16, 42, name)]
        x += 40 + 7 * len(name)
    return parts


def _axis(scale: Scale, height: int) -> list[str]:
    parts = []
    for power in range(scale.low, scale.high + 1):
        x, kind = scale.x(2.0**power), "grid" if power else "one"
        parts.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{HEAD - 2}" y2="{height - FOOT}"/>')
        parts.append(_text(x, height - 4, f"×{2**power}" if power >= 0 else f"×1/{2**-power}", "small", "middle"))
    return parts


def _group(group: Group, top: int, scale: Scale, colours: dict[str, str]) -> list[str]:
    parts = [_text(10, top + group.height / 2 + 4, group.label)]
    for number, bar in enumerate(group.bars):
        y, spread = top + GAP + number * (BAR + GAP), bar.ratio
        left, right = sorted((scale.x(1.0), scale.x(spread.median)))
        low, high, middle = scale.x(spread.low), scale.x(spread.high), y + BAR / 2
        parts += [
            f'<rect x="{left}" y="{y}" width="{right - left:.1f}" height="{BAR}" rx="2" fill="{colours[bar.series]}"/>',
            f'<line class="spread" x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"/>',
            _text(WIDTH - 10, middle + 4, f"×{spread.median:.2f}", "small", "end"),
        ]
    return parts


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
