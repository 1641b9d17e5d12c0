"""The Dockerfile, compose.yaml, systemd's units and the example environment agree with the product and each other."""

import ast
import re
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import pytest
from django.conf import settings
from packaging.requirements import Requirement

from config.api.environment import ApiConfig
from config.environment import DjangoConfig
from orchestration.conf import OrchestrationConfig
from orchestration.queues import DEFAULT_QUEUE, parse_task_queues
from tests.deployment.reading import (
    command_of,
    fill_in,
    image_environment,
    is_sent_to_the_build,
    placeholders,
    read_compose,
    read_dockerfile,
    read_example_environment,
    read_unit,
)
from tests.processes import ROOT

KNOWN = {name.upper() for table in (OrchestrationConfig, DjangoConfig, ApiConfig) for name in table.model_fields}
PYTHONS = {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
GUNICORNS = {"WEB_CONCURRENCY"}
# The client of a bucket for the models' files reads these itself.
BOTOS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
# What only compose.yaml knows: no process of ours reads these.
COMPOSES = {"IMAGE", "MODELS", "POSTGRES_PASSWORD", "WEB_ADDRESS", "WEB_PORT"}
IMAGES_PYTHON = "3.12"
FILLED = {"SECRET_KEY": "s", "AUDIT_KEY": "a", "POSTGRES_PASSWORD": "p", "REDIS_PASSWORD": "r"}

SERVICES: dict[str, dict[str, Any]] = read_compose()["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
WORKERS = {name: service for name, service in OURS.items() if " worker " in service["command"]}


class TestImage:
    def test_every_variable_it_sets_is_one_that_somebody_reads(self) -> None:
        assert set(image_environment()) - PYTHONS <= KNOWN

    def test_it_runs_as_an_ordinary_user_with_the_named_python(self) -> None:
        (user,) = [line.words for line in read_dockerfile()[-1] if line.name == "USER"]
        assert user not in ("root", "0")
        assert f"ARG PYTHON={IMAGES_PYTHON}\n" in (ROOT / "Dockerfile").read_text()
        assert {stage[0].words.split()[0] for stage in read_dockerfile()} == {"python:${PYTHON}-slim-bookworm"}

    def test_no_secret_is_built_in(self) -> None:
        secrets = {"SECRET_KEY", "AUDIT_KEY", *(name for name in KNOWN if name.endswith(("_PASSWORD", "_API_KEY")))}
        lines = [line for stage in read_dockerfile() for line in stage if line.name in ("ENV", "ARG")]
        set_there = {name for line in lines for name in line.settings}
        assert not secrets & set_there

    def test_all_that_runs_is_sent_to_the_build_and_nothing_else(self) -> None:
        apps = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.partition(".")[0]).is_dir()}
        needed = apps | {"common", "config", "deploy", "static", "templates", "manage.py", "requirements.txt"}
        assert {name for name in needed if not is_sent_to_the_build(f"{name}/x" if "." not in name else name)} == set()
        for path in (".env", ".git/config", "var/secret_key", "tests/plugin.py", ".venv/bin/python", "deploy/.env"):
            assert not is_sent_to_the_build(path), path
        assert not is_sent_to_the_build("config/__pycache__/settings.cpython-312.pyc")

    def test_what_it_copies_is_sent(self) -> None:
        copied = [line.words.split()[:-1] for line in read_dockerfile()[0] if line.name == "COPY"]
        for source in {path for words in copied for path in words} - {"."}:
            assert (ROOT / source).exists()
            assert is_sent_to_the_build(source)

    def test_no_package_is_pinned_twice(self) -> None:
        """A requirement that is raised must not meet an older pin in the constraints."""
        direct, indirect = map(_pinned, ("requirements.txt", "deploy/constraints.txt"))
        assert not direct & indirect

    def test_whatever_the_code_imports_is_in_the_requirements(self) -> None:
        """The tests' own requirements are not in the image; those of the extras are where EXTRAS names them."""
        files = ("requirements.txt", "deploy/constraints.txt", "requirements-s3.txt", "requirements-tracing.txt")
        there, imported = frozenset[str]().union(*map(_pinned, files)), _imported()
        missing = {
            module: names
            for module, names in metadata.packages_distributions().items()
            if module in imported and not there & {_normal(name) for name in names}
        }
        assert missing == {}

    def test_everything_that_comes_along_is_pinned_too(self) -> None:
        """If this fails: the head of deploy/constraints.txt says how it is made."""
        direct, indirect = map(_pinned, ("requirements.txt", "deploy/constraints.txt"))
        lines = (ROOT / "requirements.txt").read_text().splitlines()
        needed = _closure([Requirement(line.partition("  #")[0]) for line in lines if line and line[0] not in "#-"])
        assert "amqp" in needed  # by Celery
        assert needed - direct - indirect == set()


class TestCompose:
    def test_it_names_the_services_of_the_product_description(self) -> None:
        assert {"redis", "postgres", "orchestrator", "celery-worker"} <= set(SERVICES)

    @pytest.mark.parametrize("name", OURS)
    def test_every_variable_of_a_service_is_one_that_somebody_reads(self, name: str) -> None:
        assert set(OURS[name]["environment"]) <= KNOWN | GUNICORNS

    def test_it_asks_for_no_variable_that_the_example_leaves_out(self) -> None:
        example = read_example_environment()
        assert placeholders(read_compose()) - {"IMAGE"} <= set(example)
        assert set(example) <= KNOWN | GUNICORNS | COMPOSES | BOTOS

    @pytest.mark.parametrize("missing", FILLED)
    def test_it_does_not_start_without_a_secret(self, missing: str) -> None:
        text = (ROOT / "compose.yaml").read_text()
        with pytest.raises(KeyError, match=missing):
            fill_in(text, {name: value for name, value in FILLED.items() if name != missing})

    @pytest.mark.parametrize("name", SERVICES)
    def test_every_service_has_a_health_check_or_ends(self, name: str) -> None:
        check = SERVICES[name]["healthcheck"]
        if name == "migrate":
            assert check == {"disable": True}
            assert SERVICES[name]["restart"] == "no"
        else:
            assert check["test"][0] in ("CMD", "CMD-SHELL")
            assert SERVICES[name]["restart"] == "unless-stopped"

    def test_one_image_serves_all_of_ours(self) -> None:
        assert {service["image"] for service in OURS.values()} == {"${IMAGE:-orchestration:latest}"}
        assert set(SERVICES) - set(OURS) == {"redis", "postgres"}

    def test_nothing_starts_before_the_migrations_have_ended(self) -> None:
        assert OURS["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        for service in (service for name, service in OURS.items() if name != "migrate"):
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
            assert service["depends_on"]["redis"] == {"condition": "service_healthy"}

    def test_only_the_web_server_can_be_reached_and_only_from_this_machine_unless_told_otherwise(self) -> None:
        ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
        assert list(ports) == ["orchestrator"]
        assert [fill_in(port, {}) for port in ports["orchestrator"]] == ["127.0.0.1:8000:8000"]

    def test_all_share_the_generated_secrets_and_the_files_of_the_models(self) -> None:
        folders = [image_environment()[name] for name in ("DATA_DIR", "MODEL_REGISTRY_PATH")]
        for service in OURS.values():
            assert service["volumes"] == [f"data:{folders[0]}", f"${{MODELS:-models}}:{folders[1]}"]
        assert {"data", "models", "postgres"} == set(read_compose()["volumes"])

    def test_a_container_is_given_longer_to_stop_than_what_runs_in_it_takes(self) -> None:
        config: dict[str, Any] = {}
        tree = ast.parse((ROOT / "deploy" / "gunicorn.conf.py").read_text())
        for line in tree.body:
            if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
                config[ast.unparse(line.targets[0])] = line.value.value
        assert _seconds(OURS["orchestrator"]) > config["graceful_timeout"]
        grace = OrchestrationConfig.from_env({}).shutdown_grace_seconds
        assert all(_seconds(OURS[name]) > 2 * grace for name in ("celery-worker", "celery-worker-io"))

    def test_the_volume_of_postgresql_is_where_its_version_keeps_data(self) -> None:
        """Up to 17 /var/lib/postgresql/data, from 18 a folder per version below /var/lib/postgresql."""
        version = re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"])
        assert version is not None
        assert int(version[1]) >= 18
        assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]

    def test_every_queue_that_tasks_are_sent_to_has_a_worker_of_its_own(self) -> None:
        """What nobody listens to would wait for ever; what two listen to is no separation."""
        listened = [queue for service in WORKERS.values() for queue in _queues(service)]
        assert len(listened) == len(set(listened))
        for service in OURS.values():  # wherever executions are started
            sent = parse_task_queues(fill_in(service["environment"]["TASK_QUEUES"], {}))
            assert sent
            assert {DEFAULT_QUEUE, *sent.values()} == set(listened)


class TestUnits:
    """systemd starts the same programs, with the same options, as the containers do."""

    def test_the_web_server(self) -> None:
        (command,) = read_unit("orchestration-web.service")["ExecStart"]
        assert command.rpartition("/bin/")[2].removesuffix(" --bind=127.0.0.1:8000") == OURS["orchestrator"]["command"]

    @pytest.mark.parametrize(("instance", "service"), [("code", "celery-worker"), ("io", "celery-worker-io")])
    def test_the_workers(self, instance: str, service: str) -> None:
        unit = read_unit("orchestration-worker@.service")
        options = {"code": unit["Environment"][0], "io": _io_options()}[instance].removeprefix("WORKER_OPTIONS=")
        command = unit["ExecStart"][0].rpartition("/bin/")[2].replace("%%", "%").replace("%i", instance)
        assert command.replace("$WORKER_OPTIONS", options).split() == command_of(OURS[service], {})


def _queues(service: Mapping[str, Any]) -> list[str]:
    (option,) = [word for word in command_of(service, {}) if word.startswith("--queues=")]
    return option.removeprefix("--queues=").split(",")


def _io_options() -> str:
    """As the head of the unit says they are to be written."""
    text = (ROOT / "deploy" / "systemd" / "orchestration-worker@.service").read_text()
    found = re.search(r"has (WORKER_OPTIONS=.*) and TASK_HANDLER_MODULES= ", text)
    assert found
    return found[1]


def _pinned(file: str) -> set[str]:
    return {_normal(name) for name in re.findall(r"^([\w.-]+)(?:\[.*\])?==", (ROOT / file).read_text(), re.MULTILINE)}


def _closure(requirements: list[Requirement]) -> set[str]:
    """The names of all packages that these bring along into the image, as installed here; extras included."""
    found: set[tuple[str, str]] = set()
    while requirements:
        requirement = requirements.pop()
        for extra in {"", *requirement.extras} - {extra for name, extra in found if name == requirement.name}:
            found.add((requirement.name, extra))
            needs = map(Requirement, metadata.requires(requirement.name) or [])
            there = {"python_version": IMAGES_PYTHON, "python_full_version": f"{IMAGES_PYTHON}.0", "extra": extra}
            requirements += [need for need in needs if need.marker is None or need.marker.evaluate(there)]
    return {_normal(name) for name, _ in found}


def _imported() -> set[str]:
    """The top names that any module in the image imports."""
    folders = [
        folder for folder in ROOT.iterdir() if is_sent_to_the_build(f"{folder.name}/x") and folder.name != "examples"
    ]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    return {name for path in files for name in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _seconds(service: Mapping[str, Any]) -> int:
    return int(service["stop_grace_period"].removesuffix("s"))
