"""Sweeps: RCL with one setting at a time changed, all else at its default. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rcl_benchmark.tables.methods import INPUT, METHODS, PLAIN, SKIP, Method
from rcl_benchmark.tables.presets import Preset
from rcl_benchmark.tables.tables import Cell
from rcl_cli.evaluate.settings import FINETUNE, PROXY, Protocol

TABLE = "sweeps"
JUDGES = (PROXY, FINETUNE)
"""A new last layer from few labels; the whole network from few labels."""
DOMAINS = ("rgb", "bayer")
DEFAULTS = "defaults"


@dataclass(frozen=True)
class Setting:
    """One way to depart from the defaults."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the pretext."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Of `PretrainSettings`."""
    network: str = SKIP
    domains: Sequence[str] = DOMAINS
    """Where it is none of the defaults."""

    @property
    def method(self) -> Method:
        """The pretraining, in a folder of its own."""
        # As in the tables, f is not told the noise level.
        changes = {"pretext": "rcl", "options": {"noise_aware": False, **self.options}, **self.changes}
        return Method(f"sweep-{self.name.replace(', ', '-').replace(' ', '-')}", changes)


def _option(name: str, *values: Any) -> tuple[Setting, ...]:
    return tuple(Setting(f"{name} {_text(value)}", {name: value}) for value in values)


def _change(name: str, *values: Any) -> tuple[Setting, ...]:
    return tuple(Setting(f"{name} {_text(value)}", changes={name: value}) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "+".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


KNOBS: Mapping[str, Sequence[Setting]] = {
    "tau": _option("tau", 0.1, 3.0, 10.0),
    "alpha": _option("alpha", 0.0, 0.1, 1.0),
    "distance": _option("distance", "bd", "mmd"),
    "planes": (
        Setting("planes separate", {"planes": "separate"}, domains=["rgb"]),
        Setting("planes pooled", {"planes": "pooled"}, domains=["bayer"]),
    ),
    "centred": _option("centred", False),
    "consistency": (
        *_option("neighbours", 1.0),
        *_change("encoder", "self"),
        *_option("recorrupted", 0.0),
        Setting("recorrupted 0, neighbours 0", {"recorrupted": 0.0, "neighbours": 0.0}),
    ),
    "layers": _change("layers", (0,), (0, 1, 2)),
    "crop": _change("crop", 32, 64),
    "skip": (Setting("skip no", network=PLAIN),),
}


def cells(of: Sequence[str], preset: Preset, *, domain: str, judge: str = PROXY, pictures: int) -> list[Cell]:
    """The cells of the knobs named, all if none is; first the noisy input and the defaults.

    `pictures`: to learn from.
    """
    table = table_of(judge)
    settings = [Setting(DEFAULTS), *(setting for name in of or KNOBS for setting in KNOBS[name])]
    protocol = _protocol(judge, preset, pictures)
    return [
        Cell(table, INPUT, METHODS[INPUT], "denoise", "", None),
        *(
            Cell(table, s.name, s.method, "denoise", s.network, protocol, by_itself=True)
            for s in settings
            if domain in s.domains
        ),
    ]


def table_of(judge: str) -> str:
    """The name of the page."""
    return TABLE if judge == PROXY else f"{TABLE}-{judge}"


def _protocol(judge: str, preset: Preset, pictures: int) -> Protocol:
    if judge == PROXY:
        return preset.proxy
    fewest = min((count for count in preset.label_counts if 0 < count < pictures), default=None)
    return replace(preset.finetune, labels=fewest)
