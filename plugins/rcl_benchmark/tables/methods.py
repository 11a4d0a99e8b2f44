"""The methods of the tables, as settings of a pretraining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rcl_benchmark.engine.block import INPUT, PLAIN, SKIP

NETWORKS = (PLAIN, SKIP)
"""The paper's U-Net, and one whose result is added to its input."""


@dataclass(frozen=True)
class Method:
    """One row's way to a backbone."""

    name: str
    shown: str = ""
    """What the pages call it: as the paper does, where it has it."""
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Of `PretrainSettings`; the rest is the preset's."""
    pretrained: bool = True
    """False: there is no pretraining before labels come in."""


def rcl(**options: Any) -> Mapping[str, Any]:
    """The pretext `rcl` with these options; no method of the tables is told the noise level of what it restores."""
    return {"pretext": "rcl", "options": {"noise_aware": False, **options}}


def _pretext(name: str, shown: str) -> Method:
    return Method(name, shown, {"pretext": name})


_DENSE = {"vader": "VADeR", "densecl": "DenseCL", "pixcontrast": "PixContrast"}
ORACLE, FROM_SCRATCH, SUPERVISED = "oracle", "sl", "supervised"
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(INPUT, "noisy input", pretrained=False),
        *(_pretext(name, shown) for name, shown in _DENSE.items()),
        *(
            Method(f"{name}+", f"{shown}+", {"pretext": name, "joins": {"consistency": {}}})
            for name, shown in _DENSE.items()
        ),
        _pretext("consistency", "consistency alone"),
        _pretext("noise2noise", "N2N"),
        _pretext("noise2self", "N2S"),
        Method("rcl-bd", "RCL-BD", rcl(distance="bd")),
        Method("rcl-mmd", "RCL-MMD", rcl(distance="mmd")),
        Method("rcl-emd", "RCL-EMD", rcl(distance="emd")),
        Method(
            "rcl-published",
            "RCL-EMD, loss as published",
            rcl(alpha=1e-3, centred=False, recorrupted=0.0, neighbours=0.0),
        ),
        Method("rcl-no-contrast", "RCL-EMD without contrast", rcl(alpha=0.0)),
        Method("rcl-neighbours", "RCL-EMD, noise unknown", rcl(recorrupted=0.0)),
        _pretext(SUPERVISED, "SL (denoising)"),
        Method(FROM_SCRATCH, "SL", pretrained=False),
        Method(ORACLE, "Oracle", pretrained=False),
    )
}
"""In the order of the tables.

input: the noisy picture, enlarged where the task asks for it; rcl-emd, -bd, -mmd: with our defaults for pictures of
known noise, beside Recorrupted-to-Recorrupted; rcl-neighbours: with those for pictures of unknown noise;
rcl-published: the paper's loss; rcl-no-contrast: rcl-emd with α = 0, to tell what the contrast adds; supervised: the
paper's SL (Den); sl: no pretraining, finetuned; oracle: the whole network, trained with all labels as long as a
pretraining.
"""
