"""Small real models for tests: exported by skl2onnx as users do, or written operator by operator.

Each is made once in a process. scikit-learn is imported by the first that needs it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper

IR_VERSION = 10
TEXTS = {
    "legal": ["The parties agree to this contract.", "Liability of either party under the agreement.", "The lessee"],
    "financial": ["Invoice: amount due within 30 days.", "Payment of the invoice by bank transfer.", "Amount of VAT"],
    "technical": ["The server crashed after the deployment.", "Database cluster lost its network.", "Server log"],
}
INVOICE, CONTRACT, OUTAGE = "Amount due on this invoice", "a contract between the parties", "the server crashed again"


@cache
def text_classifier(*, zipmap: bool = False, shape: str = "column") -> bytes:
    """TfidfVectorizer and LogisticRegression, as docs/registry.md exports them."""
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import StringTensorType
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    labels = [label for label, texts in TEXTS.items() for _ in texts]
    model = make_pipeline(TfidfVectorizer(token_pattern=r"\w{2,}"), LogisticRegression(C=30))
    model.fit([text for texts in TEXTS.values() for text in texts], labels)
    options = {TfidfVectorizer: {"locale": "C", "tokenexp": r"[\p{L}\p{N}_]{2,}"}, id(model): {"zipmap": zipmap}}
    tensor = StringTensorType([None, 1] if shape == "column" else [None])
    return bytes(to_onnx(model, initial_types=[("text", tensor)], options=options).SerializeToString())


@cache
def _fit_wines(strength: float) -> Any:
    """Learned from every second wine."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    _, rows, growers = wines()
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(rows[::2], growers[::2])


@cache
def wine_classifier(*, zipmap: bool = False, strength: float = 1.0) -> bytes:
    """Thirteen measurements of a wine to one of three growers, 0, 1 or 2: a data set that ships with scikit-learn.

    `strength` is the C of the regression: near 0 it learns next to nothing.
    """
    from skl2onnx import to_onnx

    model = _fit_wines(strength)
    options = {id(model): {"zipmap": zipmap}}
    return bytes(to_onnx(model, np.zeros((1, 13), np.float32), options=options).SerializeToString())


@cache
def ensemble_without_zipmap() -> bytes:
    """One regression for each grower, which knows two classes, inside a model of three that does not name them."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    _, rows, growers = wines()
    model = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression())).fit(rows, growers)
    options = {id(model): {"zipmap": False}}
    return bytes(to_onnx(model, np.zeros((1, 13), np.float32), options=options).SerializeToString())


def wine_accuracy(strength: float) -> float:
    """On the wines it did not see."""
    _, rows, growers = wines()
    return float(_fit_wines(strength).score(rows[1::2], growers[1::2]))


def wines() -> tuple[list[str], list[list[float]], list[int]]:
    """The columns, the rows, and what they are."""
    from sklearn.datasets import load_wine

    found = load_wine()
    return list(found.feature_names), found.data.tolist(), found.target.tolist()


def graph(
    nodes: Sequence[Any],
    inputs: Sequence[tuple[str, int, list[Any]]],
    outputs: Sequence[tuple[str, int, list[Any]]],
    *,
    weights: Sequence[TensorProto] = (),
    opsets: dict[str, int] | None = None,
    notes: dict[str, str] | None = None,
) -> ModelProto:
    """A model written out: (name, type, shape) of inputs and outputs; None leaves a dimension open."""
    made = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        list(weights),
    )
    known = [helper.make_opsetid(domain, version) for domain, version in (opsets or {"": 21, "ai.onnx.ml": 3}).items()]
    model = helper.make_model(made, opset_imports=known, ir_version=IR_VERSION)
    helper.set_model_props(model, notes or {})
    return model


def softmax_of(width: int = 2, *, rows: Any = None, **options: Any) -> ModelProto:
    """Scores are the softmax of the row itself."""
    node = helper.make_node("Softmax", ["x"], ["probabilities"], axis=-1)
    shape = [rows, width]
    return graph([node], [("x", TensorProto.FLOAT, shape)], [("probabilities", TensorProto.FLOAT, shape)], **options)


def echo_of(width: int = 2, *, output: str = "probabilities", **options: Any) -> ModelProto:
    """Scores are the row itself."""
    node = helper.make_node("Identity", ["x"], [output])
    shape = [None, width]
    return graph([node], [("x", TensorProto.FLOAT, shape)], [(output, TensorProto.FLOAT, shape)], **options)


def columns_model() -> ModelProto:
    """Two inputs of one column: `amount`, a number, and `is_paid`, a whole number; scores are their softmax."""
    return graph(
        [
            helper.make_node("Cast", ["is_paid"], ["paid"], to=TensorProto.FLOAT),
            helper.make_node("Concat", ["amount", "paid"], ["both"], axis=1),
            helper.make_node("Softmax", ["both"], ["probabilities"], axis=-1),
        ],
        [("amount", TensorProto.FLOAT, [None, 1]), ("is_paid", TensorProto.INT64, [None, 1])],
        [("probabilities", TensorProto.FLOAT, [None, 2])],
        notes={"labels": '["due", "settled"]'},
    )


def label_only_model() -> ModelProto:
    """A label and no scores: "high" above 10, else "low"."""
    return graph(
        [
            helper.make_node("Greater", ["x", "limit"], ["is_high"]),
            helper.make_node("Cast", ["is_high"], ["number"], to=TensorProto.INT64),
            helper.make_node(
                "LabelEncoder",
                ["number"],
                ["label"],
                domain="ai.onnx.ml",
                keys_int64s=[0, 1],
                values_strings=["low", "high"],
            ),
        ],
        [("x", TensorProto.FLOAT, [None, 1])],
        [("label", TensorProto.STRING, [None, 1])],
        weights=[helper.make_tensor("limit", TensorProto.FLOAT, [1], [10.0])],
    )


def with_external(location: str) -> ModelProto:
    """Adds a weight that is kept in another file."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2], [0.0, 0.0])
    weight.ClearField("float_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "length": "8"}.items():
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    nodes = [
        helper.make_node("Add", ["x", "w"], ["moved"]),
        helper.make_node("Softmax", ["moved"], ["probabilities"], axis=-1),
    ]
    shape = [None, 2]
    return graph(
        nodes,
        [("x", TensorProto.FLOAT, shape)],
        [("probabilities", TensorProto.FLOAT, shape)],
        weights=[weight],
        notes={"labels": '["first", "second"]'},
    )
