"""`/models/{name}/versions`: registering by form, by upload and as hosted; files; what is done with a version."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from registry.models import ModelVersion
from registry.receiving import receive_form
from tests.api.rest.asking import ROOT, codes, problem
from tests.pages.registry.conftest import flip_a_bit
from tests.pages.registry.test_forms import body_of
from tests.registry.conftest import Register

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
VERSIONS = f"{ROOT}/models/classifier/versions"
V1 = f"{VERSIONS}/v1"
HOSTED = {"kind": "hosted", "version": "v1", "provider": "openai", "provider_model": "gpt-4o"}


@pytest.fixture(autouse=True)
def store(root: Path) -> Path:
    return root


def send(api: APIClient, files: dict[str, bytes], **fields: str) -> Any:
    return api.post(VERSIONS, **body_of(files, **{"version": "v1", **fields}))


def put(api: APIClient, path: str, content: bytes, query: str = "") -> Any:
    return api.put(f"{V1}/files/{path}{query}", content, content_type="application/octet-stream")


def test_a_form_with_files_is_a_version(api: APIClient, store: Path) -> None:
    given = {"metadata": '{"accuracy": 0.9, "data": "gold"}', "tags": "b,a", "set_as_default": "true"}
    made = send(api, {"model.onnx": b"w", "words/a.txt": b"a"}, **given)
    assert (made.status_code, made["Location"]) == (201, f"http://testserver{V1}")
    said = made.json()
    assert (said["created"], said["state"], said["is_default"], said["file_count"]) == (True, "ready", True, 2)
    assert (said["tags"], said["metrics"], said["metadata"]["data"]) == (["a", "b"], {"accuracy": 0.9}, "gold")
    assert said["pin"] == f"classifier:v1#{said['digest'][:12]}"
    assert list((store / "incoming").iterdir()) == []


def test_the_same_form_again_is_the_first_version(api: APIClient) -> None:
    first, second = (send(api, {"model.onnx": b"w"}) for _ in range(2))
    assert (first.status_code, second.status_code, second.json()["created"]) == (201, 200, False)
    assert first.json()["digest"] == second.json()["digest"]


def test_other_content_under_the_label_is_a_conflict(api: APIClient) -> None:
    send(api, {"model.onnx": b"w"})
    problem(send(api, {"model.onnx": b"other"}), 409, "version_exists")


def test_a_digest_that_was_announced_must_come_out(api: APIClient, register: Register) -> None:
    wanted = register("v0", {"model.onnx": "w"}).digest
    assert send(api, {"model.onnx": b"w"}, digest=wanted).status_code == 201
    problem(send(api, {"model.onnx": b"x"}, version="v2", digest=wanted), 422, "digest_mismatch")


@pytest.mark.parametrize(
    ("fields", "status", "place"),
    [
        ({"version": "ü"}, 422, "/version"),
        ({"metadata": "{"}, 400, "/metadata"),
        ({"metadata": '{"a": NaN}'}, 400, "/metadata"),
        ({"metrics": '{"a": "x"}'}, 422, "/metrics/a"),
        ({"input_schema": '{"type": 3}'}, 422, "/input_schema/type"),
        ({"set_as_default": "maybe"}, 400, "/set_as_default"),
        ({"odd": "1"}, 400, "/odd"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_with_its_place(
    api: APIClient, fields: dict[str, str], status: int, place: str
) -> None:
    assert place in [where for _, where in codes(problem(send(api, {"a": b"w"}, **fields), status))]
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a/../../b", "a\\b", "a//b", "x" * 600])
def test_a_file_never_leaves_its_folder(api: APIClient, store: Path, path: str) -> None:
    problem(send(api, {path: b"w"}), 422, "unsafe_file")
    assert not ModelVersion.objects.exists()
    assert list((store / "incoming").iterdir()) == []


@pytest.mark.parametrize("files", [{}, {"a/b": b"1", "a": b"2"}])
def test_files_that_make_no_version_are_refused(api: APIClient, files: dict[str, bytes]) -> None:
    problem(send(api, files), 422)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=ü"]
)
def test_a_form_without_a_boundary_is_none(api: APIClient, kind: str) -> None:
    problem(api.post(VERSIONS, b"x", content_type=kind), 422, "invalid_version")


def test_more_than_the_limit_is_refused_before_it_is_read(api: APIClient, settings: Any) -> None:
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_upload_max_bytes": 100})
    problem(send(api, {"model.onnx": b"w" * 200}), 413, "upload_too_large")
    api.post(VERSIONS, {"kind": "files", "version": "v1"})
    problem(put(api, "model.onnx", b"w" * 200), 413, "upload_too_large")


def test_a_session_sends_its_forms_with_the_token_in_a_header(engineer: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(engineer)
    form = body_of({"model.onnx": b"w"}, version="v1")
    assert "CSRF" in problem(browser.post(VERSIONS, **form), 403)["detail"]
    browser.get("/account/")
    token = browser.cookies["csrftoken"].value
    assert browser.post(VERSIONS, **form, headers={"X-CSRFToken": token}).status_code == 201


def test_an_upload_goes_on_file_by_file_and_is_finished(api: APIClient) -> None:
    begun = api.post(VERSIONS, {"kind": "files", "version": "v1", "metadata": {"accuracy": 0.9}})
    assert (begun.status_code, begun.json()["state"], begun.json()["pin"]) == (201, "pending", None)
    digest = hashlib.sha256(b"weights").hexdigest()
    sent = put(api, "words/model.onnx", b"weights", f"?digest={digest}")
    assert sent.json() == {"path": "words/model.onnx", "digest": digest, "size": 7}
    problem(put(api, "words/model.onnx", b"others", f"?digest={digest}"), 422, "digest_mismatch")
    assert api.get(f"{V1}/manifest").json() == {"digest": "", "size": 7, "files": [sent.json()]}
    done = api.post(f"{V1}/finish", {"set_as_default": True})
    assert (done.json()["state"], done.json()["is_default"], done.json()["format"]) == ("ready", True, "onnx")
    assert api.post(f"{V1}/finish").json()["digest"] == done.json()["digest"]
    problem(put(api, "more", b"x"), 409, "illegal_state")


def test_an_upload_can_be_given_up(api: APIClient) -> None:
    api.post(VERSIONS, {"kind": "files", "version": "v1"})
    problem(api.post(f"{V1}/finish"), 422)
    assert api.delete(V1).status_code == 204
    assert api.post(VERSIONS, {"kind": "files", "version": "v1"}).status_code == 201


@pytest.mark.parametrize("path", ["../x", "a/./b", "a\\b"])
def test_an_uploaded_file_never_leaves_its_folder(api: APIClient, path: str) -> None:
    api.post(VERSIONS, {"kind": "files", "version": "v1"})
    assert put(api, path.replace("..", "%2E%2E"), b"w").status_code in (404, 422)


def test_a_hosted_version_has_parameters_and_prices(api: APIClient) -> None:
    price = {"input_microusd": 2_500_000, "output_microusd": 10_000_000}
    made = api.post(VERSIONS, {**HOSTED, "default_parameters": {"temperature": 0.2}, "price": price}, format="json")
    assert (made.status_code, made.json()["default_parameters"]) == (201, {"temperature": 0.2})
    assert made.json()["price"]["input_microusd"] == 2_500_000
    later = {"input_microusd": 1, "output_microusd": 2, "starts_at": "2099-01-01T00:00:00Z"}
    assert api.post(f"{V1}/prices", later, format="json").status_code == 201
    assert api.get(V1).json()["price"]["input_microusd"] == 2_500_000
    assert api.post(VERSIONS, {**HOSTED, "default_parameters": {"temperature": 0.2}}, format="json").status_code == 200
    problem(api.post(VERSIONS, HOSTED), 409, "version_exists")
    problem(api.post(f"{V1}/verify"), 422, "invalid_version")


@pytest.mark.parametrize("body", [[], {"kind": "hosted"}, {**HOSTED, "odd": 1}, {**HOSTED, "price": {}}])
def test_a_body_of_no_kind_is_refused(api: APIClient, body: Any) -> None:
    problem(api.post(VERSIONS, body, format="json"), 400, "invalid_request")


@pytest.mark.parametrize("body", [{}, {"kind": "odd"}, {"kind": []}])
def test_the_kind_must_be_said(api: APIClient, body: Any) -> None:
    assert codes(problem(api.post(VERSIONS, body, format="json"), 422)) == [("invalid_version", "/kind")]


def test_versions_are_listed_newest_first_and_filtered(api: APIClient, register: Register) -> None:
    register("v1", tags=["old"])
    register("v2", tags=["new"])
    api.post(f"{V1}/deprecate", {"reason": "old"})
    assert [row["version"] for row in api.get(VERSIONS).json()["results"]] == ["v2", "v1"]
    for query in ({"state": "deprecated"}, {"tag": "old"}):
        assert [row["version"] for row in api.get(VERSIONS, query).json()["results"]] == ["v1"]
    assert api.get(VERSIONS, {"kind": "hosted"}).json()["results"] == []
    problem(api.get(VERSIONS, {"odd": "1"}), 400)


def test_a_version_is_found_by_label_alias_number_and_as_the_default(api: APIClient, register: Register) -> None:
    register("v1")
    api.put(f"{ROOT}/models/classifier/aliases/production", {"version": "v1"})
    for name in ("v1", "production", "1", "default"):
        assert api.get(f"{VERSIONS}/{name}").json()["version"] == "v1"


def test_what_is_said_changes_and_metrics_are_only_added(api: APIClient, register: Register) -> None:
    register("v1", metadata={"accuracy": 0.9})
    said = api.patch(V1, {"description": "d", "tags": ["x"], "metrics": {"recall": 0.8}}, format="json").json()
    assert (said["description"], said["tags"], said["metrics"]) == ("d", ["x"], {"accuracy": 0.9, "recall": 0.8})
    refused = problem(api.patch(V1, {"description": "e", "metrics": {"accuracy": 1.0}}, format="json"), 422)
    assert codes(refused) == [("invalid_version", "/metrics/accuracy")]
    assert api.get(V1).json()["description"] == "d"


def test_a_version_is_taken_out_of_use_and_brought_back(api: APIClient, register: Register) -> None:
    register("v1")
    register("v2")
    v2 = f"{VERSIONS}/v2"
    assert api.post(f"{v2}/archive", {"reason": "unused"}).json()["state_reason"] == "archived by engineer: unused"
    problem(api.get(f"{v2}/files/model.onnx"), 409, "version_unusable")
    assert api.post(f"{v2}/restore").json()["state"] == "ready"
    problem(api.post(f"{V1}/archive"), 409, "version_in_use")
    problem(api.delete(V1), 409, "version_in_use")
    assert api.delete(v2).status_code == 204


def test_a_file_comes_with_its_checksum_and_once_is_enough(api: APIClient, register: Register) -> None:
    register("v1", {"words/a b.txt": "hello"})
    answer: Any = api.get(f"{V1}/files/words/a%20b.txt")
    digest = hashlib.sha256(b"hello").hexdigest()
    assert b"".join(answer.streaming_content) == b"hello"
    assert (answer["ETag"], answer["Content-Length"]) == (f'"{digest}"', "5")
    assert answer["Content-Disposition"] == 'attachment; filename="a b.txt"'
    assert api.get(f"{V1}/files/words/a%20b.txt", headers={"If-None-Match": f'"{digest}"'}).status_code == 304
    problem(api.get(f"{V1}/files/none"), 404, "file_not_found")


def test_damage_is_found_told_and_quarantined(api: APIClient, register: Register, store: Path) -> None:
    flip_a_bit(register("v1"), store)
    problem(api.get(f"{V1}/files/model.onnx"), 422, "version_damaged")
    assert api.get(V1).json()["state"] == "quarantined"
    assert api.post(f"{V1}/verify").json()["state"] == "quarantined"
    found = api.get(f"{V1}/verifications").json()["results"]
    assert [(one["intact"], one["trigger"]) for one in found] == [
        (False, "request"),
        (False, "load"),
        (True, "registration"),
    ]
    problem(api.get(f"{V1}/files/model.onnx"), 409, "version_unusable")


@pytest.mark.parametrize(
    ("permission", "ask"),
    [
        ("add_modelversion", lambda client: client.post(VERSIONS, HOSTED)),
        ("add_modelversion", lambda client: send(client, {"a": b"w"}, version="v9")),
        ("change_modelversion", lambda client: client.patch(V1, {"description": "d"})),
        ("change_modelversion", lambda client: client.post(f"{V1}/verify")),
        ("view_verificationrecord", lambda client: client.get(f"{V1}/verifications")),
    ],
    ids=["register", "upload", "describe", "verify", "read checks"],
)
def test_each_verb_needs_its_own_permission(
    register: Register, make_user: Callable[..., User], permission: str, ask: Callable[[APIClient], Any]
) -> None:
    register("v1")
    viewer, holder = APIClient(), APIClient()
    viewer.force_authenticate(make_user("view_modelversion", name="viewer"))
    holder.force_authenticate(make_user(permission, name="holder"))
    problem(ask(viewer), 403, "permission_denied")
    assert ask(holder).status_code in (200, 201, 409)


class Body:
    """A request as far as `receive_form` reads one, which gives at most `step` bytes at a time."""

    def __init__(self, content: bytes, kind: str, step: int) -> None:
        self.META = {"CONTENT_LENGTH": str(len(content)), "CONTENT_TYPE": kind}
        self.content, self.step = content, step

    def read(self, size: int) -> bytes:
        taken = self.content[: min(size, self.step)]
        self.content = self.content[len(taken) :]
        return taken


FILES = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.bin", fullmatch=True), st.binary(max_size=400), max_size=4
)


@given(files=FILES, step=st.integers(1, 300))
@settings(max_examples=40)
def test_any_files_arrive_as_they_were_sent_however_the_bytes_come(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], step: int
) -> None:
    form = body_of(files, version="v1", description="ä\r\nb")
    request: Any = Body(form["data"], form["content_type"], step)
    with receive_form(request) as received:
        found = {path: (received.folder / path).read_bytes() for path in received.paths}
        assert found == files
        assert received.fields.dict() == {"version": "v1", "description": "ä\r\nb"}
    assert not received.folder.exists()
