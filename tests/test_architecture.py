"""The source keeps the rules of docs/architecture.md, and the rules find what they are there to find."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest
from django.apps import apps
from django.db.models.fields.related import RelatedField

from tests import architecture
from tests.architecture import FLOORS, RULES, Module
from tests.plugin import clean_environment
from tests.processes import run_python

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = ("manage.py", "requirements.txt", "templates", "static", "tests", *FLOORS)
APPS = [app for app in FLOORS if apps.is_installed(app)]  # all but `config`
Rule = Callable[[Module], Iterable[str]]


class ForeignKey(NamedTuple):
    field: str
    target: str


def find_foreign_keys(app: str) -> list[ForeignKey]:
    """The relations of an app's Django models that leave the app."""
    fields = [field for model in apps.get_app_config(app).get_models() for field in model._meta.get_fields()]
    relations = [field for field in fields if isinstance(field, RelatedField)]
    targets = [ForeignKey(str(relation), relation.remote_field.model._meta.app_label) for relation in relations]
    return [key for key in targets if key.target != app]


@pytest.fixture(scope="module")
def sources() -> list[Module]:
    """The project's own files, read once for all rules."""
    paths = [path for app in FLOORS for path in sorted((ROOT / app).rglob("*.py"))]
    return [Module.read(path, ROOT) for path in paths if "migrations" not in path.parts]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule, sources: list[Module]) -> None:
    violations = [violation for module in sources for violation in rule(module)]
    assert not violations, "\n" + "\n".join(violations)


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_the_top_level_is_as_promised(name: str) -> None:
    assert (ROOT / name).exists()


def test_foreign_keys_go_down_only() -> None:
    upward = [key for app in APPS for key in find_foreign_keys(app) if FLOORS.get(key.target, -1) >= FLOORS[app]]
    assert not upward


def test_importing_the_definition_language_does_not_load_django() -> None:
    """What the rule cannot see: an import at one remove, for example through `orchestration/__init__.py`."""
    asked = run_python(
        "-c", "import sys, orchestration.definition; print('django' in sys.modules)", env=clean_environment()
    )
    assert asked.stdout.strip() == "False", asked.stderr


# A rule, and for each file a text in which it must find something. The import at the top makes status writes visible.
SEES_RUNS = "from orchestration.models import Execution, TaskRun, Delivery\n"
FORBIDDEN: dict[Rule, list[tuple[str, str]]] = {
    architecture.find_upward_imports: [
        ("reviews/services/a.py", "def f():\n    from registry.models import ModelVersion"),
        ("registry/a.py", "import orchestration.models"),
        ("orchestration/a.py", "from importlib import import_module\nimport_module('monitoring.rules')"),
        ("orchestration/engine/a.py", "from ...monitoring import rules"),
        (
            "orchestration/orchestrator.py",
            "class Face:\n    def monitor(self):\n        import monitoring",
        ),
    ],
    architecture.find_impure_imports: [
        ("orchestration/definition/a.py", "from django.conf import settings"),
        ("orchestration/definition/a.py", "from orchestration.models import Execution"),
    ],
    architecture.find_private_imports: [("orchestration/a.py", "from orchestration.engine.store.ledger import Ledger")],
    architecture.find_status_writes: [
        ("orchestration/a.py", SEES_RUNS + "execution.status = 'failed'"),
        ("monitoring/a.py", SEES_RUNS + "TaskRun.objects.filter(id=1).update(status='failed')"),
        ("monitoring/a.py", "from orchestration import models\nmodels.Execution.objects.update(status='failed')"),
        ("orchestration/a.py", SEES_RUNS + "x.save(update_fields=['status'])"),
        ("orchestration/a.py", SEES_RUNS + "TaskRun.objects.bulk_update(rows, ['status'])"),
        ("orchestration/a.py", "q = 'UPDATE \"orchestration_taskrun\" SET status = %s'"),
    ],
    architecture.find_enqueuing: [
        ("reviews/a.py", "app.send_task('x')"),
        ("reviews/a.py", "from reviews.tasks import remind\nremind.delay(1)"),
        ("reviews/a.py", "from reviews import tasks\ntasks.remind.s(1).apply_async()"),
    ],
    architecture.find_prints: [("config/a.py", "print('x')")],
    architecture.find_long_files: [("config/a.py", "\n" * 501)],
}
ALLOWED = [
    ("monitoring/receivers.py", "from orchestration.signals import execution_ended"),
    ("orchestration/a.py", "from registry.models import ModelVersion"),
    ("orchestration/definition/a.py", "from orchestration.definition.graph import sort\nimport yaml"),
    ("orchestration/engine/store/moves.py", SEES_RUNS + "TaskRun.objects.update(status='queued')"),
    ("orchestration/a.py", SEES_RUNS + "Delivery.objects.filter(id=1).update(status='sent')"),
    ("orchestration/a.py", SEES_RUNS + "Execution.objects.filter(status='failed').update(note='x')"),
    ("orchestration/a.py", "q = 'SELECT status FROM orchestration_taskrun'"),
    ("orchestration/engine/dispatch.py", "app.send_task('x')"),
    ("orchestration/engine/a.py", "policy.delay(2)"),
]


@pytest.mark.parametrize(
    ("rule", "path", "text"), [(rule, *case) for rule, cases in FORBIDDEN.items() for case in cases]
)
def test_a_rule_finds_its_violation(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Module(PurePosixPath(path), text)))


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_no_rule_minds_what_is_allowed(path: str, text: str) -> None:
    module = Module(PurePosixPath(path), text)
    assert not [violation for rule in RULES for violation in rule(module)]
