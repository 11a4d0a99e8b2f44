"""Which noise each picture gets: fixed, one of a file of profiles, or drawn from a range."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.seeds import drawn


@dataclass(frozen=True)
class ListedNoise:
    """One of several profiles for each picture, each as likely: a `NoiseSource`."""

    profiles: Sequence[NoiseProfile]

    def draw(self, rng: torch.Generator) -> NoiseProfile:
        """The profile of the next picture."""
        return drawn(self.profiles, rng)

    def describe(self) -> dict[str, Any]:
        """Plain values: all profiles."""
        return {"kind": "listed", "profiles": [profile.to_dict() for profile in self.profiles]}


def picture_generator(seed: int, name: str) -> torch.Generator:
    """Random numbers for the picture called `name`, whatever other pictures there are."""
    digest = hashlib.sha256(os.fsencode(f"{seed}/{name}")).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
