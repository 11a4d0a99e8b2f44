"""The few-label loop on tiny problems whose outcome is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rcl_cli.data.pairs import Pair
from rcl_cli.domain import Domain
from rcl_cli.finetuning.start import starting_model
from rcl_cli.models.task_model import TaskModel
from rcl_cli.train import few_labels, keep
from rcl_cli.train.few_labels import FinetuneSettings, train_head, validate
from rcl_tasks.denoise import Denoise
from rcl_tasks.sr import SuperResolution
from rcl_tasks.unet import UNet

OFFSET = 0.1


@dataclass
class Offset:
    """The target is the input plus a constant, with another sign in validation where `misleading`."""

    misleading: bool = False
    value: float = 1.0

    def draw(self, rng: torch.Generator) -> Pair:
        x = self.value * torch.rand(3, 8, 8, generator=rng)
        return Pair(x, torch.full_like(x, 0.05), x + OFFSET)

    def validation(self) -> Sequence[Pair]:
        x = torch.rand(3, 16, 12, generator=torch.Generator().manual_seed(1))
        return [Pair(x, torch.full_like(x, 0.05), x - OFFSET if self.misleading else x + OFFSET)]

    def describe(self) -> dict[str, Any]:
        return {"noise": {}, "labels": 1, "validation": 1}


def fresh(seed: int = 0) -> TaskModel:
    size = {"width": 4, "depth": 1}
    return starting_model(Denoise(), Domain.RGB, None, network="unet", network_options=size, seed=seed).model


def settings(**changes: Any) -> FinetuneSettings:
    return FinetuneSettings(**{"steps": 40, "batch": 2, "learning_rate": 1e-2, "validate_every": 10, **changes})


def weights(model: TaskModel) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(model: TaskModel, before: dict[str, Tensor]) -> set[str]:
    return {name.split(".")[0] for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def test_a_constant_is_learnt(device: str) -> None:
    model = fresh()
    records: list[Mapping[str, float]] = []
    result = train_head(Denoise(), model, Offset(), settings(device=device), log=records.append)
    assert result.start["psnr_db"] == pytest.approx(20.0, abs=0.5)  # an error of 0.1
    assert result.figures["psnr_db"] > 26
    assert [record["step"] for record in records] == [0, 10, 20, 30, 40]
    assert {"loss", "learning_rate", "val_loss", "val_psnr_db", "val_ssim"} <= records[-1].keys()
    assert result.best_step == max(records, key=lambda record: record["val_psnr_db"])["step"]
    assert not model.training


def test_it_never_ends_below_its_best_validation() -> None:
    model = fresh()
    before = weights(model)
    result = train_head(Denoise(), model, Offset(misleading=True), settings())
    assert result.best_step == 0
    assert changed(model, before) == set()
    assert result.figures == result.start


@pytest.mark.slow
def test_freezing_trains_the_head_alone() -> None:
    model = fresh()
    before = weights(model)
    train_head(Denoise(), model, Offset(), settings(freeze=True))
    assert changed(model, before) == {"head"}
    train_head(Denoise(), model, Offset(), settings())
    assert changed(model, before) == {"head", "network"}


def test_the_noise_level_is_told_to_noise_aware_tasks_alone() -> None:
    told = fresh()
    train_head(Denoise(), told, Offset(), settings(steps=10))
    assert isinstance(told.network, UNet)
    assert float(told.network.sigma_stem.weight.detach().abs().max()) > 0

    class Unaware(Denoise):
        noise_aware = False

    untold = fresh()
    train_head(Unaware(), untold, Offset(), settings(steps=10))
    assert isinstance(untold.network, UNet)
    assert float(untold.network.sigma_stem.weight.detach().abs().max()) == 0


def test_equal_seeds_give_equal_models() -> None:
    models = [fresh(), fresh(), fresh()]
    for model, seed in zip(models, (5, 5, 6), strict=True):
        train_head(Denoise(), model, Offset(), settings(seed=seed, steps=10))
    assert changed(models[0], weights(models[1])) == set()
    assert changed(models[0], weights(models[2]))


def test_an_interruption_keeps_the_best_so_far() -> None:
    steps: list[str] = []

    def interrupt(words: str) -> None:
        steps.append(words)
        if len(steps) == 25:
            raise KeyboardInterrupt

    model = fresh()
    result = train_head(Denoise(), model, Offset(), settings(), advance=interrupt)
    assert result.interrupted
    assert result.steps == 25
    assert result.best_step in (10, 20)
    assert result.figures["psnr_db"] > result.start["psnr_db"]
    assert "dB" in steps[0]


def test_a_task_without_psnr_is_judged_by_its_loss() -> None:
    class Plain(SuperResolution):
        name = "plain"
        scale = 1

        def metrics(self, prediction: Tensor, target: Tensor) -> dict[str, float]:
            return {"error": float((prediction - target).abs().max())}

    model = starting_model(Plain(), Domain.RGB, None, network_options={"width": 4, "depth": 1}).model
    result = train_head(Plain(), model, Offset(), settings())
    assert result.best_step > 0
    assert result.figures["loss"] < result.start["loss"]


@pytest.mark.slow
def test_a_run_that_diverges_goes_back_and_keeps_its_best(device: str) -> None:
    model = fresh()
    records: list[Mapping[str, float]] = []
    chosen = settings(device=device, steps=200, learning_rate=30.0)
    result = train_head(Denoise(), model, Offset(), chosen, log=records.append)
    restored = [record["restored"] for record in records if "restored" in record]
    assert restored
    assert result.figures["loss"] <= result.start["loss"]
    assert validate(Denoise(), model, Offset().validation(), torch.device(device)) == pytest.approx(result.figures)


@pytest.mark.slow
def test_losses_that_are_looked_at_late_are_all_in_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[Mapping[str, float]] = []
    train_head(Denoise(), fresh(), Offset(), settings(), log=whole.append)
    monkeypatch.setattr(few_labels, "_look_every", lambda device: 4)
    late: list[Mapping[str, float]] = []
    train_head(Denoise(), fresh(), Offset(), settings(), log=late.append)
    assert late == whole


def test_a_loss_that_is_no_number_is_found_some_steps_later(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(few_labels, "_look_every", lambda device: 3)
    monkeypatch.setattr(keep, "SAVE_EVERY_S", 0.0)  # states of steps between, too
    records: list[Mapping[str, float]] = []
    chosen = settings(validate_every=8)
    train_head(Denoise(), fresh(), Offset(value=math.nan), chosen, log=records.append, state=tmp_path / "state")
    assert [(record["step"], record["restored"]) for record in records[1:4]] == [(3, 0), (6, 0), (8, 0)]


def test_labels_that_are_not_numbers_end_the_run_with_the_model_as_it_was(device: str) -> None:
    model = fresh()
    before = weights(model)
    result = train_head(Denoise(), model, Offset(value=math.nan), settings(device=device))
    assert (result.best_step, changed(model, before)) == (0, set())
    assert result.steps < 40
