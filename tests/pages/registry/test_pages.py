"""What the registry's pages show."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from orchestration.models import TaskRun
from orchestration.services.pipelines import register_pipeline
from registry.models import ModelVersion
from registry.names import make_pin
from registry.services.hosted import Price, register_hosted_version
from registry.services.lifecycle import archive_version, deprecate_version
from registry.services.models import create_model
from registry.services.pointers import move_alias, set_default
from registry.services.verification import verify_version
from tests.admin.asking import text_of
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from tests.pages.registry.conftest import MODEL, Register, flip_a_bit

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,  # words and forms; what lists find is asked of both databases
]
Two = tuple[ModelVersion, ModelVersion]


def test_without_models_the_list_says_how_to_begin(curator: Client, looker: Client) -> None:
    assert "Register the first version of one." in text_of(curator.get("/registry/"))
    assert "Somebody who may register versions has to begin." in text_of(looker.get("/registry/"))


def test_the_list_shows_what_a_name_means_and_how_that_does(looker: Client, two: Two) -> None:
    set_default(model_name="classifier", version="v2")
    said = text_of(looker.get("/registry/"))
    assert "1 model, with a default version" in said.replace("\u00a0", " ")
    assert "classifier v2 Ready onnx" in said
    assert "accuracy 0.95 +0.04 better" in said
    assert "nobody" in said


def test_the_list_is_searched_and_says_what_it_found(looker: Client, two: Two) -> None:
    create_model(name="other", description="sorts letters")
    assert "1 of 2 models has this text" in text_of(looker.get("/registry/?q=letters")).replace("\u00a0", " ")
    assert "Nothing matches" in text_of(looker.get("/registry/?q=%00none"))


def test_a_damaged_version_is_the_first_thing_the_list_says(looker: Client, two: Two, root: Path) -> None:
    flip_a_bit(two[0], root)
    verify_version(version=two[0])
    assert "is quarantined because files are damaged" in text_of(looker.get("/registry/"))


def test_a_pipeline_that_names_a_model_uses_it(looker: Client, two: Two) -> None:
    task = {"type": "classification", "model": "classifier@canary", "parameters": {"text": "x", "categories": ["a"]}}
    register_pipeline(pipeline=flow.define({"sort": []}, each=task, name="sorting"))
    assert "sorting" in text_of(looker.get("/registry/"))
    said = text_of(looker.get(MODEL))
    assert "sorting in sort classifier@canary" in said


def test_a_model_page_tells_the_default_its_versions_and_moves(looker: Client, two: Two) -> None:
    set_default(model_name="classifier", version="v2", actor="anna", reason="more accurate")
    move_alias(model_name="classifier", alias="production", version="v1", actor="ben")
    said = text_of(looker.get(MODEL))
    assert "v2 is the default, since" in said
    assert "classifier@production v1" in said
    assert "anna moved the default from v1 to v2 more accurate" in said
    assert "accuracy went from 0.91 in v1 to 0.95 in v2, the default." in said
    assert "Register a version" not in said


def test_another_metric_can_be_drawn_and_an_unknown_one_is_not(looker: Client, two: Two) -> None:
    assert "latency_ms went from 10 in v1 to 14 in v2" in text_of(looker.get(f"{MODEL}?metric=latency_ms"))
    assert "accuracy went from" in text_of(looker.get(f"{MODEL}?metric=none"))


def test_a_model_without_versions_says_what_comes_next(curator: Client) -> None:
    create_model(name="classifier")
    assert "It has no versions yet; register one." in text_of(curator.get(MODEL))
    assert "It takes two versions to compare." in text_of(curator.get(f"{MODEL}compare/"))
    assert "Nothing was moved yet" in text_of(curator.get(f"{MODEL}history/"))


def test_the_history_can_be_narrowed_down_to_a_pointer(looker: Client, two: Two) -> None:
    move_alias(model_name="classifier", alias="canary", version="v2", actor="ben", reason="5 %")
    said = text_of(looker.get(f"{MODEL}history/?pointer=canary"))
    assert "ben set @canary to v2 5 %" in said
    assert "first version" not in said
    assert "first version" in text_of(looker.get(f"{MODEL}history/?pointer=none"))


def test_a_version_page_has_everything_that_is_known(looker: Client, register: Register) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    made = register(
        "v1",
        {"model.onnx": "w", "words/a.txt": "a"},
        metadata={"accuracy": 0.9, "data": "gold-9"},
        tags=["production"],
        description="Tells them apart",
        input_schema=schema,
        actor="anna",
    )
    said = text_of(looker.get(f"{MODEL}versions/v1/"))
    for expected in (
        "A pipeline gets it as classifier or classifier:v1.",
        "Tells them apart",
        "production",
        "accuracy 0.9",
        "gold-9",
        "words/a.txt",
        made.digest,
        "Input schema",
        "Intact 2 files",
        "by anna",
    ):
        assert expected in said.replace("\u00a0", " "), expected
    assert "Deprecate" not in said


def test_a_hosted_version_shows_who_answers_at_what_price(looker: Client, root: Path) -> None:
    register_hosted_version(
        model_name="classifier",
        version="v1",
        provider="openai",
        provider_model="gpt-4o",
        default_parameters={"temperature": 0.2},
        price=Price(input_microusd=2_500_000, output_microusd=10_000_000),
    )
    said = text_of(looker.get(f"{MODEL}versions/v1/"))
    assert "$2.50 as read $10.00" in said
    assert "temperature" in said
    assert "Files" not in said


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (deprecate_version, "Choose another version for new work. Too old."),
        (archive_version, "Kept for the record. Too old."),
    ],
)
def test_a_version_says_why_it_should_not_be_used(
    looker: Client, two: Two, verb: Callable[..., object], expected: str
) -> None:
    verb(model_name="classifier", version="v2", reason="too old")
    assert expected in text_of(looker.get(f"{MODEL}versions/v2/"))


def test_a_damaged_version_says_what_is_wrong_and_what_to_do(curator: Client, two: Two, root: Path) -> None:
    flip_a_bit(two[0], root)
    verify_version(version=two[0])
    said = text_of(curator.get(f"{MODEL}versions/v1/"))
    assert "Nobody gets these files: they are damaged." in said
    assert "model.onnx" in said
    assert "Register the same files again to repair it" in said
    assert "roll the default back meanwhile" in said
    assert "Damaged 1 file" in said.replace("\u00a0", " ")


def test_a_version_tells_what_executions_said_of_it(
    make_client: Callable[..., Client], two: Two, make_execution: MakeExecution
) -> None:
    runs = [make_execution(state) for state in ("completed", "completed", "failed")]
    pin = f"registry/{make_pin('classifier', 'v1', two[0].digest)}"
    TaskRun.objects.filter(execution__in=runs).update(model=pin)
    TaskRun.objects.get(execution=runs[0]).attempts.update(usage={"cost_microusd": 12_000})
    said = text_of(make_client("view_registeredmodel", "view_execution", name="both").get(f"{MODEL}versions/v1/"))
    assert "Times asked 3" in said
    assert "66.7\u00a0% 1 failed" in said or "66.7 % 1 failed" in said
    assert "$0.01 $0.01 each" in said
    only_reads = text_of(make_client("view_registeredmodel", name="one").get(f"{MODEL}versions/v1/"))
    assert "Times asked" not in only_reads


def test_a_file_is_given_away_checked_and_under_its_own_name(looker: Client, two: Two) -> None:
    answer = looker.get(f"{MODEL}versions/v1/files/model.onnx")
    assert b"".join(answer.streaming_content) == b"weights of v1"  # type: ignore[attr-defined]  # a stream
    assert answer["Content-Disposition"] == 'attachment; filename="model.onnx"'
    assert looker.get(f"{MODEL}versions/v1/files/none").status_code == 404


def test_a_damaged_file_is_not_given_away(looker: Client, two: Two, root: Path) -> None:
    flip_a_bit(two[0], root)
    answer = looker.get(f"{MODEL}versions/v1/files/model.onnx", follow=True)
    assert answer.redirect_chain
    assert "Nobody gets these files" in text_of(answer)


def test_only_what_differs_is_compared_until_everything_is_asked_for(looker: Client, register: Register) -> None:
    register("v1", {"a": "same", "b": "old"}, metadata={"accuracy": 0.9, "loss": 0.4}, parameters={"C": 1, "d": 2})
    register("v2", {"a": "same", "b": "new"}, metadata={"accuracy": 0.95, "loss": 0.4}, parameters={"C": 3, "d": 2})
    said = text_of(looker.get(f"{MODEL}compare/"))
    assert "v2 is better in accuracy." in said
    assert "accuracy 0.90 0.95 +0.05 better" in said
    assert "equal rows hidden" in said.replace("\u00a0", " ")
    assert "loss" not in said
    everything = text_of(looker.get(f"{MODEL}compare/?a=v1&b=v2&all=1"))
    assert "loss 0.4 0.4 ≈ same" in everything


def test_a_column_of_metrics_has_the_same_decimals(looker: Client, register: Register) -> None:
    for number, accuracy in enumerate((0.863, 0.8711, 0.92, 0.8333333), 1):
        register(f"v{number}", {"a": str(number)}, metadata={"accuracy": accuracy})
    page = looker.get(MODEL).content.decode()
    column = re.findall(r'data-k="accuracy" class="num folds">([\d.]+)<', page)
    assert column == ["0.8333", "0.9200", "0.8711", "0.8630"]


def test_callers_are_warned_of_a_breaking_schema(looker: Client, register: Register) -> None:
    register("v1", input_schema={"type": "object"})
    register("v2", input_schema={"type": "object", "required": ["text"]})
    said = text_of(looker.get(f"{MODEL}compare/?a=v1&b=v2"))
    assert "Callers will notice." in said
    assert "Input schema breaking" in said


def test_a_comparison_can_be_had_as_markdown(looker: Client, two: Two) -> None:
    answer = looker.get(f"{MODEL}compare.md?a=v1&b=v2")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert "classifier-v1-v2.md" in answer["Content-Disposition"]
    assert answer.content.decode().startswith("# classifier:v1 → classifier:v2")


@pytest.mark.parametrize(
    "address",
    [
        "/registry/models/clasifier/",
        f"{MODEL}versions/v9/",
        f"{MODEL}compare/?a=v1&b=v9",
        f"{MODEL}versions/v1/do/odd/",
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(looker: Client, two: Two, address: str) -> None:
    answer = looker.get(address)
    assert answer.status_code == 404


def test_a_near_name_is_offered(looker: Client, two: Two) -> None:
    assert "did you mean &quot;classifier&quot;?" in looker.get("/registry/models/clasifier/").content.decode()


def test_models_are_found_by_the_search_of_the_shell(looker: Client, stranger: Client, two: Two) -> None:
    assert "classifier" in text_of(looker.get("/search/?q=classi"))
    assert "classifier" not in text_of(stranger.get("/search/?q=assif"))


@pytest.mark.parametrize(
    "path", ["", "history/", "compare/", "compare.md", "versions/v1/", "versions/v1/files/model.onnx"]
)
def test_pages_ask_for_the_permission_to_look(stranger: Client, two: Two, path: str) -> None:
    assert stranger.get(f"{MODEL}{path}").status_code == 403
    assert Client().get(f"{MODEL}{path}").status_code == 302


def test_pages_take_as_many_queries_for_many_rows_as_for_few(
    looker: Client, register: Register, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        register(f"v{number}", metadata={"accuracy": number / 10})
    for number in range(5):
        move_alias(model_name="classifier", alias=f"alias-{number}", version="v1")
    for path, most in (("/registry/", 12), (MODEL, 17), (f"{MODEL}versions/v3/", 14), (f"{MODEL}compare/", 14)):
        with django_assert_max_num_queries(most):
            looker.get(path)
