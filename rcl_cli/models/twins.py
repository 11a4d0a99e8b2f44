"""Which exported head a file gets: the twin of the model that torch would use. Torch-free."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping
from pathlib import Path

from rcl_cli.domain import Domain
from rcl_cli.errors import CheckpointError, FileError, RclError
from rcl_cli.models.choose import SHIPPED, Choice
from rcl_cli.models.contract import Contract
from rcl_cli.models.exported import EXPORTED, read_exported
from rcl_cli.models.facts import TaskFacts, Work
from rcl_cli.models.store import SUFFIX, Store


def twin(store: Store, name: str) -> Path:
    """Where the exported twin of a model, of the store or shipped, is kept."""
    return store.models / f"{name}{EXPORTED}"


def scan_exported(store: Store, models: Mapping[str, Path]) -> tuple[dict[Path, Contract], list[FileError]]:
    """The exported heads of the store by their files, and what is wrong with those that cannot be used.

    `models`: by their names, those of which they may have been made; some may be gone.
    """
    found: dict[Path, Contract] = {}
    broken: list[FileError] = []
    for path in _files(store):
        try:
            contract = read_exported(path).contract
            if path.stem in models:
                require_current(path, contract, models[path.stem])
            found[path] = contract
        except FileError as error:
            broken.append(error)
        except RclError as error:
            broken.append(FileError(path, str(error)))
    return found, broken


def find_exported(
    task: Work, domain: Domain, camera: str, store: Store, given: str | None = None, without: Container[Path] = ()
) -> Choice:
    """The given exported head (PATH, or the twin of NAME), else the twin of the head that torch would use.

    Heads without a twin are not passed over: results would differ from torch's without a word. Arguments and errors as
    `find_model`.
    """
    if given is not None and given != SHIPPED:
        return Choice(given_exported(store, given), "as given")
    heads = [] if given else [head for head in store.heads(task.name, domain, camera) if head.path not in without]
    name = heads[0].name if heads else f"{task.name}-{domain.value}"
    path = twin(store, name)
    if not path.is_file() or path in without:
        raise RclError(
            f"the head {name} has no exported twin in the store {store.root}; `rcl export {name} --twin` makes one"
        )
    if heads:
        require_current(path, read_exported(path).contract, heads[0].path)
    return Choice(path, f"exported twin of {name}, which is {'newest in the store' if heads else 'shipped'}")


def exported_task(name: str, store: Store) -> TaskFacts:
    """The task of that name as the exported heads of the store say it.

    Raises RclError where there is none, CheckpointError where one is damaged.
    """
    contracts = [read_exported(path).contract for path in _files(store)]
    own = [contract for contract in contracts if contract.task == name]
    if not own:
        raise RclError(
            f"there is no exported head for {name} in the store {store.root}; `rcl export {name}-bayer --twin` exports"
            " the shipped one for Bayer raws (rcl models)"
        )
    return TaskFacts(name, {head.domain: head.result for head in own}, own[0].scale, own[0].noise_aware)


def given_exported(store: Store, name: str) -> Path:
    """The exported head at that path, or the twin of the model called so. Raises RclError where there is none."""
    if Path(name).suffix == EXPORTED and Path(name).is_file():
        return Path(name)
    path = twin(store, Path(name).stem if name.endswith((SUFFIX, EXPORTED)) else name)
    if Path(path.name).name != path.name or not path.is_file():
        advice = "" if name.endswith(EXPORTED) else f"; `rcl export {name} --twin` makes one of a model"
        raise RclError(f"there is no exported head {name!r}{advice}")
    if store.has(path.stem):
        require_current(path, read_exported(path).contract, store.models / f"{path.stem}{SUFFIX}")
    return path


def require_current(path: Path, contract: Contract, source: Path) -> None:
    """Raises CheckpointError where the head `source` is not the one that `path`, of this contract, was made from."""
    if hashlib.sha256(source.read_bytes()).hexdigest()[:12] != contract.weights:
        name = source.stem
        raise CheckpointError(path, f"was made from another state of {name}; `rcl export {name} --twin --overwrite`")


def _files(store: Store) -> list[Path]:
    return sorted(store.models.glob(f"[!.]*{EXPORTED}"))
