"""Ten million raws, on paper: what is measured here times ten million, and assumptions with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rcl_benchmark.engine.page import table
from rcl_benchmark.speed.apply import NETWORK
from rcl_benchmark.speed.names import APPLY, CALIBRATE, SCALE
from rcl_benchmark.speed.record import Line


@dataclass(frozen=True)
class Assumed:
    """What nobody has measured here."""

    raws: float = 1e7
    megapixels: float = 24.0
    raw_mb: float = 30.0
    """A lossless raw."""
    region_mb: float = 4 * 256 * 256 * 4 / 1e6
    """One region of the cache: 4 planes of 256 × 256 in float32."""
    network_gb_s: float = 1.25
    """10 Gbit/s from where the raws are."""
    farm_cores: float = 256.0
    gpu_tmac_s: float = 100.0
    """Of a current data-centre GPU in half precision: a quarter of what its maker promises."""
    core_hour: float = 0.04
    """In dollars, as clouds ask for it."""
    gpu_hour: float = 2.5
    epochs: float = 1.0
    """How often a pretraining sees each raw."""
    crop: int = 64


ASSUMED = Assumed()


def paper(lines: Sequence[Line], given: Assumed = ASSUMED) -> list[str]:
    """A table of arithmetic, with what of it can be worked out of the lines; none where nothing can."""
    rows = [*_cache(given), *_decoding(lines, given), *_networks(lines, given), *_files(lines, given)]
    said = (
        f"Assumed: {given.raws:,.0f} Bayer raws of {given.megapixels:g} MP and {given.raw_mb:g} MB; one region of "
        f"4 × 256 × 256 values kept of each for training; {given.network_gb_s * 8:g} Gbit/s from the store; "
        f"{given.farm_cores:g} cores like these; a GPU that does {given.gpu_tmac_s:g} TMAC/s on these networks in half "
        f"precision; {given.core_hour:g} dollars for a core and {given.gpu_hour:g} for a GPU, an hour. Times of "
        "decoding, networks and files are the medians of this page. Nothing of this was run."
    )
    return [said, table(("", "arithmetic", "result"), rows, words=3)]


def _cache(given: Assumed) -> list[tuple[str, str, str]]:
    raws, region = given.raws * given.raw_mb / 1e6, given.raws * given.region_mb / 1e6
    hours = raws * 1e3 / given.network_gb_s / 3600
    return [
        ("the raws", f"{given.raws:.0e} × {given.raw_mb:g} MB", f"{raws:,.0f} TB"),
        ("reading them once", f"{raws:,.0f} TB ÷ {given.network_gb_s:g} GB/s", f"{hours:,.0f} h"),
        ("region cache", f"{given.raws:.0e} × {given.region_mb:.2f} MB", f"{region:,.1f} TB"),
    ]


def _decoding(lines: Sequence[Line], given: Assumed) -> list[tuple[str, str, str]]:
    decode = next((line for line in lines if line.part == CALIBRATE and line.side == line.base), None)
    estimate = next((line for line in lines if line.part == CALIBRATE and line.side == "estimate"), None)
    if decode is None or estimate is None:
        return []
    each = (decode.each_s + estimate.each_s) * given.megapixels
    core_hours = given.raws * each / 3600
    arithmetic = f"{given.raws:.0e} × {given.megapixels:g} MP × ({decode.each_s:.4f} + {estimate.each_s:.4f}) s/MP"
    return [
        ("decoding and calibrating", arithmetic, f"{core_hours:,.0f} core hours"),
        (
            "… on the farm",
            f"{core_hours:,.0f} ÷ {given.farm_cores:g}",
            f"{core_hours / given.farm_cores:,.0f} h, {core_hours * given.core_hour:,.0f} dollars",
        ),
    ]


def _networks(lines: Sequence[Line], given: Assumed) -> list[tuple[str, str, str]]:
    rows = []
    for line in (line for line in lines if line.part == APPLY and line.side == NETWORK and line.operations):
        task = line.case.partition(",")[0]
        machine_hours = given.raws * given.megapixels * line.each_s / 3600
        of_one = (line.operations or 0.0) / line.amount * given.megapixels / 1e12
        gpu_hours = given.raws * of_one / given.gpu_tmac_s / 3600
        rows += [
            (
                f"{task}, on machines like this",
                f"{given.raws:.0e} × {given.megapixels:g} MP × {line.each_s:.3f} s/MP",
                f"{machine_hours:,.0f} machine hours",
            ),
            (
                f"{task}, on GPUs",
                f"{given.raws:.0e} × {of_one:.2f} TMAC ÷ {given.gpu_tmac_s:g} TMAC/s",
                f"{gpu_hours:,.0f} GPU hours, {gpu_hours * given.gpu_hour:,.0f} dollars",
            ),
            *_pretraining(task, line, given),
        ]
    return rows


def _pretraining(task: str, line: Line, given: Assumed) -> list[tuple[str, str, str]]:
    if task != "denoise":
        return []
    # Two crops of each raw, there and back: three times the multiplications; an element is four pixels.
    of_one = 2 * 3 * given.crop**2 * 4 * (line.operations or 0.0) / line.amount / 1e6 / 1e12
    gpu_hours = given.epochs * given.raws * of_one / given.gpu_tmac_s / 3600
    arithmetic = (
        f"{given.raws:.0e} × 2 crops of {given.crop}² × 3 passes: {of_one * 1e3:.2f} GMAC ÷ {given.gpu_tmac_s:g} TMAC/s"
    )
    return [
        (
            "pretraining that sees each raw once",
            arithmetic.replace("GMAC", "GMAC each"),
            f"{gpu_hours:,.1f} GPU hours, {gpu_hours * given.gpu_hour:,.0f} dollars",
        )
    ]


def _files(lines: Sequence[Line], given: Assumed) -> list[tuple[str, str, str]]:
    own = [line for line in lines if line.part == SCALE and line.case.startswith("rcl apply")]
    if not own:
        return []
    line = max(own, key=lambda one: one.amount)
    hours = given.raws * line.each_s / 3600
    return [
        (
            "going on after all is done, in one process",
            f"{given.raws:.0e} × {1e3 * line.each_s:.2f} ms",
            f"{hours:,.1f} h; by `--shard`, {given.farm_cores:g} at a time, {hours * 60 / given.farm_cores:,.1f} min",
        )
    ]
