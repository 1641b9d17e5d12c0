"""What the tests of charts are made from: moments, rows, nodes; and strategies for all the odd ones."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from web.charts.graph import Edge, Node
from web.charts.timeline import Kind, Segment, TimelineRow

START = datetime(2026, 11, 20, 12, 33, 7, tzinfo=UTC)
STATES = ("pending", "queued", "running", "waiting", "retrying", "completed", "failed", "skipped", "cancelled")
SIZES = (1, 2, 100, 1000)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def segment(kind: Kind, start: float, end: float | None = None, label: str = "") -> Segment:
    return Segment(kind, at(start), None if end is None else at(end), label)


def ran(name: str, start: float, end: float, kind: Kind = Kind.COMPLETED) -> TimelineRow:
    """A task that ran once."""
    status = "completed" if kind is Kind.COMPLETED else "failed"
    return TimelineRow(name, name, status=status, took_seconds=end - start, segments=(segment(kind, start, end),))


def many_rows(count: int) -> list[TimelineRow]:
    """Tasks one after another, each with a failed attempt before the good one; every hundredth fails for good."""
    return [
        TimelineRow(
            key=f"task_{index}",
            label=f"task_{index}",
            href=f"?task=task_{index}",
            status="failed" if index % 100 == 99 else "completed",
            took_seconds=float(index % 7),
            median_seconds=2.0,
            note="a note",
            segments=(
                segment(Kind.QUEUED, index, index + 1),
                segment(Kind.FAILED, index + 1, index + 2, "rate_limited"),
                segment(Kind.BACK_OFF, index + 2, index + 4),
                segment(Kind.FAILED if index % 100 == 99 else Kind.COMPLETED, index + 4, index + 5),
            ),
        )
        for index in range(count)
    ]


# Few distinct moments, so that many things happen at the same one; some far off; ends before starts.
moments = st.one_of(st.integers(0, 5).map(float), st.floats(0, 100), st.floats(-1e7, 1e7))
segments = st.builds(
    segment, st.sampled_from(Kind), moments, st.none() | moments, st.sampled_from(["", "rate_limited"])
)
rows = st.lists(
    st.builds(
        TimelineRow,
        key=st.text("abc", max_size=3),
        label=st.text(max_size=40),
        status=st.sampled_from(STATES),
        took_seconds=st.none() | st.floats(0, 1e6),
        note=st.text(max_size=80),
        segments=st.lists(segments, max_size=5).map(tuple),
        median_seconds=st.none() | st.floats(0, 1e6),
        is_selected=st.booleans(),
        is_critical=st.booleans(),
    ),
    max_size=8,
)


def tasks(count: int, state: str = "completed") -> list[Node]:
    return [Node(f"t{index}", f"task_{index}", "gpt-4 · 1.2 s", state, f"?task=t{index}") for index in range(count)]


def edges(pairs: Sequence[tuple[int, int]]) -> list[Edge]:
    return [Edge(f"t{source}", f"t{target}") for source, target in pairs]


def chain(count: int) -> list[tuple[int, int]]:
    return [(index, index + 1) for index in range(count - 1)]


def wide(_: int) -> list[tuple[int, int]]:
    """Nobody needs anybody."""
    return []


def fan(count: int) -> list[tuple[int, int]]:
    """One, then all but two side by side, then one."""
    return [(0, index) for index in range(1, count - 1)] + [(index, count - 1) for index in range(1, count - 1)]


def tangled(count: int) -> list[tuple[int, int]]:
    """Each needs two somewhere before it, in no order anybody could fold well."""
    return [(index * factor // 100, index) for index in range(1, count) for factor in (37, 89)]


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> tuple[list[Node], list[Edge]]:
    """Any graph without circles, now and then with conditions on its edges."""
    count = draw(st.integers(1, most))
    upper = [(a, b) for a in range(count) for b in range(a + 1, count)]
    pairs = draw(st.lists(st.sampled_from(upper), max_size=3 * count)) if upper else []
    nodes = [
        Node(f"t{index}", draw(st.text("abc_", min_size=1, max_size=50)), draw(st.text(max_size=50)), state)
        for index, state in enumerate(draw(st.lists(st.sampled_from(STATES), min_size=count, max_size=count)))
    ]
    labels = st.sampled_from(["", "", "risk > 0.6", "a condition that is far too long to be shown in full"])
    drawn = [Edge(f"t{a}", f"t{b}", draw(labels), is_taken=draw(st.booleans())) for a, b in pairs]
    order = draw(st.permutations(range(count)))
    return [nodes[index] for index in order], drawn
