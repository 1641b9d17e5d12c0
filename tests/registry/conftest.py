"""Fixtures of the registry's tests: a store of their own, folders to register."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from registry.models import ModelVersion
from registry.services.registration import register_version

MakeFolder = Callable[..., Path]
Register = Callable[..., ModelVersion]


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> Path:
    """MODEL_REGISTRY_PATH of this test."""
    folder = tmp_path / "models"
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_registry_path": folder})
    return folder


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write files (path → content) into a folder; returns it."""

    def make(files: Mapping[str, bytes | str] | None = None, name: str = "source") -> Path:
        folder = tmp_path / name
        for path, content in (files or {"model.onnx": b"weights", "labels.json": b"[]"}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make


@pytest.fixture
def register(root: Path, make_folder: MakeFolder) -> Register:
    """Register a version of `classifier`; `files` (path → content) are written to a folder of their own."""

    def make(label: str = "v1", files: Mapping[str, bytes | str] | None = None, **options: Any) -> ModelVersion:
        content = files or {"model.onnx": f"weights of {label}"}
        given: dict[str, Any] = {"model_name": "classifier", "version": label}
        given["model_path"] = make_folder(content, f"source-{label}")
        return register_version(**given | options)

    return make
