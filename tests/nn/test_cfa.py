from __future__ import annotations

import numpy as np
import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import bilinear, from_rgb, mosaic, pack, unpack
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.develop import interpolate
from rcl_cli.raw.pack import pack as pack_array

RAW = [Domain.BAYER, Domain.XTRANS]


@pytest.mark.parametrize("domain", RAW)
def test_unpack_inverts_pack(domain: Domain) -> None:
    flat = torch.rand(2, 12, 18)
    assert torch.equal(unpack(pack(flat, domain), domain), flat)


@pytest.mark.parametrize("domain", RAW)
def test_tensors_are_packed_as_arrays_are(domain: Domain) -> None:
    flat = torch.rand(12, 18)
    planes, _ = pack_array(flat.numpy(), canonical(domain))
    np.testing.assert_array_equal(pack(flat, domain).numpy(), planes)


@pytest.mark.parametrize("domain", RAW)
def test_every_packed_plane_is_one_colour(domain: Domain) -> None:
    colour_of_pixel = torch.arange(3.0).view(3, 1, 1).expand(3, 12, 12)
    planes = from_rgb(colour_of_pixel, domain)
    expected = [{0: 0, 1: 1, 2: 1, 3: 2}[plane] for plane in domain.noise_planes]
    for plane, colour in zip(planes, expected, strict=True):
        assert (plane == colour).all()


@pytest.mark.parametrize("domain", RAW)
def test_mosaic_follows_the_pattern(domain: Domain) -> None:
    rgb = torch.rand(3, 12, 12)
    colors = canonical(domain).colors(12, 12)
    expected = np.take_along_axis(rgb.numpy(), colors[None].astype(np.int64), axis=0)[0]
    np.testing.assert_array_equal(mosaic(rgb, domain).numpy(), expected)


def test_bayer_bilinear_matches_scipy() -> None:
    from scipy.ndimage import convolve

    rgb = torch.rand(3, 16, 16)
    result = bilinear(from_rgb(rgb, Domain.BAYER).unsqueeze(0), Domain.BAYER)[0].numpy()
    flat = mosaic(rgb, Domain.BAYER).numpy()
    colors = canonical(Domain.BAYER).colors(16, 16)
    green = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
    rest = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    for c, kernel in enumerate([rest, green, rest]):
        expected = convolve(np.where(colors == c, flat, 0), kernel)
        if c == 1:  # the green tent has corner weights that fall on other greens only at green pixels
            keep = colors != 1
            np.testing.assert_allclose(
                result[c][1:-1, 1:-1][keep[1:-1, 1:-1]], expected[1:-1, 1:-1][keep[1:-1, 1:-1]], rtol=1e-5
            )
        else:
            np.testing.assert_allclose(result[c][1:-1, 1:-1], expected[1:-1, 1:-1], rtol=1e-5)


@pytest.mark.parametrize("domain", RAW)
def test_tensors_are_interpolated_as_arrays_are(domain: Domain) -> None:
    flat = torch.rand(24, 30)
    of_tensor = bilinear(pack(flat, domain)[None], domain)[0].permute(1, 2, 0)
    np.testing.assert_allclose(of_tensor.numpy(), interpolate(flat.numpy(), canonical(domain)), atol=1e-6)


@pytest.mark.parametrize("domain", RAW)
def test_bilinear_keeps_samples_and_flat_colours(domain: Domain) -> None:
    rgb = torch.rand(1, 3, 12, 12)
    result = bilinear(from_rgb(rgb, domain), domain)
    assert torch.equal(mosaic(result, domain), mosaic(rgb, domain))
    flat = torch.tensor([0.2, 0.5, -0.1]).view(1, 3, 1, 1).expand(1, 3, 12, 12)
    torch.testing.assert_close(bilinear(from_rgb(flat, domain), domain), flat.contiguous())
