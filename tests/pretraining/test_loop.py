from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.models.backbone import Backbone
from rcl_cli.pretext import Batch, Losses, Pretext, PretextSetup, Restorer, Views
from rcl_cli.pretraining import loop
from rcl_cli.pretraining.loop import LoopSettings, Metrics, run_loop
from rcl_cli.train import keep
from rcl_cli.train.ahead import ahead
from rcl_cli.train.log import MetricsLog
from rcl_cli.train.optimizer import make_optimizer
from rcl_cli.train.readings import Readings
from rcl_cli.train.state import load_state, save_state, saved_step
from rcl_pretexts.rcl import ResidualContrast
from rcl_tasks.unet import UNet

Source = Callable[..., RegionSource]
SMALL = {"width": 4, "depth": 1}


def network(seed: int = 0) -> tuple[Backbone, torch.optim.Adam]:
    torch.manual_seed(seed)
    backbone = Backbone(UNet(Domain.RGB, SMALL))
    return backbone, make_optimizer(backbone, 1e-3)


def train(
    backbone: Backbone, optimizer: torch.optim.Adam, source: RegionSource, steps: int, start: int = 0
) -> list[Metrics]:
    metrics: list[Metrics] = []
    pretext = ResidualContrast(PretextSetup(Domain.RGB, 16))
    settings = LoopSettings(steps, batch=3, gradients_every=2)
    run_loop(
        backbone,
        optimizer,
        pretext,
        source,
        settings,
        start=start,
        on_step=metrics.append,
        on_checkpoint=lambda step: None,
    )
    return metrics


def test_a_resumed_run_ends_with_the_same_bits(noisy_source: Source, tmp_path: Path) -> None:
    whole, optimizer = network()
    expected = train(whole, optimizer, noisy_source(), 5)
    first, optimizer = network()
    before = train(first, optimizer, noisy_source(), 2)
    save_state(tmp_path / "state.safetensors", first, optimizer, 2)
    second, optimizer = network(seed=99)
    assert (
        load_state(tmp_path / "state.safetensors", second, optimizer) == 2 == saved_step(tmp_path / "state.safetensors")
    )
    after = train(second, optimizer, noisy_source(), 5, start=2)
    for a, b in zip(whole.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert [m["total"] for m in before + after] == [m["total"] for m in expected]


def test_metrics_tell_what_the_contrast_learns(noisy_source: Source) -> None:
    metrics = train(*network(), noisy_source(), 3)
    names = {"step", "total", "contrast", "residual_dn", "emd_positive", "emd_negative", "accuracy", "crops_per_s"}
    assert names <= metrics[0].keys()
    assert [m["step"] for m in metrics] == [1, 2, 3]
    assert ["gradient_contrast" in m for m in metrics] == [True, False, True]


def test_the_optimiser_is_the_papers() -> None:
    group = make_optimizer(Backbone(UNet(Domain.RGB, SMALL)), 1e-3).param_groups[0]
    assert (group["betas"], group["eps"], group["lr"]) == ((0.9, 0.999), 1e-7, 1e-3)


def test_the_learning_rate_stays_or_rises_at_the_start_and_falls_at_the_end() -> None:
    assert {LoopSettings(100, lr=0.5).rate(step) for step in range(1, 101)} == {0.5}
    falling = LoopSettings(100, lr=0.5, fall=0.2)
    assert [falling.rate(step) for step in (1, 81, 91, 100)] == pytest.approx([0.5, 0.5, 0.25, 0.025])
    rising = LoopSettings(100, lr=0.5, rise=0.1)
    assert [rising.rate(step) for step in (1, 5, 10, 100)] == pytest.approx([0.05, 0.25, 0.5, 0.5])


def test_the_optimiser_takes_the_learning_rate_of_the_step(noisy_source: Source) -> None:
    backbone, optimizer = network()
    rates: list[float] = []
    run_loop(
        backbone,
        optimizer,
        ResidualContrast(PretextSetup(Domain.RGB, 16)),
        noisy_source(),
        LoopSettings(4, batch=3, lr=0.5e-3, fall=0.5),
        on_step=lambda metrics: rates.append(optimizer.param_groups[0]["lr"]),
        on_checkpoint=lambda step: None,
    )
    assert rates == pytest.approx([0.5e-3, 0.5e-3, 0.5e-3, 0.25e-3])


def test_stopping_finishes_the_step_and_saves(noisy_source: Source) -> None:
    backbone, optimizer = network()
    done: list[Metrics] = []
    saved: list[int] = []
    steps = run_loop(
        backbone,
        optimizer,
        ResidualContrast(PretextSetup(Domain.RGB, 16)),
        noisy_source(),
        LoopSettings(50, batch=2),
        on_step=done.append,
        on_checkpoint=saved.append,
        should_stop=lambda: len(done) == 2,
    )
    assert (steps, len(done), saved) == (2, 2, [2])


class Broken(Pretext):
    name = "broken"

    def views(self, batch: Batch, rng: torch.Generator) -> Views:
        return {"x": batch.pictures}

    def loss(self, model: Restorer, views: Views) -> Losses:
        return Losses(model(views["x"]).mean() * float("nan"))


def test_a_loss_that_is_no_number_ends_the_run_unsaved(noisy_source: Source) -> None:
    backbone, optimizer = network()
    saved: list[int] = []
    with pytest.raises(RclError, match="no longer a number at step 1"):
        run_loop(
            backbone,
            optimizer,
            Broken(PretextSetup(Domain.RGB, 16)),
            noisy_source(),
            LoopSettings(5, batch=2),
            on_step=lambda metrics: None,
            on_checkpoint=saved.append,
        )
    assert saved == []


class BreaksLater(Broken):
    def loss(self, model: Restorer, views: Views) -> Losses:
        self.steps = getattr(self, "steps", 0) + 1
        error = model(views["x"]).mean()
        return Losses(error * float("nan") if self.steps > 3 else error, log={"mean": error.detach()})


@pytest.mark.parametrize("save_every_s", [0.0, 60.0])
def test_losses_that_are_read_late_are_read_before_the_run_is_saved(
    noisy_source: Source, monkeypatch: pytest.MonkeyPatch, save_every_s: float
) -> None:
    monkeypatch.setattr(keep, "SAVE_EVERY_S", save_every_s)
    monkeypatch.setattr(loop, "Readings", lambda device, report: Readings(torch.device("cuda"), report))
    backbone, optimizer = network()
    saved: list[int] = []
    told: list[Metrics] = []
    with pytest.raises(RclError, match="no longer a number at step 4"):
        run_loop(
            backbone,
            optimizer,
            BreaksLater(PretextSetup(Domain.RGB, 16)),
            noisy_source(),
            LoopSettings(6, batch=2),
            on_step=told.append,
            on_checkpoint=saved.append,
        )
    assert saved == ([1, 2, 3] if save_every_s == 0 else [])
    assert [metrics["step"] for metrics in told] == [1, 2, 3]
    assert all(type(metrics["mean"]) is float and metrics["crops_per_s"] > 0 for metrics in told)


def test_views_made_by_several_threads_train_the_same(noisy_source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, optimizer = network()
    metrics = train(expected, optimizer, noisy_source(), 4)
    monkeypatch.setattr(loop, "ahead", lambda make, steps, device: ahead(make, steps, torch.device("cuda")))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    found, optimizer = network()
    assert [m["total"] for m in train(found, optimizer, noisy_source(), 4)] == [m["total"] for m in metrics]
    for a, b in zip(expected.state_dict().values(), found.state_dict().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("content", [b"", b"not safetensors at all"])
def test_damaged_states_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.safetensors"
    with pytest.raises(FileError, match="nothing to resume"):
        load_state(path, *network())
    path.write_bytes(content)
    with pytest.raises(FileError, match="damaged"):
        load_state(path, *network())


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    other = Backbone(UNet(Domain.RGB, {"width": 8, "depth": 1}))
    save_state(path, other, make_optimizer(other, 1e-3), 1)
    with pytest.raises(FileError, match="another network"):
        load_state(path, *network())


def test_the_metrics_log_goes_on_without_doubles(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        for step in (1, 2, 3):
            log.write({"step": step, "total": float("nan")})
    with path.open("a") as file:
        file.write('{"step": 4, "to')
    with MetricsLog(path, resume_at=2) as log:
        log.write({"step": 3, "total": 1.5})
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [{"step": 1, "total": None}, {"step": 2, "total": None}, {"step": 3, "total": 1.5}]
