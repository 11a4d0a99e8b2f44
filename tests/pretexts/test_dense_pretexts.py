"""The parts of the contrasts between places, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from rcl_cli.data.crops import placed_crops
from rcl_cli.domain import Domain
from rcl_cli.models.backbone import Backbone
from rcl_cli.nn.momentum import Queue
from rcl_pretexts.dense import EMBEDDING, Follower
from rcl_pretexts.densecl import matched_keys, part_loss
from rcl_pretexts.overlap import bin_distances, common_elements, elements_at, overlap_margin
from rcl_pretexts.pixcontrast import agreement_loss, place_loss, propagated
from rcl_pretexts.vader import element_logits, pooled_keys
from rcl_tasks.unet import UNet

X, Y = [1.0, 0.0], [0.0, 1.0]


def test_the_follower_starts_equal_follows_and_takes_no_gradients() -> None:
    torch.manual_seed(0)
    unet = UNet(Domain.RGB, {"width": 4, "depth": 1})
    backbone = Backbone(unet)
    projections = nn.ModuleDict({"a": nn.Conv2d(4, EMBEDDING, 1)})
    follower = Follower(backbone, projections, 0.5)
    x = torch.rand(1, 3, 8, 8)
    assert torch.equal(follower.features(x), backbone.features(x))
    before = unet.stem.weight.detach().clone()
    with torch.no_grad():
        unet.stem.weight.add_(1.0)
    follower.step()
    torch.testing.assert_close(follower.state_dict()["network.network.stem.weight"], before + 0.5)
    assert not any(p.requires_grad for p in follower.parameters())
    assert not any(name.startswith("_followed") for name in follower.state_dict())


def test_an_element_is_told_apart_from_the_batchs_others_and_older_ones() -> None:
    query, older = torch.tensor([X, Y]), torch.tensor([[-1.0, 0.0]])
    logits = element_logits(query, torch.tensor([X, X]), older, 0.5)
    # Cosines over τ = 0.5; the own key is the first, and not among the others a second time.
    assert logits.tolist() == [[2, -math.inf, 2, -2], [0, 0, -math.inf, 0]]


def test_pooled_keys_are_the_views_mean_direction() -> None:
    torch.testing.assert_close(pooled_keys([torch.tensor([X]), torch.tensor([Y])]), torch.full((1, 2), math.sqrt(0.5)))


def test_parts_are_matched_by_their_features() -> None:
    # Two parts each: the first view's are x and y, the second's y and twice x.
    first = torch.tensor([X, Y]).T[None]
    second = torch.tensor([Y, [2.0, 0.0]]).T[None]
    keys = torch.tensor([[10.0, 11.0], [20.0, 21.0]]).T[None]
    assert matched_keys(first, second, keys)[0].T.tolist() == [[20, 21], [10, 11]]


def test_part_loss_by_hand_leaves_the_own_picture_out() -> None:
    query = torch.tensor([[X, Y], [Y, Y]]).transpose(1, 2)  # two pictures of two parts
    queue = Queue(4, 2)
    queue.push(torch.tensor([X, Y, X]), torch.tensor([7, 8, 9]))
    losses = part_loss(query, query.clone(), torch.tensor([7, 8]), queue, 1.0)
    # Each part's positive has a cosine of 1. Picture 7: negatives y and x, a cosine of 0 and 1 for either part.
    # Picture 8: negatives x and x, with cosines of 0.
    assert losses.tolist() == pytest.approx([math.log(2 + math.e**-1), math.log(1 + 2 * math.e**-1)])


def test_place_loss_by_hand() -> None:
    query = torch.tensor([X, Y]).T[None]
    key = torch.tensor([X, Y]).T[None]
    near = torch.tensor([[[True, False], [False, False]]])
    # Only the first place has a pair: −ln(e/(e + 1)).
    assert place_loss(query, key, near, 1.0).tolist() == pytest.approx([math.log(1 + math.e**-1)])


def test_places_without_a_pair_pass_no_broken_gradient() -> None:
    query = torch.tensor([X, Y]).T[None].requires_grad_()
    place_loss(query, query.detach(), torch.tensor([[[True, False], [False, False]]]), 0.3).sum().backward()
    assert query.grad is not None
    assert query.grad.isfinite().all()
    assert (query.grad[0, :, 1] == 0).all()


def test_agreement_is_minus_the_positive_pairs_cosine() -> None:
    query, key = torch.tensor([X, Y]).T[None], torch.tensor([X, X]).T[None]
    near = torch.tensor([[[True, True], [True, False]]])
    assert agreement_loss(query, key, near).tolist() == pytest.approx([-2 / 3])


def test_propagation_by_hand() -> None:
    half = math.sqrt(0.5)
    x = torch.tensor([X, [half, half], [-1.0, 0.0]]).T[None]
    transformed = torch.tensor([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]]).T[None]
    # cos: 1, √½, −1; negative similarity counts 0, and γ = 2 squares √½ to ½.
    smoothed = propagated(x, transformed, 2.0)[0].T
    torch.testing.assert_close(smoothed[0], torch.tensor([1.0, 0.5]))
    torch.testing.assert_close(smoothed[1], torch.tensor([0.5, 1.0]))
    torch.testing.assert_close(smoothed[2], torch.tensor([5.0, 5.0]))


def test_bins_at_the_same_place_are_no_distance_apart() -> None:
    distances = bin_distances(torch.tensor([[0, 0]]), torch.tensor([[4, 0]]), 8, 2)[0]
    # The second crop lies one bin lower: its upper bins are the first one's lower ones.
    assert distances[2, 0] == 0
    assert distances[3, 1] == 0
    assert distances[0, 0].item() == pytest.approx(1 / math.sqrt(2))


@pytest.mark.parametrize("domain", list(Domain))
def test_the_same_elements_are_found_in_every_crop(domain: Domain) -> None:
    crop, count = 16, 10
    side = crop + overlap_margin(crop, domain)
    numbered = torch.arange(float(side * side)).view(1, 1, side, side).expand(20, 1, side, side)
    rng = torch.Generator().manual_seed(0)
    common = common_elements(side, crop, count, 20, rng)
    found = []
    for _ in range(3):
        crops, corners = placed_crops(numbered, crop, domain, rng)
        assert crops.shape == (20, 1, crop, crop)
        found.append(elements_at(crops, common - corners[:, None])[..., 0])
        if domain is Domain.XTRANS:
            assert (corners % 2 == 0).all()
    expected = (common[..., 0] * side + common[..., 1]).float()
    assert all(torch.equal(values, expected) for values in found)
