from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.restore import Ready, Restoration, elements_inside
from rcl_cli.inference.torch_engine import TorchEngine, prepare
from rcl_cli.models.task_model import TaskModel, build_model
from rcl_cli.nn.balance import Balance
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.pack import Placement, pack, pack_rgb, unpack
from rcl_cli.task import Task, get_task
from rcl_tasks.restorer import Restorer
from rcl_tasks.unet import UNet

PROFILE = NoiseProfile.uniform(0.01, 1e-4)
CPU = torch.device("cpu")


def random_model(task: Task, domain: Domain, depth: int = 2) -> TaskModel:
    """A head whose correction is large enough to matter."""
    torch.manual_seed(3)
    unet = UNet(domain, {"width": 6, "depth": depth})
    model = build_model(task, domain, unet)
    for parameter in model.head.parameters():
        nn.init.normal_(parameter, std=0.02)
    nn.init.normal_(unet.sigma_stem.weight)
    return model


def ready(task: Task, domain: Domain, tile: int | None = None) -> Ready:
    return prepare(random_model(task, domain), task, domain, CPU, tile, exact=True)


def torch_model(made: Ready) -> TaskModel:
    assert isinstance(made.engine, TorchEngine)
    return made.engine.model


def picture(
    domain: Domain, height: int, width: int, multiple: int = 4, *, shifted: bool = True
) -> tuple[np.ndarray, Placement]:
    """Smooth colours and noise, packed; `shifted`: of a phase that needs padding at the top and left."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:height, :width] / max(height, width)
    if domain is Domain.RGB:
        rgb = np.stack([0.2 + 0.3 * x, 0.2 + 0.2 * y, 0.25 + 0.1 * x * y], axis=-1)
        return pack_rgb((rgb + 0.03 * rng.standard_normal(rgb.shape)).astype(np.float32), multiple)
    cfa = CFA.bayer("RGGB") if domain is Domain.BAYER else CFA.xtrans()
    cfa = cfa.shifted(1, 1) if shifted else cfa
    mosaic = np.choose(cfa.colors(height, width), [0.2 + 0.3 * x, 0.1 + 0.2 * y, 0.05 + 0.1 * x])
    mosaic = mosaic + 0.03 * rng.standard_normal(mosaic.shape)
    return pack(mosaic.astype(np.float32), cfa, multiple)


CASES = [
    (task, domain)
    for task in ("denoise", "demosaic", "sr", "jdensr")
    for domain in Domain
    if not (task == "demosaic" and domain is Domain.RGB)
]


@pytest.mark.parametrize(("name", "domain"), CASES)
def test_tiled_equals_whole_for_every_task_and_domain(name: str, domain: Domain) -> None:
    task = get_task(name)
    x, placement = picture(domain, 171, 146, multiple=8)
    restoration = Restoration(task, domain)
    tiled = restoration.run(x, placement, ready(task, domain, tile=16), PROFILE).pixels
    whole = restoration.run(x, placement, ready(task, domain, tile=10_000), PROFILE).pixels
    up = task.upsample(domain)
    assert tiled.shape == (task.output(domain).channels, x.shape[1] * up, x.shape[2] * up)
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-5)


def coded(task: Task, domain: Domain, tile: int | None = None) -> Ready:
    """A head on a network that sees values on the curve."""
    torch.manual_seed(4)
    model = build_model(task, domain, Restorer(domain, {"width": 6, "blocks": 2, "depth": 1}))
    for parameter in model.head.parameters():
        nn.init.normal_(parameter, std=0.02)
    return prepare(model, task, domain, CPU, tile, exact=True)


@pytest.mark.parametrize(("name", "domain"), CASES)
def test_tiled_equals_whole_on_the_curve_too(name: str, domain: Domain) -> None:
    task = get_task(name)
    x, placement = picture(domain, 171, 146, multiple=8)
    restoration, balance = Restoration(task, domain), Balance((2.0, 1.0, 1.5))
    tiled, whole = (
        restoration.run(x, placement, coded(task, domain, tile=tile), PROFILE, balance=balance).pixels
        for tile in (16, 10_000)
    )
    assert np.abs(whole - Restoration(task, domain).run(x, placement, coded(task, domain), PROFILE).pixels).max() > 1e-3
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["denoise", "demosaic"])
def test_a_balanced_sensor_and_an_unbalanced_one_give_the_same_picture(name: str) -> None:
    """The same light through weaker red and blue filters, with the gains that make up for them."""
    task, gains = get_task(name), (2.0, 1.0, 1.6)
    x, placement = picture(Domain.BAYER, 64, 64)
    x = np.minimum(x, 0.5)  # below what counts as clipped
    balance = Balance(gains)
    per_channel = balance.planes(Domain.BAYER)
    strong = NoiseProfile((0.02, 0.01, 0.01, 0.016), (4e-4, 1e-4, 1e-4, 2.56e-4))
    weak = NoiseProfile.uniform(0.01, 1e-4)
    made = coded(task, Domain.BAYER)
    balanced = Restoration(task, Domain.BAYER).run(x, placement, made, strong).pixels
    found = Restoration(task, Domain.BAYER).run(x / per_channel, placement, made, weak, balance=balance).pixels
    np.testing.assert_allclose(found * balance.planes(task.output(Domain.BAYER)), balanced, atol=1e-5)


def reach(model: TaskModel, channels: int, side: int, at: tuple[int, int], up: int) -> int:
    """How far from its place the output element `at` depends on the input, from gradients."""
    x = torch.rand(1, channels, side, side, requires_grad=True)
    y, column = at
    model(x)[0, :, y * up : y * up + up, column * up : column * up + up].pow(2).sum().backward()
    assert x.grad is not None
    touched = x.grad[0].abs().amax(dim=0).nonzero()
    return int((touched - torch.tensor(at)).abs().max())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "domain"), CASES)
def test_the_halo_covers_the_receptive_field_measured_by_gradients(name: str, domain: Domain) -> None:
    task = get_task(name)
    made = ready(task, domain)
    side = 4 * (made.tiling.halo // 2 + 2)
    places = [(side // 2 + dy, side // 2 + dx) for dy in range(4) for dx in range(4)]
    measured = [reach(torch_model(made), domain.channels, side, at, task.upsample(domain)) for at in places]
    assert max(measured) <= made.tiling.halo <= max(measured) + 2


@pytest.mark.parametrize(("name", "domain"), CASES)
def test_the_mean_of_each_colour_is_kept(name: str, domain: Domain) -> None:
    task = get_task(name)
    x, placement = picture(domain, 144, 120, shifted=False)
    made = ready(task, domain)
    torch_model(made).head.register_forward_hook(lambda module, inputs, output: 0.95 * output + 0.01)
    result = Restoration(task, domain).run(x, placement, made, PROFILE).pixels
    for before, after in zip(color_means(x, placement), color_means_of_result(result, placement, task), strict=True):
        assert after == pytest.approx(before, abs=2e-6)


def color_means(planes: np.ndarray, placement: Placement) -> list[float]:
    if placement.domain is Domain.RGB:
        return [float(placement.crop(planes)[c].mean()) for c in range(3)]
    mosaic = unpack(planes, placement)
    colors = placement.cfa().colors(*mosaic.shape)
    return [float(mosaic[colors == c].mean()) for c in range(3)]


def color_means_of_result(result: np.ndarray, placement: Placement, task: Task) -> list[float]:
    """Seen by the input's sensor: the result reduced by block means, then sampled by its filters."""
    domain = placement.domain
    if task.output(domain) is domain and task.scale == 1:
        return color_means(result, placement)
    rgb = placement.crop(result, task.scale)
    s = task.scale
    rgb = rgb.reshape(3, placement.height, s, placement.width, s).mean(axis=(2, 4))
    if domain is Domain.RGB:
        return [float(rgb[c].mean()) for c in range(3)]
    colors = placement.cfa().colors(placement.height, placement.width)
    return [float(rgb[c][colors == c].mean()) for c in range(3)]


def test_clipped_areas_do_not_shift_the_mean() -> None:
    task = get_task("denoise")
    x, placement = picture(Domain.BAYER, 64, 64)
    x[:, :, :16] = 1.0
    made = prepare(random_model(task, Domain.BAYER), task, Domain.BAYER, CPU)
    with torch.no_grad():
        for parameter in torch_model(made).head.parameters():
            parameter.zero_()
        torch_model(made).head.register_forward_hook(lambda module, inputs, output: output - 0.1 * (output >= 1.0))
    result = Restoration(task, Domain.BAYER).run(x, placement, made, PROFILE).pixels
    np.testing.assert_allclose(result[:, :, 20:], x[:, :, 20:], atol=1e-6)


@pytest.mark.parametrize("domain", list(Domain))
def test_strength_blends_where_the_layout_stays(domain: Domain) -> None:
    task = get_task("denoise")
    x, placement = picture(domain, 64, 64)
    made = ready(task, domain)
    none, half, full = (
        Restoration(task, domain, strength).run(x, placement, made, PROFILE).pixels for strength in (0.0, 0.5, 1.0)
    )
    np.testing.assert_array_equal(none, x)
    np.testing.assert_allclose(half, (x + full) / 2, atol=1e-6)
    assert np.abs(full - x).max() > 0.01


def test_strength_scales_the_noise_that_the_network_is_told_where_the_layout_changes() -> None:
    task = get_task("demosaic")
    x, placement = picture(Domain.BAYER, 64, 64)
    made = ready(task, Domain.BAYER)
    half = Restoration(task, Domain.BAYER, 0.5).run(x, placement, made, PROFILE).pixels
    quarter_variance = NoiseProfile.uniform(PROFILE.shot[0] / 4, PROFILE.read[0] / 4)
    told = Restoration(task, Domain.BAYER).run(x, placement, made, quarter_variance).pixels
    np.testing.assert_allclose(half, told, atol=1e-5)


def test_impossible_strengths_are_refused() -> None:
    with pytest.raises(RclError, match="from 0 to 1"):
        Restoration(get_task("denoise"), Domain.BAYER, 1.5)
    with pytest.raises(RclError, match="no meaning for sr"):
        Restoration(get_task("sr"), Domain.BAYER, 0.5)


def test_a_head_of_the_wrong_shape_is_named() -> None:
    task = get_task("demosaic")
    model = TaskModel(UNet(Domain.BAYER, {"width": 4, "depth": 1}), get_task("denoise").build_head(Domain.BAYER, 4))
    x, placement = picture(Domain.BAYER, 32, 32)
    with pytest.raises(RclError, match="the head of demosaic gives"):
        Restoration(task, Domain.BAYER).run(x, placement, prepare(model, task, Domain.BAYER, CPU), PROFILE)


def test_elements_inside_leave_the_padding_out() -> None:
    assert elements_inside(Placement(5, 6, 1, 0, Domain.BAYER)) == (slice(1, 3), slice(0, 3))
    assert elements_inside(Placement(7, 8, 2, 1, Domain.XTRANS)) == (slice(1, 3), slice(1, 3))
