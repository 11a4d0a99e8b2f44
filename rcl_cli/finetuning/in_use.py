"""The head that `rcl apply` would take without a new one, judged by the same pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rcl_cli.data.pairs import Pair, PairSource
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.models.choose import SHIPPED, find_model
from rcl_cli.models.header import read_header
from rcl_cli.models.store import Store
from rcl_cli.models.task_model import load_head
from rcl_cli.task import Task
from rcl_cli.train.device import choose_device, place_module
from rcl_cli.train.few_labels import validate


@dataclass(frozen=True)
class InUse:
    """A head and its figures."""

    name: str
    """As `rcl apply --model` takes it."""
    figures: dict[str, float]


def head_in_use(
    task: Task, domain: Domain, camera: str, store: Store, pairs: PairSource, device: str = "auto"
) -> InUse | None:
    """The figures on `pairs` of the head that is taken today for files of `camera`; None where there is none."""
    try:
        path = find_model(task, domain, camera, store).path
        model, _ = load_head(path, type(task)(read_header(path).options), domain)
    except RclError:
        return None
    place = choose_device(device)
    place_module(model, place)
    name = path.stem if path.parent == store.models else SHIPPED
    held_out = [_trimmed(pair, model.multiple) for pair in pairs.validation()]
    if not all(pair.x.numel() for pair in held_out):
        return None
    return InUse(name, validate(task, model, held_out, place))


def _trimmed(pair: Pair, multiple: int) -> Pair:
    """Without the last rows and columns that are too few for the network: it may want larger multiples than the new."""
    height, width = (side - side % multiple for side in pair.x.shape[-2:])
    scale = pair.target.shape[-1] // pair.x.shape[-1]
    target = pair.target[..., : height * scale, : width * scale]
    return replace(pair, x=pair.x[..., :height, :width], sigma=pair.sigma[..., :height, :width], target=target)


def compared(new: dict[str, float], old: InUse, name: str) -> str:
    """Both in a sentence; what to type for the older one where it is better."""
    figure = "psnr_db" if "psnr_db" in new and "psnr_db" in old.figures else "loss"
    better = old.figures[figure] > new[figure] if figure == "psnr_db" else old.figures[figure] < new[figure]
    said = f"The head used so far ({old.name}) has {figure} {old.figures[figure]:.4g} on the same pictures"
    if not better:
        return said
    return f"{said}, better than {name}: `rcl apply` now takes {name}, `rcl apply --model {old.name}` the better one"
