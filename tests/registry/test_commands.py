"""The registry's commands, as people and as programs call them."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from registry.models import ModelVersion
from tests.commands.calling import call
from tests.registry.conftest import MakeFolder, Register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root"), pytest.mark.one_database]


@pytest.fixture
def two_versions(register: Register) -> None:
    register("v1", metadata={"accuracy": 0.9}, tags=["small"])
    register("v2", metadata={"accuracy": 0.8})


def test_register_model_keeps_a_folder_with_what_was_said_of_it(make_folder: MakeFolder, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object"}')
    words = ["--metadata", '{"source": "set 1"}', "--metric", "accuracy=0.9", "--parameter", "rate=0.1", "--tag", "a"]
    words += ["--parameter", "optimizer=adam", "--input-schema", f"@{schema}"]
    called = call("register_model", "classifier", "v1", str(make_folder()), *words)
    assert called.code == 0, called.err
    assert '"classifier:v1" is version 1 (2 files, 9 B,' in called.out
    version = ModelVersion.objects.get()
    assert version.parameters == {"rate": 0.1, "optimizer": "adam"}
    assert (version.metrics, version.tags, version.input_schema) == ({"accuracy": 0.9}, ["a"], {"type": "object"})


def test_register_model_takes_a_hosted_one(make_folder: MakeFolder) -> None:
    words = ["--provider", "openai", "--provider-model", "gpt-4o", "--parameter", "temperature=0"]
    called = call("register_model", "chat", "1", *words, "--json")
    assert called.document["provider_model"] == "gpt-4o"
    assert call("register_model", "chat", "2").code == 2
    assert call("register_model", "chat", "2", str(make_folder()), "--provider", "openai").code == 2
    assert call("register_model", "chat", "2", "--provider", "openai").code == 2
    assert "--metadata" in call("register_model", "chat", "2", *words, "--metadata", "[1]").err
    assert "NAME=VALUE" in call("register_model", "chat", "2", *words, "--metric", "accuracy").err


@pytest.mark.usefixtures("two_versions")
def test_list_models_shows_models_and_then_one() -> None:
    call("promote_model", "classifier", "v2", "--alias", "next", "--reason", "try it")
    listed = call("list_models", "--json").document["models"]
    assert [(model["name"], model["default"], model["aliases"]) for model in listed] == [
        ("classifier", "v1", {"next": "v2"})
    ]
    assert "next → v2" in call("list_models").out
    shown = call("list_models", "classifier")
    assert "accuracy 0.8" in shown.out
    assert "next: – → v2" in shown.out
    versions = call("list_models", "classifier", "--tag", "small", "--json").document["versions"]
    assert [version["version"] for version in versions] == ["v1"]
    assert call("list_models", "classifer").code == 2


def test_list_models_without_any_says_how_to_register_one() -> None:
    assert "register_model NAME VERSION PATH" in call("list_models").out


@pytest.mark.usefixtures("two_versions")
def test_compare_models_tells_and_fails_on_what_ci_asks_for() -> None:
    called = call("compare_models", "classifier", "classifier:v2")
    assert called.code == 0
    assert "worse" in called.out
    assert call("compare_models", "classifier:1", "classifier:2", "--markdown").out.startswith("# classifier:v1 →")
    assert call("compare_models", "classifier", "classifier:v2", "--fail-on", "worse").code == 1
    assert call("compare_models", "classifier", "classifier:v2", "--fail-on", "breaking").code == 0
    mild = call("compare_models", "classifier", "classifier:v2", "--fail-on", "worse", "--tolerance", "0.5", "--json")
    assert (mild.code, mild.document["failed_on"], mild.document["worse"]) == (0, [], ["accuracy"])
    same = call("compare_models", "classifier", "classifier:v1", "--fail-on", "different")
    assert (same.code, "nothing differs" in same.out) == (0, True)
    assert "training" not in call("compare_models", "classifier", "classifier:v2", "--all").out


@pytest.mark.usefixtures("two_versions")
def test_promote_and_roll_back() -> None:
    assert call("promote_model", "classifier", "v2", "--expected", "v1").code == 0
    refused = call("promote_model", "classifier", "v1", "--expected", "v1")
    assert (refused.code, 'is "v2" now' in refused.err) == (2, True)
    back = call("rollback_model", "classifier", "--reason", "errors")
    assert (back.code, 'of "classifier" is v1 again' in back.out) == (0, True)
    assert call("rollback_model", "classifier").code == 2
    call("promote_model", "classifier", "v1", "--alias", "stable")
    call("promote_model", "classifier", "v2", "--alias", "stable")
    assert call("rollback_model", "classifier", "--alias", "stable", "--json").document["version"] == "v1"


@pytest.mark.usefixtures("two_versions")
def test_verify_models_ends_with_1_when_something_is_damaged(root: Path) -> None:
    assert call("verify_models").code == 0
    for path in (root / "sha256").rglob("*"):
        if path.is_file() and path.read_bytes() == b"weights of v2":
            path.chmod(0o600)
            path.write_bytes(b"Weights of v2")
    called = call("verify_models")
    assert called.code == 1
    assert "damaged  classifier:v2, in quarantine now" in called.out
    assert "model.onnx: its content changed" in called.out
    document = call("verify_models", "classifier:v1", "--json").document
    assert (document["damaged"], document["versions"][0]["is_intact"]) == (0, True)


@pytest.mark.usefixtures("two_versions")
def test_gc_models_says_what_it_deletes(root: Path) -> None:
    (root / "incoming" / "dead").mkdir(parents=True)
    (root / "incoming" / "dead" / "lock").touch()
    assert "would delete 0 unused files (0 B), 1 broken-off registration" in call("gc_models", "--dry-run").out
    assert call("gc_models", "--older-than", "0", "--json").document["leftovers"] == 1
    assert call("gc_models", "--older-than", "-1").code == 2


def test_a_provider_that_nobody_answers_for_is_refused_with_the_near_name() -> None:
    refused = call("register_model", "hosted", "h1", "--provider", "opnai", "--provider-model", "gpt-4o")
    assert (refused.code, 'did you mean "openai"' in refused.err) == (2, True)
    assert not ModelVersion.objects.exists()


def test_not_a_number_is_no_metadata(make_folder: MakeFolder) -> None:
    for given, place in (('{"x": NaN}', "metadata/x"), ('{"x": [{"y": -Infinity}]}', "metadata/x/0/y")):
        refused = call("register_model", "classifier", "v1", str(make_folder()), "--metadata", given)
        assert (refused.code, place in refused.err) == (2, True)


@pytest.mark.usefixtures("two_versions")
def test_promote_model_advises_a_rollback_only_where_there_is_one() -> None:
    first = call("promote_model", "classifier", "v2", "--alias", "production").out
    assert "rollback_model" not in first
    second = call("promote_model", "classifier", "v1", "--alias", "production").out
    assert "back to v2: python manage.py rollback_model classifier --alias production" in second
    assert call("rollback_model", "classifier", "--alias", "production").code == 0
    refused = call("rollback_model", "classifier", "--alias", "producton")
    assert (refused.code, 'has no alias "producton" (did you mean "production"?)' in refused.err) == (2, True)


@pytest.mark.usefixtures("two_versions")
def test_filters_that_could_not_filter_are_refused() -> None:
    for words in (("--tag", "a"), ("--state", "ready")):
        refused = call("list_models", *words)
        assert (refused.code, "give its NAME" in refused.err) == (2, True)
    with pytest.raises(CommandError, match="invalid choice: 'zz'"):
        call("list_models", "classifier", "--state", "zz")
    for tolerance in ("-1", "nan", "inf"):
        refused = call("compare_models", "classifier:v1", "classifier:v2", f"--tolerance={tolerance}")
        assert (refused.code, "--tolerance" in refused.err) == (2, True)
