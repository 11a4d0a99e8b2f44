"""ONNX files that are damaged, or made to do harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.inference.onnx_engine import load_exported
from rcl_cli.models import exported
from rcl_cli.models.contract import Contract
from rcl_cli.models.header import Header

CONTRACT = Contract("denoise", Domain.RGB, Domain.RGB, 1, False, False, 4, 8, 8, "a", "0" * 12)
PROPERTIES = CONTRACT.properties(Header("head", Domain.RGB), "1")
SHAPE: list[str | int | None] = [1, 3, "height", "width"]


def model(*nodes: onnx.NodeProto, initializer: tuple = ()) -> onnx.ModelProto:
    """y = x, unless `nodes` say otherwise."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE) for name in "xy")
    graph = helper.make_graph(list(nodes) or [helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y], initializer)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(made, PROPERTIES)
    return made


def saved(path: Path, made: onnx.ModelProto) -> Path:
    path.write_bytes(made.SerializeToString())
    return path


def test_a_sound_one_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.onnx", model())
    assert exported.read_exported(path).contract == CONTRACT
    assert load_exported(path, tile=8).name == "a"


def external(secret: Path) -> onnx.ModelProto:
    tensor = numpy_helper.from_array(np.ones(4, np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", str(secret)
    return model(initializer=(tensor,))


def in_an_attribute(secret: Path) -> onnx.ModelProto:
    (tensor,) = external(secret).graph.initializer
    return model(helper.make_node("Constant", [], ["y"], value=tensor))


@pytest.mark.parametrize("make", [external, in_an_attribute])
def test_weights_in_other_files_are_not_followed(make: Callable[[Path], onnx.ModelProto], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(16))
    for place in (secret, Path("secret"), Path("../secret")):
        path = saved(tmp_path / "a.onnx", make(place))
        with pytest.raises(CheckpointError, match="keeps weights in other files"):
            exported.read_exported(path)


def loop() -> onnx.NodeProto:
    count, keep, kept = (helper.make_tensor_value_info(n, t, []) for n, t in (("i", 7), ("c", 9), ("d", 9)))
    body = helper.make_graph([helper.make_node("Identity", ["c"], ["d"])], "body", [count, keep], [kept])
    return helper.make_node("Loop", ["", ""], [], body=body)


@pytest.mark.parametrize("node", [loop(), helper.make_node("Anything", ["x"], ["y"], domain="com.example")])
def test_operators_that_no_head_has_are_refused(node: onnx.NodeProto, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds the operator"):
        exported.read_exported(saved(tmp_path / "a.onnx", model(node)))


@pytest.mark.parametrize(
    "change",
    [
        {"rcl": "{}"},
        {"rcl": "[" * 100_000},
        {"rcl": PROPERTIES["rcl"].replace('"format": 1', '"format": 9')},
        {"rcl": PROPERTIES["rcl"].replace('"multiple": 4', '"multiple": 0')},
        {"rcl": PROPERTIES["rcl"].replace('"halo": 8', '"halo": 1e99')},
        {"rcl": PROPERTIES["rcl"].replace('"scale": 1', '"scale": true')},
        {"rcl": PROPERTIES["rcl"].replace('"domain": "rgb"', '"domain": "cmyk"')},
        {"other": ""},
    ],
)
def test_contracts_that_cannot_be_are_refused(change: dict[str, str], tmp_path: Path) -> None:
    made = model()
    helper.set_model_props(made, change)
    with pytest.raises(CheckpointError, match="is no head that rcl exported"):
        exported.read_exported(saved(tmp_path / "a.onnx", made))


@pytest.mark.parametrize("keep", [0, 1, 20, 200])
def test_files_that_are_cut_short_or_something_else(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(model().SerializeToString()[:keep])
    with pytest.raises(CheckpointError):
        load_exported(path)
    path.write_bytes(np.random.default_rng(keep).bytes(1000))
    with pytest.raises(CheckpointError):
        load_exported(path)


def test_large_files_and_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckpointError, match="is no file"):
        exported.read_exported(tmp_path)
    monkeypatch.setattr(exported, "MOST_BYTES", 100)
    with pytest.raises(CheckpointError, match="is larger than"):
        exported.read_exported(saved(tmp_path / "a.onnx", model()))


def run(path: Path) -> None:
    import rcl_cli as rcl
    from rcl_cli.raw.frame import RgbFrame

    rcl.load(path, tile=8)(RgbFrame(np.zeros((8, 8, 3), np.float32), "linear"))


@pytest.mark.parametrize(
    "nodes",
    [
        [helper.make_node("Concat", ["x", "x"], ["y"], axis=1)],
        [helper.make_node("Shape", ["x"], ["y"])],
        [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "x"], ["y"])],
    ],
)
def test_results_of_another_shape_are_one_sentence(nodes: list[onnx.NodeProto], tmp_path: Path) -> None:
    with pytest.raises(RclError) as error:
        run(saved(tmp_path / "a.onnx", model(*nodes)))
    assert "\n" not in str(error.value)


def test_another_task_domain_or_device_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.onnx", model())
    with pytest.raises(CheckpointError, match="is a head for denoise; choose one for sr"):
        load_exported(path, task="sr")
    with pytest.raises(CheckpointError, match="is made for rgb pictures, these are bayer"):
        load_exported(path, domain=Domain.BAYER)
    with pytest.raises(RclError, match="run on the CPU"):
        load_exported(path, device="cuda")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RclError, match=r"needs the package onnxruntime.*pip install 'rcl-cli\[onnx\]'"):
        exported.need_onnx()
