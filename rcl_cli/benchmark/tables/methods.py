"""The methods of the tables, as settings of a pretraining. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLAIN, SKIP = "plain", "skip"
NETWORKS = (PLAIN, SKIP)
"""The paper's U-Net, and one whose result is added to its input."""


@dataclass(frozen=True)
class Method:
    """One row's way to a backbone."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Of `PretrainSettings`; the rest is the preset's."""
    pretrained: bool = True
    """False: there is no pretraining before labels come in."""


def _contrast(distance: str) -> Mapping[str, Any]:
    return {"pretext": "rcl", "options": {"distance": distance}}


_DENSE = ("vader", "densecl", "pixcontrast")
INPUT, ORACLE, FROM_SCRATCH = "input", "oracle", "sl"
RCL_PUBLISHED, NO_CONTRAST, RCL_RECORRUPTED = "rcl-published", "rcl-no-contrast", "rcl-recorrupted"
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(INPUT, pretrained=False),
        *(Method(name, {"pretext": name}) for name in _DENSE),
        *(Method(f"{name}+", {"pretext": name, "consistency": True}) for name in _DENSE),
        Method("consistency", {"pretext": "consistency"}),
        Method("noise2noise", {"pretext": "noise2noise"}),
        Method("noise2self", {"pretext": "noise2self"}),
        Method("rcl-bd", _contrast("bd")),
        Method("rcl-mmd", _contrast("mmd")),
        Method("rcl-emd", _contrast("emd")),
        Method(RCL_PUBLISHED, {"pretext": "rcl", "options": {"alpha": 1e-3, "centred": False, "neighbours": 0.0}}),
        Method(NO_CONTRAST, {"pretext": "rcl", "options": {"alpha": 0.0}}),
        Method(RCL_RECORRUPTED, {"pretext": "recorrupted", "contrast": 1e-3}),
        Method("supervised", {"pretext": "supervised"}),
        Method(FROM_SCRATCH, pretrained=False),
        Method(ORACLE, pretrained=False),
    )
}
"""In the order of the tables.

input: the noisy picture, enlarged where the task asks for it; rcl-emd, -bd, -mmd: with our defaults; rcl-published:
the paper's loss; rcl-no-contrast: ours with α = 0, to tell what the contrast adds; rcl-recorrupted: the contrast beside
Recorrupted-to-Recorrupted, which knows each picture's noise level; supervised: the paper's SL (Den); sl: no
pretraining, finetuned; oracle: the whole network, trained with all labels as long as a pretraining.
"""
