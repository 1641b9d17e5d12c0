"""Train a small classifier of documents, measure it on documents it has not seen, and register it.

    python examples/train_classifier.py                       # version v1 of document_classifier
    python examples/train_classifier.py --version v2 --word-pairs
    python manage.py compare_models document_classifier:v1 document_classifier:v2
    python manage.py run_pipeline examples/registered_classifier.yaml --text my-document.txt --here

The examples are the project's own: the documents of examples/documents whose category examples/expected_results.yaml
says. A dozen documents are enough to show the way, not to trust the figures. Needs requirements-train.txt.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import Pipeline, make_pipeline

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # so that the script finds the project from anywhere

from orchestration import PipelineOrchestrator  # noqa: E402

# What a word is, for scikit-learn and for the exported model: they must cut a text alike.
WORD, WORD_IN_ONNX = r"\w{2,}", r"[\p{L}\p{N}_]{2,}"
PASSAGE_WORDS = 60
MAX_PASSAGES = 40  # of one document, so that a long one does not drown the others
SAME_SCORE = 0.02  # the exported model lowers letters of English only, so scores may differ a little

Document = tuple[str, str]
"""Its text and its category."""


def main() -> None:
    given = parse_arguments()
    documents = read_documents()
    classes = sorted({category for _, category in documents})
    print(f"{len(documents)} documents:", ", ".join(f"{n} {name}" for name, n in count(documents).items()))

    metrics = measure_held_out(documents, classes, given)
    print("held out, one document at a time:", ", ".join(f"{name} {value:.3f}" for name, value in metrics.items()))

    model = train(documents, given)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(export(model))
        check_export(path, model, [text for text, _ in documents])
        card = describe(given, metrics, classes, len(documents))
        if given.write:
            write(given.write, path, card)
        else:
            register(path, card, as_default=not given.no_default)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a classifier of documents and register it.")
    parser.add_argument("--name", default="document_classifier", help="the model's name in the registry")
    parser.add_argument("--version", default="v1", help="the label of this version")
    parser.add_argument("--word-pairs", action="store_true", help="look at pairs of words, too")
    parser.add_argument("--strictness", type=float, default=10.0, help="C of the logistic regression")
    parser.add_argument("--no-default", action="store_true", help="leave the default version as it is")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write file and card there; register nothing")
    return parser.parse_args()


def read_documents() -> list[Document]:
    """Those that have one right category."""
    expected = yaml.safe_load((HERE / "expected_results.yaml").read_text())
    labelled = {name: wanted["category"] for name, wanted in expected.items() if isinstance(wanted["category"], str)}
    return [((HERE / "documents" / name).read_text(), category) for name, category in sorted(labelled.items())]


def count(documents: Sequence[Document]) -> Counter[str]:
    return Counter(category for _, category in documents)


def passages(text: str) -> list[str]:
    """Pieces of about a paragraph, evenly spread over the document: a dozen documents become hundreds of examples."""
    words = re.findall(r"\S+", text)
    pieces = [" ".join(words[at : at + PASSAGE_WORDS]) for at in range(0, len(words), PASSAGE_WORDS)]
    return pieces[:: -(-len(pieces) // MAX_PASSAGES)]


def train(documents: Sequence[Document], given: argparse.Namespace) -> Pipeline:
    examples = [(piece, category) for text, category in documents for piece in passages(text)]
    pairs = 2 if given.word_pairs else 1
    words = TfidfVectorizer(token_pattern=WORD, ngram_range=(1, pairs), min_df=2, sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(C=given.strictness, class_weight="balanced", max_iter=1000))
    return model.fit([text for text, _ in examples], [category for _, category in examples])


def measure_held_out(
    documents: Sequence[Document], classes: Sequence[str], given: argparse.Namespace
) -> dict[str, float]:
    """Each document judged by a model that was trained on all the others: no passage of it was seen."""
    scores = [
        train([other for other in documents if other is not document], given).predict_proba([document[0]])[0]
        for document in documents
    ]
    right = [category for _, category in documents]
    return {
        "accuracy": accuracy_score(right, [classes[int(np.argmax(row))] for row in scores]),
        "log_loss": log_loss(right, scores, labels=classes),
    }


def export(model: Pipeline) -> bytes:
    """As ONNX: one text in, a label and a score for each class out."""
    options = {
        # The locale "C" is on every machine; others have to be installed where the model runs.
        TfidfVectorizer: {"locale": "C", "tokenexp": WORD_IN_ONNX},
        id(model): {"zipmap": False},
    }
    text = StringTensorType([None, 1])
    exported = to_onnx(model, initial_types=[("text", text)], options=options)
    exported.opset_import.sort(key=lambda opset: opset.domain)  # else the same model has other bytes each time
    return bytes(exported.SerializeToString())


def check_export(path: Path, model: Pipeline, texts: Sequence[str]) -> None:
    """What will run is the file, not the object it came from: both must say the same."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    # The registry's provider takes NUL out of texts, which the file would stop at.
    asked = np.array([[text.replace("\x00", " ")] for text in texts], dtype=object)
    _, scores = session.run(None, {"text": asked})
    difference = float(np.abs(scores - model.predict_proba(list(texts))).max())
    print(f"exported: {path.stat().st_size:,} bytes, scores differ from scikit-learn's by at most {difference:.5f}")
    if difference > SAME_SCORE:
        raise SystemExit("the exported model does not say what the trained one says; it is not registered")


def describe(
    given: argparse.Namespace, metrics: dict[str, float], classes: list[str], documents: int
) -> dict[str, Any]:
    """What is registered with the file."""
    return {
        "model_name": given.name,
        "version": given.version,
        "metadata": {
            "description": "Sorts documents into legal, financial and technical ones by their words",
            "training_data": f"examples/documents, {documents} documents in passages",
            "measured_on": "each document left out in turn",
            "labels": classes,
            **metrics,
        },
        "parameters": {"C": given.strictness, "word_pairs": given.word_pairs, "passage_words": PASSAGE_WORDS},
        "tags": ["classification", "example"],
        "input_schema": {"type": "string"},
        "output_schema": {"type": "object", "properties": {"label": {"enum": classes}}},
    }


def register(path: Path, card: dict[str, Any], *, as_default: bool) -> None:
    manager = PipelineOrchestrator().version_manager
    version = manager.register_model(model_path=path, set_as_default=as_default, **card)
    print(f"registered {version.name}:{version.version} ({version.digest[:12]})", end="")
    print(", the default version" if version.is_default else "")


def write(folder: Path, path: Path, card: dict[str, Any]) -> None:
    """What the demonstration registers, so that it needs no training packages."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(path.read_bytes())
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")
    print(f"written to {folder}")


if __name__ == "__main__":
    main()
