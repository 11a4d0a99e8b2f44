"""Sweeps: RCL with one setting at a time changed, all else at its default. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rcl_cli.benchmark.tables.methods import SKIP, Method
from rcl_cli.benchmark.tables.presets import Preset
from rcl_cli.benchmark.tables.tables import Cell
from rcl_cli.evaluate.settings import FINETUNE, PROXY, Protocol

TABLE = "sweeps"
OUTPUT = "output"
JUDGES = (PROXY, FINETUNE, OUTPUT)
"""A new last layer from few labels; the whole network from few labels; what the network gives by itself."""
TITLE = "Sweeps: what makes residual contrastive learning work"
READING = """\
Each row is `rcl pretrain --pretext rcl` with one setting changed and all others at their defaults, pretrained once and
then judged on denoising. *defaults* has none changed. τ is in 8-bit DN. `neighbours 0` has the encoder's consistency
alone; `alpha 0` has no contrast.
"""


@dataclass(frozen=True)
class Knob:
    """One setting, and the values to try."""

    values: tuple[Any, ...]
    is_option: bool = True
    """Of the pretext; else of `PretrainSettings`."""


KNOBS: Mapping[str, Knob] = {
    "tau": Knob((0.25, 0.5, 2.0, 4.0)),
    "alpha": Knob((0.0, 1e-3, 1e-2, 1.0)),
    "distance": Knob(("bd", "mmd")),
    "planes": Knob(("separate",)),
    "centred": Knob((False,)),
    "neighbours": Knob((0.0, 0.25, 4.0)),
    "layers": Knob(((0,), (1,), (2,), (0, 1, 2)), is_option=False),
    "encoder": Knob(("none",), is_option=False),
    "crop": Knob((32, 64), is_option=False),
}
"""The global skip is swept by measuring both networks."""


def cells(
    of: Sequence[str], preset: Preset, *, judge: str = PROXY, networks: Sequence[str] = (), pictures: int
) -> list[Cell]:
    """The cells of the knobs named, all if none is; first the defaults. `pictures`: to learn from."""
    methods = [Method("defaults", _changes({})), *(m for name in of or KNOBS for m in _methods(name))]
    table = TABLE if judge == PROXY else f"{TABLE}-{judge}"
    protocol = _protocol(judge, preset, pictures)
    return [
        Cell(table, method.name, replace(method, name=_folder_name(method.name)), "denoise", network, protocol)
        for network in networks or (SKIP,)
        for method in methods
    ]


def _methods(name: str) -> list[Method]:
    knob = KNOBS[name]
    found = []
    for value in knob.values:
        changed = {"options": {name: value}} if knob.is_option else {name: value}
        found.append(Method(f"{name} {_text(value)}", _changes(changed)))
    return found


def _changes(changed: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"pretext": "rcl", **changed}


def _protocol(judge: str, preset: Preset, pictures: int) -> Protocol:
    if judge == PROXY:
        return preset.proxy
    fewest = min((count for count in preset.label_counts if 0 < count < pictures), default=None)
    return replace(preset.finetune, labels=0 if judge == OUTPUT else fewest)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "+".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _folder_name(name: str) -> str:
    return f"sweep-{name.replace(' ', '-')}"
