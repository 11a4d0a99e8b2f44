from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, FileError, RclError
from rcl_cli.pretraining.encoders import RESNET50_FILES, load_encoder
from rcl_cli.pretraining.self_encoder import MomentumContrast, save_self_encoder, train_self_encoder

Source = Callable[..., RegionSource]
CPU = torch.device("cpu")


@pytest.mark.slow
def test_the_self_encoder_learns_to_tell_pictures_apart(noisy_source: Source) -> None:
    losses: list[float] = []
    # 4 pictures, 16 keys in the queue: one positive, 12 keys of other pictures.
    settings = MomentumContrast(steps=50, batch=4, crop=16, queue=16, momentum=0.9, lr=3e-3)
    train_self_encoder(noisy_source(), settings, 0, CPU, on_step=losses.append)
    assert sum(losses[-5:]) / 5 < 0.75 * math.log(13)


def test_the_self_encoder_is_the_same_for_the_same_seed_and_survives_its_file(
    noisy_source: Source, tmp_path: Path
) -> None:
    settings = MomentumContrast(steps=2, batch=3, crop=16, queue=8)
    one, two = (train_self_encoder(noisy_source(domain=Domain.BAYER), settings, 7, CPU) for _ in range(2))
    save_self_encoder(tmp_path / "encoder.safetensors", one, 2)
    three = load_encoder(str(tmp_path / "encoder.safetensors"), Domain.BAYER)
    x = torch.rand(2, 4, 16, 16)
    for a, b, c in zip(one(x), two(x), three(x), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, c)
    assert [f.shape[-1] for f in three(x)] == [8, 4]
    with pytest.raises(CheckpointError, match="encoder for bayer, not an encoder for rgb"):
        load_encoder(str(tmp_path / "encoder.safetensors"), Domain.RGB)


def test_lower_layers_of_a_saved_self_encoder_can_be_taken(noisy_source: Source, tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    settings = MomentumContrast(steps=1, batch=3, crop=16, queue=8)
    save_self_encoder(path, train_self_encoder(noisy_source(), settings, 0, CPU, layers=(0, 2)), 1)
    x = torch.rand(1, 3, 16, 16)
    (first,) = load_encoder(str(path), Domain.RGB, (0,))(x)
    assert torch.equal(first, load_encoder(str(path), Domain.RGB)(x)[0])


def test_missing_imagenet_weights_are_not_fetched_but_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(RclError, match=r"no ImageNet weights here: put torchvision's .* or use --encoder self"):
        load_encoder("imagenet", Domain.RGB)


def test_damaged_imagenet_weights_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / RESNET50_FILES[0]).write_bytes(b"cut short")
    with pytest.raises(FileError, match="checksum"):
        load_encoder("imagenet", Domain.RGB)


def test_imagenet_weights_are_named_by_their_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A file whose checksum fits its name is read, without unpickling any object but tensors.
    torch.save({"conv1.weight": torch.ones(1)}, tmp_path / "weights")
    content = (tmp_path / "weights").read_bytes()
    name = f"resnet50-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    monkeypatch.setattr("rcl_cli.pretraining.encoders.RESNET50_FILES", (name,))
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match="no encoder that rcl knows"):
        load_encoder(str(tmp_path / name), Domain.RGB)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("e.safetensors", None, "--encoder takes self"),
        ("e.safetensors", b"", "cannot be read as safetensors"),
        ("e.safetensors", b"\x00" * 100, "cannot be read as safetensors"),
        ("e.pth", b"pickle", "not one of torchvision's"),
    ],
)
def test_files_that_hold_no_encoder(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=reason):
        load_encoder(str(tmp_path / name), Domain.RGB)


def test_tensors_of_another_network(tmp_path: Path) -> None:
    save_file({"x": torch.ones(2)}, tmp_path / "x.safetensors")
    with pytest.raises(FileError, match=r"x\.safetensors: holds no encoder that rcl knows"):
        load_encoder(str(tmp_path / "x.safetensors"), Domain.RGB)
