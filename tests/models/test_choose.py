from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.memory import memory_budget, tile_size
from rcl_cli.inference.models import Models
from rcl_cli.inference.torch_engine import layers_of, prepare
from rcl_cli.models.choose import find_model, given_model
from rcl_cli.models.header import Header
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import TaskModel, build_model, save_head
from rcl_cli.task import get_task
from rcl_tasks.denoise import Denoise
from rcl_tasks.unet import UNet

CPU = torch.device("cpu")


class Shipping(Denoise):
    """A denoiser that brings a head along for Bayer raws only."""

    head = Path("heads") / "bayer.safetensors"

    def default_head(self, domain: Domain) -> Path | None:
        return self.head if domain is Domain.BAYER else None


class Gone(UNet):
    """A network whose plugin has been uninstalled since."""

    name = "gone"


def denoiser(domain: Domain = Domain.BAYER, width: int = 4, depth: int = 1) -> TaskModel:
    return build_model(get_task("denoise"), domain, UNet(domain, {"width": width, "depth": depth}))


def save(store: Store, name: str, camera: str = "") -> Path:
    path = store.models / f"{name}.safetensors"
    save_head(path, denoiser(), Header("head", Domain.BAYER, task="denoise", camera=camera))
    return path


def test_given_then_own_then_shipped_then_a_clear_error(tmp_path: Path) -> None:
    store, task = Store(tmp_path), Shipping()
    assert find_model(task, Domain.BAYER, "Acme", store).path == Shipping.head
    assert "shipped" in find_model(task, Domain.BAYER, "Acme", store).reason
    own = save(store, "own")
    assert find_model(task, Domain.BAYER, "Acme", store).path == own
    other = save(store, "other")
    choice = find_model(task, Domain.BAYER, "Acme", store, given="own")
    assert (choice.path, choice.reason) == (own, "as given")
    assert find_model(task, Domain.BAYER, "Acme", store).path == other
    with pytest.raises(RclError, match="rcl finetune --task denoise"):
        find_model(task, Domain.RGB, "Acme", store)


def test_a_shipped_head_goes_by_its_name_until_the_store_has_one_of_that_name(tmp_path: Path) -> None:
    store, task = Store(tmp_path), get_task("denoise")
    shipped = task.default_head(Domain.RGB)
    assert shipped is not None
    assert given_model(task, store, "denoise-rgb") == shipped
    own = save(store, "denoise-rgb")
    assert given_model(task, store, "denoise-rgb") == own
    assert find_model(task, Domain.RGB, "Acme", store, given="shipped").path == shipped
    with pytest.raises(RclError, match="no file and no model"):
        given_model(task, store, "sr-rgb")


def test_each_choice_is_said_once_and_each_model_loaded_once(tmp_path: Path) -> None:
    save(Store(tmp_path), "general")
    save(Store(tmp_path), "special", camera="Acme One")
    said: list[str] = []
    models = Models(get_task("denoise"), Store(tmp_path), "cpu", announce=said.append)
    for camera in ("Acme One", "Acme Two", "Acme One", "Acme Three"):
        models.choose(Domain.BAYER, camera)
    assert ["special" in sentence for sentence in said] == [True, False]

    assert models.get(Domain.BAYER, "Acme One") is models.get(Domain.BAYER, "Acme One")


def test_tiles_keep_the_phase_of_x_trans(tmp_path: Path) -> None:
    task = get_task("denoise")
    assert prepare(denoiser(Domain.XTRANS, depth=0), task, Domain.XTRANS, CPU).tiling.multiple == 2
    assert prepare(denoiser(depth=0), task, Domain.BAYER, CPU).tiling.multiple == 1


def test_tiles_shrink_as_networks_widen_and_the_given_size_wins() -> None:
    task = get_task("denoise")
    small, large = (tile_size(layers_of(denoiser(width=w)), task, Domain.BAYER, 8) for w in (4, 256))
    assert 64 <= large < small
    assert prepare(denoiser(), task, Domain.BAYER, CPU, tile=48).tile == 48
    assert 0 < memory_budget() <= 2**30


def test_a_head_whose_network_is_not_installed_is_left_out_and_named(tmp_path: Path) -> None:
    store, task = Store(tmp_path), Shipping()
    own = save(store, "own")
    removed = build_model(task, Domain.BAYER, Gone(Domain.BAYER, {"width": 4, "depth": 1}))
    save_head(store.models / "other.safetensors", removed, Header("head", Domain.BAYER, task="denoise"))
    choice = find_model(task, Domain.BAYER, "Acme", store)
    assert choice.path == own
    assert "other, whose network gone is not installed" in choice.reason
