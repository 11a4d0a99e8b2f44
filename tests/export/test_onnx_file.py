"""An exported head gives in onnxruntime what rcl gives: any size, any noise, any balance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import rcl_cli as rcl
from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.export.onnx_file import Source, onnx_bytes
from rcl_cli.inference.engine import Told
from rcl_cli.inference.load import load
from rcl_cli.inference.model import Model
from rcl_cli.models.contract import Contract
from rcl_cli.nn.balance import Balance
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.pack import Placement, pack, pack_rgb, unpack

NOISE = NoiseProfile((0.01, 0.011, 0.012, 0.013), (1e-4, 2e-4, 2e-4, 3e-4))
CASES = [
    *(("denoise", domain) for domain in Domain),
    ("demosaic", Domain.BAYER),
    ("demosaic", Domain.XTRANS),
    ("sr", Domain.RGB),
    ("sr", Domain.XTRANS),
    ("jdensr", Domain.BAYER),
]


def session(data: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def picture(domain: Domain, height: int, width: int) -> np.ndarray:
    """(1, C, H, W), with values below black."""
    channels = 1 if domain.is_raw else 3
    return np.random.default_rng(height).normal(0.3, 0.2, (1, channels, height, width)).astype(np.float32)


def by_rcl(model: Model, x: np.ndarray, told: Told) -> np.ndarray:
    """What torch makes of (1, C, H, W), padded and cut as `rcl apply` does, as the graph gives it."""
    multiple = model.ready.tiling.multiple
    if model.domain.is_raw:
        planes, place = pack(x[0, 0], canonical(model.domain), multiple)
    else:
        planes, place = pack_rgb(x[0].transpose(1, 2, 0), multiple)
    found = model.ready.engine.predict(planes, told, model.ready, lambda done: None)
    if model.task.output(model.domain).is_raw:
        return unpack(found, place)[None, None]
    return place.crop(found, model.task.scale)[None]


@pytest.mark.slow
@pytest.mark.parametrize(("task", "domain"), CASES)
def test_onnxruntime_equals_torch_at_odd_sizes_too(task: str, domain: Domain, tmp_path: Path, small_head) -> None:
    path = small_head(tmp_path / "a.safetensors", task, domain)
    run, model = session(onnx_bytes(Source.load(path))), load(path, device="cpu", precision="float32")
    told = Told(NOISE if model.task.noise_aware else None, Balance((2.0, 1.0, 1.4)), 0.6)
    inputs = {"balance": np.array(told.balance.gains, np.float32)}
    if model.task.noise_aware:
        inputs |= {"shot": np.array(NOISE.shot, np.float32), "read": np.array(NOISE.read, np.float32)}
        if task != "denoise":
            inputs["strength"] = np.array([0.6], np.float32)
        else:
            told = Told(NOISE, told.balance)
    for height, width in ((47, 61), (64, 96), (1, 1), (5, 2), (96, 33)):
        x = picture(domain, height, width)
        expected = by_rcl(model, x, told)
        assert expected.shape[2:] == (height * model.task.scale, width * model.task.scale)
        np.testing.assert_allclose(run.run(None, {"x": x, **inputs})[0], expected, rtol=0, atol=1e-4)


def test_what_may_be_left_out_has_its_value(exported: Path) -> None:
    run = session((exported / "small.onnx").read_bytes())
    inputs = {"x": picture(Domain.BAYER, 32, 32), "shot": np.zeros(4, np.float32), "read": np.full(4, 1e-4, np.float32)}
    assert [item.name for item in run.get_inputs()] == list(inputs)
    assert [item.name for item in run.get_overridable_initializers()] == ["balance"]
    balanced = run.run(None, {**inputs, "balance": np.ones(3, np.float32)})[0]
    np.testing.assert_array_equal(run.run(None, inputs)[0], balanced)


def test_it_passes_the_checker_and_says_what_it_is(exported: Path) -> None:
    model = onnx.load(exported / "small.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [dim.dim_param for dim in model.graph.input[0].type.tensor_type.shape.dim[2:]] == ["height", "width"]
    words = {item.key: item.value for item in model.metadata_props}
    assert words["licence"] == "MIT"
    assert words["version"].startswith("rcl-cli ")
    assert "phase RGGB" in words["input x"]
    assert "0 = black level, 1 = white level" in words["input x"]
    assert words["input shot"].startswith("float32 (4,)")
    contract = Contract.from_properties(words)
    assert (contract.task, contract.domain, contract.name) == ("denoise", Domain.BAYER, "small")


def test_load_takes_it_and_gives_the_same_result(exported: Path) -> None:
    mosaic = np.random.default_rng(3).integers(64, 1023, (45, 51)).astype(np.uint16)
    frame = rcl.Raw(mosaic, "GBRG", black=64, white=1023)
    models = (
        rcl.load(exported / f"small.{suffix}", tile=16, precision="float32") for suffix in ("onnx", "safetensors")
    )
    here, there = (model(frame, NOISE, strength=0.7) for model in models)
    np.testing.assert_allclose(here.pixels, there.pixels, rtol=0, atol=1e-5)
    assert here.picture.record == there.picture.record


def test_a_task_with_a_last_touch_is_refused(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rcl_tasks.denoise import Denoise

    monkeypatch.setattr(Denoise, "finish", lambda self, prediction, x: prediction, raising=False)
    with pytest.raises(RclError, match="last touch"):
        Source.load(exported / "small.safetensors")


@pytest.mark.slow
def test_networks_of_others_are_exported_as_well(tmp_path: Path) -> None:
    """The U-Net sees linear values, and has biases and interpolation of its own."""
    from rcl_cli.models.header import Header
    from rcl_cli.models.task_model import build_model, of_task, save_head
    from rcl_cli.task import get_task
    from rcl_tasks.unet import UNet

    task = get_task("demosaic")
    path = tmp_path / "a.safetensors"
    model = build_model(task, Domain.XTRANS, UNet(Domain.XTRANS, {"width": 4, "depth": 1}))
    save_head(path, model, of_task(Header("head", Domain.XTRANS), task))
    run = session(onnx_bytes(Source.load(path)))
    assert {item.name for item in run.get_inputs()} == {"x", "shot", "read"}
    told, x = Told(NOISE, Balance()), picture(Domain.XTRANS, 31, 40)
    inputs = {"x": x, "shot": np.array(NOISE.shot, np.float32), "read": np.array(NOISE.read, np.float32)}
    expected = by_rcl(load(path, device="cpu", precision="float32"), x, told)
    np.testing.assert_allclose(run.run(None, inputs)[0], expected, rtol=0, atol=1e-4)


def test_placements_of_packed_windows_have_no_padding() -> None:
    planes = np.random.default_rng(0).random((9, 4, 6)).astype(np.float32)
    mosaic = unpack(planes, Placement(12, 18, 0, 0, Domain.XTRANS))
    np.testing.assert_array_equal(pack(mosaic, canonical(Domain.XTRANS))[0], planes)
