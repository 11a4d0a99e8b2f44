"""The three layouts of a tensor: packed Bayer, packed X-Trans, and RGB."""

from __future__ import annotations

from enum import Enum


class Domain(Enum):
    """Layout of a (C, h, w) tensor. Torch-free.

    | domain | channels                            | sensor pixels per element, along each axis |
    |--------|-------------------------------------|---|
    | BAYER  | 4: R, Gr, Gb, B                     | 2 |
    | XTRANS | 9: R, R, G, G, G, G, G, B, B        | 3 |
    | RGB    | 3: R, G, B                          | 1 |
    """

    BAYER = "bayer"
    XTRANS = "xtrans"
    RGB = "rgb"

    @property
    def channels(self) -> int:
        """C, the number of channels of a tensor in this domain."""
        return len(self.noise_planes)

    @property
    def pixels(self) -> int:
        """Sensor pixels per tensor element, along each axis."""
        return {Domain.BAYER: 2, Domain.XTRANS: 3, Domain.RGB: 1}[self]

    @property
    def noise_planes(self) -> tuple[int, ...]:
        """For each channel, its index in a noise profile's planes (R, Gr, Gb, B)."""
        return {
            Domain.BAYER: (0, 1, 2, 3),
            Domain.XTRANS: (0, 0, 1, 1, 1, 1, 1, 3, 3),
            Domain.RGB: (0, 1, 3),
        }[self]

    @property
    def is_raw(self) -> bool:
        """True where the tensor holds a colour filter mosaic."""
        return self is not Domain.RGB
