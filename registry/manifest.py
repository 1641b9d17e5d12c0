"""What a version is made of, and the digest that stands for all of it. Pure.

The digest is the SHA-256 of the canonical JSON of the sorted list of {path, sha256, size}: it binds names as well as
contents, so equal digests mean equal folders.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

# Suffix → format, the telling ones first: a folder with an ONNX file and a JSON file is an ONNX model.
FORMATS = (
    ("onnx", (".onnx",)),
    ("safetensors", (".safetensors",)),
    ("gguf", (".gguf",)),
    ("pickle", (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".ckpt")),
    ("keras", (".keras", ".h5", ".hdf5")),
    ("tensorflow", (".pb", ".tflite")),
    ("numpy", (".npy", ".npz")),
    ("json", (".json",)),
    ("text", (".txt", ".yaml", ".yml", ".csv", ".tsv")),
)


@dataclass(frozen=True, slots=True, order=True)
class FileEntry:
    """One file of a version: relative path with `/`, SHA-256 in hex, size in bytes."""

    path: str
    digest: str
    size: int


def digest_of_files(files: Iterable[FileEntry]) -> str:
    listed = [{"path": file.path, "sha256": file.digest, "size": file.size} for file in sorted(files)]
    return _digest(listed)


def digest_of_hosted(provider: str, provider_model: str, default_parameters: Mapping[str, Any]) -> str:
    return _digest({"provider": provider, "model": provider_model, "parameters": default_parameters})


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def detect_format(paths: Sequence[str]) -> str:
    """`onnx`, `pickle` … by the files' names, or nothing when they do not tell. A hint, not a promise."""
    suffixes = {PurePosixPath(path).suffix.lower() for path in paths}
    return next((name for name, telling in FORMATS if suffixes & set(telling)), "")
