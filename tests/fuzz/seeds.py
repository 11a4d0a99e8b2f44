"""Small sound files of every kind that rcl reads, made here: what mutants are made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import tifffile

from rcl_calibration.exchange import runs_text
from rcl_calibration.profile import NoiseProfile
from rcl_calibration.runs import Run
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame, RgbFrame
from rcl_cli.raw.picture import Picture
from rcl_cli.raw.write import write_picture

_SHAPE = (40, 48)
_METADATA = Metadata(
    make="Acme",
    model="One",
    iso=800.0,
    exposure_s=0.01,
    white_balance=(2.0, 1.0, 1.5),
    xyz_to_camera=np.array([[0.86, -0.26, -0.09], [-0.82, 1.55, 0.30], [-0.26, 0.31, 0.91]]),
    orientation=6,
    noise_profile=NoiseProfile.uniform(1e-3, 1e-6),
)


def write_seeds(folder: Path, only: Sequence[str] = ()) -> list[Path]:
    """Every kind once or more (`only`: those with these suffixes), a few kB each."""
    folder.mkdir(parents=True, exist_ok=True)
    for make in (_raws, _pictures, _by_others, _models, _profiles, _plugins, _defaults):
        for name, put in make():
            if not only or Path(name).suffix in only:
                put(folder / name)
    return sorted(folder.iterdir())


Makers = Iterator[tuple[str, Callable[[Path], object]]]


def _raws() -> Makers:
    rng = np.random.default_rng(0)
    for name, cfa in (("bayer", CFA.bayer("GRBG")), ("xtrans", CFA.xtrans(1, 2))):
        mosaic = rng.integers(60, 4095, _SHAPE).astype(np.uint16)
        frame = RawFrame(mosaic, cfa, (64.0, 65.0, 66.0, 67.0), 4095.0, _METADATA)
        yield f"{name}.dng", lambda path, frame=frame: write_dng(path, frame, overwrite=True)  # type: ignore[misc]


def _rgb(transfer: str, bits: int) -> Picture:
    rgb = np.random.default_rng(1).random((*_SHAPE, 3)).astype(np.float32)
    frame = RgbFrame(rgb, transfer, bits, metadata=_METADATA)
    return Picture.from_frame(frame, rgb)


def _pictures() -> Makers:
    for suffix, transfer, bits in (
        ("dng", "linear", 16), ("tif", "srgb", 16), ("png", "srgb", 16), ("jpg", "srgb", 8), ("exr", "linear", 32),
    ):  # fmt: skip
        made = _rgb(transfer, bits)
        yield f"rgb.{suffix}", lambda path, made=made: write_picture(path, made, overwrite=True)  # type: ignore[misc]
    made = _rgb("linear", 32)
    yield "float.tif", lambda path: write_picture(path, made, overwrite=True)


def _by_others() -> Makers:
    rng = np.random.default_rng(2)
    bgr = rng.integers(0, 255, (*_SHAPE, 3)).astype(np.uint8)
    for name in ("opencv.png", "opencv.jpg", "opencv.webp", "opencv.tif"):
        yield name, lambda path: cv2.imwrite(str(path), bgr)
    halves = dict(zip("RGB", bgr.astype(np.float16).transpose(2, 0, 1), strict=True))
    for compression in (OpenEXR.ZIP_COMPRESSION, OpenEXR.PIZ_COMPRESSION, OpenEXR.DWAA_COMPRESSION):
        header = {"compression": compression, "type": OpenEXR.scanlineimage}
        yield f"{compression.name.lower()}.exr", lambda path, h=header: OpenEXR.File(h, halves).write(str(path))  # type: ignore[misc]
    smooth = np.repeat(np.repeat(bgr[::8, ::8], 8, 0), 8, 1)
    yield "palette.png", lambda path: cv2.imwrite(str(path), smooth[..., :1])
    yield (
        "deflate.tif",
        lambda path: tifffile.imwrite(path, smooth, compression="deflate", predictor=True, tile=(16, 16)),
    )
    yield "big.tif", lambda path: tifffile.imwrite(path, bgr, bigtiff=True, byteorder=">")
    mosaic = rng.integers(100, 4000, _SHAPE).astype(np.uint16)
    tags = [
        (50706, "B", 4, bytes([1, 4, 0, 0]), True), (50708, "s", 0, "Maker Two", True), (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, bytes([0, 1, 1, 2]), True), (50714, "I", 1, 64, True), (50717, "I", 1, 4095, True),
        (50778, "H", 1, 21, True), (51041, "d", 2, (1e-3, 1e-6), True), (50829, "I", 4, (2, 2, 38, 46), True),
        (50728, "2I", 3, (1, 2, 1, 1, 2, 3), True), (50712, "H", 4096, tuple(range(4096)), True),
    ]  # fmt: skip
    yield (
        "other.dng",
        lambda path: tifffile.imwrite(path, mosaic, photometric="cfa", extratags=tags, metadata=None, software=False),
    )


def _models() -> Makers:
    def put(path: Path) -> None:
        from rcl_cli.domain import Domain
        from rcl_cli.models.header import Header
        from rcl_cli.models.task_model import build_model, save_head
        from rcl_cli.network import get_network
        from rcl_cli.task import get_task

        network = get_network("unet")(Domain.BAYER, {"width": 2, "depth": 1})
        header = Header("head", Domain.BAYER, task="denoise", notes={"seed": 0})
        save_head(path, build_model(get_task("denoise"), Domain.BAYER, network), header)

    def exported(path: Path) -> None:
        from rcl_cli.export.onnx_file import Source, onnx_bytes

        put(path.with_suffix(".safetensors"))
        path.write_bytes(onnx_bytes(Source.load(path.with_suffix(".safetensors"))))
        path.with_suffix(".safetensors").unlink()

    yield "head.safetensors", put
    yield "exported.onnx", exported


def _profiles() -> Makers:
    interval = ((1e-3, 2e-3),) * 4
    measured = NoiseProfile.uniform(
        1e-3, 1e-6, camera="Acme One", iso=800.0, black_level=(64.0,) * 4, white_level=4095.0, shot_ci=interval,
        read_ci=interval, x_range=(0.01, 0.9), sigma_ci=(((0.01, 0.02),) * 7,) * 4,
    )  # fmt: skip
    runs = [Run(measured, frozenset({"a.dng", "b.dng"})), Run(NoiseProfile.uniform(2e-3, 1e-6, camera="Acme One"))]
    yield "profiles.json", lambda path: path.write_text(runs_text([[runs[0], runs[0]], [runs[1]]]))


def _plugins() -> Makers:
    text = {
        "METADATA": "Metadata-Version: 2.1\nName: fuzzed\nVersion: 1.0\nSummary: x\n",
        "entry_points.txt": "[rcl.tasks]\nfuzzed = fuzzed_module\n\n[rcl.formats]\nfuzz = fuzzed:thing [extra]\n",
    }
    yield "fuzzed.plugin", lambda path: path.write_text(json.dumps(text))


def _defaults() -> Makers:
    text = """# of a project
store = "s"
device = 'cpu'
[apply]
task = "denoise"
strength = 0.5
tile = 0x40
output = "a\\u0062/c"
select = ["camera=One", "iso=100-"]
overwrite = false
[finetune]
sigma-range = [0, 50.5]
[pretrain.rcl]
tau = 1e-1
[profiles.stamp]
blind = true
"""
    yield "rcl.toml", lambda path: path.write_text(text)
