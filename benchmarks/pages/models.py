"""A registry as after a year: models with many versions, one of them with files; one version that executions asked."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from orchestration.models import TaskRun
from orchestration.providers.registered.naming import PREFIX
from registry.models import ModelVersion, PointerMove, RegisteredModel
from registry.names import make_pin
from registry.services.pointers import move_alias, set_default
from registry.services.registration import register_version
from registry.states import DEFAULT, VersionKind, VersionState

MODEL, LABEL, ALIAS, FILE = "document_classifier", "v2", "production", "model.onnx"
VERSIONS = 10
ASKED = "gpt-4"


def fill_models(number: int, now: datetime, random: Random) -> None:
    """`number` models that a provider hosts, and `MODEL` with files, whose version `LABEL` asked what `ASKED` did."""
    _fill_hosted(number, now, random)
    _fill_files()
    version = ModelVersion.objects.get(model__name=MODEL, label=LABEL)
    pin = PREFIX + make_pin(MODEL, LABEL, version.digest)
    TaskRun.objects.filter(model__contains=ASKED).update(model=pin)


def _fill_hosted(number: int, now: datetime, random: Random) -> None:
    models = RegisteredModel.objects.bulk_create(
        [RegisteredModel(name=f"model-{index:04}", last_number=VERSIONS) for index in range(number)]
    )
    rows = [row for model in models for row in _versions(model, now, random)]
    made = ModelVersion.objects.bulk_create(rows)
    moves = [
        PointerMove(
            model_id=row.model_id, pointer=DEFAULT, to_version=row, to_label=row.label, actor="ci", at=row.created_at
        )
        for row in made
        if row.is_default
    ]
    PointerMove.objects.bulk_create(moves)


def _versions(model: RegisteredModel, now: datetime, random: Random) -> Iterator[ModelVersion]:
    for step in range(1, VERSIONS + 1):
        at = now - timedelta(days=VERSIONS - step, seconds=random.randrange(80_000))
        yield ModelVersion(
            model=model,
            label=f"v{step}",
            number=step,
            kind=VersionKind.HOSTED,
            state=VersionState.READY,
            is_default=step == VERSIONS,
            digest=hashlib.sha256(f"{model.name}:{step}".encode()).hexdigest(),
            provider="openai",
            provider_model=f"gpt-{step}",
            metrics={"accuracy": round(random.uniform(0.8, 0.99), 4), "latency_ms": random.randrange(5, 900)},
            tags=["classification"],
            created_by="ci",
            created_at=at,
            ready_at=at,
        )


def _fill_files() -> None:
    with TemporaryDirectory() as folder:
        for step, label in enumerate(("v1", LABEL, "v3")):
            Path(folder, FILE).write_bytes(f"weights of {label}".encode())
            Path(folder, "labels.json").write_text('["invoice", "contract"]')
            metrics = {"accuracy": 0.9 + step / 50, "latency_ms": 20.0 + step}
            register_version(model_name=MODEL, version=label, model_path=folder, metrics=metrics, actor="ci")
    set_default(model_name=MODEL, version=LABEL, actor="anna", reason="more accurate")
    move_alias(model_name=MODEL, alias=ALIAS, version="v1", actor="anna")
