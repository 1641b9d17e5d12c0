"""The editor: every mistake with its line, what changes, saving, and that nothing typed is lost."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.definition.limits import MAX_BYTES
from orchestration.forms.draft import Draft, Fix
from orchestration.forms.starting_points import read_starting_point, starting_points
from orchestration.models import PipelineVersion, RegisteredPipeline
from orchestration.selectors.definitions import check_definition
from orchestration.services.pipeline_edits import PipelineChanged, save_edit
from orchestration.services.pipelines import register_pipeline
from orchestration.views.pipelines.review import Review
from tests.definition.sources import definitions, nonsense
from tests.engine import flow
from tests.pages.conftest import MakeExecution

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

NEW = "/pipelines/new/"
EDIT = "/pipelines/flow/edit/"
SOUND = "name: mine\ntasks:\n  - {name: a, type: echo}\n"
BROKEN = """\
name: flow
tasks:
  - name: extract
    type: echo
  - name: use
    type: ecco
    dependencies: [extrct]
    timeout: -1
"""


@pytest.fixture
def flow_pipeline(db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.CHAIN))


def send(client: Client, text: str, do: str = "check", address: str = EDIT, **more: Any) -> Any:
    return client.post(address, {"text": text.replace("\n", "\r\n"), "do": do, "base": "1", **more})


def shown_text(response: Any) -> str:
    """What stands in the editor."""
    found = re.search(r'<textarea id="source".*?>\n(.*?)</textarea>', response.content.decode(), re.DOTALL)
    assert found is not None
    return unescape(found[1])


def current() -> int:
    version = RegisteredPipeline.objects.get(pk="flow").current_version
    assert version is not None
    return version.number


# Checking -------------------------------------------------------------------------------------------------------------


def test_the_editor_opens_with_the_current_version(engineer: Client, flow_pipeline: None) -> None:
    response = engineer.get(EDIT)
    assert shown_text(response) == flow.define(flow.CHAIN).to_yaml()
    page = response.content.decode()
    assert "Based on version 1. Saving makes version 2" in page
    assert "Nothing to save." in page
    assert shown_text(engineer.get(EDIT, {"as": "json"})) == flow.define(flow.CHAIN).to_json()


def test_every_mistake_is_told_at_once_with_its_line(engineer: Client, flow_pipeline: None) -> None:
    response = send(engineer, BROKEN)
    page = response.content.decode()
    assert "3\xa0errors keep this from being saved." in page
    for line, code in ((6, "unknown_task_type"), (7, "unknown_dependency"), (8, "out_of_range")):
        assert f'<li class="is-bad" id="L{line}">' in page
        assert f'href="#L{line}" data-line="{line}"' in page
        assert code in page
    assert 'Did you mean <strong class="mono">extract</strong>?' in page
    assert shown_text(response) == BROKEN
    assert page.count('<li aria-hidden="true">') == BROKEN.count("\n") + 1 - 3


def test_a_broken_definition_is_drawn_as_far_as_it_can_be_read(engineer: Client, flow_pipeline: None) -> None:
    page = send(engineer, BROKEN).content.decode()
    assert "needs extrct ?" in page
    assert "s-critical" in page
    assert "What it means is compared once the errors are mended" in page


def test_a_sound_change_is_summarised_with_its_impact(
    engineer: Client, flow_pipeline: None, make_execution: MakeExecution
) -> None:
    make_execution("running", graph=flow.CHAIN)
    changed = flow.define(flow.CHAIN, tasks={"b": {"timeout": 9}}, name="other").to_yaml()
    page = send(engineer, changed).content.decode()
    for text in (
        *("No problem found.", "1\xa0task changes; a setting changes: name", "safe for callers", "+2"),
        *(
            "1\xa0execution is running version 1 and stays on it.",
            "It calls itself other and stays registered as flow.",
        ),
    ):
        assert text in page, text


def test_what_callers_would_notice_is_told(engineer: Client, flow_pipeline: None) -> None:
    page = send(engineer, flow.define(flow.CHAIN, inputs={"x": "string"}).to_yaml()).content.decode()
    assert "callers will notice" in page
    assert "The input is checked now; it could be anything." in page


def test_a_definition_that_was_a_version_before_is_recognised(engineer: Client, flow_pipeline: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    page = send(engineer, flow.define(flow.CHAIN).to_yaml(), base="2").content.decode()
    assert "This is version 1 as it was." in page


def test_a_fix_writes_the_word_that_was_meant(engineer: Client, flow_pipeline: None) -> None:
    page = send(engineer, BROKEN).content.decode()
    fixes = re.findall(r'name="do" value="(fix:[^"]+)"', page)
    assert fixes == ["fix:6:11:ecco:echo", "fix:7:20:extrct:extract"]
    response = send(engineer, BROKEN, do=fixes[1])
    assert shown_text(response) == BROKEN.replace("extrct", "extract")
    assert "2\xa0errors keep" in response.content.decode()


def test_a_fix_for_a_text_that_has_changed_changes_nothing() -> None:
    fix = Fix.parse("fix:1:3:old:new")
    assert fix is not None
    assert fix.apply("a old") == "a new"
    assert fix.apply("an old") == "an old"
    assert fix.apply("") == ""
    assert Fix.parse("fix:1:3:old") is None


def test_an_open_page_asks_for_the_parts_beside_the_text_alone(engineer: Client, flow_pipeline: None) -> None:
    response = engineer.post(EDIT, {"text": BROKEN, "base": "1"}, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "<textarea" not in page
    assert 'data-marks="6:bad:p1 7:bad:p2 8:bad:p3"' in page
    assert '<div id="verdict" hx-swap-oob="innerHTML">' in page


@pytest.mark.parametrize(
    "text", ["", "   ", "[]", "tasks: 1", "{", "\ufeffname: x", "name: &a [*a]", "a\tb: c", "\x00"]
)
def test_awkward_texts_are_told_and_kept(engineer: Client, flow_pipeline: None, text: str) -> None:
    response = send(engineer, text)
    assert response.status_code == 200
    assert "keep" in response.content.decode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | definitions().map(lambda found: Pipeline(found).to_yaml()) | nonsense.map(repr))
def test_any_text_can_be_checked_and_is_given_back(engineer: Client, flow_pipeline: None, text: str) -> None:
    response = engineer.post(NEW, {"text": text, "do": "check"})
    assert response.status_code == 200
    expected = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    assert response.context["draft"].text == expected
    assert shown_text(response) == expected


@given(nonsense)
def test_whatever_is_wrong_the_marks_are_on_lines_of_the_text(definition: Any) -> None:
    text = repr(definition)
    review = Review(Draft(text), check_definition(text), None)
    lines = text.count("\n") + 1
    assert all(1 <= line <= lines + 1 for line in review.marks)
    assert review.gutter.count("<li") == lines


# Saving ---------------------------------------------------------------------------------------------------------------


def test_saving_registers_the_next_version(engineer: Client, flow_pipeline: None) -> None:
    response = send(engineer, flow.define(flow.ONE).to_yaml(), do="save")
    assert response.headers["Location"] == "/pipelines/flow/"
    assert current() == 2
    assert "Version 2 of flow is what new executions run now." in engineer.get("/pipelines/flow/").content.decode()


def test_a_definition_with_mistakes_is_not_saved_and_not_lost(engineer: Client, flow_pipeline: None) -> None:
    response = send(engineer, BROKEN, do="save")
    assert shown_text(response) == BROKEN
    assert "data-unsaved" in response.content.decode()
    assert current() == 1


def test_saving_over_a_version_that_somebody_else_registered_is_asked_first(
    engineer: Client, flow_pipeline: None
) -> None:
    register_pipeline(pipeline=flow.define(flow.DIAMOND))
    mine = flow.define(flow.ONE).to_yaml()
    response = send(engineer, mine, do="save")
    page = response.content.decode()
    assert response.status_code == 409
    assert "Version 2 was registered while you were writing." in page
    assert "compare/?a=1&amp;b=2" in page
    assert 'name="do" value="over-2"' in page
    assert shown_text(response) == mine
    assert current() == 2
    assert send(engineer, mine, do="over-2").status_code == 302
    assert current() == 3


def test_consent_to_one_version_is_none_to_the_next(engineer: Client, flow_pipeline: None) -> None:
    for graph in (flow.DIAMOND, flow.FAN):
        register_pipeline(pipeline=flow.define(graph))
    assert send(engineer, flow.define(flow.ONE).to_yaml(), do="over-2").status_code == 409
    assert current() == 3


def test_saving_what_is_current_changes_nothing(engineer: Client, flow_pipeline: None) -> None:
    assert send(engineer, flow.define(flow.CHAIN).to_yaml(), do="save", base="7").status_code == 302
    assert PipelineVersion.objects.count() == 1


def test_a_new_pipeline_is_registered_under_its_name(engineer: Client, db: None) -> None:
    response = send(engineer, SOUND, do="save", address=NEW, base="0")
    assert response.headers["Location"] == "/pipelines/mine/"
    assert PipelineVersion.objects.get().pipeline_id == "mine"


def test_a_new_pipeline_does_not_replace_one_of_the_same_name_unasked(engineer: Client, flow_pipeline: None) -> None:
    text = SOUND.replace("mine", "flow")
    response = send(engineer, text, do="save", address=NEW, base="0")
    assert response.status_code == 409
    assert "flow is there already, at version 1." in response.content.decode()
    assert send(engineer, text, do="over-1", address=NEW, base="0").status_code == 302
    assert current() == 2


def test_the_name_in_the_definition_may_differ_from_the_id(engineer: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE), pipeline_id="a.b")
    response = send(engineer, SOUND, do="save", address="/pipelines/a.b/edit/")
    assert response.headers["Location"] == "/pipelines/a.b/"
    assert PipelineVersion.objects.filter(pipeline="a.b").count() == 2


def test_save_edit_notices_a_pipeline_that_is_new_or_gone(db: None) -> None:
    pipeline = flow.define(flow.ONE)
    with pytest.raises(PipelineChanged, match="version 0 now, not at version 1"):
        save_edit(pipeline=pipeline, pipeline_id="flow", base=1)
    assert save_edit(pipeline=pipeline, pipeline_id="flow", base=0).number == 1
    with pytest.raises(PipelineChanged) as changed:
        save_edit(pipeline=flow.define(flow.CHAIN), pipeline_id="flow", base=0)
    assert changed.value.current == 1


# Starting points and files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*starting_points(), "unknown"])
def test_every_starting_point_is_sound(engineer: Client, db: None, key: str) -> None:
    assert Pipeline.check(read_starting_point(key)).errors == ()
    response = engineer.get(NEW, {"template": key})
    assert shown_text(response) == read_starting_point(key)
    assert "error" not in response.context["review"].counted


def test_an_existing_pipeline_can_be_copied(engineer: Client, flow_pipeline: None) -> None:
    assert shown_text(engineer.get(NEW, {"copy": "flow"})) == flow.define(flow.CHAIN).to_yaml()
    assert engineer.get(NEW, {"copy": "nowhere"}).status_code == 404


def test_an_earlier_version_can_be_edited(engineer: Client, flow_pipeline: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    response = engineer.get(EDIT, {"version": 1})
    assert shown_text(response) == flow.define(flow.CHAIN).to_yaml()
    assert 'name="base" value="2"' in response.content.decode()


def test_a_file_takes_the_place_of_the_text(engineer: Client, flow_pipeline: None) -> None:
    file = SimpleUploadedFile("p.yaml", b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert shown_text(send(engineer, "typed", do="load", file=file)) == SOUND


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Choose a file first"),
        (b"a: \xff\n", "not UTF-8 (line 1)"),
        (b"x" * (MAX_BYTES + 10), "larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_none_leaves_the_text_alone(
    engineer: Client, flow_pipeline: None, content: bytes | None, said: str
) -> None:
    files: dict[str, Any] = {} if content is None else {"file": SimpleUploadedFile("p.yaml", content)}
    response = send(engineer, "typed: before", do="load", **files)
    assert shown_text(response) == "typed: before"
    assert said in response.content.decode()


# Who, and how many queries --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [NEW, EDIT])
def test_only_people_who_may_register_write(operator: Client, flow_pipeline: None, address: str) -> None:
    assert operator.get(address).status_code == 403
    assert send(operator, SOUND, do="save", address=address).status_code == 403


def test_the_editor_takes_few_queries(
    engineer: Client, flow_pipeline: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    engineer.get(EDIT)
    with django_assert_max_num_queries(8):
        send(engineer, flow.define(flow.ONE).to_yaml())
    with django_assert_max_num_queries(4):
        engineer.get(NEW)


def test_a_large_version_is_opened_without_checking_it_again(engineer: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define({f"t{n}": [] for n in range(300)}))
    response = engineer.get(EDIT)
    assert "Nothing to save." in response.content.decode()
    assert "1\xa0error" in send(engineer, shown_text(response) + "x: 1\n").content.decode()
