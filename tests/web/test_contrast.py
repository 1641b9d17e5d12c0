"""WCAG 2.2 AA: every pair of colours that stands on another is readable in both themes."""

import re

import pytest
from django.conf import settings

TEXT, MARK = 4.5, 3.0
STATES = ("ok", "bad", "run", "wait", "idle")
SURFACES = ("canvas", "surface", "raised", "sunken", "hover")
PAIRS = [
    *[(fg, bg, TEXT) for fg in ("text", "muted", "subtle") for bg in SURFACES],
    *[(fg, "selected", TEXT) for fg in ("text", "muted", "subtle", "accent-text")],
    *[("accent-text", bg, TEXT) for bg in (*SURFACES, "accent-tint")],
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    *[
        (f"{s}-text", bg, TEXT)
        for s in STATES
        for bg in ("surface", "canvas", "raised", "sunken", "hover", "selected", f"{s}-tint")
    ],
    *[(fg, f"{s}-tint", TEXT) for s in STATES for fg in ("text", "muted")],
    ("text", "mark", TEXT),
    ("text", "mark-on", TEXT),
    *[(f"{s}-fill", bg, MARK) for s in STATES for bg in ("surface", "canvas", "sunken")],
    *[("focus", bg, MARK) for bg in ("canvas", "surface", "raised", "sunken", "selected")],
    *[("control-line", bg, MARK) for bg in ("surface", "raised", "sunken")],
    ("accent", "surface", MARK),
]


def read_tokens() -> dict[str, tuple[str, str]]:
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text().split("[data-theme", 1)[0]
    found = re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)", css)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_is_readable(theme: str) -> None:
    tokens, side = read_tokens(), ("light", "dark").index(theme)
    ratios = {(fg, bg, least): contrast(tokens[fg][side], tokens[bg][side]) for fg, bg, least in PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < pair[2]} == {}


def test_only_the_tokens_name_a_colour() -> None:
    """So that the check above is the whole truth; Swagger's and Redoc's bar stands outside the tokens."""
    for path in (settings.BASE_DIR / "static/css").glob("*.css"):
        if path.name not in {"tokens.css", "api.css"}:
            assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", re.sub(r"url\([^)]*\)", "", path.read_text())) == []
