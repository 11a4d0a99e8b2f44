"""Training of the shipped heads, in small: it ends, goes on where it was cut off, and gives heads that `rcl` takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.models.checkpoint import load_checkpoint
from rcl_cli.models.task_model import load_head
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.raw.srgb import srgb_encode
from rcl_cli.samples.scenes import scene
from rcl_cli.task import get_task
from rcl_tasks import train_heads
from rcl_tasks.photographs import Photographs, load_photographs
from rcl_tasks.restorer import Restorer
from rcl_tasks.train_heads import Lesson, train_one
from rcl_tasks.widen import widen

PROGRAM = Path(__file__).with_name("divided.py")
SMALL = {"width": 4, "blocks": 1, "depth": 1}
LESSONS = {
    "demosaic-bayer": Lesson(4, 24, noiseless=0.5, batch=2, again=(2, 0.005), network=SMALL),
    "denoise-bayer": Lesson(2, 24, parent="demosaic-bayer", batch=2),
    "denoise-bayer-wide": Lesson(2, 24, parent="denoise-bayer", batch=2, network={**SMALL, "width": 6}),
}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(2):
        rgb = srgb_encode(scene(64, 80, np.random.default_rng([7, number])))
        lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
        assert cv2.imwrite(str(folder / f"{number}.webp"), np.rint(255 * rgb[..., ::-1]), lossless)
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_heads, "LESSONS", LESSONS)
    monkeypatch.setattr(train_heads, "SAVE_EVERY", 2)


@pytest.mark.slow
def test_two_processes_make_the_head_that_one_makes(
    photographs: Path, by_processes: Callable[..., list[dict[str, torch.Tensor]]]
) -> None:
    (alone,), (together, _) = (by_processes(PROGRAM, count, photographs) for count in (1, 2))
    assert together.keys() == alone.keys()
    for name, value in alone.items():
        torch.testing.assert_close(together[name], value, rtol=1e-6, atol=1e-9, msg=f"{name}: {{}}".format)
    assert float(alone["network.stem.weight"].abs().max()) > 0


def test_a_run_that_was_cut_off_ends_like_an_unbroken_one(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_one("demosaic-bayer", photographs, tmp_path, 1.0, 0, "cpu")
    whole = load_checkpoint(tmp_path / "demosaic-bayer.safetensors")
    cut = tmp_path / "cut"
    cut.mkdir()
    with monkeypatch.context() as context:
        context.setattr(train_heads, "_say", lambda name, step, *rest: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train_one("demosaic-bayer", photographs, cut, 1.0, 0, "cpu")
    assert (cut / "demosaic-bayer.state.safetensors").exists()
    train_one("demosaic-bayer", photographs, cut, 1.0, 0, "cpu")
    assert [path.name for path in cut.iterdir()] == ["demosaic-bayer.safetensors"]
    resumed = load_checkpoint(cut / "demosaic-bayer.safetensors")
    for name, value in whole.tensors.items():
        assert torch.equal(value, resumed.tensors[name]), name
    assert whole.header.notes["photographs"] == 2


def test_the_rate_falls_by_a_cosine_in_each_round() -> None:
    lesson = Lesson(1000, 96, lr=0.01, again=(500, 0.004))
    assert lesson.rounds(0.5) == (500, 250)
    assert lesson.rate(train_heads.RISE // 2, 1.0) == pytest.approx(0.5, abs=0.02)
    for step, rate in ((501, 0.5), (1000, 0.0), (1001, 0.4), (1251, 0.2), (1500, 0.0)):
        assert lesson.rate(step, 1.0) == pytest.approx(rate, abs=1e-4)


def test_a_head_starts_from_its_parents_network(photographs: Path, tmp_path: Path) -> None:
    train_one("demosaic-bayer", photographs, tmp_path, 1.0, 0, "cpu")
    train_one("denoise-bayer", photographs, tmp_path, 1.0, 0, "cpu")
    model, header = load_head(tmp_path / "denoise-bayer.safetensors", get_task("denoise"), Domain.BAYER)
    parent, _ = load_head(tmp_path / "demosaic-bayer.safetensors", get_task("demosaic"), Domain.BAYER)
    assert header.parent == "demosaic-bayer"
    assert header.network == "restorer"
    train_one("denoise-bayer-wide", photographs, tmp_path, 1.0, 0, "cpu")
    assert load_head(tmp_path / "denoise-bayer-wide.safetensors", get_task("denoise"), Domain.BAYER)[1].step == 2
    near = (model.network.stem.weight - parent.network.stem.weight).abs().max()  # type: ignore[operator, union-attr]
    assert 0 < float(near.detach()) < 0.05


@pytest.mark.parametrize("domain", Domain)
def test_a_wider_network_begins_as_its_parent(domain: Domain) -> None:
    narrow = Restorer(domain, {"width": 4, "blocks": 2, "depth": 2})
    wide = Restorer(domain, {"width": 6, "blocks": 2, "depth": 2})
    x, sigma = torch.rand(2, domain.channels, 24, 24), torch.rand(2, domain.channels, 24, 24)
    widen(narrow, wide)
    kept = narrow.feature_channels
    torch.testing.assert_close(wide.features(x, sigma)[:, :kept], narrow.features(x, sigma), atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="missing in the wider network"):
        widen(narrow, Restorer(domain, {"width": 6, "blocks": 1, "depth": 2}))
    with pytest.raises(ValueError, match="not a wider layer"):
        widen(wide, narrow)


@pytest.mark.parametrize("domain", Domain)
def test_pairs_tell_the_noise_that_they_have(photographs: Path, domain: Domain) -> None:
    pictures = load_photographs(photographs, 48)
    assert len(pictures) == 2
    source = Photographs(get_task("denoise"), domain, pictures, 48)
    ratios = []
    for step in range(40):
        pair = source.draw(step_generator(0, step))
        assert torch.equal(pair.x, source.draw(step_generator(0, step)).x)
        # The median, since of dark pixels the noise itself makes σ(x) too small.
        ratios.append(float(((pair.x - pair.target) / pair.sigma.clamp_min(1e-9)).abs().median()) / 0.6745)
    # Misjudged on purpose by up to a fifth; further where processing has spread the noise.
    assert np.median(ratios) == pytest.approx(1.0, abs=0.12)
    lowest, highest = (0.75, 1.35) if domain.is_raw else (0.6, 1.75)
    assert lowest < min(ratios) < 0.95
    assert 1.05 < max(ratios) < highest


def test_noiseless_pairs_are_samples_of_their_targets(photographs: Path) -> None:
    source = Photographs(get_task("demosaic"), Domain.BAYER, load_photographs(photographs, 48), 48, noiseless=1.0)
    pair = source.draw(step_generator(0, 1))
    torch.testing.assert_close(pair.x, from_rgb(pair.target, Domain.BAYER))
    assert not pair.sigma.any()


def test_the_command_as_documented(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["train_heads", str(photographs), "-o", str(tmp_path), "demosaic-bayer"])
    train_heads.main()
    assert [path.name for path in tmp_path.iterdir()] == ["demosaic-bayer.safetensors"]
