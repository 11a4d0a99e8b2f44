from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb, mosaic, pack
from rcl_cli.nn.malvar import malvar


def test_samples_and_flat_colours_are_kept() -> None:
    rgb = torch.rand(1, 3, 12, 16)
    assert torch.equal(mosaic(malvar(from_rgb(rgb, Domain.BAYER)), Domain.BAYER), mosaic(rgb, Domain.BAYER))
    flat = torch.tensor([0.2, 0.5, -0.1]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    torch.testing.assert_close(malvar(from_rgb(flat, Domain.BAYER)), flat.contiguous())


def test_colourless_ramps_are_exact_inside() -> None:
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(20.0), indexing="ij")
    ramp = (0.03 * y - 0.02 * x).expand(1, 3, 16, 20)
    inside = (..., slice(2, -2), slice(2, -2))
    torch.testing.assert_close(malvar(from_rgb(ramp, Domain.BAYER))[inside], ramp[inside].contiguous())


def test_the_smallest_picture_has_a_result() -> None:
    assert malvar(torch.rand(1, 4, 1, 1)).shape == (1, 3, 2, 2)


@pytest.mark.realdata
def test_agrees_with_the_published_implementation(realdata: Path) -> None:
    lighthouse = np.load(realdata / "reference" / "demosaic" / "lighthouse_rggb.npz")
    packed = pack(torch.from_numpy(lighthouse["cfa"].astype(np.float32)), Domain.BAYER)
    result = malvar(packed[None])[0].permute(1, 2, 0).numpy()
    inside = (slice(2, -2), slice(2, -2))
    np.testing.assert_allclose(result[inside], lighthouse["malvar2004"][inside], atol=2e-6)
