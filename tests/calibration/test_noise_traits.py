"""What flat blocks of pure noise and of pure texture show."""

from __future__ import annotations

import numpy as np
import pytest

from rcl_calibration.flat_blocks import flat_blocks, sampled
from rcl_calibration.noise_traits import TRAITS, traits

SIZE = 256


def seen(detail: np.ndarray) -> dict[str, float]:
    """Of `detail`, (3, SIZE, SIZE) in units of 255, upon grey."""
    flat = flat_blocks(0.5 + detail / 255)
    assert flat is not None
    return dict(zip(TRAITS, traits(flat), strict=True))


def white(seed: int = 0, sigma: float = 5.0) -> np.ndarray:
    return sigma * np.random.default_rng(seed).standard_normal((3, SIZE, SIZE))


def grey(detail: np.ndarray) -> np.ndarray:
    return np.repeat(detail[:1], 3, axis=0)


def stripes() -> np.ndarray:
    rows = np.random.default_rng(0).standard_normal((1, SIZE, 1))
    return np.asarray(np.broadcast_to(5 * rows, (3, SIZE, SIZE)))


def test_white_noise_of_every_colour() -> None:
    found = seen(white())
    assert found["level"] == pytest.approx(np.log(5), abs=0.1)
    even = [name for name in TRAITS if name.startswith(("fall", "colour in"))]
    # The flattest blocks of each brightness were chosen, which hardly changes their spectrum.
    assert [found[name] for name in even] == pytest.approx([0.0] * len(even), abs=0.15)
    assert found["second colour in band 1"] > -0.25
    assert found["upright or lying"] < 0.05
    assert found["kurtosis of colour"] == pytest.approx(np.log(3.1), abs=0.1)


def test_all_but_the_level_is_the_same_for_stronger_noise() -> None:
    weak, strong = seen(white()), seen(2 * white())
    assert strong.pop("level") - weak.pop("level") == pytest.approx(np.log(2), abs=0.01)
    assert list(strong.values()) == pytest.approx(list(weak.values()), abs=0.05)


def test_colour_and_direction_and_scale_of_texture() -> None:
    noise = seen(white())
    assert seen(grey(white()))["colour in band 0"] == -5
    assert seen(grey(white()))["third colour in band 0"] < -5 < noise["third colour in band 0"]
    assert seen(stripes())["upright or lying"] > 1 > noise["upright or lying"]
    assert seen(stripes())["coherence of gradients"] > noise["coherence of gradients"] + 0.5
    coarse = np.cumsum(np.cumsum(white(sigma=0.1), axis=1), axis=2)
    assert seen(coarse - coarse.mean())["fall of band 1"] > noise["fall of band 1"] + 0.5


def test_a_part_that_is_more_quiet_shows_in_what_lies_beside_it() -> None:
    detail = white()
    detail[:, : SIZE // 4] *= 0.2
    assert seen(detail)["mean of all"] > seen(white())["mean of all"] + 1


def test_blocks_around_the_flattest_are_found() -> None:
    flat = flat_blocks(0.5 + white() / 255)
    assert flat is not None
    assert flat.wide.shape[1:] == (3, 16, 16)
    # Means of four pixels have a quarter of the variance.
    assert flat.wide.var() == pytest.approx((5 / 255) ** 2 / 4, rel=0.15)
    assert len(flat.blocks) == len(sampled(white()))


@pytest.mark.parametrize("shape", [(16, 16), (16, 400), (31, 400), (40, 40)])
def test_small_pictures_are_told_about_or_not_at_all(shape: tuple[int, int]) -> None:
    flat = flat_blocks(0.5 + white()[:, :1, :1] / 255 + np.zeros((3, *shape)))
    assert flat is None or np.isfinite(traits(flat)).all()
