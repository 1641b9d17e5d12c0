"""Registered ONNX classifiers as tasks use them: texts, rows of values, several at once, and what is refused."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from onnx import ModelProto

from orchestration.exceptions import InvalidOutput, InvalidParameters, TaskError
from orchestration.providers.base import UnsupportedOperation
from orchestration.providers.catalog import UnsuitableModel, get_provider, resolve_model
from orchestration.providers.registered.onnx_file import UnusableModel
from tests.handlers.running import make_context, run
from tests.providers.registered import making
from tests.providers.registered.conftest import Register
from tests.providers.registered.making import CONTRACT, INVOICE, OUTAGE

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Classify = Callable[..., dict[str, Any]]


# Texts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["column", "row"])
@pytest.mark.parametrize("zipmap", [False, True])
def test_a_text_classifier_of_scikit_learn_gives_its_own_labels(
    register: Register, classify: Classify, zipmap: bool, shape: str
) -> None:
    register(making.text_classifier(zipmap=zipmap, shape=shape))
    output = classify(text=INVOICE)
    assert output["label"] == "financial"
    assert list(output["scores"]) == ["financial", "legal", "technical"]
    assert sum(output["scores"].values()) == pytest.approx(1, abs=1e-4)
    assert output["confidence"] == output["scores"]["financial"]
    assert output["margin"] == pytest.approx(output["confidence"] - sorted(output["scores"].values())[1])


def test_several_texts_are_classified_at_once_each_as_if_alone(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    texts = [INVOICE, CONTRACT, "", OUTAGE]
    output = classify(texts=texts)
    alone = [classify(text=text) for text in texts]
    assert [result["label"] for result in output["results"]] == ["financial", "legal", None, "technical"]
    for together, single in zip(output["results"], alone, strict=True):
        assert {**together, "ignored": []} == {
            **single,
            "scores": pytest.approx(single["scores"]),
            "confidence": pytest.approx(single["confidence"]),
            "margin": pytest.approx(single["margin"]),
        }
    assert output["ignored"] == []


def test_nothing_to_classify_gives_no_results(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    assert classify(texts=[]) == {"results": [], "ignored": []}


def test_an_empty_text_has_no_label_and_the_model_is_not_asked(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    output = classify(text=" \n")
    assert (output["label"], output["scores"], output["reason"]) == (None, {}, "the text is empty")


@pytest.mark.parametrize("text", ["amount\x00due\ud800 invoice", "\x00", "发票", "x" * 1_100_000])
def test_awkward_texts_are_classified(register: Register, classify: Classify, text: str) -> None:
    register(making.text_classifier())
    assert classify(text=text)["truncated"] is (len(text) > 1_000_000)


def test_a_long_text_among_short_ones_is_no_burden_for_all(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    output = classify(texts=[INVOICE] * 50 + [f"{OUTAGE} " * 20_000] + [CONTRACT] * 300)
    assert [result["label"] for result in output["results"]] == ["financial"] * 50 + ["technical"] + ["legal"] * 300


def test_categories_choose_among_the_model_s_own(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    output = classify(text=INVOICE, categories=["legal", "technical"])
    assert output["label"] in ("legal", "technical")
    assert set(output["scores"]) == {"legal", "technical"}


def test_a_category_the_model_never_learned_is_refused_with_those_it_did(
    register: Register, classify: Classify
) -> None:
    register(making.text_classifier())
    with pytest.raises(InvalidParameters, match=r'does not know "finance" \(did you mean "financial"\?\)'):
        classify(text=INVOICE, categories=["finance", "legal"])


def test_below_the_threshold_there_is_no_label_and_the_reason_says_so(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    output = classify(text=INVOICE, threshold=1.0)
    assert output["label"] is None
    assert output["reason"].startswith('no category reached the threshold of 1; the best, "financial", has 0.')


def test_with_multi_label_every_class_above_the_threshold_is_given(register: Register, classify: Classify) -> None:
    register(making.echo_of(3, notes={"labels": '["a", "b", "c"]'}))
    output = classify(features=[0.9, 0.2, 0.6], multi_label=True)
    assert output["labels"] == ["a", "c"]


def test_what_was_read_and_who_answered_is_noted(register: Register) -> None:
    version = register(making.text_classifier())
    context = make_context(resolve_model("model", "classification"))
    run("classification", {"texts": [INVOICE, CONTRACT]}, {}, context=context)
    assert context.usage == {"characters": len(INVOICE) + len(CONTRACT)}
    assert context.model == f"registry/model:v1#{version.digest[:12]}"


# Rows of values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zipmap", [False, True])
def test_a_matrix_model_takes_rows_by_column_or_in_order(register: Register, classify: Classify, zipmap: bool) -> None:
    columns, rows, growers = making.wines()
    register(
        making.wine_classifier(zipmap=zipmap), metadata={"features": columns, "labels": ["Anna", "Bruno", "Carla"]}
    )
    in_order, by_name = rows[::9], [dict(zip(columns, row, strict=True)) for row in rows[::9]]
    wanted = [["Anna", "Bruno", "Carla"][grower] for grower in growers[::9]]
    for features in (in_order, by_name):
        output = classify(features=features)
        assert [result["label"] for result in output["results"]] == wanted
    assert classify(features=by_name[0])["label"] == wanted[0]
    assert classify(features=in_order[0])["label"] == wanted[0]


def test_classes_without_names_go_by_their_numbers(register: Register, classify: Classify) -> None:
    register(making.wine_classifier())
    _, rows, growers = making.wines()
    assert classify(features=rows[0])["label"] == str(growers[0])


def test_the_enum_of_the_output_schema_names_classes_too(register: Register, classify: Classify) -> None:
    label = {"type": "object", "properties": {"label": {"enum": ["Anna", "Bruno", "Carla"]}}}
    register(making.wine_classifier(), output_schema=label)
    assert list(classify(features=making.wines()[1][0])["scores"]) == ["Anna", "Bruno", "Carla"]


def test_an_ensemble_without_zipmap_needs_its_labels(register: Register, classify: Classify) -> None:
    register(making.ensemble_without_zipmap())
    _, rows, growers = making.wines()
    with pytest.raises(
        UnusableModel, match=r"gives 3 scores and its classes have no names; .* or export it with ZipMap"
    ):
        classify(features=rows[0])
    register(making.ensemble_without_zipmap(), version="v2", metadata={"labels": ["Anna", "Bruno", "Carla"]})
    output = classify("model:v2", features=rows[::9])
    right = [["Anna", "Bruno", "Carla"][grower] for grower in growers[::9]]
    assert [result["label"] for result in output["results"]] == right


def test_a_model_of_columns_takes_one_input_for_each(register: Register, classify: Classify) -> None:
    register(making.columns_model())
    output = classify(features=[{"amount": 9.5, "is_paid": 0, "note": "unused"}, {"amount": 0, "is_paid": 3}])
    assert [result["label"] for result in output["results"]] == ["due", "settled"]


def test_features_are_found_in_the_input_when_not_given(register: Register, classify: Classify) -> None:
    register(making.columns_model())
    assert classify(input_data={"features": {"amount": 9, "is_paid": 0}})["label"] == "due"
    rows = [{"amount": 9, "is_paid": 0}]
    assert [result["label"] for result in classify(input_data={"features": rows})["results"]] == ["due"]


def test_a_label_without_scores_is_a_label_without_confidence(register: Register, classify: Classify) -> None:
    register(making.label_only_model())
    output = classify(features=[[3], [30]])
    assert [(result["label"], result["confidence"]) for result in output["results"]] == [("low", None), ("high", None)]


def test_logits_become_scores_when_the_model_says_so(register: Register, classify: Classify) -> None:
    register(making.echo_of(2, output="logits", notes={"labels": '["a", "b"]', "scores": "logits"}))
    assert classify(features=[3, 1])["scores"] == pytest.approx({"a": 0.8808, "b": 0.1192}, abs=1e-4)


def test_scores_that_are_no_probabilities_are_refused(register: Register, classify: Classify) -> None:
    register(making.echo_of(2, notes={"labels": '["a", "b"]'}))
    with pytest.raises(InvalidOutput, match="no probabilities between 0 and 1"):
        classify(features=[3, 1])


def test_a_model_for_one_row_at_a_time_is_run_for_each(register: Register, classify: Classify) -> None:
    register(making.softmax_of(2, rows=1, notes={"labels": '["a", "b"]'}))
    output = classify(features=[[3, 1], [1, 3]])
    assert [result["label"] for result in output["results"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ({"amount": 1}, "features lacks is_paid; the model takes amount, is_paid"),
        ({"amuont": 1, "is_paid": 1}, 'features lacks amount \\(is "amuont" what is meant by "amount"'),
        ({"amount": "1", "is_paid": 1}, '"amount" must be a number, not text'),
        ({"amount": 1, "is_paid": 1.5}, '"is_paid" is 1.5, which the model cannot take as int64'),
        ({"amount": 1e39, "is_paid": 1}, '"amount" is 1e\\+39, which the model cannot take as float32'),
        ({"amount": 1, "is_paid": None}, '"is_paid" must be a number, not null'),
        ([1, 2, 3], "features has 3 values, and the model takes 2: amount, is_paid"),
    ],
)
def test_features_that_do_not_fit_are_named(register: Register, classify: Classify, features: Any, says: str) -> None:
    register(making.columns_model())
    with pytest.raises(InvalidParameters, match=says):
        classify(features=features)


def test_rows_must_fit_the_input_schema(register: Register, classify: Classify) -> None:
    schema = {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0}}, "required": ["amount"]}
    register(making.columns_model(), input_schema=schema)
    with pytest.raises(InvalidParameters, match=r"features\[1\] does not fit the model's input schema: /amount"):
        classify(features=[{"amount": 1, "is_paid": 1}, {"amount": -1, "is_paid": 1}])


def test_rows_by_name_need_names_for_a_matrix(register: Register, classify: Classify) -> None:
    register(making.softmax_of(2, notes={"labels": '["a", "b"]'}))
    with pytest.raises(InvalidParameters, match="nobody says which column of the model is which"):
        classify(features={"x": 1, "y": 2})


def test_a_text_for_a_model_of_columns_says_which_columns(register: Register, classify: Classify) -> None:
    register(making.columns_model())
    with pytest.raises(InvalidParameters, match=r"works on the values of columns \(amount, is_paid\), not on a text"):
        classify(text="paid")


def test_features_for_a_model_of_texts_are_refused(register: Register, classify: Classify) -> None:
    register(making.text_classifier())
    with pytest.raises(InvalidParameters, match="works on a text; give it one"):
        classify(features=[1, 2])


# What cannot run ------------------------------------------------------------------------------------------------------


def test_a_pickle_is_never_loaded_and_says_how_to_export(register: Register, classify: Classify) -> None:
    register({"model.pkl": pickle.dumps({"weights": [1, 2]})})
    with pytest.raises(UnsuitableModel, match=r"whatever code is in it, so none is ever loaded; export .* as ONNX"):
        classify(text=INVOICE)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (making.softmax_of(opsets={"": 99}), "onnxruntime .* cannot load .* operator sets ai.onnx 99; export it for"),
        (making.softmax_of(notes={"labels": '["a", "b", "c"]'}), "gives 2 scores and its classes have 3 names"),
        (making.softmax_of(), 'classes have no names; register it .* metadata {"labels"'),
        (making.softmax_of(notes={"labels": "a, b"}), 'the note "labels" in the file is not JSON'),
        (making.softmax_of(rows=4), "the model takes x: .* with the number of rows left open"),
        (making.with_external("../../secret"), "keeps weights in '../../secret', outside its own folder"),
        (making.with_external("/etc/passwd"), "outside its own folder"),
        (making.with_external("gone.bin"), "keeps weights in gone.bin, not among the registered files"),
        (b"not a model", "is not an ONNX model, or it is cut off"),
    ],
)
def test_what_cannot_run_says_why(register: Register, classify: Classify, model: ModelProto | bytes, says: str) -> None:
    register(model)
    with pytest.raises(UnusableModel, match=says) as caught:
        classify(features=[1, 2])
    assert not caught.value.retryable


def test_a_model_that_is_cut_off_says_so(register: Register, classify: Classify) -> None:
    register(making.text_classifier()[:-100])
    with pytest.raises(UnusableModel, match="is not an ONNX model, or it is cut off") as caught:
        classify(features=[1, 2])
    assert not caught.value.retryable


def test_weights_in_a_file_beside_the_model_are_read(register: Register, classify: Classify) -> None:
    register({"model.onnx": making.with_external("w.bin"), "w.bin": b"\0\0\x80\x3f\0\0\0\0"})
    assert classify(features=[1, 1.5])["label"] == "first"


def test_of_several_files_metadata_names_the_model(register: Register, classify: Classify) -> None:
    files = {"a.onnx": making.softmax_of(notes={"labels": '["a", "b"]'}), "deep/b.onnx": making.columns_model()}
    register(files)
    with pytest.raises(UnusableModel, match=r"these ONNX files: a.onnx, deep/b.onnx; which of them is the model"):
        classify(features=[1, 2])
    register(files, version="v2", metadata={"model_file": "deep/b.onnx"})
    assert classify("model:v2", features=[5, 1])["label"] == "due"


def test_a_model_larger_than_the_memory_for_models_is_refused(
    register: Register, classify: Classify, settings: Any
) -> None:
    register(making.text_classifier())
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_cache_bytes": 100})
    with pytest.raises(UnusableModel, match="models may take 100 in each worker process; set MODEL_CACHE_BYTES higher"):
        classify(text=INVOICE)


def test_damaged_files_stop_the_task_and_quarantine_the_version(
    register: Register, classify: Classify, registry_folder: Any
) -> None:
    register(making.text_classifier())
    (stored,) = [path for path in registry_folder.rglob("*") if path.is_file() and path.stat().st_size > 1000][:1]
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes()[:-1] + b"!")
    with pytest.raises(TaskError) as caught:
        classify(text=INVOICE)
    assert caught.value.code == "version_damaged"


def test_other_task_types_are_refused(register: Register) -> None:
    register(making.text_classifier())
    with pytest.raises(UnsuitableModel, match="does classification, not extraction; for extraction use local/extract"):
        resolve_model("model", "extraction")
    provider: Any = get_provider(resolve_model("model", "classification"))
    for operation in (provider.extract, provider.generate, provider.judge):
        with pytest.raises(UnsupportedOperation):
            operation(None)
