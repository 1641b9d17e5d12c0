"""What an ONNX file says of itself, read without a runtime."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper

from orchestration.providers.registered.onnx_file import OnnxFile, UnusableModel, read_onnx_file
from tests.providers.registered import making


def read(tmp_path: Path, model: ModelProto | bytes) -> OnnxFile:
    path = tmp_path / "model.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return read_onnx_file(path)


def test_operator_sets_notes_and_classes_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, making.columns_model())
    assert found == OnnxFile({"ai.onnx": 21, "ai.onnx.ml": 3}, {"labels": '["due", "settled"]'}, (), ())


@pytest.mark.parametrize("zipmap", [False, True])
def test_the_classes_of_a_scikit_learn_export_are_found(tmp_path: Path, zipmap: bool) -> None:
    assert read(tmp_path, making.text_classifier(zipmap=zipmap)).classes == ("financial", "legal", "technical")
    assert read(tmp_path, making.wine_classifier(zipmap=zipmap)).classes == ("0", "1", "2")


def test_negative_class_numbers_keep_their_sign(tmp_path: Path) -> None:
    node = helper.make_node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[-1, 1])
    answer = [("y", TensorProto.FLOAT, [None, 2])]
    assert read(tmp_path, making.graph([node], [], answer)).classes == ("-1", "1")


def test_the_classes_of_a_classifier_inside_an_ensemble_are_not_the_model_s(tmp_path: Path) -> None:
    inner = helper.make_node("LinearClassifier", ["x"], ["l", "p"], domain="ai.onnx.ml", classlabels_ints=[0, 1])
    outer = helper.make_node("Concat", ["p", "p"], ["y"], axis=1)
    answer = [("y", TensorProto.FLOAT, [None, 4])]
    assert read(tmp_path, making.graph([inner, outer], [], answer)).classes == ()


def _hidden(where: str) -> ModelProto:
    """A tensor kept in `../x`, in an attribute, a subgraph, a sparse initializer or a function."""
    weight = making.with_external("../x").graph.initializer[0]
    constant = helper.make_node("Constant", [], ["c"], value=weight)
    model = making.softmax_of()
    if where == "attribute":
        model.graph.node.append(constant)
    elif where == "subgraph":
        inner = helper.make_graph([constant], "inner", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [2])])
        model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=inner, else_branch=inner))
    elif where == "sparse":
        model.graph.sparse_initializer.add().values.CopyFrom(weight)
    else:
        model.functions.add().node.append(constant)
    return model


@pytest.mark.parametrize("where", ["attribute", "subgraph", "sparse", "function"])
def test_a_path_out_of_the_folder_is_found_wherever_it_hides(tmp_path: Path, where: str) -> None:
    with pytest.raises(UnusableModel, match=r"keeps weights in '\.\./x', outside its own folder"):
        read(tmp_path, _hidden(where))


@pytest.mark.parametrize("location", ["../x", "a/../../x", "/x", "C:\\x", "a\\x", "", "file:x"])
def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, location: str) -> None:
    with pytest.raises(UnusableModel, match="outside its own folder"):
        read(tmp_path, making.with_external(location))


@pytest.mark.parametrize("location", ["weights.bin", "deep/weights.bin", "..weights", "./weights.bin"])
def test_paths_inside_the_folder_are_listed(tmp_path: Path, location: str) -> None:
    assert read(tmp_path, making.with_external(location)).external == (location,)


def test_the_word_location_in_a_vocabulary_is_no_path(tmp_path: Path) -> None:
    node = helper.make_node(
        "LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", keys_strings=["location"], values_int64s=[1]
    )
    assert read(tmp_path, making.graph([node], [], [])).external == ()


@pytest.mark.parametrize("content", [b"", b"\x08", b"PK\x03\x04 a zip file", b"\x80\x04\x95 a pickle"])
def test_what_is_no_model_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnusableModel, match="is not an ONNX model"):
        read(tmp_path, content)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    model = making.with_external("w").SerializeToString()
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    path.write_bytes(model[:at] + noise + model[at + len(noise) :])
    with suppress(UnusableModel):  # anything else it may raise fails this
        assert read_onnx_file(path).opsets
