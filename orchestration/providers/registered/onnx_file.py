"""What an ONNX file says of itself before anything runs it: operator sets, notes, classes, and other files it names.

Reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding/) with the field numbers of onnx.proto3
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3), straight from the mapped file and without copying weights, so
that a file can be refused before a runtime has followed a path in it. Needs no library.
"""

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestration.exceptions import TaskError

Span = tuple[int, int]

# Message → its fields that hold messages, as far as a tensor can hide in them.
_PARTS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_NOTES = 7, 8, 14
_GRAPH_NODES, _GRAPH_OUTPUTS, _VALUE_NAME = 1, 12, 1
_NODE_OUTPUTS, _NODE_ATTRIBUTES = 2, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INTS, _ATTRIBUTE_STRINGS = 1, 8, 9
_CLASS_NAMES = (b"classlabels_strings", b"classlabels_int64s", b"classlabels_ints")
"""Attributes of the classifiers of ai.onnx.ml."""
_LOCATION = b"location"
"""The key under which a tensor names the file that holds it."""

_VARINT, _EIGHT_BYTES, _SIZED, _FOUR_BYTES = 0, 1, 2, 5


class UnusableModel(TaskError):
    """A registered version whose files cannot be run here; the message says why and what to do."""

    code = "unusable_model"


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What the file says."""

    opsets: Mapping[str, int]
    """Domain → version; the standard's own domain is `ai.onnx`."""
    notes: Mapping[str, str]
    """The model's `metadata_props`."""
    classes: tuple[str, ...]
    """What the classifier that answers calls its classes, in its order; empty when it does not say."""
    external: tuple[str, ...]
    """Files that hold tensors of it, relative to its own folder, as written."""


def read_onnx_file(path: Path) -> OnnxFile:
    """Raises `UnusableModel` when the file is no ONNX model, or names a file that does not lie beside it."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            opsets, notes = dict(_opsets(content)), dict(_notes(content))
            classes, external = _classes(content), tuple(sorted(set(_external(content))))
    except (ValueError, IndexError) as error:  # an empty file cannot be mapped
        raise UnusableModel(f"{path.name} is not an ONNX model, or it is cut off ({error})") from error
    if not opsets:
        raise UnusableModel(f"{path.name} is not an ONNX model: it names no operator set")
    for name in external:
        _check_location(path.name, name)
    return OnnxFile(opsets, notes, classes, external)


def _check_location(model: str, location: str) -> None:
    """A tensor's file lies in the model's folder or below: by other paths a model would read what it should not."""
    parts = PurePosixPath(location).parts
    odd = "\\" in location or "\x00" in location or ":" in location
    if not parts or odd or location.startswith("/") or ".." in parts:
        raise UnusableModel(
            f"{model} keeps weights in {location!r}, outside its own folder; export it again with the weights inside, "
            "or in a file beside it"
        )


def _opsets(content: mmap.mmap) -> Iterator[tuple[str, int]]:
    for span in _sized(content, (0, len(content)), _MODEL_OPSETS):
        domain, version = b"", 0
        for number, value in _fields(content, span):
            if number == 1 and isinstance(value, tuple):
                domain = content[slice(*value)]
            elif number == 2 and isinstance(value, int):
                version = value
        yield domain.decode() or "ai.onnx", version


def _notes(content: mmap.mmap) -> Iterator[tuple[str, str]]:
    for span in _sized(content, (0, len(content)), _MODEL_NOTES):
        key, value = _entry(content, span)
        yield key.decode(), value.decode()


def _classes(content: mmap.mmap) -> tuple[str, ...]:
    """Of the classifier that gives the answer: one inside an ensemble has classes of its own."""
    for graph in _sized(content, (0, len(content)), _MODEL_GRAPH):
        answers = {_text_in(content, output, _VALUE_NAME) for output in _sized(content, graph, _GRAPH_OUTPUTS)}
        for node in _sized(content, graph, _GRAPH_NODES):
            if answers.isdisjoint(content[slice(*name)] for name in _sized(content, node, _NODE_OUTPUTS)):
                continue
            for attribute in _sized(content, node, _NODE_ATTRIBUTES):
                is_meant = _text_in(content, attribute, _ATTRIBUTE_NAME) in _CLASS_NAMES
                if is_meant and (found := _class_names(content, attribute)):
                    return found
    return ()


def _text_in(content: mmap.mmap, span: Span, number: int) -> bytes:
    return content[slice(*next(_sized(content, span, number), (0, 0)))]


def _class_names(content: mmap.mmap, attribute: Span) -> tuple[str, ...]:
    found = []
    for number, value in _fields(content, attribute):
        if number == _ATTRIBUTE_STRINGS and isinstance(value, tuple):
            found.append(content[slice(*value)].decode())
        elif number == _ATTRIBUTE_INTS and isinstance(value, int):
            found.append(str(value - (1 << 64) if value >> 63 else value))
        elif number == _ATTRIBUTE_INTS and isinstance(value, tuple):
            at, end = value
            while at < end:
                each, at = _varint(content, at, end)
                found.append(str(each - (1 << 64) if each >> 63 else each))
    return tuple(found)


def _external(content: mmap.mmap) -> Iterator[str]:
    """The location of every tensor that is kept elsewhere, wherever in the model it stands."""
    if content.find(_LOCATION) < 0:  # a search is a thousand times faster than the walk, and few files need that
        return
    open_parts: list[tuple[str, Span]] = [("model", (0, len(content)))]
    while open_parts:
        message, span = open_parts.pop()
        if message == "entry":
            key, value = _entry(content, span)
            if key == _LOCATION:
                yield value.decode()
            continue
        parts = _PARTS[message]
        open_parts += [
            (parts[number], value)
            for number, value in _fields(content, span)
            if number in parts and isinstance(value, tuple)
        ]


def _entry(content: mmap.mmap, span: Span) -> tuple[bytes, bytes]:
    """Key and value of a StringStringEntryProto."""
    found = {number: content[slice(*value)] for number, value in _fields(content, span) if isinstance(value, tuple)}
    return found.get(1, b""), found.get(2, b"")


def _sized(content: mmap.mmap, span: Span, wanted: int) -> Iterator[Span]:
    return (value for number, value in _fields(content, span) if number == wanted and isinstance(value, tuple))


def _fields(content: mmap.mmap, span: Span) -> Iterator[tuple[int, int | Span]]:
    """Number and value of each field of a message: a whole number, or where its bytes are. Fixed-size ones are skipped.

    Raises `ValueError` for what is no message.
    """
    at, end = span
    while at < end:
        key, at = _varint(content, at, end)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(content, at, end)
            yield number, value
        elif kind == _SIZED:
            size, at = _varint(content, at, end)
            if at + size > end:
                raise ValueError(f"a part of {size:,} bytes begins at byte {at:,} and does not fit")
            yield number, (at, at + size)
            at += size
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"byte {at:,} begins no field")


def _varint(content: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    """A variable-length number and where it ends."""
    value = shift = 0
    while at < end and shift < 70:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError(f"a number before byte {at:,} has no end")
