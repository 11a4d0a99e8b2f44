"""Directional demosaicing: what holds for any mosaic, and that it beats interpolation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rcl_cli.domain import Domain
from rcl_cli.measure.metrics import psnr_db
from rcl_cli.nn.cfa import bilinear, from_rgb, mosaic, pack
from rcl_cli.nn.directed import directed
from rcl_cli.nn.directed_xtrans import directed_xtrans
from rcl_cli.nn.malvar import malvar
from rcl_cli.nn.start import START_RADIUS, start
from rcl_cli.samples.scenes import scene

RAW = [Domain.BAYER, Domain.XTRANS]


def painted(side: int) -> Tensor:
    rgb = scene(side, side, np.random.default_rng(4), "leaves")
    return torch.from_numpy(rgb).permute(2, 0, 1)[None].sqrt()


@pytest.mark.parametrize("domain", RAW)
def test_samples_and_flat_colours_are_kept(domain: Domain) -> None:
    rgb = torch.rand(2, 3, 24, 36)
    kept = mosaic(start(from_rgb(rgb, domain), domain), domain)
    torch.testing.assert_close(kept, mosaic(rgb, domain), rtol=0, atol=1e-6)
    flat = torch.tensor([0.2, 0.5, -0.1]).view(1, 3, 1, 1).expand(1, 3, 12, 18)
    torch.testing.assert_close(start(from_rgb(flat, domain), domain), flat.contiguous())


@pytest.mark.parametrize("domain", RAW)
@pytest.mark.parametrize("axis", [-1, -2])
def test_grey_stripes_are_followed_to_the_last_pixel(domain: Domain, axis: int) -> None:
    """Edges along the pixel grid are what interpolation turns into rows of dots."""
    places = torch.arange(48) // 6 % 2
    edges = (places if axis == -1 else places[:, None]).float().expand(1, 3, 48, 48)
    middle = (..., slice(9, -9), slice(9, -9))
    error = (start(from_rgb(edges, domain), domain) - edges)[middle].abs()
    interpolated = (bilinear(from_rgb(edges, domain), domain) - edges)[middle].abs()
    assert float(error.mean()) < 0.25 * float(interpolated.mean())


@pytest.mark.parametrize("domain", RAW)
def test_it_beats_interpolation(domain: Domain) -> None:
    rgb = painted(144)
    found, plain = (psnr_db(f(from_rgb(rgb, domain))[0], rgb[0]) for f in _methods(domain))
    assert found > plain + 2


def _methods(domain: Domain) -> list[Callable[[Tensor], Tensor]]:
    return [lambda x: start(x, domain), lambda x: bilinear(x, domain)]


@pytest.mark.parametrize("domain", RAW)
def test_a_tile_gives_what_the_whole_gives(domain: Domain) -> None:
    x = from_rgb(torch.rand(1, 3, 96, 96), domain)
    radius = START_RADIUS[domain] + START_RADIUS[domain] % 2
    whole = start(x, domain)
    tile = start(x[..., 4:20, 6:22], domain)
    p = domain.pixels
    core = slice(radius * p, (16 - radius) * p)
    torch.testing.assert_close(
        tile[..., core, core], whole[..., 4 * p : 20 * p, 6 * p : 22 * p][..., core, core], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (3, 2), (5, 4)])
def test_any_size_has_a_result(size: tuple[int, int]) -> None:
    height, width = size
    assert directed(torch.rand(1, 4, height, width)).shape == (1, 3, 2 * height, 2 * width)
    found = directed_xtrans(torch.rand(1, 9, height, width))
    assert found.shape == (1, 3, 3 * height, 3 * width)
    assert found.isfinite().all()


@pytest.mark.realdata
def test_it_is_as_good_as_published_directional_demosaicing(realdata: Path) -> None:
    lighthouse = np.load(realdata / "reference" / "demosaic" / "lighthouse_rggb.npz")
    truth, cfa, menon = (
        torch.from_numpy(lighthouse[name].astype(np.float32)) for name in ("ground_truth", "cfa", "menon2007")
    )
    packed = pack(cfa, Domain.BAYER)[None]
    target = truth.permute(2, 0, 1)
    found, linear, published = (
        psnr_db(y.clamp(0, 1), target) for y in (directed(packed)[0], malvar(packed)[0], menon.permute(2, 0, 1))
    )
    assert found > published - 0.2
    assert found > linear + 4


def test_a_start_is_made_once_for_a_network_and_its_head() -> None:
    z = torch.rand(1, 4, 8, 8)
    first = start(z, Domain.BAYER)
    assert start(z, Domain.BAYER) is first
    other = torch.rand(1, 4, 8, 8)
    torch.testing.assert_close(start(other, Domain.BAYER), directed(other))
    torch.testing.assert_close(start(z, Domain.BAYER), first)
