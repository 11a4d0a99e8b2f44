"""What the page says of how it was measured."""

from __future__ import annotations

from rcl_benchmark.engine.page import About
from rcl_benchmark.quality.measure import Plan
from rcl_benchmark.quality.methods import PACKAGES, installed, possible, version_of
from rcl_benchmark.quality.names import (
    DEMOSAIC,
    DEMOSAIC_NOISY,
    DENOISE_RAW,
    DENOISE_RGB,
    JDENSR,
    PROTOCOLS,
    REAL,
    SR,
    TEXTURE,
    base,
)
from rcl_benchmark.quality.settings import settings
from rcl_cli.domain import Domain

INTRODUCTION = """\
Every method of a table gets the same input. Figures are PSNR in dB, means over the pictures of a folder, whose number
stands in brackets; results are clipped to 0…1 and borders of 8 pixels left out. *As displayed*: of sRGB-coded values.
*Linear*: with the sRGB curve decoded. Noise is Gaussian with variance λ_shot·x + λ_read, λ_read = exp(2.18·ln λ_shot +
1.2), the same for all methods; noisy mosaics are not clipped and rounded to DN. *-coded*: the mosaic is sRGB-coded
before the method and the result taken as displayed. The best figure of each column is bold. Crops show where bilinear
demosaicing errs most, enlarged three times, with the PSNR of the crop as displayed; the first is the truth, then the
best peers, each better than the one before, then rcl."""

TITLES = {
    DEMOSAIC: """\
PSNR as displayed. rcl is told that there is no noise. demosaicnet learnt from coded values and always gets them.""",
    DEMOSAIC_NOISY: """\
Mosaics of linear light; PSNR as displayed. rcl is told the noise, as are bm3d-menon (BM3D of the packed planes
together, then Menon on the coded mosaic) and menon-cbm3d (variance stabilised, Menon, CBM3D told 1.6 σ, exact unbiased
inverse). The others remove no noise.""",
    DENOISE_RAW: """\
Mosaics of linear light; PSNR of linear values of the mosaic. bm3d works on all packed planes together, bm3d-planes on
each alone, both after variance stabilisation with the exact unbiased inverse. They are told the true noise, as is rcl;
rcl-blind has its own estimate.""",
    TEXTURE: """\
How much of the fine detail of the truth a result has: in blocks of 8×8 elements of a packed plane whose gradient energy
is above the median, the difference to a 5×5 Gaussian blur, projected on that of the truth. What is not correlated with
the truth, as noise, does not count.""",
    DENOISE_RGB: """\
Gaussian noise on values as stored, not clipped; PSNR of these. All are told σ. cbm3d is BM3D for colours; nlm is
non-local means.""",
    SR: """\
The reduced picture is rounded to 8 bits. PSNR of Y (BT.601, studio range) of values as displayed. *Antialiased bicubic*
is MATLAB's imresize. rcl decodes the sRGB curve, as it does by default; rcl-linear takes values as they are.""",
    JDENSR: """\
The clean picture is reduced to half its sides by area in linear light, mosaicked, and gets noise. PSNR as displayed.
bilinear, menon and bm3d-menon are enlarged by bicubic of coded values; Menon's first step has noise in it, bm3d-menon
has BM3D's before.""",
    REAL: """\
Single shots beside the means of many. PSNR as displayed. rcl estimates the noise of each file, as `rcl apply --task
denoise` does. cbm3d is told a robust estimate of σ, times the factor that is best for the whole folder: the noise is
coarse, CBM3D takes it for fine, and nobody can know the factor beforehand.""",
}


def about(command: str, plan: Plan) -> About:
    """What the page says of its run."""
    facts = [
        *([f"Pictures: {_counted(plan)}"] if plan.pictures or plan.pairs else []),
        f"Of each {'the whole' if plan.crop is None else f'the middle {plan.crop}²'}",
        f"Versions: {', '.join(_versions())}",
        *([f"rcl's heads: {', '.join(heads)}"] if (heads := _heads(plan)) else []),
        *([f"Left out: {'; '.join(missing)}"] if (missing := left_out(plan)) else []),
    ]
    return About(command, facts, plan.tools.device)


def left_out(plan: Plan) -> list[str]:
    """The methods that cannot be run here, with the reason."""
    packages: dict[str, list[str]] = {}
    for setting in settings(PROTOCOLS):
        for method in possible(setting, plan.tools) if plan.of(setting) else ():
            for name in method.needs:
                if not installed(name) and base(method.name) not in packages.setdefault(name, []):
                    packages[name].append(base(method.name))
    found = [f"{', '.join(methods)} (the package {name} is not installed)" for name, methods in packages.items()]
    if plan.pictures and not all(plan.tools.weights(domain) for domain in (Domain.BAYER, Domain.XTRANS)):
        found.append("demosaicnet (its weights are not in --data)")
    return [*found, *([] if plan.pairs else ["real noise (no --pairs)"])]


def _counted(plan: Plan) -> str:
    counts: dict[str, int] = {}
    for picture in (*plan.pictures, *plan.pairs):
        counts[picture.group] = counts.get(picture.group, 0) + 1
    return ", ".join(f"{count} of {group}" for group, count in counts.items())


def _versions() -> list[str]:
    import rawpy

    found = [f"{name} {version_of(name)}" for name in PACKAGES if installed(name)]
    return [*found, f"LibRaw {'.'.join(map(str, rawpy.libraw_version))}"]


def _heads(plan: Plan) -> list[str]:
    names = [
        method.weights
        for setting in settings(PROTOCOLS)
        for method in (possible(setting, plan.tools) if plan.of(setting) else ())
        if method.name.startswith("rcl")
    ]
    return list(dict.fromkeys(names))
