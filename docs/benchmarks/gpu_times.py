"""Times of a training step and of a raw: median, least and most of several repetitions after a warm-up."""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import rcl_cli
from rcl_cli.data.crops import RegionSource
from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_cli.pretext import Pretext, PretextSetup
from rcl_cli.pretraining.loop import LoopSettings, run_loop
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.restorer import MixedPrecision
from rcl_cli.pretraining.run import make_encoder
from rcl_cli.pretraining.settings import PRESETS, PretrainSettings
from rcl_cli.samples.scenes import scene
from rcl_cli.train.device import place_module, placed
from rcl_cli.train.optimizer import descend, make_optimizer
from rcl_pretexts.emd import emd

Save = Callable[[dict[str, Any]], None]
LOSSES: dict[str, dict[str, Any]] = {
    "published": {"alpha": 1e-3, "centred": False, "recorrupted": 0.0, "neighbours": 0.0},
    "ours": {"noise_aware": False},
}
"""The paper's loss, with the consistency term; and ours for pictures of known noise."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    settings: PretrainSettings
    warm: int
    repeats: int
    raw: tuple[int, int]
    together: int = 1
    """Training steps between two moments: it does not wait for the device in each."""


PAPER = replace(PRESETS["paper"], domain="rgb", encoder_steps=1)
SIZES = {
    "cuda": Size(PAPER, 2, 8, (4000, 6000), together=5),
    "cpu": Size(replace(PAPER, batch=8, crop=32, network_options={"width": 8, "depth": 2}), 1, 5, (600, 900)),
}


@dataclass(frozen=True)
class Regions:
    """A picture to learn from."""

    regions: NDArray[np.float32]


class Stopwatch:
    """Wall-clock times on a device, whose work is awaited."""

    def __init__(self, device: torch.device, size: Size) -> None:
        self.device, self.size = device, size

    def now(self) -> float:
        """Seconds, when all that was asked of the device is done."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return perf_counter()

    def times(self, work: Callable[[], object], share: int = 1) -> dict[str, float]:
        """Of a `share`-th of `work`."""
        moments = []
        for _ in range(self.size.warm + self.size.repeats + 1):
            moments.append(self.now())
            work()
        return self.summary(moments, share)

    def summary(self, moments: list[float], share: int = 1) -> dict[str, float]:
        """Of the times between moments, of each a `share`-th, the warm-up left out."""
        seconds = [(b - a) / share for a, b in pairwise(moments)][self.size.warm :]
        return {"median_s": median(seconds), "least_s": min(seconds), "most_s": max(seconds), "repeats": len(seconds)}

    def fresh_memory(self) -> None:
        """Start to measure memory."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)

    def memory_gib(self) -> float:
        """The most that was taken since; on the CPU by the whole process, ever."""
        if self.device.type == "cuda":
            return round(torch.cuda.max_memory_allocated(self.device) / 2**30, 3)
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)


def step(given: argparse.Namespace, save: Save) -> bool:
    """A step of both losses in the paper's preset, the network in it alone, and the EMD in it alone."""
    size, device = SIZES[given.device], torch.device(given.device)
    watch, settings = Stopwatch(device, size), size.settings
    about = {"batch": settings.batch, "crop": settings.crop, "network": settings.network_options}
    found: dict[str, Any] = {"settings": about, "emd": emd_times(watch)}
    for name, options in LOSSES.items():
        found[name] = step_times(watch, replace(settings, options=options), given.work)
        found[name]["step / network"] = found[name]["step"]["median_s"] / found[name]["network"]["median_s"]
        found[name]["step / resident"] = found[name]["step"]["median_s"] / found[name]["resident"]["median_s"]
        found[name]["EMD / step"] = found["emd"]["median_s"] / found[name]["step"]["median_s"]
        save(found)
    return True


def emd_times(watch: Stopwatch) -> dict[str, float]:
    """The matrix of EMDs between the residuals of two times N crops, forward and backward."""
    settings = watch.size.settings
    values = 3 * settings.crop**2
    a, b = (torch.randn(settings.batch, 1, values, device=watch.device, requires_grad=True) for _ in range(2))

    def work() -> None:
        torch.autograd.backward(emd(a, b).sum())

    return watch.times(work)


def step_times(watch: Stopwatch, settings: PretrainSettings, work: Path) -> dict[str, Any]:
    """A training step as `rcl pretrain` does it, on views that are on the device, its views and its network alone."""
    parts, source = Parts.load(settings), noisy_scenes(settings)
    encoder = make_encoder(parts, source, work / "encoder", watch.device)
    pretext = parts.make(PretextSetup(Domain.RGB, settings.crop, encoder, noise=0.04, noise_levels=True))
    torch.manual_seed(0)
    backbone = Backbone(parts.make_network(Domain.RGB), skip=settings.skip)
    place_module(backbone, watch.device)
    restorer = MixedPrecision(backbone, watch.device)
    views = views_of(pretext, source, settings, watch.device)

    def network() -> None:
        torch.autograd.backward(restorer(views["input"]).square().mean())

    found: dict[str, Any] = {
        "views": watch.times(lambda: views_of(pretext, source, settings, watch.device)),
        "network": watch.times(network),
    }
    watch.fresh_memory()
    moments: list[float] = []
    together, asked = watch.size.together, count()
    optimizer = make_optimizer(backbone, settings.lr)

    def before_step() -> bool:
        if next(asked) % together == 0:
            moments.append(watch.now())
        return False

    def resident() -> None:
        for _ in range(together):
            descend(optimizer, pretext.loss(restorer, views).total, settings.lr)

    # Gradient norms are measured at the first step alone, which the warm-up leaves out.
    steps = (watch.size.warm + watch.size.repeats) * together + 1
    loop = LoopSettings(steps, settings.batch, gradients_every=10**9)
    run_loop(
        backbone,
        optimizer,
        pretext,
        source,
        loop,
        on_step=lambda metrics: None,
        on_checkpoint=lambda step: None,
        should_stop=before_step,
    )
    found |= {"step": watch.summary(moments, together), "memory_gib": watch.memory_gib()}
    return {**found, "resident": watch.times(resident, together)}


def views_of(
    pretext: Pretext, source: RegionSource, settings: PretrainSettings, device: torch.device
) -> dict[str, torch.Tensor]:
    """Those of a step, on the device."""
    rng = step_generator(0, 0)
    views = pretext.views(source.sample(settings.batch, settings.crop + pretext.margin, rng), rng)
    return {name: placed(view, device) for name, view in views.items()}


def noisy_scenes(settings: PretrainSettings) -> RegionSource:
    """As many pictures as a batch has, each with a noise of its own, which is known."""
    side, pictures, profiles = 2 * settings.crop, [], []
    for number in range(settings.batch):
        rng = np.random.default_rng([7, number])
        sigma = rng.uniform(1, 20) / 255
        clean = scene(side, side, rng).transpose(2, 0, 1)
        pictures.append(Regions((clean + rng.normal(0, sigma, clean.shape)).astype(np.float32)[None]))
        profiles.append(rcl_cli.NoiseProfile.uniform(0.0, float(sigma**2)))
    return RegionSource(pictures, Domain.RGB, profiles)


def apply(given: argparse.Namespace, save: Save) -> bool:
    """A Bayer raw that knows its noise, by two tasks: decoding, network and encoding alone, and `rcl_cli.apply`."""
    size, folder = SIZES[given.device], given.work / "apply"
    watch = Stopwatch(torch.device(given.device), replace(size, warm=1, repeats=3))
    path = folder / "raw.dng"
    rcl_cli.write(path, synthetic_raw(*size.raw), overwrite=True)
    found: dict[str, Any] = {"size": list(size.raw)}
    for task in ("denoise", "demosaic"):
        watch.fresh_memory()
        found[task] = {**raw_times(watch, task, path), "memory_gib": watch.memory_gib()}
        save(found)
    return True


def raw_times(watch: Stopwatch, task: str, path: Path) -> dict[str, Any]:
    """Of each thing that is done to a file."""
    frame, model = rcl_cli.read(path), rcl_cli.load(task, "bayer", device=watch.device.type)
    exact = rcl_cli.load(task, "bayer", device=watch.device.type, precision="float32")
    noise, target = frame.metadata.noise_profile, path.with_name(f"{task}.dng")
    result = model(frame, noise)

    def together() -> None:
        (outcome,) = rcl_cli.apply(task, path, output=path.parent / task, overwrite=True, device=watch.device.type)
        if outcome.status != "done":
            raise RuntimeError(outcome.reason)

    return {
        "decode": watch.times(lambda: rcl_cli.read(path)),
        "network": watch.times(lambda: model(frame, noise)),
        "network in float32": watch.times(lambda: exact(frame, noise)),
        "encode": watch.times(lambda: rcl_cli.write(target, result, overwrite=True)),
        "end to end": watch.times(together),
    }


def synthetic_raw(height: int, width: int) -> rcl_cli.RawFrame:
    """A slope with ripples and noise, 14 bits."""
    noise = rcl_cli.NoiseProfile.uniform(2e-3, 1e-5)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    clean = 0.1 + 0.3 * x / width + 0.2 * y / height + 0.05 * np.sin(x / 9) * np.sin(y / 7)
    sigma = np.sqrt(noise.shot[0] * clean + noise.read[0])
    seen = clean + sigma * np.random.default_rng(0).standard_normal(clean.shape, np.float32)
    mosaic = np.rint(512 + seen.clip(-0.03, 1) * 15871).astype(np.uint16)
    return rcl_cli.Raw(mosaic, "RGGB", black=512, white=16383, noise_profile=noise)
