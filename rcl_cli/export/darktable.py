"""`rcl export --format darktable`: a `.dtmodel` package, which darktable installs.

The format is that of darktable-ai-sdk's documentation: a zip of one folder, named like the model's id, with
`config.json` and the graphs that the task asks for.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import torch
from torch import Tensor, nn

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.export.blind import flat_variance, line_of_variance
from rcl_cli.export.graph import Head
from rcl_cli.export.onnx_file import Source, contract_of
from rcl_cli.export.trace import require_equal, set_properties, traced
from rcl_cli.models.contract import UNSTATED, about
from rcl_cli.models.exported import need_onnx
from rcl_cli.plugins.entries import OWN
from rcl_cli.profiles.processed import noise_of_light

SUFFIX = ".dtmodel"
_TILES = [1024, 768, 512, 384, 256]
_TILES_X2 = [512, 384, 256, 192]
_TILES_X4 = [256, 192]
_TILES_RAW = [512, 384, 256]
_STAMP = (1980, 1, 1, 0, 0, 0)
_BAYER = {
    "input_kind": "bayer_v1",
    "bayer_orientation": "force_rggb",
    "edge_pad": "mirror_cropped",
    "wb_norm": "as_shot",
    "output_scale": "absolute",
}
"""How darktable prepares a mosaic: packed RGGB, white balance as shot; what comes back has the input's scale."""


class Displayed(nn.Module):
    """A head for RGB: sRGB values in [0, 1] in and out, (1, 3, H, W) → (1, 3, H·S, W·S), S = scale^`times`.

    The noise is estimated from the picture, as `rcl apply` does for pictures that were processed.
    """

    def __init__(self, head: Head, times: int = 1) -> None:
        super().__init__()
        self.head = head
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        shot = read = torch.zeros(4)
        if self.head.noise_aware:
            variance = flat_variance(x)[[0, 1, 1, 2]]
            shot, read = (level * variance for level in noise_of_light())
        light = _decoded(x)
        for _ in range(self.times):
            light = self.head(light, shot, read, torch.ones(3), torch.ones(1))
            shot, read = torch.zeros(4), torch.zeros(4)  # the first pass has removed it
        return _encoded(light)


class Mosaic(nn.Module):
    """A denoiser of Bayer mosaics: (1, 4, h, w) packed RGGB, balanced → (1, 3, 2h, 2w), each pixel's value three times.

    darktable takes from each pixel the channel of its filter. The noise is estimated from the picture.
    """

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        shot, read = line_of_variance(x)
        mosaic = self.head(nn.functional.pixel_shuffle(x, 2), shot, read, torch.ones(3), torch.ones(1))
        three: Tensor = mosaic.expand(-1, 3, -1, -1)
        return three


def darktable_id(source: Source) -> str:
    """The model's id in darktable, which its package should be called by. Raises RclError as `darktable_bytes`."""
    return _id(_plan(source)[1], source)


def darktable_bytes(source: Source) -> bytes:
    """The package, checked to give in onnxruntime what it gives in torch.

    Raises RclError for heads that darktable has no use for, or that cannot be exported.
    """
    need_onnx()
    graphs, task, attributes = _plan(source)
    name = _id(task, source)
    files = {"config.json": _config(name, task, source, attributes)}
    for file, module in graphs.items():
        files[file] = _graph(module, source, name)
    return _zip(name, files)


def _plan(source: Source) -> tuple[dict[str, nn.Module], str, dict[str, Any]]:
    """Files with their modules, darktable's task and its attributes."""
    task, domain = source.task, source.domain
    head = Head(source.model, task, domain, contract_of(source).multiple).eval()
    if domain is Domain.RGB and task.output(domain) is domain:
        if task.scale == 1:
            return {"model.onnx": Displayed(head)}, "denoise", {"input_sizes": _TILES}
        if task.scale == 2:
            sizes = {"model_x2": {"input_sizes": _TILES_X2}, "model_x4": {"input_sizes": _TILES_X4}}
            graphs: dict[str, nn.Module] = {"model_x2.onnx": Displayed(head), "model_x4.onnx": Displayed(head, 2)}
            return graphs, "upscale", {"input_sizes": _TILES_X2, **sizes}
    if domain is Domain.BAYER and head.blends and task.noise_aware:
        file = "model_bayer.onnx"
        # Where darktable looks for them has changed while this was made.
        told = {"model_bayer": _BAYER, "variants": {"bayer": {"onnx": file, **_BAYER}}}
        return {file: Mosaic(head)}, "rawdenoise", {"input_sizes": _TILES_RAW, **told}
    raise RclError(
        f"darktable has no use for {task.name} of {domain.value} pictures; it takes denoise and sr for rgb, and denoise"
        " for bayer"
    )


def _graph(module: nn.Module, source: Source, name: str) -> bytes:
    if isinstance(module, Displayed):
        channels, scale = 3, source.task.scale**module.times
    else:
        channels, scale = 4, 2
    side = 8 * contract_of(source).multiple
    rng = torch.Generator().manual_seed(0)
    model = traced(
        module, {"input": torch.rand(1, channels, side, side, generator=rng)}, "output", channels=3, scale=scale
    )
    version = metadata.version(OWN)
    light = "packed R, Gr, Gb, B, balanced as shot, 0 = black, 1 = white" if channels == 4 else "sRGB in [0, 1]"
    words = {**about(source.header, version), "input": f"float32 (1, {channels}, height, width), {light}"}
    set_properties(model, words, OWN, version)
    pictures = [{"input": _picture(channels, size, rng)} for size in ((side, side), (61, 83))]
    require_equal(module.eval(), model, pictures, name)
    data: bytes = model.SerializeToString()
    return data


def _picture(channels: int, size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Smooth, with noise, so that there is something to estimate."""
    y, x = (torch.linspace(0.1, 0.8, side) for side in size)
    clean = (y[:, None] * x).expand(1, channels, *size)
    return (clean + 0.02 * torch.randn(1, channels, *size, generator=rng)).clamp(0, 1)


def _id(task: str, source: Source) -> str:
    """`TASK-rcl` for a shipped head, `TASK-rcl-NAME` for another."""
    name = source.path.stem
    if name == f"{source.task.name}-{source.domain.value}":
        name = "" if source.task.name in ("denoise", "sr") else source.task.name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]
    return "-".join(part for part in (task, "rcl", slug) if part)


def _config(name: str, task: str, source: Source, attributes: Mapping[str, Any]) -> bytes:
    header, version = source.header, metadata.version(OWN)
    words = about(header, version)
    what = "removes noise" if task != "upscale" else "enlarges two or four times"
    if task == "upscale" and source.task.noise_aware:
        what += " and removes noise"
    config = {
        "id": name,
        "name": name.replace("-", " "),
        "description": f"A small network that {what}; trained by rcl on {source.domain.value} pictures",
        "task": task,
        "arch": header.network,
        "backend": "onnx",
        "version": version,
        "num_inputs": 1,
        "tiling": True,
        "spatial_dims": ["height", "width"],
        "model_card": {
            "long_description": f"{words['title']}. The noise level is estimated from each tile."
            if source.task.noise_aware
            else words["title"],
            "scope": {"denoise": "image denoising", "rawdenoise": "raw image denoising"}.get(task, "image upscaling"),
            "author": "the owner of the head" if "licence" not in header.notes else "the authors of rcl-cli",
            "license": words["licence"],
            "training_data": words["trained"],
            "training_data_license": str(header.notes.get("data_licence", UNSTATED)),
            "notes": f"made by {words['version']} from weights {source.digest}",
        },
        "attributes": dict(attributes),
    }
    return (json.dumps(config, indent=4, ensure_ascii=False) + "\n").encode()


def _zip(name: str, files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in files.items():
            entry = zipfile.ZipInfo(f"{name}/{file}", _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()


def _decoded(x: Tensor) -> Tensor:
    """sRGB values → light, IEC 61966-2-1."""
    return torch.where(x <= 0.04045, x / 12.92, ((x.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def _encoded(light: Tensor) -> Tensor:
    """The inverse of `_decoded`, within [0, 1]."""
    x = light.clamp(0, 1)
    return torch.where(x <= 0.0031308, x * 12.92, 1.055 * x.clamp_min(1e-4) ** (1 / 2.4) - 0.055)
