"""The user's models and runs on disk: one folder, read by headers alone, without torch."""

from __future__ import annotations

import filecmp
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rcl_cli.disk.names import is_plain, plain
from rcl_cli.disk.write import atomic_path
from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, FileError, RclError
from rcl_cli.files import is_folder
from rcl_cli.folders import store_folder
from rcl_cli.models.header import Header, read_header
from rcl_cli.suggest import did_you_mean

SUFFIX = ".safetensors"
BACKBONE = "backbone.safetensors"
"""What a pretraining calls its model in its folder."""


RESERVED = ("none", "auto", "shipped")
"""Names that options give another meaning."""


def check_name(name: str) -> str:
    """`name`, if a model or run can be called so. Raises RclError otherwise."""
    if not is_plain(name) or name in RESERVED:
        said = f"short, no folders, no dot at the start, not {', '.join(RESERVED[:-1])} or {RESERVED[-1]}"
        shown = name if len(name) <= 60 else f"{name[:59]}…"
        raise RclError(f"{shown!r} cannot be a name in the store: {said}")
    return name


@dataclass(frozen=True)
class StoredModel:
    """One model of the store; its name is the file's, without the suffix."""

    path: Path
    header: Header

    @property
    def name(self) -> str:
        """As in `--model NAME` and `--backbone NAME`."""
        return self.path.stem


@dataclass(frozen=True)
class Store:
    """A folder with `models/NAME.safetensors` and `runs/NAME`, made when something is first added."""

    root: Path

    @classmethod
    def open(cls, path: Path | None = None) -> Store:
        """The store at `path`, else at $RCL_STORE, else in the user's data folder."""
        return cls(store_folder(path))

    @property
    def models(self) -> Path:
        """The folder of models; may not exist yet."""
        return self.root / "models"

    @property
    def runs(self) -> Path:
        """The folder of training runs; may not exist yet."""
        return self.root / "runs"

    def scan(self) -> tuple[list[StoredModel], list[CheckpointError]]:
        """The models, newest first, and what is wrong with each file that cannot be read as one."""
        found: list[StoredModel] = []
        broken: list[CheckpointError] = []
        for path in self._files():
            try:
                found.append(StoredModel(path, read_header(path)))
            except CheckpointError as error:
                broken.append(error)
        return found, broken

    def heads(self, task: str, domain: Domain, camera: str = "") -> list[StoredModel]:
        """Heads of `task` on `domain` for a file of `camera`, best first.

        Those trained for this camera come before the general ones, newer before older; those trained for
        another camera are left out.
        """
        fitting = [
            model
            for model in self.scan()[0]
            if model.header.kind == "head"
            and (model.header.task, model.header.domain) == (task, domain)
            and model.header.camera in ("", camera)
        ]
        return sorted(fitting, key=lambda model: model.header.camera == "")

    def has(self, name: str) -> bool:
        """Whether a model of the store is called `name`."""
        return Path(name).name == name and (self.models / f"{name}{SUFFIX}").is_file()

    def resolve(self, name: str) -> Path:
        """The model called `name` here, the file at that path, or the backbone in that folder of a pretraining.

        Raises RclError listing what there is.
        """
        if self.has(name):
            return self.models / f"{name}{SUFFIX}"
        if Path(name).is_file():
            return Path(name)
        if (Path(name) / BACKBONE).is_file():
            return Path(name) / BACKBONE
        names = [path.stem for path in self._files()]
        known = f"it has {', '.join(names)}" if names else "it is empty"
        said = f"no file and no model in the store is called '{name}'{did_you_mean(name, names)}"
        raise RclError(f"{said} (store {self.root}: {known})")

    def add_model(self, source: Path, name: str = "") -> Path:
        """Copy a model file in and return its new path; where its name is taken it becomes `name-2`, ….

        One that is there already, byte for byte, is not copied again: a run that was killed after it does not add two.
        Raises CheckpointError if `source` is no model, FileError if it cannot be copied.
        """
        read_header(source)
        name = plain(name or source.stem, "model")
        for number in count(1):
            target = self.models / f"{name if number == 1 else f'{name}-{number}'}{SUFFIX}"
            if target.exists():
                if _is_same(source, target):
                    return target
                continue
            try:
                with atomic_path(target) as temporary:
                    shutil.copyfile(source, temporary)
            except FileError:
                if not target.exists():
                    raise
                continue  # somebody else took the name meanwhile
            return target
        raise AssertionError("unreachable: there is always a free number")

    def put_model(self, source: Path, name: str) -> Path:
        """Copy a model file in as `name`, in place of what is called so; its new path. Raises as `add_model`."""
        read_header(source)
        target = self.models / f"{name if self.has(name) else plain(name, 'model')}{SUFFIX}"
        with atomic_path(target, overwrite=True) as temporary:
            shutil.copyfile(source, temporary)
        return target

    def _files(self) -> list[Path]:
        """Newest first; what is no file is among them, so that it is named."""
        if not is_folder(self.models):
            return []
        found = [path for path in self.models.glob(f"*{SUFFIX}") if path.name[0] != "."]
        return sorted(found, key=lambda path: (-_changed(path), path.name))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # gone, or a link that leads nowhere
        return 0


def _is_same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
