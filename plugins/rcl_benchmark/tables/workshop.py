"""Where the tables' backbones are made: pretrained once in the work folder, and found there again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from rcl_benchmark.engine.block import SKIP
from rcl_benchmark.engine.code import training_version
from rcl_benchmark.engine.jobs import Job
from rcl_benchmark.engine.records import digest
from rcl_benchmark.tables import camera
from rcl_benchmark.tables.data import Data
from rcl_benchmark.tables.methods import METHODS, Method
from rcl_benchmark.tables.presets import Preset
from rcl_cli.data.cache import RegionCache
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, FileError
from rcl_cli.models.header import read_header
from rcl_cli.models.store import BACKBONE
from rcl_cli.noise import NoiseSource, SigmaNoise
from rcl_cli.pretraining.parts import Parts
from rcl_cli.pretraining.pictures import Pictures, collect_pictures
from rcl_cli.pretraining.run import ENCODER, STATE, make_encoder, train
from rcl_cli.pretraining.settings import PretrainSettings, SavedRun, save_run, with_changes
from rcl_cli.train.interrupt import stop_on_interrupt

AUTO, SELF = "auto", "self"
_ENCODER_SETTINGS = ("encoder_steps", "crop", "seed", "sigma_range", "linear", "cache_size")


@dataclass(frozen=True)
class Workshop:
    """Where and on what backbones are pretrained."""

    preset: Preset
    """Seeded."""
    data: Data
    work: Path
    """Folder of everything that is made on the way."""
    device: torch.device
    encoder: str = AUTO
    """As `PretrainSettings.encoder`; that called self is trained once and shared by all methods."""
    domain: Domain = Domain.RGB
    """Of the noisy pictures that are made of the clean ones. RGB keeps the values of the files."""

    @property
    def noise(self) -> NoiseSource:
        """RGB: the paper's; raws: a sensor's."""
        return camera.NOISE if self.domain.is_raw else SigmaNoise(*(self.preset.pretrain.sigma_range or (0.0, 0.0)))

    @property
    def pictures(self) -> str:
        """A digest of the noisy pictures, noise apart."""
        made = f"; {self.domain.value}, camera {camera.CODE}" if self.domain.is_raw else ""
        return self.data.fingerprint + made

    def settings(self, method: Method, network: str) -> PretrainSettings:
        """Of one method on one network; the encoder is as given."""
        base = replace(self.preset.pretrain, encoder=self.encoder, skip=network == SKIP)
        # Simulated raws get their noise here, as those of a camera have it already.
        made = replace(base, domain=self.domain.value, sigma_range=None) if self.domain.is_raw else base
        return with_changes(made, method.changes)

    def key(self, method: Method, network: str) -> str:
        """A digest of everything that decides a backbone."""
        settings = self.settings(method, network)
        parts = Parts.load(settings)
        code = training_version(parts.network, [parts.main, *parts.joining])
        return digest(settings=asdict(settings), data=self.pictures, code=code)

    def folder(self, method: Method, network: str) -> Path:
        """Of the method's run."""
        return self.work / "pretrain" / f"{method.name}-{network}-{self.key(method, network)}"

    def is_ready(self, method: Method, network: str) -> bool:
        """Whether the backbone is there, trained to its last step."""
        try:
            step = read_header(self.folder(method, network) / BACKBONE).step
        except CheckpointError:
            return False
        return step >= self.settings(method, network).steps

    def needs(self, method: Method, network: str) -> tuple[Job, ...]:
        """What is left to be made before the backbone can be used."""
        if not method.pretrained or self.is_ready(method, network):
            return ()
        shared = (Job(f"encoder, {self.domain.value}", self_encoder, (self,)),) if _shares_encoder(self, method) else ()
        name = f"pretrain {method.name}, {self.domain.value}, {network}"
        return (Job(name, backbone, (self, method, network), needs=shared),)


def backbone(workshop: Workshop, method: Method, network: str) -> Path:
    """The file of a backbone, pretrained if it is not there yet; a run that was interrupted goes on.

    Raises RclError where the pictures cannot be used or training fails, KeyboardInterrupt where it is stopped: it is
    saved then.
    """
    folder = workshop.folder(method, network)
    if workshop.is_ready(method, network):
        return folder / BACKBONE
    settings = workshop.settings(method, network)
    if _shares_encoder(workshop, method):
        settings = replace(settings, encoder=str(self_encoder(workshop)))
    parts = Parts.load(settings)
    pictures = _pictures(workshop, parts)
    save_run(folder, SavedRun(settings, [str(path) for path in workshop.data.train], pictures.data))
    encoder = make_encoder(parts, pictures.source, folder, workshop.device)
    resume = (folder / STATE).is_file()
    with stop_on_interrupt() as stopped:
        result = train(parts, pictures, encoder, folder, workshop.device, resume=resume, should_stop=stopped)
    if not result.finished:
        raise KeyboardInterrupt
    return result.backbone


def self_encoder(workshop: Workshop) -> Path:
    """The file of the encoder that all methods share, trained on the noisy pictures if it is not there yet."""
    settings = replace(workshop.settings(METHODS["consistency"], SKIP), encoder=SELF)
    parts = Parts.load(settings)
    key = digest(
        settings={name: value for name, value in asdict(settings).items() if name in _ENCODER_SETTINGS},
        data=workshop.pictures,
        code=training_version(parts.network, []),
    )
    folder = workshop.work / "encoder" / key
    if not (folder / ENCODER).is_file():
        make_encoder(parts, _pictures(workshop, parts).source, folder, workshop.device)
    return folder / ENCODER


def _shares_encoder(workshop: Workshop, method: Method) -> bool:
    # The noise that is simulated is known.
    return Parts.load(workshop.settings(method, SKIP)).encoder(noise_levels=True) == SELF


def _pictures(workshop: Workshop, parts: Parts) -> Pictures:
    domain, files = workshop.domain, workshop.data.train
    plan, cache = parts.region_plan(len(files)), RegionCache(workshop.work / "regions")
    if domain.is_raw:
        plan = replace(plan, noise=workshop.noise, levels=None)
        cache = RegionCache(workshop.work / f"regions-{domain.value}", camera.MosaicReader(domain))
    pictures = collect_pictures(files, domain, plan, cache)
    _refuse(pictures.left_out)
    return pictures


def _refuse(left_out: Sequence[FileError]) -> None:
    for error in left_out:
        raise FileError(error.path, f"{error.reason} (every method learns from the same pictures)")
