"""What changed between two definitions is named, and nothing is named when nothing changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.definition.diff import KeyChange, TaskChange, caller_notes, compare_definitions
from orchestration.definition.outline import outline_tasks
from orchestration.definition.text_diff import DiffLine, compare_texts
from tests.definition.sources import definitions, nonsense, pipeline, task


def canonical(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return Pipeline(pipeline(*tasks, **more)).to_dict()


@given(definitions(), definitions())
def test_nothing_differs_exactly_when_the_digests_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = Pipeline(one), Pipeline(other)
    assert compare_definitions(before.to_dict(), after.to_dict()).is_same == (before.digest == after.digest)
    assert compare_definitions(after.to_dict(), after.to_dict()).is_same


def test_tasks_are_added_removed_and_changed_by_their_keys() -> None:
    before = canonical(task("a"), task("b", "a", timeout=5, parameters={"x": {"y": 1, "z": 2}}), task("old"))
    after = canonical(task("new"), task("a"), task("b", "new", parameters={"x": {"y": True, "z": 2}}, model="m"))
    found = compare_definitions(before, after)
    assert found.tasks == (
        TaskChange("new", "added"),
        TaskChange(
            "b",
            "changed",
            (
                KeyChange("parameters.x.y", "changed", 1, True),
                KeyChange("dependencies", "changed", ["a"], ["new"]),
                KeyChange("timeout", "removed", 5),
                KeyChange("model", "added", after="m"),
            ),
        ),
        TaskChange("old", "removed"),
    )
    assert found.changes == {"new": "added", "b": "changed", "old": "removed"}
    assert not found.is_reordered


def test_another_queue_is_a_change_of_the_task() -> None:
    plain, io = canonical(task("a")), canonical(task("a", queue="io"))
    default = canonical(task("a", queue="default"))
    assert compare_definitions(plain, io).tasks == (
        TaskChange("a", "changed", (KeyChange("queue", "added", after="io"),)),
    )
    assert not compare_definitions(plain, default).is_same, "TASK_QUEUES decides about the one and not about the other"


def test_another_order_of_tasks_is_a_difference_of_its_own() -> None:
    found = compare_definitions(canonical(task("a"), task("b")), canonical(task("b"), task("a")))
    assert (found.tasks, found.is_reordered, found.is_same) == ((), True, False)


def test_settings_of_the_pipeline_are_compared_too() -> None:
    before = canonical(description="one", global_parameters={"output_mapping": {"x": "a_output.x"}})
    after = canonical(description="two", global_parameters={"output_mapping": {"y": "a_output.x"}}, timeout=5)
    assert [(change.path, change.change) for change in compare_definitions(before, after).settings] == [
        ("description", "changed"),
        ("global_parameters.output_mapping.x", "removed"),
        ("global_parameters.output_mapping.y", "added"),
        ("timeout", "added"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [
        ({"x": "string"}, {"x": "string"}, []),
        ({"x": "string"}, {"x": "string", "y": "string?"}, []),
        ({"x": "string"}, {"x": "string", "y": "string"}, ['"y" must be given now']),
        ({"x": "string", "y": "string"}, {"x": "string"}, ['"y" is no longer taken']),
        ({"d": {"x": "string"}}, {"d": {"x": "integer", "y": "date"}}, ['"d.x" is checked', '"d.y" must be']),
        ({"d": {"x": "string", "y": "list"}}, {"d": {"x": "string"}}, ['"d.y" is no longer taken']),
        (None, {"x": "string"}, ["the input is checked now"]),
        ({"x": "string"}, None, ["the input is checked differently"]),
        ({"anyOf": [{"type": "string"}]}, {"x": "string"}, ["the input is checked differently"]),
    ],
)
def test_callers_are_told_what_they_must_do_otherwise(before: Any, after: Any, notes: list[str]) -> None:
    said = caller_notes(canonical(inputs=before), canonical(inputs=after))
    assert len(said) == len(notes)
    assert all(line.startswith(note) for line, note in zip(said, notes, strict=True)), said


def test_callers_are_told_what_the_output_loses() -> None:
    two = canonical(task("a"), task("b"))
    mapped = canonical(task("a"), global_parameters={"output_mapping": {"a": "a_output.x", "total": "a_output.y"}})
    assert caller_notes(two, canonical(task("a"))) == ('the output no longer has "b"',)
    assert caller_notes(mapped, two) == ('the output no longer has "total"',)
    assert caller_notes(two, two) == ()


# Lines ----------------------------------------------------------------------------------------------------------------

texts = st.lists(st.sampled_from(["a", "b: 1", "b: 2", "", "  c: [x, y]", "long " * 5]), max_size=30).map("\n".join)


@given(texts, texts, st.none() | st.integers(0, 4))
def test_a_diff_of_lines_holds_both_texts(before: str, after: str, context: int | None) -> None:
    found = compare_texts(before, after, context=context)
    for text, side, number in ((before, "deleted", "before"), (after, "inserted", "after")):
        lines = text.removesuffix("\n").split("\n") if text else []
        shown = [line for line in found.lines if line.kind in ("equal", side)]
        assert all("".join(part for part, _ in line.parts) == lines[getattr(line, number) - 1] for line in shown)
        assert len(shown) + sum(line.count for line in found.lines) == len(lines)
    assert found.inserted == sum(line.kind == "inserted" for line in found.lines)
    assert found.deleted == sum(line.kind == "deleted" for line in found.lines)


def test_equal_lines_far_from_a_change_are_folded() -> None:
    before = "\n".join(map(str, range(20)))
    found = compare_texts(before, before.replace("10", "ten"), context=1)
    assert [(line.kind, line.before, line.count) for line in found.lines] == [
        ("folded", 1, 9),
        ("equal", 10, 0),
        ("deleted", 11, 0),
        ("inserted", None, 0),
        ("equal", 12, 0),
        ("folded", 13, 8),
    ]


def test_changed_words_are_marked() -> None:
    found = compare_texts("  timeout: 20 # s", "  timeout: 40 # s")
    assert found.lines == (
        DiffLine("deleted", before=1, parts=(("  timeout: ", False), ("20", True), (" # s", False))),
        DiffLine("inserted", after=1, parts=(("  timeout: ", False), ("40", True), (" # s", False))),
    )


def test_a_change_in_each_of_many_tasks_is_found_in_each() -> None:
    before = "\n".join(f"- name: t{n}\n  timeout: 20\n  type: sample" for n in range(500))
    found = compare_texts(before, before.replace("timeout: 20", "timeout: 40"), context=0)
    assert (found.inserted, found.deleted) == (500, 500)


def test_stretches_too_long_to_compare_are_replaced_whole() -> None:
    before = "\n".join(f"a{n // 2}" for n in range(1000))
    after = "\n".join(f"a{n // 2}" for n in reversed(range(1000)))
    found = compare_texts(f"same\n{before}", f"same\n{after}")
    assert (found.inserted, found.deleted, found.lines[0].kind) == (1000, 1000, "equal")
    assert len(found.first(10).lines) == 10


# Outline --------------------------------------------------------------------------------------------------------------


@given(definitions())
def test_the_outline_of_a_sound_definition_has_every_task_and_edge(definition: dict[str, Any]) -> None:
    tasks = Pipeline(definition).tasks
    assert [
        (found.name, set(found.dependencies), found.unknown, found.circular) for found in outline_tasks(definition)
    ] == [(task.name, set(task.dependencies), (), ()) for task in tasks]


@given(nonsense | st.text() | st.binary())
def test_an_outline_can_be_drawn_of_anything(source: Any) -> None:
    tasks = outline_tasks(source)
    names = [found.name for found in tasks]
    assert len(set(names)) == len(names)
    assert all(set(found.dependencies) <= set(names) for found in tasks)
    assert not any(found.name in _above(found.name, {one.name: one.dependencies for one in tasks}) for found in tasks)


def _above(name: str, parents: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    new = set(parents[name])
    while new:
        found |= new
        new = {above for one in new for above in parents[one]} - found
    return found


def test_the_outline_says_which_dependencies_cannot_be_drawn() -> None:
    broken = (
        "tasks: [{name: a, dependencies: [c, nowhere]}, {name: b, dependencies: [a, b]}, {name: c, dependencies: [b]}]"
    )
    found = {one.name: one for one in outline_tasks(broken)}
    assert found["a"].unknown == ("nowhere",)
    assert "b" in found["b"].circular
    assert sum(len(one.circular) for one in found.values()) == 2  # the other circle is cut at one place too
