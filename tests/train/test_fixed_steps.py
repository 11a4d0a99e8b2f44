"""Training without validation: what it changes, what it finds, and when it stops."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rcl_cli.data.pairs import Pair
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.evaluate.start import Start
from rcl_cli.models.backbone import Backbone
from rcl_cli.nn.heads import PlainHead
from rcl_cli.train.batches import batches, predict
from rcl_cli.train.fixed_steps import FixedSteps, train_all, train_last_layer
from rcl_tasks.denoise import Denoise
from rcl_tasks.unet import UNet

CPU = torch.device("cpu")
TINY = FixedSteps(steps=4, batch=2, lr=1e-3, fall=0.3, seed=1, told=False)


def pretrained() -> Start:
    torch.manual_seed(5)
    backbone = Backbone(UNet(Domain.RGB, {"width": 4, "depth": 1}), skip=False)
    return Start(lambda: backbone, backbone)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def drawn(count: int, rng: torch.Generator) -> Pair:
    x = torch.rand(count, 3, 8, 8, generator=rng)
    return Pair(x, torch.zeros_like(x), x)


def test_proxy_leaves_all_but_the_last_layer_as_it_was() -> None:
    start = pretrained()
    model = start.with_new_layer(Denoise(), Domain.RGB, 1)
    layer = copy.deepcopy(model.head)
    assert isinstance(layer, PlainHead)
    train_last_layer(TINY, Denoise(), model, drawn, CPU, pool=4)
    assert start.backbone is not None
    assert same(model.network, start.backbone.network)
    assert not same(model.head, layer)
    assert not torch.equal(layer.last.weight, start.backbone.last.weight)


def test_finetuning_trains_everything_and_a_copy() -> None:
    start = pretrained()
    assert start.backbone is not None
    before = copy.deepcopy(start.backbone)
    model = start.with_own_layer(Denoise(), Domain.RGB, 1)
    assert isinstance(model.head, PlainHead)
    assert torch.equal(model.head.last.weight, before.last.weight)
    train_all(TINY, Denoise(), model, drawn, CPU)
    trained, old = (dict(network.named_parameters()) for network in (model.network, before.network))
    assert not any(torch.equal(trained[name], old[name]) for name in old if name.startswith("encoder."))
    assert any(name.startswith("encoder.") for name in old)
    assert same(start.backbone, before)


class _Channels(torch.nn.Module):
    """Features among which the picture is, so that a last layer can pass it on."""

    coded = False

    def forward(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        return torch.cat([x, torch.ones_like(x[:, :1])], 1)


@pytest.mark.slow
def test_a_last_layer_that_can_represent_the_answer_finds_it() -> None:
    model = pretrained().with_new_layer(Denoise(), Domain.RGB, 1)
    model.network = _Channels()  # type: ignore[assignment]
    assert isinstance(model.head, PlainHead)
    train_last_layer(replace(TINY, steps=1500, batch=8), Denoise(), model, drawn, CPU, pool=32)
    x = torch.rand(1, 3, 16, 16)
    # Adam with a fixed rate goes on jumping about the optimum by some steps of 1e-3.
    assert (model(x) - x)[..., 1:-1, 1:-1].abs().mean() < 0.01


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    def broken(count: int, rng: torch.Generator) -> Pair:
        x = torch.full((count, 3, 8, 8), math.nan)
        return Pair(x, x, x)

    model = pretrained().with_own_layer(Denoise(), Domain.RGB, 1)
    with pytest.raises(RclError, match="no longer a number at step 1"):
        train_all(TINY, Denoise(), model, broken, CPU)


def test_the_noise_level_is_told_where_it_is_to_be() -> None:
    class Told(torch.nn.Module):
        def forward(self, x: Tensor, sigma: Tensor | None) -> Tensor:
            return x if sigma is None else sigma

    pair = Pair(torch.zeros(3, 4, 4), torch.ones(3, 4, 4), torch.zeros(3, 4, 4))
    assert predict(Told(), pair, CPU, told=True).mean() == 1
    assert predict(Told(), pair, CPU, told=False).mean() == 0


def test_batches_depend_on_the_step_alone() -> None:
    few, many = ([pair.x for pair in batches(drawn, 2, 7, steps)] for steps in (2, 5))
    assert [len(few), len(many)] == [2, 5]
    assert all(torch.equal(a, b) for a, b in zip(few, many[:2], strict=True))
    assert not torch.equal(many[0], many[1])
