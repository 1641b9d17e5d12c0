"""The tasks of a definition as far as they can be read, however broken the rest is: for a preview while it is written.

What is wrong with it is said by `Pipeline.check`; this gives every name and every edge that can be drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.wording import printable
from orchestration.definition.graph import Graph
from orchestration.definition.parse import Format, read_source
from orchestration.definition.problems import Report


@dataclass(frozen=True, slots=True)
class OutlinedTask:
    """`dependencies` are those that exist and close no circle; `unknown` exist nowhere; `circular` would close one."""

    index: int
    name: str
    type: str
    model: str
    dependencies: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    circular: tuple[str, ...] = ()


def outline_tasks(source: Any, written_as: Format = "auto") -> tuple[OutlinedTask, ...]:
    """The first task of each name, in the source's order. Never raises because of what it is given."""
    value = read_source(source, written_as, Report())
    listed = value.get("tasks") if isinstance(value, Mapping) else None
    named = _named(listed if isinstance(listed, list) else ())
    wanted = {name: tuple(dict.fromkeys(_texts(task.get("dependencies")))) for name, (_, task) in named.items()}
    known = {name: [one for one in found if one in named and one != name] for name, found in wanted.items()}
    circular = _circular(known)
    return tuple(
        OutlinedTask(
            index=index,
            name=printable(name),
            type=_text(task.get("type")),
            model=_text(task.get("model")),
            dependencies=tuple(printable(one) for one in known[name] if (one, name) not in circular),
            unknown=tuple(printable(one) for one in wanted[name] if one not in named),
            circular=tuple(printable(one) for one in wanted[name] if one == name or (one, name) in circular),
        )
        for name, (index, task) in named.items()
    )


def _named(tasks: Sequence[Any]) -> dict[str, tuple[int, Mapping[str, Any]]]:
    """Name → (place in the list, task). Names that print alike would be one node, so the first stands."""
    found: dict[str, tuple[int, Mapping[str, Any]]] = {}
    printed: set[str] = set()
    for index, task in enumerate(tasks):
        name = task.get("name") if isinstance(task, Mapping) else None
        if isinstance(name, str) and name and printable(name) not in printed:
            printed.add(printable(name))
            found[name] = (index, task)
    return found


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return printable(value) if isinstance(value, str) else ""


def _circular(parents: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """(dependency, task) for each edge to leave out so that no circle remains: those that lead back, depth first."""
    if not Graph(parents).cycles:
        return set()
    back: set[tuple[str, str]] = set()
    open_: set[str] = set()
    done: set[str] = set()
    for root in parents:
        work = [(root, iter(parents[root]))] if root not in done else []
        open_.update([root] if work else [])
        while work:
            name, rest = work[-1]
            parent = next(rest, None)
            if parent is None:
                work.pop()
                open_.discard(name)
                done.add(name)
            elif parent in open_:
                back.add((parent, name))
            elif parent not in done:
                open_.add(parent)
                work.append((parent, iter(parents[parent])))
    return back
