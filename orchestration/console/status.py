"""How a status looks: an icon, its word and a colour. The word always stands beside the icon; colour only helps."""

from rich.text import Text

_LOOKS: dict[str, tuple[str, str]] = {
    "pending": ("·", "dim"),
    "queued": ("◌", "yellow"),
    "running": ("▶", "cyan"),
    "waiting": ("◷", "yellow"),
    "retrying": ("↻", "yellow"),
    "paused": ("‖", "yellow"),
    "completed": ("✔", "green"),
    "skipped": ("↷", "dim"),
    "cancelled": ("⊘", "magenta"),
    "timed_out": ("✘", "red"),
    "failed": ("✘", "red"),
    # Of checks (doctor, validate_pipeline)
    "ok": ("✔", "green"),
    "note": ("·", "dim"),
    "warning": ("!", "yellow"),
    "problem": ("✘", "red"),
}


def look(status: str, *, width: int = 0) -> Text:
    """`✔ completed`, coloured, padded to `width`."""
    icon, style = _LOOKS[status]
    return Text(f"{icon} {status.replace('_', ' ')}".ljust(width), style=style)
