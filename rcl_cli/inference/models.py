"""The models of a run: chosen for each file, loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, RclError
from rcl_cli.inference.model import Model
from rcl_cli.models.choose import Choice, find_model
from rcl_cli.models.exported import EXPORTED
from rcl_cli.models.facts import Work
from rcl_cli.models.store import Store
from rcl_cli.models.twins import find_exported

TORCH, ONNX = "torch", "onnx"
ENGINES = ("auto", TORCH, ONNX)
"""auto: onnx where the model that is named is an exported one, else torch."""
FLOAT32 = "float32"
PRECISIONS = ("auto", FLOAT32)
"""auto: half precision where the device has instructions for it, else float32."""


@dataclass(frozen=True)
class Models:
    """The models of one run. `announce` hears each choice once, in a sentence."""

    task: Work
    store: Store
    device: str = "auto"
    given: str | None = None
    tile: int | None = None
    engine: str = TORCH
    """Or "onnx": exported heads alone."""
    precision: str = "auto"
    """One of `PRECISIONS`."""
    announce: Callable[[str], None] = lambda sentence: None
    _choices: dict[tuple[Domain, str], Choice] = field(default_factory=dict)
    _loaded: dict[tuple[Domain, Path], Model] = field(default_factory=dict)
    _damaged: set[Path] = field(default_factory=set)

    def choose(self, domain: Domain, camera: str) -> Choice:
        """As `find_model`. Also raises RclError where the task does not work on `domain`."""
        if domain not in self.task.domains:
            raise RclError(misfit(self.task, domain))
        if (domain, camera) not in self._choices:
            find = find_exported if self.engine == ONNX else find_model
            choice = find(self.task, domain, camera, self.store, self.given, self._damaged)
            if choice not in self._choices.values():
                self.announce(f"Head for {self.task.name}, {domain.value}: {choice.path} ({choice.reason})")
            self._choices[domain, camera] = choice
        return self._choices[domain, camera]

    def get(self, domain: Domain, camera: str) -> Model:
        """The chosen model; a damaged one of the store is left out, with a sentence, and the next is taken.

        Raises RclError as `choose`, CheckpointError if the given or the shipped one is damaged or for another task.
        """
        path = self.choose(domain, camera).path
        if (domain, path) in self._loaded:
            return self._loaded[domain, path]
        try:
            loaded = self._load(path, domain)
        except CheckpointError as error:
            if self.given is not None or path.parent != self.store.models:
                raise
            self.announce(f"Model in the store left out: {error}")
            self._damaged.add(path)
            self._choices.clear()
            return self.get(domain, camera)
        return self._loaded.setdefault((domain, path), loaded)

    def _load(self, path: Path, domain: Domain) -> Model:
        if path.suffix == EXPORTED:
            from rcl_cli.inference.onnx_engine import load_exported

            return load_exported(path, task=self.task.name, domain=domain, device=self.device, tile=self.tile)
        from rcl_cli.inference.torch_engine import load_model
        from rcl_cli.task import Task

        assert isinstance(self.task, Task)
        exact = self.precision == FLOAT32
        return load_model(path, self.task, domain, self.device, self.tile, exact=exact)


def misfit(task: Work, domain: Domain) -> str:
    """Why a file is none for `task`."""
    able = ", ".join(sorted(d.value for d in task.domains))
    return f"{task.name} works on {able} files; this one is {domain.value}"
