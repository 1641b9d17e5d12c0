"""A loaded ONNX classifier: arrays in, a score for each class out.

Owns which shapes of inputs and outputs are understood, and how onnxruntime is told to run: on one core (a worker
process is one), keeping no memory between runs. onnxruntime and numpy are imported when the first model is loaded.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.exceptions import InvalidOutput
from orchestration.providers.registered.onnx_file import OnnxFile, UnusableModel, read_onnx_file

if TYPE_CHECKING:
    import numpy as np
    from onnxruntime import InferenceSession

Feeds = Mapping[str, "np.ndarray[Any, Any]"]
Scores = dict[str, float]

STRING = "tensor(string)"
# ONNX's types of numbers → numpy's.
NUMBERS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}
LABELS = (STRING, "tensor(int64)", "tensor(int32)")
TENSORS_OF_SCORES = ("tensor(float)", "tensor(double)")
ROUNDING = 1e-3  # of 32-bit scores that should lie between 0 and 1
SILENT = 4  # only what ends the process; everything else is raised as well


@dataclass(frozen=True, slots=True)
class Input:
    """One input: `width` columns for each row (None: any number), one row for each place of the first dimension."""

    name: str
    kind: str
    shape: tuple[Any, ...]

    @property
    def width(self) -> int | None:
        if len(self.shape) == 1:
            return 1
        return self.shape[1] if isinstance(self.shape[1], int) else None

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}{list(self.shape)}"


class OnnxSession:
    """A model ready to run. Safe for several threads at once."""

    def __init__(self, path: Path) -> None:
        """Raises `UnusableModel`."""
        self.file = read_onnx_file(path)
        _check_beside(path, self.file)
        self._session = _open(path, self.file)
        self.inputs = tuple(Input(each.name, each.type, tuple(each.shape)) for each in self._session.get_inputs())
        self._check_inputs()
        self._scores, self._labels = self._find_outputs()

    @property
    def takes_text(self) -> bool:
        """Whether it works on a text, and not on the values of columns."""
        return len(self.inputs) == 1 and self.inputs[0].kind == STRING

    @property
    def rows_at_once(self) -> int | None:
        """Rows of one run; None when any number will do."""
        return 1 if any(isinstance(each.shape[0], int) for each in self.inputs) else None

    def run(self, feeds: Feeds) -> tuple[list[Any], list[Any]]:
        """Scores and labels as they come out, a list of rows each; empty when the model has no such output."""
        wanted = [name for name in (self._scores, self._labels) if name]
        found = dict(zip(wanted, self._session.run(wanted, dict(feeds)), strict=True))
        scores, labels = found.get(self._scores, []), found.get(self._labels, [])
        return list(scores), [label for row in labels for label in (row if getattr(row, "ndim", 0) else [row])]

    def _check_inputs(self) -> None:
        odd = [each for each in self.inputs if each.kind not in (STRING, *NUMBERS) or not 1 <= len(each.shape) <= 2]
        fixed = [each for each in self.inputs if each.shape and isinstance(each.shape[0], int) and each.shape[0] != 1]
        wide = [each for each in self.inputs if each.width != 1 and (len(self.inputs) > 1 or each.kind == STRING)]
        if odd or fixed or wide or not self.inputs:
            raise UnusableModel(
                f"the model takes {'; '.join(map(str, self.inputs)) or 'nothing'}; run here are models that take one "
                "text, one matrix of numbers, or one column for each input, with the number of rows left open"
            )

    def _find_outputs(self) -> tuple[str, str]:
        """The names of the output with scores and of the one with labels; empty for one that is not there."""
        outputs = self._session.get_outputs()
        scored = [each for each in outputs if each.type.startswith("seq(map(") or each.type in TENSORS_OF_SCORES]
        scored.sort(key=lambda each: "prob" not in each.name.lower())
        labelled = [each for each in outputs if each.type in LABELS]
        if not scored and not labelled:
            listed = ", ".join(f"{each.name}: {each.type}" for each in outputs)
            raise UnusableModel(f"the model is no classifier: it returns {listed}, neither labels nor scores")
        return (scored[0].name if scored else ""), (labelled[0].name if labelled else "")


def _check_beside(path: Path, file: OnnxFile) -> None:
    missing = [name for name in file.external if not (path.parent / name).is_file()]
    if missing:
        raise UnusableModel(
            f"{path.name} keeps weights in {', '.join(missing)}, not among the registered files; register the folder "
            "with both"
        )


def _open(path: Path, file: OnnxFile) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = SILENT
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except runtime_errors() as error:
        raise UnusableModel(_describe(error, path, file)) from error


@cache
def runtime_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises: its errors have no base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (found for found in vars(state).values() if isinstance(found, type) and issubclass(found, Exception))
    return (*own, RuntimeError, ValueError)


def _describe(error: Exception, path: Path, file: OnnxFile) -> str:
    import onnxruntime

    said = " ".join(str(error).split())
    if "locale" in said and "Failed to construct" in said:
        return (
            f"{path.name} changes letters to lower case by the rules of a locale this machine does not have; export it "
            'again with the locale "C" (docs/registry.md), or install that locale here. onnxruntime says: ' + said
        )
    wants = ", ".join(f"{domain} {version}" for domain, version in file.opsets.items())
    return (
        f"onnxruntime {onnxruntime.__version__} cannot load {path.name}, which wants the operator sets {wants}; export "
        f"it for older ones, without operators of one's own. It says: {said}"
    )


def class_names(
    file: OnnxFile, metadata: Mapping[str, Any], output_schema: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """What the classes are called, in the model's order; empty when nobody says.

    The file's own names count. Where it has numbers or nothing, names stand in for them in the same order: `labels` of
    the file's notes, of the version's metadata, or the `enum` of `label` in its output schema.
    """
    own = file.classes
    if own and not are_numbers(own):
        return own
    enum = ((output_schema or {}).get("properties") or {}).get("label") or {}
    for given in (_noted_list(file, "labels"), metadata.get("labels"), enum.get("enum")):
        if isinstance(given, Sequence) and not isinstance(given, str) and given:
            names = tuple(str(name) for name in given)
            if len(set(names)) != len(names) or (own and len(names) != len(own)):
                raise UnusableModel(f"the model has {len(own) or 'other'} classes, and its labels are {list(names)}")
            return names
    return own


def are_numbers(names: Sequence[str]) -> bool:
    return all(name.lstrip("-").isdigit() for name in names)


def noted_columns(file: OnnxFile, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of a matrix in order: `features` of the file's notes or of the version's metadata; else empty."""
    given = _noted_list(file, "features") or metadata.get("features") or ()
    return tuple(str(name) for name in given) if isinstance(given, Sequence) and not isinstance(given, str) else ()


def _noted_list(file: OnnxFile, key: str) -> Any:
    try:
        return json.loads(file.notes.get(key, "null"))
    except ValueError as error:
        raise UnusableModel(f'the note "{key}" in the file is not JSON; write a list, such as ["a", "b"]') from error


def named_scores(row: Any, file: OnnxFile, names: Sequence[str], *, are_logits: bool) -> Scores:
    """The scores of one row by class: from a mapping (ZipMap) or from a vector in the order of `names`.

    Raises `UnusableModel` when the classes have no names, `InvalidOutput` for what are no probabilities.
    """
    if isinstance(row, Mapping):
        by_key = {str(key): float(score) for key, score in row.items()}
        own = file.classes if set(file.classes) == by_key.keys() else tuple(by_key)
        names = (names or own) if are_numbers(own) else own
        values = [by_key[key] for key in own]
    else:
        values = [float(score) for score in row.ravel()]
    if len(values) == 1 and len(names) == 2:  # of two classes only the second's is given
        values = [1.0 - values[0], values[0]]
    if len(values) != len(names):
        raise UnusableModel(
            f"the model gives {len(values)} scores and its classes have {len(names) or 'no'} names; register it with "
            'their names in order, such as metadata {"labels": ["legal", "financial"]}, or export it with ZipMap'
        )
    scores = dict(zip(names, _softmax(values) if are_logits else values, strict=True))
    if not all(-ROUNDING <= score <= 1 + ROUNDING for score in scores.values()):
        raise InvalidOutput(
            "the model's scores are no probabilities between 0 and 1; end it with a softmax, or register it with "
            'metadata {"scores": "logits"}'
        )
    return {name: min(1.0, max(0.0, score)) for name, score in scores.items()}


def _softmax(values: Sequence[float]) -> list[float]:
    import numpy as np

    shifted = np.exp(np.asarray(values) - max(values))
    return [float(value) for value in shifted / shifted.sum()]
