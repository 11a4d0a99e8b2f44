"""Heads from files: `load("denoise", "bayer")`, `load("head.safetensors")`, `load("head.onnx")`."""

from __future__ import annotations

from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.inference.model import Model
from rcl_cli.inference.models import FLOAT32, PRECISIONS
from rcl_cli.models.exported import EXPORTED
from rcl_cli.models.store import SUFFIX, Store


def load(
    model: str | Path,
    domain: Domain | str | None = None,
    *,
    camera: str = "",
    store: Path | None = None,
    device: str = "auto",
    tile: int | None = None,
    precision: str = "auto",
) -> Model:
    """The head for a task and a domain, or the one in a file.

    `model` is a task's name: then the newest head in the store for `domain` (and `camera`), else the one that comes
    with the task. Or a model file, whose header names its task and domain; one that was exported (`.onnx`) is run by
    onnxruntime, without torch. `tile`: the largest side of a tile, in elements. `precision`: "float32", or
    "auto": half precision where the device is faster so. Raises RclError where there is none, CheckpointError where the
    file is damaged or for another domain.
    """
    if precision not in PRECISIONS:
        raise RclError(f"there is no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    given, exact = Path(model), precision == FLOAT32
    wanted = None if domain is None else _domain(domain)
    if given.suffix == EXPORTED:
        from rcl_cli.inference.onnx_engine import load_exported

        return load_exported(given, domain=wanted, device=device, tile=tile)
    from rcl_cli.inference.torch_engine import load_model
    from rcl_cli.models.choose import find_model
    from rcl_cli.models.header import read_header
    from rcl_cli.task import get_task

    if given.suffix == SUFFIX:
        header = read_header(given)
        return load_model(given, get_task(header.task), wanted or header.domain, device, tile, exact=exact)
    task = get_task(str(model))
    if wanted is None:
        raise RclError(f"name the domain that {task.name} is for: bayer, xtrans or rgb (frame.domain)")
    path = find_model(task, wanted, camera, Store.open(store)).path
    return load_model(path, task, wanted, device, tile, exact=exact)


def _domain(name: Domain | str) -> Domain:
    try:
        return Domain(name)
    except ValueError:
        raise RclError(f"there is no domain {name!r}; there are {', '.join(known.value for known in Domain)}") from None
