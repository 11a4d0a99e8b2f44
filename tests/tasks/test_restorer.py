"""The network of the shipped heads."""

from __future__ import annotations

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.models.task_model import TaskModel, build_model
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.nn.curve import Code
from rcl_cli.nn.start import start
from rcl_cli.part import Part, asked_for, wanted
from rcl_cli.testing import check_network
from rcl_tasks.demosaic import Demosaic
from rcl_tasks.denoise import Denoise
from rcl_tasks.restorer import Restorer

SMALL = {"width": 8, "blocks": 2, "depth": 1}
RAW = [Domain.BAYER, Domain.XTRANS]


@pytest.mark.parametrize("depth", [0, 2])
def test_it_keeps_the_contract(depth: int) -> None:
    check_network(Restorer, {**SMALL, "depth": depth})


@pytest.mark.parametrize("domain", Domain)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_radius_covers_what_it_sees(domain: Domain, depth: int) -> None:
    torch.manual_seed(depth)
    network = Restorer(domain, {"width": 4, "blocks": 1, "depth": depth})
    radius, multiple, reach = network.radius(), network.multiple, 0
    side = 2 * (radius + multiple) // multiple * multiple + multiple
    x = torch.rand(1, domain.channels, side, side, requires_grad=True)
    features = network(x)
    for phase in range(multiple):
        place = side // 2 // multiple * multiple + phase
        (gradient,) = torch.autograd.grad(features[0, :, place, place].pow(2).sum(), x, retain_graph=True)
        reach = max(reach, int((gradient[0].abs().amax(0).nonzero() - place).abs().max()))
    assert radius - 2 <= reach <= radius


@pytest.mark.parametrize("domain", Domain)
def test_a_darker_picture_with_less_noise_is_the_same_picture(domain: Domain) -> None:
    """What it learns at one noise level holds at others: its features are as many times smaller."""
    network = Restorer(domain, SMALL)
    x = torch.rand(1, domain.channels, 16, 16)
    sigma = 0.05 * torch.rand_like(x)
    features, darker = network(x, sigma), network(0.25 * x, 0.25 * sigma)
    torch.testing.assert_close(darker, 0.25 * features, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("domain", RAW)
def test_a_flat_colour_stays_as_it_is_whatever_has_been_learnt(domain: Domain) -> None:
    """No shift of colour, and no lattice of the pixel grid."""
    model = build_model(Demosaic(), domain, Restorer(domain, SMALL))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    flat = torch.tensor([0.5, 0.3, 0.04]).view(1, 3, 1, 1).expand(1, 3, 48, 48)
    x = from_rgb(flat, domain)
    torch.testing.assert_close(model(x, torch.zeros_like(x)), flat.contiguous(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("domain", RAW)
def test_an_untrained_demosaicer_is_directional_demosaicing_on_the_curve(domain: Domain) -> None:
    model = build_model(Demosaic(), domain, Restorer(domain, SMALL))
    torch.nn.init.zeros_(model.head.last.weight)  # type: ignore[union-attr, arg-type]
    x, code = from_rgb(torch.rand(1, 3, 24, 24), domain), Code.of(0.02)
    found = model(x, None, torch.tensor([0.02]))
    expected = code.decode(start(code.encode(x), domain))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_denoiser_without_noise_returns_its_input() -> None:
    model: TaskModel = build_model(Denoise(), Domain.BAYER, Restorer(Domain.BAYER, SMALL))
    x = torch.rand(1, 4, 16, 16) - 0.1
    torch.testing.assert_close(model(x, torch.zeros_like(x)), x, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("domain", list(Domain))
@pytest.mark.parametrize("part", [(slice(16, 32), slice(24, 40)), (slice(0, 8), slice(40, 64)), (slice(0, 64),) * 2])
def test_what_is_asked_for_is_what_the_whole_has_there(domain: Domain, part: Part) -> None:
    torch.manual_seed(0)
    network = Restorer(domain, {"width": 16, "blocks": 3, "depth": 2}).eval()
    x = torch.rand(1, domain.channels, 64, 64)
    with torch.inference_mode():
        whole = network(x)
        with asked_for(part):
            cut = network(x)
    torch.testing.assert_close(cut, whole[..., part[0], part[1]])


def test_without_a_question_all_is_given() -> None:
    assert wanted() is None
    with asked_for((slice(0, 1), slice(0, 1))):
        assert wanted() == (slice(0, 1), slice(0, 1))
    assert wanted() is None
