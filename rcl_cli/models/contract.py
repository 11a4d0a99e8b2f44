"""What an exported head says of itself and of its inputs, so that programs which know nothing of rcl can use it.

Torch-free.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from rcl_cli.domain import Domain
from rcl_cli.models.facts import TaskFacts
from rcl_cli.models.header import Header
from rcl_cli.models.tensor_index import parsed

FORMAT = 1
_LARGEST = 1 << 20
UNSTATED = "not stated"


@dataclass(frozen=True)
class Contract:
    """What runs an exported head as rcl does."""

    task: str
    domain: Domain
    result: Domain
    """The domain of the result."""
    scale: int
    noise_aware: bool
    coded: bool
    """As `Network.coded`: it takes the white balance."""
    multiple: int
    """Tiles start and end on multiples of this many elements of `domain`, each of `domain.pixels` pixels a side."""
    halo: int
    """How far it looks, in elements."""
    feature_channels: int
    name: str
    weights: str
    """Twelve hexadecimal digits of the SHA-256 of the model file that it was made from."""
    camera: str = ""
    format: int = FORMAT

    @property
    def facts(self) -> TaskFacts:
        """Its task."""
        return TaskFacts(self.task, {self.domain: self.result}, self.scale, self.noise_aware)

    @property
    def blends(self) -> bool:
        """True where input and result have the same layout."""
        return self.result is self.domain and self.scale == 1

    @property
    def inputs(self) -> dict[str, str]:
        """Each input of the graph, and what it must be; the optional ones have a value of their own."""
        found = {"x": f"float32 (1, {_layout(self.domain)}; {LIGHT}"}
        if self.noise_aware:
            of = "of R, Gr, Gb, B: the variance of the noise at x is shot·x + read (R, G, G, B in RGB)"
            found["shot"] = f"float32 (4,) λ_shot {of}"
            found["read"] = f"float32 (4,) λ_read {of}"
        if self.coded:
            found["balance"] = (
                "float32 (3,), optional: white balance gains of R, G, B, the least 1, none above 4; 1 for pictures that"
                " are balanced already"
            )
        if self.takes_strength:
            found["strength"] = "float32 (1,), optional: from 0, which leaves the noise in, to 1"
        return found

    @property
    def takes_strength(self) -> bool:
        """Whether σ is told in part: elsewhere results are blended with the input, or there is nothing to remove."""
        return self.noise_aware and not self.blends

    @property
    def output(self) -> str:
        """What the graph gives."""
        size = "of any size, also odd" if self.scale == 1 else f"{self.scale} times the size of x along each axis"
        return f"float32 (1, {_layout(self.result)}: as x; {size}"

    def properties(self, header: Header, version: str) -> dict[str, str]:
        """Everything, as text by name: for people, and under `rcl` for `from_properties`."""
        return {
            "rcl": json.dumps({**asdict(self), "domain": self.domain.value, "result": self.result.value}),
            **about(header, version),
            **{f"input {name}": words for name, words in self.inputs.items()},
            "output y": self.output,
        }

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> Contract:
        """The inverse of `properties`. Raises ValueError or KeyError where something is missing, or cannot be."""
        values = dict(parsed(properties["rcl"]))
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        if known.get("format") != FORMAT:
            raise ValueError("unknown format")
        for name in ("scale", "multiple", "halo", "feature_channels"):
            if type(known[name]) is not int or not (0 if name == "halo" else 1) <= known[name] <= _LARGEST:
                raise ValueError(f"{name} is {known[name]!r}")
        for name, kind in (("task", str), ("name", str), ("weights", str), ("noise_aware", bool), ("coded", bool)):
            if type(known[name]) is not kind:
                raise ValueError(f"{name} is {known[name]!r}")
        known["domain"], known["result"] = Domain(known["domain"]), Domain(known["result"])
        if known["result"].pixels > known["domain"].pixels * known["scale"]:
            raise ValueError("the result is smaller than the input")
        return cls(**known)


def about(header: Header, version: str) -> dict[str, str]:
    """What every model file says to programs and people that do not read its header: licence, version, training."""
    task = f"{header.task} of {header.domain.value}" if header.task else header.kind
    return {
        "title": f"{header.name or task} ({task})",
        "licence": str(header.notes.get("licence", UNSTATED)),
        "version": f"rcl-cli {version}",
        "trained": f"{header.step} steps, noise {json.dumps(header.noise)}, {header.data or 'data not stated'}",
    }


def tensor_words(domain: Domain) -> str:
    """What the input of a network must be."""
    return f"float32 (N, C, h, w) of {domain.value}: {_PLANES[domain]}; {LIGHT}"


LIGHT = "linear, 0 = black level, 1 = white level, not clipped: noise goes below 0"
_PLANES = {
    Domain.BAYER: "2×2 pixels of RGGB are one element of the planes R, Gr, Gb, B",
    Domain.XTRANS: "3×3 pixels of X-Trans are one element of the planes R, R, G, G, G, G, G, B, B",
    Domain.RGB: "R, G, B",
}


def _layout(domain: Domain) -> str:
    return {
        Domain.BAYER: "1, height, width), a Bayer mosaic of phase RGGB",
        Domain.XTRANS: "1, height, width), an X-Trans mosaic; its rows are " + _xtrans_rows(),
        Domain.RGB: "3, height, width), R, G, B of the camera, or of the picture's own primaries",
    }[domain]


def _xtrans_rows() -> str:
    from rcl_cli.raw.cfa import XTRANS_ROWS

    return " ".join(XTRANS_ROWS)
