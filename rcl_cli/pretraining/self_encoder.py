"""The `self` encoder: a small network pretrained by momentum contrast on the user's own noisy pictures.

He et al. 2020, "Momentum Contrast for Unsupervised Visual Representation Learning", with two crops of one region as the
positive pair and no further augmentation, since that would change the noise. Negatives: the queue's keys of other
pictures; of a few hundred pictures it holds each one many times.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rcl_cli.data.crops import RegionSource, random_crops
from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError
from rcl_cli.files import exists
from rcl_cli.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from rcl_cli.models.header import Header
from rcl_cli.nn.encoder import Encoder
from rcl_cli.nn.momentum import Queue, contrast_logits, follow, info_nce
from rcl_cli.train.ahead import ahead
from rcl_cli.train.device import pinned
from rcl_cli.train.keep import Keeper
from rcl_cli.train.optimizer import adam, descend, require_number
from rcl_cli.train.readings import Numbers, Readings
from rcl_cli.train.state import load_state, save_state

LAYERS = (1, 2)
_WIDTHS = (32, 48, 64)
_EMBEDDING = 64
_MEAN, _STD = (0.4,) * 3, (0.25,) * 3
_EPSILON = 1e-8
"""Of Adam: PyTorch's own, not the paper's, which is for the backbone."""


@dataclass(frozen=True)
class MomentumContrast:
    """How the encoder is trained; He et al.'s values, scaled down to a small network and few pictures."""

    steps: int = 300
    batch: int = 32
    crop: int = 48
    """Elements."""
    queue: int = 1024
    momentum: float = 0.95
    """Lower than theirs (0.999), so that the key network keeps up in a few hundred steps."""
    temperature: float = 0.2
    lr: float = 1e-3


def encoder_stages() -> list[nn.Module]:
    """Three stages of stride 1, 2 and 4: (N, 3, h, w) → (N, 64, h/4, w/4). Untrained."""
    stages: list[nn.Module] = []
    inputs = 3
    for number, width in enumerate(_WIDTHS):
        first = nn.Conv2d(inputs, width, 3, stride=1 if number == 0 else 2, padding=1)
        stages.append(nn.Sequential(first, nn.LeakyReLU(0.1), nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(0.1)))
        inputs = width
    return stages


def train_self_encoder(
    source: RegionSource,
    settings: MomentumContrast,
    seed: int,
    device: torch.device,
    layers: Sequence[int] = LAYERS,
    on_step: Callable[[float], None] = lambda loss: None,
    state: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Encoder:
    """Train on `source` and return the fixed encoder; `on_step` gets each step's loss. Needs two pictures or more.

    `state`: a file in which the training is kept once a minute; where it exists the training goes on from there. Raises
    RclError when the loss is no longer a number, KeyboardInterrupt, the state saved, where `should_stop` says so.
    """
    torch.manual_seed(seed)
    query = _Embedder(source.domain).to(device)
    key = copy.deepcopy(query).requires_grad_(False)
    optimizer = adam(query.parameters(), settings.lr, eps=_EPSILON)
    queue = Queue(settings.queue, _EMBEDDING).to(device)
    trained = nn.ModuleDict({"query": query, "key": key, "queue": queue})
    start = load_state(state, trained, optimizer) if state is not None and exists(state) else 0

    def check(rows: Sequence[Numbers]) -> None:
        for row in rows:
            on_step(require_number(row["loss"], int(row["step"]), "choose another --encoder"))

    def save(step: int) -> None:
        readings.read()
        if state is not None:
            save_state(state, trained, optimizer, step)

    def make(step: int) -> list[Tensor]:
        rng = step_generator(seed, step)
        pictures = torch.randperm(len(source), generator=rng)[: settings.batch]
        batch = source.batch_of(pictures.tolist(), settings.crop * 3 // 2, rng)
        crops = [random_crops(batch, settings.crop, source.domain, rng) for _ in range(2)]
        return [pinned(made, device) for made in (pictures, *crops)]

    keeper, readings = Keeper(save), Readings(device, check)
    for step, made in enumerate(ahead(make, range(start, settings.steps), device), start):
        if should_stop():
            keeper.now(step)
            raise KeyboardInterrupt
        pictures, first, second = (tensor.to(device, non_blocking=device.type == "cuda") for tensor in made)
        with torch.no_grad():
            keys = key(second)
        queue.push(keys, pictures)
        others, of_pictures = queue.latest
        negative = pictures[:, None] != of_pictures
        loss = info_nce(contrast_logits(query(first), keys, others, negative, settings.temperature)).mean()
        readings.add({"step": step + 1, "loss": descend(optimizer, loss, settings.lr)})
        follow(key, query, settings.momentum)
        keeper.after(step + 1)
    readings.read()
    return Encoder([*query.encoder.stages], layers, source.domain, _MEAN, _STD).to(device)


def save_self_encoder(path: Path, encoder: Encoder, step: int) -> None:
    """Write the trained stages to a model file of kind "encoder"."""
    header = Header("encoder", encoder.domain, {"family": "self", "layers": list(encoder.layers)}, step=step)
    save_checkpoint(path, Checkpoint(dict(encoder.stages.state_dict()), header))


def load_self_encoder(path: Path, domain: Domain, layers: Sequence[int] | None = None) -> Encoder:
    """Read what `save_self_encoder` wrote; `layers` default to those saved.

    Raises CheckpointError if the file is damaged, no such encoder or made for another domain, ValueError for layers
    that there are not.
    """
    checkpoint = load_checkpoint(path)
    header = checkpoint.header
    if header.kind != "encoder" or header.domain is not domain:
        what = f"is a {header.kind} for {header.domain.value}, not an encoder for {domain.value} pictures"
        raise CheckpointError(path, f"{what}; choose another with --encoder")
    saved = header.architecture.get("layers", LAYERS)
    if not (isinstance(saved, list | tuple) and all(type(layer) is int for layer in saved)):
        raise CheckpointError(path, "holds no rcl encoder (no valid header); train it again with --encoder self")
    encoder = Encoder(encoder_stages(), layers or saved, domain, _MEAN, _STD)
    try:
        # The file may have stages above the highest of `layers`.
        needed = encoder.stages.state_dict().keys() & checkpoint.tensors.keys()
        encoder.stages.load_state_dict({name: checkpoint.tensors[name] for name in needed})
    except RuntimeError as error:
        raise CheckpointError(path, "does not fit rcl's own encoder; train it again with --encoder self") from error
    return encoder


class _Embedder(nn.Module):
    """(N, C, h, w) → (N, 64), of unit length."""

    def __init__(self, domain: Domain) -> None:
        super().__init__()
        self.encoder = Encoder(encoder_stages(), [len(_WIDTHS) - 1], domain, _MEAN, _STD).requires_grad_()
        self.project = nn.Sequential(nn.Linear(_WIDTHS[-1], 128), nn.ReLU(), nn.Linear(128, _EMBEDDING))

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.encoder(x)[-1]
        return F.normalize(self.project(features.mean((2, 3))))
