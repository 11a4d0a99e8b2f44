"""Measure the shipped heads on clean pictures: `python docs/benchmarks/starter_heads.py CLEAN`.

Writes starter-heads.md beside this file. Each figure comes from `rcl simulate` and `rcl evaluate`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("starter-heads.md")
LEVELS = {"none": 0.0, "low (λ_shot 1e-4)": 1e-4, "medium (1e-3)": 1e-3, "high (1e-2)": 1e-2}
DOMAINS = {"denoise": ("bayer", "xtrans", "rgb"), "demosaic": ("bayer", "xtrans")}
LARGER = ("bayer", "xtrans", "rgb")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clean", type=Path, help="folder of clean RGB pictures")
    clean = parser.parse_args().clean
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RCL_STORE"] = str(Path(scratch) / "store")  # empty, so that the shipped heads are judged
        rows = [measure(*case, clean, Path(scratch)) for case in cases()]
    PAGE.write_text(page(rows, clean), encoding="utf-8")


def cases() -> Iterator[tuple[str, str, str, float]]:
    """Task, domain, name of the noise level, λ_shot."""
    for task, domains in DOMAINS.items():
        for domain in domains:
            levels = [name for name in LEVELS if task != "denoise" or LEVELS[name]]
            yield from ((task, domain, name, LEVELS[name]) for name in levels)
    for domain in LARGER:
        yield "sr", domain, "none", 0.0
        yield "jdensr", domain, "medium (1e-3)", LEVELS["medium (1e-3)"]


def measure(task: str, domain: str, level: str, shot: float, clean: Path, scratch: Path) -> list[str]:
    """A row of the table."""
    read = math.exp(2.18 * math.log(shot) + 1.2) if shot else 0.0  # Brooks et al. 2019, as in training
    scale = 2 if task in ("sr", "jdensr") else 1
    pairs = scratch / f"{domain}-{shot:g}-{scale}"
    if not pairs.exists():
        noise = ["--shot", f"{shot}", "--read", f"{read}"]
        rcl("simulate", str(clean), "-o", str(pairs), "--domain", domain, "--scale", str(scale), *noise)
    shown = []
    for space in ("linear", "srgb"):
        common = ["evaluate", "--task", task, "--pairs", str(pairs), "--space", space, "--json"]
        for extra in (["--model", "none"], [], *([["--strength", "auto"]] if task == "denoise" else [])):
            mean = json.loads(rcl(*common, *extra).splitlines()[-1])["mean"]
            shown.append(f"{mean['psnr_db']:.2f} / {mean['ssim']:.3f}")
        if task != "denoise":
            shown.append("")
    print(task, domain, level, *shown, file=sys.stderr, flush=True)
    return [task, domain, level, *shown]


def rcl(*words: str) -> str:
    """Run a verb; its standard output."""
    return subprocess.run(
        [sys.executable, "-m", "rcl_cli", *words], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def page(rows: list[list[str]], clean: Path) -> str:
    """The page."""
    figures = [f"{space}: {what}" for space in ("linear", "as displayed") for what in ("before", "head", "auto")]
    names = ("task", "domain", "noise", *figures)
    table = "\n".join("| " + " | ".join(row) + " |" for row in [list(names), ["---"] * len(names), *rows])
    count = sum(path.is_file() for path in clean.rglob("*"))
    return f"""# The shipped heads, measured

PSNR in dB / SSIM, mean over {count} pictures of `{clean.name}`, none of which any head has seen: they were trained
on procedural scenes alone. "Before" is the noisy input for `denoise`, bilinear demosaicing for `demosaic`, and that
with bicubic enlargement for `sr` and `jdensr`. "Auto" is the head with `--strength auto`. Noise is simulated: λ_shot
as named, ln λ_read = 2.18 · ln λ_shot + 1.2.
"As displayed": clipped to 0…1 and sRGB-encoded. The pictures are 8-bit sRGB, decoded to linear values; mosaics are
made of the linear values.

{table}

Made by `python docs/benchmarks/starter_heads.py CLEAN` with `rcl simulate` and `rcl evaluate`.
"""


if __name__ == "__main__":
    main()
