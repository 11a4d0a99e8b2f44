"""What applying a task needs to know of it, without its plugin: exported models say it of themselves. Torch-free."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rcl_cli.domain import Domain


class Work(Protocol):
    """A `Task`, or what is known of one."""

    @property
    def name(self) -> str: ...
    @property
    def domains(self) -> Collection[Domain]: ...
    @property
    def scale(self) -> int: ...
    @property
    def noise_aware(self) -> bool: ...
    def output(self, domain: Domain) -> Domain:
        """As `Task.output`."""

    def upsample(self, domain: Domain) -> int:
        """As `Task.upsample`."""

    def default_head(self, domain: Domain) -> Path | None:
        """As `Task.default_head`."""


@dataclass(frozen=True)
class TaskFacts:
    """A task as exported heads say it."""

    name: str
    results: Mapping[Domain, Domain]
    """The domain of the prediction, for each domain that there is a head for."""
    scale: int
    noise_aware: bool

    @property
    def domains(self) -> frozenset[Domain]:
        """Those of the heads."""
        return frozenset(self.results)

    def output(self, domain: Domain) -> Domain:
        """The domain of the prediction."""
        return self.results[domain]

    def upsample(self, domain: Domain) -> int:
        """U, output elements per input element along each axis."""
        return self.scale * domain.pixels // self.output(domain).pixels

    def default_head(self, domain: Domain) -> Path | None:
        """None: exported heads ship nothing."""
        return None
