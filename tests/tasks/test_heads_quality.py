"""Each shipped head is as good as it was when it was last trained, and better than what needs no head.

Pictures go through `rcl simulate` and `rcl evaluate`, and so through the steps of `rcl apply`. Only their middles, so
that all heads take seconds; `rcl benchmark quality` measures whole pictures.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

from rcl_calibration.profile import NoiseProfile
from rcl_cli.cli.main import cli
from rcl_cli.profiles.book import save_profiles
from rcl_cli.samples.scenes import scene
from rcl_cli.task import get_task

SIDE = 144  # whole elements of every domain, at twice the size too
SHOT = 1e-3
READ = math.exp(2.18 * math.log(SHOT) + 1.2)  # of the sensors that the heads were trained for
SCENES = ("mixed", "leaves", "facade")
PHOTOGRAPHS = ("kodim05", "kodim19", "kodim23")

# Least PSNR in dB of linear values, and least gain over the noisy input, or over bilinear demosaicing and bicubic
# enlargement: 0.1 to 0.2 dB below what the heads reach.
FLOORS = {
    "scenes": {
        "denoise-bayer": (43.1, 4.4),
        "denoise-xtrans": (42.7, 4.1),
        "denoise-rgb": (45.1, 6.25),
        "demosaic-bayer": (40.3, 6.3),
        "demosaic-xtrans": (40.0, 7.5),
        "sr-bayer": (35.8, 6.3),
        "sr-xtrans": (34.7, 6.4),
        "sr-rgb": (39.0, 4.1),
        "jdensr-bayer": (34.5, 5.3),
        "jdensr-xtrans": (33.5, 5.4),
        "jdensr-rgb": (35.8, 2.2),
    },
    "photographs": {
        "denoise-bayer": (38.65, 2.2),
        "denoise-xtrans": (38.5, 2.1),
        "denoise-rgb": (40.85, 4.35),
        "demosaic-bayer": (36.6, 7.9),
        "demosaic-xtrans": (36.2, 8.8),
        "sr-bayer": (30.3, 5.6),
        "sr-xtrans": (29.6, 5.3),
        "sr-rgb": (31.6, 2.3),
        "jdensr-bayer": (29.3, 4.9),
        "jdensr-xtrans": (28.7, 4.6),
        "jdensr-rgb": (30.0, 1.7),
    },
}

Pairs = Callable[[str, str, int, bool], Path]


def rcl(*words: object) -> str:
    """A verb in this process; its standard output."""
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert result.exit_code == 0, f"{words}\n{result.output}"
    return result.stdout


def paint(folder: Path) -> None:
    """Procedural scenes that no head was trained on, as linear TIFF."""
    for number, kind in enumerate(SCENES):
        rgb = scene(SIDE, SIDE, np.random.default_rng([11, number]), kind)
        tifffile.imwrite(folder / f"{kind}.tif", rgb, photometric="rgb")


def cut(folder: Path, photographs: Path) -> None:
    """The middles of photographs."""
    for name in PHOTOGRAPHS:
        whole = cv2.imread(str(photographs / f"{name}.png"))
        assert whole is not None, f"{name} is missing"
        y, x = ((length - SIDE) // 2 for length in whole.shape[:2])
        assert cv2.imwrite(str(folder / f"{name}.png"), whole[y : y + SIDE, x : x + SIDE])


@pytest.fixture(scope="module")
def pairs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Noisy and clean files with the same noise each time: of which pictures, domain, scale, and whether with noise."""

    @cache
    def clean(pictures: str) -> Path:
        folder = tmp_path_factory.mktemp(pictures)
        if pictures == "scenes":
            paint(folder)
        else:
            cut(folder, request.getfixturevalue("realdata") / "rgb" / "test" / "kodak")
        return folder

    @cache
    def make(pictures: str, domain: str, scale: int, noisy: bool) -> Path:
        folder = tmp_path_factory.mktemp("pairs")
        noise = (SHOT, READ) if noisy else (0.0, 0.0)
        save_profiles(folder / "profiles.json", [NoiseProfile.uniform(*noise)])
        layout = ["--domain", domain, "--scale", scale, "--profile", folder / "profiles.json"]
        linear = ["--linear"] if pictures == "scenes" else []
        rcl("simulate", clean(pictures), "-o", folder, *layout, *linear)
        return folder

    return make


def mean_psnr_db(folder: Path, task: str, *options: str) -> float:
    told = ["--profile", folder / "profiles.json", "--device", "cpu", "--json", *options]
    mean = json.loads(rcl("evaluate", "--task", task, "--pairs", folder, *told).splitlines()[-1])
    return float(mean["psnr_db"])


def test_every_shipped_head_has_a_floor(root: Path) -> None:
    shipped = {path.stem for path in (root / "plugins" / "rcl_tasks" / "heads").glob("*.safetensors")}
    for pictures in FLOORS:
        assert FLOORS[pictures].keys() == shipped


@pytest.mark.parametrize("head", FLOORS["scenes"])
@pytest.mark.parametrize("pictures", ["scenes", pytest.param("photographs", marks=pytest.mark.realdata)])
def test_a_shipped_head_is_as_good_as_ever(pairs: Pairs, pictures: str, head: str) -> None:
    name, domain = head.split("-")
    task = get_task(name)
    folder = pairs(pictures, domain, task.scale, name != "sr")
    before, after = mean_psnr_db(folder, name, "--model", "none"), mean_psnr_db(folder, name)
    floor, gain = FLOORS[pictures][head]
    measured = f"{head} on {pictures}: {before:.2f} dB before, {after:.2f} dB after, {after - before:+.2f} dB"
    print(measured)
    assert after >= floor, f"{measured}; the floor is {floor} dB"
    assert after - before >= gain, f"{measured}; the least gain is {gain} dB"
