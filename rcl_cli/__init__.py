"""`rcl`: noise calibration, residual contrastive pretraining and few-label heads for camera raws.

    import rcl_cli as rcl

    frame = rcl.read("a.nef")                        # or rcl.Raw(mosaic, "RGGB", black=512, white=16383)
    noise = rcl.estimate_noise(frame)
    model = rcl.load("denoise", frame.domain)
    rcl.write("a.dng", model(frame, noise, strength="auto"))

Also all that a plugin needs: `from rcl_cli import Domain, ResidualHead, Task, add_noise, from_rgb, hookimpl`. Nothing
is imported before it is used, so `import rcl_cli` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rcl_calibration.profile import NoiseProfile
    from rcl_cli.domain import Domain
    from rcl_cli.errors import FileError, RclError
    from rcl_cli.finetuning.begin import finetune
    from rcl_cli.inference.apply import apply
    from rcl_cli.inference.load import load
    from rcl_cli.inference.model import Model
    from rcl_cli.inference.result import Result
    from rcl_cli.network import Network
    from rcl_cli.nn.cfa import bilinear, from_rgb
    from rcl_cli.nn.heads import PlainHead, ResidualHead, UpsamplingHead
    from rcl_cli.noise import add_noise, add_noises, sigma_map
    from rcl_cli.plugins.hooks import hookimpl
    from rcl_cli.plugins.options import option
    from rcl_cli.pretext import Batch, Losses, NoiseLevel, Pictures, Pretext, PretextSetup, Restorer, Views
    from rcl_cli.pretraining.session import pretrain
    from rcl_cli.profiles.calibrate import calibrate, estimate_noise
    from rcl_cli.raw.format import FileFormat
    from rcl_cli.raw.frame import Frame, RawFrame, RgbFrame
    from rcl_cli.raw.frame import raw_frame as Raw
    from rcl_cli.raw.guarded import read_frame as read
    from rcl_cli.raw.picture import Picture
    from rcl_cli.raw.write import write
    from rcl_cli.task import Task
    from rcl_cli.testing import check_network, check_pretext, check_task

_PLACES = {
    "profiles.calibrate": ("calibrate", "estimate_noise"),
    "domain": ("Domain",),
    "errors": ("FileError", "RclError"),
    "finetuning.begin": ("finetune",),
    "inference.apply": ("apply",),
    "inference.load": ("load",),
    "inference.model": ("Model",),
    "inference.result": ("Result",),
    "network": ("Network",),
    "nn.cfa": ("bilinear", "from_rgb"),
    "nn.heads": ("PlainHead", "ResidualHead", "UpsamplingHead"),
    "noise": ("add_noise", "add_noises", "sigma_map"),
    "plugins.hooks": ("hookimpl",),
    "plugins.options": ("option",),
    "pretext": ("Batch", "Losses", "NoiseLevel", "Pictures", "Pretext", "PretextSetup", "Restorer", "Views"),
    "pretraining.session": ("pretrain",),
    "raw.format": ("FileFormat",),
    "raw.frame": ("Frame", "RawFrame", "RgbFrame"),
    "raw.picture": ("Picture",),
    "raw.write": ("write",),
    "task": ("Task",),
    "testing": ("check_network", "check_pretext", "check_task"),
}
_MODULES = {name: f"rcl_cli.{place}" for place, names in _PLACES.items() for name in names}
_RENAMED = {"read": ("rcl_cli.raw.guarded", "read_frame"), "Raw": ("rcl_cli.raw.frame", "raw_frame")}
_ELSEWHERE = {"NoiseProfile": "rcl_calibration.profile"}

__all__ = [
    "Batch",
    "Domain",
    "FileError",
    "FileFormat",
    "Frame",
    "Losses",
    "Model",
    "Network",
    "NoiseLevel",
    "NoiseProfile",
    "Picture",
    "Pictures",
    "PlainHead",
    "Pretext",
    "PretextSetup",
    "Raw",
    "RawFrame",
    "RclError",
    "ResidualHead",
    "Restorer",
    "Result",
    "RgbFrame",
    "Task",
    "UpsamplingHead",
    "Views",
    "add_noise",
    "add_noises",
    "apply",
    "bilinear",
    "calibrate",
    "check_network",
    "check_pretext",
    "check_task",
    "estimate_noise",
    "finetune",
    "from_rgb",
    "hookimpl",
    "load",
    "option",
    "pretrain",
    "read",
    "sigma_map",
    "write",
]


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        module, own = _RENAMED[name]
    else:
        module, own = (_MODULES | _ELSEWHERE).get(name, ""), name
    if not module:
        raise AttributeError(f"module 'rcl_cli' has no attribute '{name}'")
    return getattr(import_module(module), own)


def __dir__() -> list[str]:
    return sorted(__all__)
