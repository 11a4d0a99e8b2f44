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


def _rcl(**options: Any) -> Mapping[str, Any]:
    # No method of the tables is told the noise level of what it restores.
    return {"pretext": "rcl", "options": {"noise_aware": False, **options}}


_DENSE = ("vader", "densecl", "pixcontrast")
INPUT, ORACLE, FROM_SCRATCH = "input", "oracle", "sl"
RCL_PUBLISHED, RCL_NEIGHBOURS, NO_CONTRAST = "rcl-published", "rcl-neighbours", "rcl-no-contrast"
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(INPUT, pretrained=False),
        *(Method(name, {"pretext": name}) for name in _DENSE),
        *(Method(f"{name}+", {"pretext": name, "joins": {"consistency": {}}}) for name in _DENSE),
        Method("consistency", {"pretext": "consistency"}),
        Method("noise2noise", {"pretext": "noise2noise"}),
        Method("noise2self", {"pretext": "noise2self"}),
        Method("rcl-bd", _rcl(distance="bd")),
        Method("rcl-mmd", _rcl(distance="mmd")),
        Method("rcl-emd", _rcl(distance="emd")),
        Method(RCL_PUBLISHED, _rcl(alpha=1e-3, centred=False, recorrupted=0.0, neighbours=0.0)),
        Method(RCL_NEIGHBOURS, _rcl(recorrupted=0.0)),
        Method(NO_CONTRAST, _rcl(alpha=0.0)),
        Method("supervised", {"pretext": "supervised"}),
        Method(FROM_SCRATCH, pretrained=False),
        Method(ORACLE, pretrained=False),
    )
}
"""In the order of the tables.

input: the noisy picture, enlarged where the task asks for it; rcl-emd, -bd, -mmd: with our defaults for pictures of
known noise, beside Recorrupted-to-Recorrupted; rcl-neighbours: with those for pictures of unknown noise;
rcl-published: the paper's loss; rcl-no-contrast: rcl-emd with α = 0, to tell what the contrast adds; supervised: the
paper's SL (Den); sl: no pretraining, finetuned; oracle: the whole network, trained with all labels as long as a
pretraining.
"""
