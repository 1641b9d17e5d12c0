"""What people do on the registry's pages: register, move, roll back, take out of use, describe."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.models import ModelVersion, PointerMove, RegisteredModel
from registry.selectors.resolving import find_version
from registry.services.models import create_model
from registry.services.pointers import move_alias, set_default
from tests.admin.asking import text_of
from tests.pages.registry.conftest import MODEL, Register, flip_a_bit, told

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Two = tuple[ModelVersion, ModelVersion]
FILES = "/registry/register/"
HOSTED = "/registry/register/hosted/"


def body_of(files: dict[str, bytes], **fields: str) -> dict[str, Any]:
    """A form as a browser sends it; folders stay in the names of files."""
    boundary = "x7MA4YWxkTrZu0gW"
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
    for path, content in files.items():
        head = (
            f'Content-Disposition: form-data; name="folder"; filename="{path}"\r\nContent-Type: application/x\r\n\r\n'
        )
        parts.append(head.encode() + content)
    joined = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return {"data": joined, "content_type": f"multipart/form-data; boundary={boundary}"}


@pytest.fixture(autouse=True)
def store(root: Path) -> Path:
    """Nothing is left in it that is not yet complete."""
    return root


def test_files_become_a_version_and_a_folders_own_name_is_left_out(curator: Client, store: Path) -> None:
    form = body_of(
        {"mine/model.onnx": b"w", "mine/words/a.txt": b"a", "mine/.git/config": b"no"},
        model_name="classifier",
        version="v1",
        tags="b, a",
        metrics="accuracy = 0.9\nloss: 0.1",
        description="New",
    )
    answer = curator.post(FILES, follow=True, **form)
    made = find_version("classifier", "v1")
    assert [file.path for file in made.files.all()] == ["model.onnx", "words/a.txt"]
    assert (made.tags, made.metrics, made.created_by) == (["a", "b"], {"accuracy": 0.9, "loss": 0.1}, "curator")
    assert told(answer) == ["classifier:v1 is registered. It is the default version."]
    assert list((store / "incoming").iterdir()) == []


def test_a_script_is_told_where_the_new_version_is(curator: Client) -> None:
    form = body_of({"model.onnx": b"w"}, model_name="classifier", version="v1")
    answer = curator.post(FILES, headers={"X-Requested-With": "upload"}, **form)
    assert (answer.status_code, answer["Location"]) == (201, f"{MODEL}versions/v1/")


def test_the_same_files_again_are_the_same_version(curator: Client) -> None:
    form = body_of({"model.onnx": b"w"}, model_name="classifier", version="v1")
    for _ in range(2):
        assert curator.post(FILES, **form).status_code == 302
    assert ModelVersion.objects.count() == 1


def test_other_files_under_the_label_are_refused_beside_it(curator: Client, store: Path) -> None:
    curator.post(FILES, **body_of({"model.onnx": b"w"}, model_name="classifier", version="v1"))
    answer = curator.post(FILES, **body_of({"model.onnx": b"other"}, model_name="classifier", version="v1"))
    assert answer.status_code == 422
    assert "register this one under another label" in str(answer.context["form"].errors["version"])
    assert list((store / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "field", "expected"),
    [
        ({"model_name": "no spaces"}, "model_name", "cannot be used"),
        ({"version": "ü"}, "version", "cannot be used"),
        ({"metrics": "accuracy = high"}, "metrics", "Line 1"),
        ({"metadata": "[1]"}, "metadata", "Give a JSON object"),
        ({"metadata": "{1}"}, "metadata", "line 1, column 2"),
        ({"input_schema": '{"type": "odd"}'}, "input_schema", "not a JSON Schema"),
        ({"tags": "x" * 200}, "tags", "a tag is up to"),
        ({"description": "a\x00b"}, "description", ""),
    ],
)
def test_a_mistake_is_told_beside_its_field(curator: Client, fields: dict[str, str], field: str, expected: str) -> None:
    given = {"model_name": "classifier", "version": "v1", **fields}
    answer = curator.post(FILES, **body_of({"model.onnx": b"w"}, **given))
    assert answer.status_code == 422
    assert expected in str(answer.context["form"].errors[field])
    assert "Nothing was registered." in answer.content.decode()
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize("files", [{}, {".git/config": b"x"}])
def test_without_files_there_is_nothing_to_register(curator: Client, files: dict[str, bytes]) -> None:
    answer = curator.post(FILES, **body_of(files, model_name="classifier", version="v1"))
    assert "Choose the files of the version, or a folder." in answer.content.decode()


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a/../../b", "a\\b"])
def test_a_path_that_leads_elsewhere_is_refused(curator: Client, store: Path, path: str) -> None:
    answer = curator.post(FILES, **body_of({path: b"w"}, model_name="classifier", version="v1"))
    assert answer.status_code == 422
    assert "cannot be registered" in answer.content.decode()
    assert answer.context["form"]["version"].value() == "v1"
    assert not ModelVersion.objects.exists()
    assert list((store / "incoming").iterdir()) == []


def test_more_than_the_limit_is_refused_before_it_is_read(curator: Client, settings: Any) -> None:
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_upload_max_bytes": 100})
    answer = curator.post(FILES, **body_of({"model.onnx": b"w" * 200}, model_name="classifier", version="v1"))
    assert answer.status_code == 413
    assert "MODEL_UPLOAD_MAX_BYTES" in answer.content.decode()


def test_a_forged_form_is_refused(curator: Client) -> None:
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(User.objects.get(username="curator"))
    assert forger.post(FILES, **body_of({"a": b"w"}, model_name="classifier", version="v1")).status_code == 403
    forger.get(FILES)
    token = forger.cookies["csrftoken"].value
    form = body_of({"a": b"w"}, model_name="classifier", version="v1", csrfmiddlewaretoken=token)
    assert forger.post(FILES, **form).status_code == 302


def test_a_form_that_breaks_off_registers_nothing(curator: Client) -> None:
    form = body_of({"model.onnx": b"w" * 1000}, model_name="classifier", version="v1")
    cut_off: dict[str, Any] = {"wsgi.input": BytesIO(form["data"][:-600])}
    assert curator.post(FILES, **form, **cut_off).status_code == 400
    assert not ModelVersion.objects.exists()


def test_djangos_own_way_of_sending_files_works_too(curator: Client) -> None:
    file = SimpleUploadedFile("model.onnx", b"w" * 300_000)
    curator.post(FILES, {"model_name": "classifier", "version": "v1", "files": file})
    assert find_version("classifier", "v1").size == 300_000


def test_a_hosted_version_is_registered_with_its_price(curator: Client) -> None:
    given = {"model_name": "writer", "version": "v1", "provider": "openai", "provider_model": "gpt-4o"}
    more = {"default_parameters": '{"temperature": 0.2}', "input_price": "2.5", "output_price": "10"}
    curator.post(HOSTED, {**given, **more})
    made = find_version("writer", "v1")
    price = made.prices.get()
    assert (made.default_parameters, price.input_microusd, price.output_microusd) == (
        {"temperature": 0.2},
        2_500_000,
        10_000_000,
    )


def test_half_a_price_is_none(curator: Client) -> None:
    given = {"model_name": "writer", "version": "v1", "provider": "openai", "provider_model": "gpt-4o"}
    answer = curator.post(HOSTED, {**given, "input_price": "2.5"})
    assert "Give the price of reading and of writing" in str(answer.context["form"].errors["input_price"])


def test_the_default_is_moved_with_a_reason(curator: Client, two: Two) -> None:
    asked = curator.get(f"{MODEL}pointers/default/move/?version=v2")
    assert "It is v1 now." in text_of(asked)
    answer = curator.post(
        f"{MODEL}pointers/default/move/", {"version": "v2", "expected": "v1", "reason": "more accurate"}, follow=True
    )
    assert told(answer) == ["v2 is the default version of classifier now."]
    move = PointerMove.objects.latest("pk")
    assert (move.to_label, move.actor, move.reason) == ("v2", "curator", "more accurate")


def test_the_version_that_is_asked_about_is_proposed_however_old_it_is(
    curator: Client, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.selectors.model_page.MOST_TARGETS", 1)
    page = curator.get(f"{MODEL}pointers/default/move/?version=v1").content.decode()
    assert '<option value="v1" selected>' in page
    curator.post(f"{MODEL}pointers/default/move/", {"version": "v1", "expected": "v1"})
    assert find_version("classifier").label == "v1"


def test_directions_that_were_not_asked_about_stay(curator: Client, store: Path) -> None:
    create_model(name="judge", metric_directions={"fluency": "higher"})
    curator.post("/registry/models/judge/edit/", {"description": "Marks texts"})
    assert RegisteredModel.objects.get().metric_directions == {"fluency": "higher"}


def test_who_comes_second_is_told_and_nothing_moves(curator: Client, two: Two) -> None:
    set_default(model_name="classifier", version="v2", actor="somebody")
    answer = curator.post(f"{MODEL}pointers/default/move/", {"version": "v2", "expected": "v1"}, follow=True)
    assert "somebody moved it meanwhile" in told(answer)[0]


def test_an_alias_is_added_moved_rolled_back_and_removed(curator: Client, two: Two) -> None:
    curator.post(f"{MODEL}aliases/new/", {"name": "production", "version": "v1"})
    assert find_version("classifier", "production").label == "v1"
    again = curator.post(f"{MODEL}aliases/new/", {"name": "production", "version": "v2"}, follow=True)
    assert 'is "v1" now' in told(again)[-1]
    curator.post(f"{MODEL}pointers/production/move/", {"version": "v2", "expected": "v1"})
    assert find_version("classifier", "production").label == "v2"
    asked = text_of(curator.get(f"{MODEL}pointers/production/rollback/"))
    assert "back to v1?" in asked
    curator.post(f"{MODEL}pointers/production/rollback/", {"expected": "v2"})
    assert find_version("classifier", "production").label == "v1"
    curator.post(f"{MODEL}pointers/production/remove/", {"expected": "v1", "reason": "no longer"})
    assert not RegisteredModel.objects.get().aliases.exists()


def test_a_bad_alias_is_told_beside_its_field(curator: Client, two: Two) -> None:
    answer = curator.post(f"{MODEL}aliases/new/", {"name": "latest", "version": "v1"})
    assert answer.status_code == 422
    assert "name a version, or set the default" in str(answer.context["form"].errors["name"])


def test_a_rollback_with_nothing_to_go_back_to_says_so_first(curator: Client, two: Two) -> None:
    assert "Roll back" not in text_of(curator.get(MODEL))
    asked = curator.get(f"{MODEL}pointers/default/rollback/", headers={"HX-Request": "true"})
    assert text_of(asked).endswith("There is no earlier version to go back to that can still be used. Back")
    answer = curator.post(f"{MODEL}pointers/default/rollback/", {"expected": "v1"}, follow=True)
    assert "has not been another version" in told(answer)[0]


def test_a_version_is_taken_out_of_use_and_brought_back(curator: Client, two: Two) -> None:
    for verb, state in (("deprecate", "deprecated"), ("archive", "archived"), ("restore", "ready")):
        assert curator.get(f"{MODEL}versions/v2/do/{verb}/").status_code == 200
        curator.post(f"{MODEL}versions/v2/do/{verb}/", {"reason": "a test"})
        two[1].refresh_from_db()
        assert two[1].state == state
    assert two[1].state_reason == "restored by curator: a test"


def test_verifying_says_what_it_found(curator: Client, two: Two, store: Path) -> None:
    fine = curator.post(f"{MODEL}versions/v1/do/verify/", follow=True)
    assert told(fine) == ["classifier:v1 is intact: its file is what was registered."]
    flip_a_bit(two[0], store)
    damaged = curator.post(f"{MODEL}versions/v1/do/verify/", follow=True)
    assert told(damaged) == ["classifier:v1 is damaged: 1 of 1 files differ. It is quarantined."]


def test_the_default_is_not_archived(curator: Client, two: Two) -> None:
    assert "it is the default version" in text_of(curator.get(f"{MODEL}versions/v1/do/archive/"))
    answer = curator.post(f"{MODEL}versions/v1/do/archive/", follow=True)
    assert "make another one the default first" in told(answer)[0]


def test_a_version_and_then_its_model_are_deleted(curator: Client, register: Register) -> None:
    register("v1")
    refused = curator.post(f"{MODEL}delete/", follow=True)
    assert "still has versions" in told(refused)[0]
    curator.post(f"{MODEL}versions/v1/do/delete/", {"reason": "a test"})
    curator.post(f"{MODEL}delete/")
    assert not RegisteredModel.objects.exists()


def test_what_is_said_of_a_version_changes_and_metrics_are_added(curator: Client, two: Two) -> None:
    form = {"description": "Better", "tags": "x, y", "metrics": "recall = 0.8"}
    curator.post(f"{MODEL}versions/v2/edit/", form)
    two[1].refresh_from_db()
    assert (two[1].description, two[1].tags, two[1].metrics["recall"]) == ("Better", ["x", "y"], 0.8)
    answer = curator.post(f"{MODEL}versions/v2/edit/", {**form, "description": "Worse", "metrics": "accuracy = 1"})
    assert "stays so" in str(answer.context["form"].errors["metrics"])
    two[1].refresh_from_db()
    assert two[1].description == "Better"


def test_what_is_said_of_a_model_and_its_metrics_changes(curator: Client, two: Two) -> None:
    page = curator.get(f"{MODEL}edit/")
    assert "by its name: higher is better" in text_of(page)
    names = page.context["form"].metrics
    key = next(key for key, name in names.items() if name == "accuracy")
    curator.post(f"{MODEL}edit/", {"description": "Sorts", key: "lower"})
    model = RegisteredModel.objects.get()
    assert (model.description, model.metric_directions) == ("Sorts", {"accuracy": "lower"})


CHANGES = (
    "edit/",
    "delete/",
    "aliases/new/",
    "pointers/default/move/",
    "pointers/default/rollback/",
    "pointers/x/remove/",
    "versions/v1/edit/",
    "versions/v1/do/verify/",
    "versions/v1/do/delete/",
)


@pytest.mark.parametrize("path", CHANGES)
def test_who_may_look_may_not_change(looker: Client, two: Two, path: str) -> None:
    assert looker.get(f"{MODEL}{path}").status_code == 403
    assert looker.post(f"{MODEL}{path}").status_code == 403


@pytest.mark.parametrize("address", [FILES, HOSTED])
def test_registering_asks_for_its_permission(looker: Client, address: str) -> None:
    assert looker.post(address, **body_of({"a": b"w"}, model_name="m", version="v1")).status_code == 403
    assert Client().post(address).status_code == 302


def test_a_question_never_changes_anything_when_it_is_only_asked(curator: Client, two: Two) -> None:
    create_model(name="empty")
    move_alias(model_name="classifier", alias="x", version="v1")
    before = list(PointerMove.objects.values_list("pk", flat=True))
    for path in CHANGES:
        assert curator.get(f"{MODEL}{path}").status_code == 200
    assert list(PointerMove.objects.values_list("pk", flat=True)) == before
    assert RegisteredModel.objects.count() == 2
