"""`rcl apply` on whole raws, beside what it consists of."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

import torch

from rcl_benchmark.speed.calibrate import decode, raws
from rcl_benchmark.speed.inputs import raw_file, raw_path
from rcl_benchmark.speed.names import APPLY
from rcl_benchmark.speed.program import rcl
from rcl_benchmark.speed.side import Case, Side, Size, Work
from rcl_cli.train.device import half_precision

TASKS = ("demosaic", "denoise")
NETWORK, CONVOLUTION = "the network, tiles and all", "its multiplications, at the rate of one convolution"
_IN_FLOAT32 = "the network in float32"
_WIDTH, _TILE = 32, 288
"""Features, and elements a side, of a convolution as the shipped heads have most."""


def cases(size: Size, folder: Path) -> list[Case]:
    """Of each task: decoding, estimate, network and writing alone, and the program on several raws."""
    return [_case(task, size, folder) for task in TASKS]


def _case(task: str, size: Size, folder: Path) -> Case:
    given, megapixels = (folder, size.megapixels), size.megapixels
    batch, output = folder / f"raws-{size.raws}", folder / f"applied-{task}"
    operations = operations_per_element(task) * megapixels * 1e6 / 4
    sides = (
        Side("decode", prepare=decode, arguments=given, amount=megapixels),
        Side(NETWORK, prepare=network, arguments=(task, *given), amount=megapixels, operations=operations),
        Side(_IN_FLOAT32, prepare=network, arguments=(task, *given, "float32"), amount=megapixels),
        Side(CONVOLUTION, prepare=convolution, arguments=(operations,), amount=megapixels, operations=operations),
        Side("write", prepare=write, arguments=(task, *given), amount=megapixels),
        *(
            Side(
                f"rcl apply --task {task}, {count} raw{'s' if count > 1 else ''}, start included",
                rcl("apply", "--task", task, path, "-o", output, "--store", folder / "no-store", "--device", "cpu"),
                amount=count * megapixels,
                fresh=(str(output),),
            )
            for count, path in {1: raw_path(batch, megapixels), size.raws: batch}.items()
        ),
    )
    inputs = partial(raws, batch, megapixels, size.raws)
    return Case(APPLY, f"{task}, all cores", "MP", sides, NETWORK, inputs, warm=False)


@lru_cache
def operations_per_element(task: str) -> float:
    """Multiplications of the shipped Bayer head for each packed element, convolutions alone, without any halo."""
    from torch.utils.flop_counter import FlopCounterMode

    import rcl_cli
    from rcl_cli.inference.torch_engine import TorchEngine

    engine = rcl_cli.load(task, "bayer", store=Path("no-store"), device="cpu").ready.engine
    assert isinstance(engine, TorchEngine)
    side = 64
    model, x = engine.model, torch.zeros(1, 4, side, side)
    # With gradients: it does not count convolutions that are one operation with what follows them.
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        model(x, torch.zeros_like(x))
    return float(counter.get_total_flops()) / 2 / side**2


def network(task: str, folder: Path, megapixels: float, precision: str = "auto") -> Work:
    """A decoded raw of known noise → the result, not encoded."""
    import rcl_cli

    frame = rcl_cli.read(raw_file(folder, megapixels))
    model = rcl_cli.load(task, "bayer", store=folder / "no-store", device="cpu", precision=precision)
    noise = rcl_cli.estimate_noise(frame)

    def work() -> None:
        model(frame, noise)

    return work


def convolution(operations: float) -> Work:
    """One 3×3 convolution as the heads have most, over and over, a tile for each thread, as often as that takes.

    In half precision where `rcl apply` computes so.
    """
    from rcl_cli.inference.threads import single_threads

    threads, kind = torch.get_num_threads(), half_precision(torch.device("cpu")) or torch.float32
    conv = torch.nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, bias=False)
    conv.to(dtype=kind, memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.rand(1, _WIDTH, _TILE, _TILE).to(dtype=kind, memory_format=torch.channels_last)
    each = 9 * _WIDTH**2 * _TILE**2
    times = max(1, round(operations / each / threads))

    @torch.inference_mode()
    def repeat(_: int) -> None:
        for _ in range(times):
            conv(x)

    def work() -> None:
        with single_threads(threads) as pool:
            list(pool.map(repeat, range(threads)))

    return work


def write(task: str, folder: Path, megapixels: float) -> Work:
    """A result → its DNG."""
    import rcl_cli

    frame = rcl_cli.read(raw_file(folder, megapixels))
    model = rcl_cli.load(task, "bayer", store=folder / "no-store", device="cpu")
    result, target = model(frame, rcl_cli.estimate_noise(frame)), folder / "written" / f"{task}.dng"

    def work() -> None:
        rcl_cli.write(target, result, overwrite=True)

    return work
