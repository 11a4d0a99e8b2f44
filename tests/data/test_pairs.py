"""Splits, crops made from clean pictures, and pairs of files that lie on each other."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.clean_pairs import CleanPairs, camera_light
from rcl_cli.data.clean_pictures import CleanPicture, CleanReader
from rcl_cli.data.file_pairs import FilePair, LoadedPair, clean_tensor, find_pairs, noisy_tensor, result_tensor
from rcl_cli.data.paired_crops import PairedCrops, within
from rcl_cli.data.pairs import crop_side, hold_out, load_split
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.noise import FixedNoise
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.task import Task
from rcl_tasks.demosaic import Demosaic
from rcl_tasks.denoise import Denoise
from rcl_tasks.sr import SuperResolution

NOISE = NoiseProfile.uniform(0.0, 1e-4)
QUIET = NoiseProfile.uniform(0.0, 0.0)
CFAS = [*map(CFA.bayer, BAYER_PHASES), CFA.xtrans(), CFA.xtrans(1, 2), CFA.xtrans(4, 5)]


def generator(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_held_out_pictures_are_never_learnt_from_and_do_not_depend_on_the_labels() -> None:
    items = list(range(50))
    few, held_out = hold_out(items, 5, seed=1)
    many, same = hold_out(items, 20, seed=1)
    everything, _ = hold_out(items, None, seed=1)
    assert held_out == same
    assert len(held_out) == 5
    assert few == many[:5]
    assert sorted(everything + held_out) == items
    assert hold_out(items, 5, seed=2)[0] != few


def test_unusable_pictures_are_replaced_and_reported() -> None:
    def load(number: int) -> int:
        if number % 3 == 0:
            raise FileError(str(number), "is divisible by three")
        return number

    split = load_split(list(range(20)), load, 4, seed=0)
    assert len(split.train) == 4
    assert len(split.held_out) == 2
    assert all(number % 3 for number in split.train + split.held_out)
    assert all(failure.reason == "is divisible by three" for failure in split.failures)


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(RclError, match="too few"):
        hold_out([1], None, seed=0)
    with pytest.raises(RclError, match="--labels 9 is too many: 8 are left"):
        hold_out(list(range(9)), 9, seed=0)


@pytest.mark.parametrize("domain", Domain)
@pytest.mark.parametrize("task", [Denoise(), SuperResolution()], ids=lambda t: t.name)
def test_crops_fit_the_pattern_and_the_network(task: Task, domain: Domain) -> None:
    side = crop_side(100, task, domain, multiple=8)
    assert side >= 100
    assert side % (12 * task.scale) == 0
    assert side // (domain.pixels * task.scale) % 8 == 0
    assert side - crop_side(1, task, domain, multiple=8) < 100  # and no larger than needed


def test_pairs_from_clean_pictures() -> None:
    rgb = torch.rand(3, 50, 60, generator=generator()).half()
    pictures = [CleanPicture(Path(str(n)), rgb, camera_rgb=False) for n in range(4)]
    pairs = CleanPairs.split(Demosaic(), Domain.BAYER, pictures, FixedNoise(NOISE), multiple=4, crop=40)
    pair, again = pairs.draw(generator()), pairs.draw(generator())
    assert pair.x.shape == pair.sigma.shape == (4, 24, 24)
    assert pair.target.shape == (3, 48, 48)
    assert torch.equal(pair.x, again.x)
    assert float(pair.target.max()) <= 1
    # The noise has the level that sigma tells.
    noise = (pair.x - from_rgb(pair.target, Domain.BAYER)) / pair.sigma
    assert float(noise.std()) == pytest.approx(1.0, abs=0.1)
    assert all(torch.equal(a.x, b.x) for a, b in zip(pairs.validation(), pairs.validation(), strict=True))
    assert pairs.describe()["labels"] == 3


def test_camera_light_weakens_red_and_blue_of_balanced_pictures_alone() -> None:
    rng = generator()
    lights = torch.stack([camera_light(True, rng).flatten() for _ in range(300)])
    assert 0.25 <= float(lights[:, 1].min()) < 0.3
    assert 0.95 < float(lights[:, 1].max()) <= 1
    ratios = lights / lights[:, 1:2]
    assert 1 / 2.6 <= float(ratios[:, 0].min()) < 0.45
    assert 1 / 2.2 <= float(ratios[:, 2].min()) < 0.5
    red, green, blue = camera_light(False, rng).flatten().tolist()
    assert red == green == blue


def test_clean_pictures_are_linear_and_reduced(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    columns = np.tile(np.array([0, 255], np.uint8), (32, 20))
    cv2.imwrite(str(path), np.dstack([columns] * 3))
    reduced = CleanReader(least_side=16, reduce=2)(path).rgb
    assert reduced.shape == (3, 16, 20)
    assert torch.all(reduced == 0.5)  # the mean of black and white in linear light, not of their encoded values
    with pytest.raises(FileError, match="too small"):
        CleanReader(least_side=17, reduce=2)(path)
    assert CleanReader(least_side=16, share=6 * 18 * 18)(path).rgb.shape == (3, 18, 18)


def raw_frame(rgb: np.ndarray, cfa: CFA) -> RawFrame:
    """Noise-free mosaic of an RGB picture whose values are whole DN, 10 bit on a black level of 64."""
    height, width, _ = rgb.shape
    colors = cfa.colors(height, width)[..., None].astype(np.intp)
    dn = 64 + np.take_along_axis(rgb, colors, axis=2)[..., 0] * 959
    return RawFrame(np.rint(dn).astype(np.uint16), cfa, (64.0,) * 4, 1023.0)


def whole_dn(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(9)
    return (rng.integers(0, 960, (height, width, 3)) / 959).astype(np.float32)


@pytest.mark.parametrize("cfa", CFAS, ids=lambda c: "/".join(c.rows))
def test_raw_and_clean_lie_on_each_other_for_every_phase(cfa: CFA) -> None:
    rgb = whole_dn(31, 40)
    noisy, clean = raw_frame(rgb, cfa), RgbFrame(rgb)
    x = noisy_tensor(noisy)
    full = clean_tensor(clean, noisy, Demosaic())
    assert full.shape == (3, x.shape[1] * cfa.domain.pixels, x.shape[2] * cfa.domain.pixels)
    torch.testing.assert_close(from_rgb(full, cfa.domain), x, atol=1e-6, rtol=0)
    torch.testing.assert_close(clean_tensor(clean, noisy, Denoise()), x, atol=1e-6, rtol=0)
    assert torch.equal(clean_tensor(noisy, noisy, Denoise()), x)
    assert torch.equal(result_tensor(rgb, noisy, Demosaic()), full)
    assert torch.equal(result_tensor(noisy.normalized(), noisy, Denoise()), x)


def test_pairs_that_do_not_fit_are_refused() -> None:
    rgb = whole_dn(24, 24)
    noisy = raw_frame(rgb, CFA.bayer("GRBG"))
    with pytest.raises(RclError, match="learns from RGB"):
        clean_tensor(noisy, noisy, Demosaic())
    with pytest.raises(RclError, match="another colour filter pattern"):
        clean_tensor(raw_frame(rgb, CFA.bayer("RGGB")), noisy, Denoise())
    with pytest.raises(RclError, match="has 24×20 pixels where sr expects 48×48"):
        clean_tensor(RgbFrame(rgb[:20]), noisy, SuperResolution())


def test_crops_of_pairs_keep_the_phase() -> None:
    rgb = whole_dn(90, 96)
    noisy = raw_frame(rgb, CFA.xtrans(2, 3))
    target = clean_tensor(RgbFrame(rgb), noisy, Demosaic())
    loaded = LoadedPair(FilePair(Path("a"), Path("b")), noisy_tensor(noisy), target, QUIET, "")
    small = within(loaded, least=16, share=20 * 20 * 4 * (9 + 27))
    assert small.x.shape == (9, 20, 20)
    pairs = PairedCrops(Demosaic(), Domain.XTRANS, [small], [loaded], multiple=4, crop=40)
    rng = generator()
    for pair in [*(pairs.draw(rng) for _ in range(5)), *pairs.validation()]:
        torch.testing.assert_close(from_rgb(pair.target, Domain.XTRANS), pair.x, atol=1e-6, rtol=0)
    assert pairs.draw(rng).x.shape == (9, 16, 16)
    with pytest.raises(FileError, match="too small"):
        within(small, least=24, share=10**9)


def test_pairs_are_found_in_two_folders_or_side_by_side(tmp_path: Path) -> None:
    names = ["two/noisy/a/x.png", "two/clean/a/x.jpg", "two/noisy/y.png", "one/s_real.png", "one/s_mean.png"]
    for name in [*names, "one/t_noisy.png", "one/t_clean.png", "none/z.png"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 4, 3), np.uint8))
    two, lonely = find_pairs(tmp_path / "two")
    assert two == [FilePair(tmp_path / "two/noisy/a/x.png", tmp_path / "two/clean/a/x.jpg")]
    assert [error.path.name for error in lonely] == ["y.png"]
    one, lonely = find_pairs(tmp_path / "one")
    assert [(p.noisy.name, p.clean.name) for p in one] == [("s_real.png", "s_mean.png"), ("t_noisy.png", "t_clean.png")]
    assert not lonely
    with pytest.raises(FileError, match="holds no pairs"):
        find_pairs(tmp_path / "none")


@pytest.mark.realdata
@pytest.mark.parametrize(("folder", "count"), [("srgb-cc", 8), ("srgb-polyu", 53)])
def test_published_pairs_are_found(realdata: Path, folder: str, count: int) -> None:
    pairs, lonely = find_pairs(realdata / "paired" / folder)
    assert len(pairs) == count
    assert not lonely
