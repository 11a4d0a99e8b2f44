"""Packages for darktable, by the rules of its `.dtmodel` format."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.export.blind import flat_variance, line_of_variance
from rcl_cli.export.darktable import darktable_bytes, darktable_id
from rcl_cli.export.onnx_file import Source
from rcl_cli.raw.srgb import srgb_decode, srgb_encode
from rcl_cli.samples.scenes import scene as procedural
from rcl_tasks.shipped import shipped_head

CPU = ["CPUExecutionProvider"]


def opened(data: bytes, folder: str) -> tuple[dict, dict[str, onnxruntime.InferenceSession]]:
    """The configuration and the graphs of a package whose one folder has this name, as darktable demands."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert {name.split("/")[0] for name in names} == {folder}
        assert f"{folder}/config.json" in names
        config = json.loads(archive.read(f"{folder}/config.json"))
        graphs = {name.split("/")[1]: archive.read(name) for name in names if name.endswith(".onnx")}
    return config, {name: onnxruntime.InferenceSession(graph, providers=CPU) for name, graph in graphs.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "domain", "told", "graphs"),
    [
        ("denoise", Domain.RGB, "denoise", {"model.onnx": (3, 1)}),
        ("jdensr", Domain.RGB, "upscale", {"model_x2.onnx": (3, 2), "model_x4.onnx": (3, 4)}),
        ("denoise", Domain.BAYER, "rawdenoise", {"model_bayer.onnx": (4, 2)}),
    ],
)
def test_the_package_meets_the_rules(task: str, domain: Domain, told: str, graphs: dict, tmp_path: Path, small_head):
    source = Source.load(small_head(tmp_path / "My Head.safetensors", task, domain))
    name = darktable_id(source)
    assert name == f"{told}-rcl-my-head"
    config, run = opened(darktable_bytes(source), name)
    assert {"id", "name", "description", "task", "backend", "version"} <= config.keys()
    assert (config["id"], config["task"], config["backend"], config["num_inputs"]) == (name, told, "onnx", 1)
    assert config["model_card"]["license"] == "MIT"
    assert run.keys() == graphs.keys()
    for file, (channels, scale) in graphs.items():
        (taken,), (given,) = run[file].get_inputs(), run[file].get_outputs()
        assert (taken.name, given.name) == ("input", "output")
        assert taken.shape == [1, channels, *config["spatial_dims"]]
        assert given.shape[:2] == [1, 3]
        assert scale > 1 or given.shape == taken.shape
        for side in (config["attributes"]["input_sizes"][-1], 67):
            x = np.random.default_rng(0).random((1, channels, side, side)).astype(np.float32)
            (y,) = run[file].run(None, {"input": x})
            assert y.shape == (1, 3, side * scale, side * scale)
            assert y.dtype == np.float32
            assert np.isfinite(y).all()
            if channels == 3:
                assert y.min() >= 0
                assert y.max() <= 1


def test_heads_without_use_in_darktable_are_refused(tmp_path: Path, small_head) -> None:
    source = Source.load(small_head(tmp_path / "a.safetensors", "demosaic", Domain.BAYER))
    with pytest.raises(RclError, match="no use for demosaic of bayer"):
        darktable_bytes(source)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """(3, H, W) linear."""
    return procedural(256, 256, np.random.default_rng(4), "mixed").transpose(2, 0, 1).astype(np.float32)


@pytest.mark.slow
def test_shipped_heads_remove_noise_of_any_strength(scene: np.ndarray) -> None:
    """Nobody tells darktable's graphs how much noise there is."""
    denoise, raw = (shipped_head("denoise", domain) for domain in (Domain.RGB, Domain.BAYER))
    assert denoise is not None
    assert raw is not None
    source = Source.load(denoise)
    assert darktable_id(source) == "denoise-rcl"
    run = opened(darktable_bytes(source), "denoise-rcl")[1]["model.onnx"]
    shown = srgb_encode(scene)
    for sigma in (0.03, 0.1):
        noisy = np.clip(shown + sigma * np.random.default_rng(1).standard_normal(shown.shape), 0, 1).astype(np.float32)
        found = run.run(None, {"input": noisy[None]})[0][0]
        assert np.square(found - shown).mean() < 0.35 * np.square(noisy - shown).mean()
    run = opened(darktable_bytes(Source.load(raw)), "rawdenoise-rcl")[1]["model_bayer.onnx"]
    planes = np.stack([scene[0, ::2, ::2], scene[1, ::2, 1::2], scene[1, 1::2, ::2], scene[2, 1::2, 1::2]])
    for shot in (1e-3, 1e-2):
        level = np.sqrt(shot * planes + shot**2)
        noisy = (planes + level * np.random.default_rng(2).standard_normal(planes.shape)).astype(np.float32)
        rgb = run.run(None, {"input": noisy[None]})[0][0]
        found = np.stack([rgb[0, ::2, ::2], rgb[1, ::2, 1::2], rgb[1, 1::2, ::2], rgb[2, 1::2, 1::2]])
        assert np.square(found - planes).mean() < 0.6 * np.square(noisy - planes).mean()


def test_noise_is_measured_where_it_is_displayed() -> None:
    y, x = np.mgrid[:256, :256] / 256
    clean = np.stack([0.2 + 0.5 * x, 0.3 + 0.4 * y, 0.5 + 0 * x])
    noisy = clean + np.array([0.02, 0.03, 0.04])[:, None, None] * np.random.default_rng(0).standard_normal(clean.shape)
    found = flat_variance(torch.from_numpy(noisy[None].astype(np.float32))).sqrt()
    np.testing.assert_allclose(found, [0.02, 0.03, 0.04], rtol=0.12)
    nothing = flat_variance(torch.ones(1, 3, 64, 64))
    assert nothing.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("shot", "read"), [(0.01, 1e-4), (0.001, 0.0), (0.0, 4e-4)])
def test_shot_and_read_noise_of_raws_are_told_apart(shot: float, read: float) -> None:
    y, x = np.mgrid[:256, :256] / 256
    clean = np.stack([0.02 + 0.8 * x * y] * 4)
    noisy = clean + np.sqrt(shot * clean + read) * np.random.default_rng(1).standard_normal(clean.shape)
    found = line_of_variance(torch.from_numpy(noisy[None].astype(np.float32)))
    for level in (0.1, 0.5):
        assert (found[0] * level + found[1]).numpy() == pytest.approx(shot * level + read, rel=0.35)


def test_the_transfer_functions_are_srgb() -> None:
    from rcl_cli.export.darktable import _decoded, _encoded

    x = np.linspace(0, 1, 301, dtype=np.float32)
    np.testing.assert_allclose(_decoded(torch.from_numpy(x)).numpy(), srgb_decode(x), atol=1e-6)
    np.testing.assert_allclose(_encoded(torch.from_numpy(x)).numpy(), srgb_encode(x), atol=1e-6)
