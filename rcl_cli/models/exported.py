"""Exported heads on disk: ONNX files, checked before anything runs them. Torch-free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rcl_cli.errors import CheckpointError, FileError, RclError
from rcl_cli.files import require_file
from rcl_cli.models.contract import Contract

if TYPE_CHECKING:
    import onnx

EXPORTED = ".onnx"
MOST_BYTES = 1 << 30
"""Of a file: a hundred times what the largest heads have."""
_AGAIN = "export it again (rcl export)"
_OWN_DOMAINS = ("", "ai.onnx")
_BRANCHING = frozenset({"Loop", "Scan", "If", "SequenceMap"})
"""Operators that may run forever; no exported head has any."""


@dataclass(frozen=True)
class Exported:
    """An ONNX file of ours, whole in memory."""

    contract: Contract
    data: bytes


def need_onnx() -> None:
    """Raises RclError, with what to install, where the optional packages are missing.

    onnxruntime has telemetry, since 1.32 on Linux too; it is turned off before anything of it runs.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnx  # noqa: F401
        import onnxruntime
    except ImportError as error:
        name = (error.name or "onnx").partition(".")[0]
        raise RclError(f"this needs the package {name}; install it with `pip install 'rcl-cli[onnx]'`") from error
    onnxruntime.disable_telemetry_events()


def read_exported(path: Path) -> Exported:
    """The file's bytes and contract.

    Raises CheckpointError unless it is an ONNX file that rcl exported: whole, its weights inside it, with operators of
    the standard alone; RclError where a package is missing.
    """
    need_onnx()
    data = _read(path)
    model = _parsed(path, data)
    properties = {item.key: item.value for item in model.metadata_props}
    try:
        contract = Contract.from_properties(properties)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(path, f"is no head that rcl exported; {_AGAIN}") from error
    if len(model.functions):
        raise CheckpointError(path, f"holds functions of its own, which no head has; {_AGAIN}")
    for graph in _graphs(model.graph):
        _require_plain(path, graph)
    return Exported(contract, data)


def _read(path: Path) -> bytes:
    try:
        require_file(path)
        if path.stat().st_size > MOST_BYTES:
            raise CheckpointError(path, f"is larger than {MOST_BYTES >> 20} MiB, which no head is; use another model")
        return path.read_bytes()
    except CheckpointError:
        raise
    except FileError as error:
        raise CheckpointError(path, error.reason) from error
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})") from error


def _parsed(path: Path, data: bytes) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise CheckpointError(path, f"is damaged, or no ONNX file; {_AGAIN}") from error
    return model


def _graphs(graph: Any) -> Iterator[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                yield from _graphs(inner)


def _require_plain(path: Path, graph: Any) -> None:
    tensors = [*graph.initializer]
    for sparse in graph.sparse_initializer:
        tensors += [sparse.values, sparse.indices]
    for node in graph.node:
        if node.domain not in _OWN_DOMAINS or node.op_type in _BRANCHING:
            raise CheckpointError(path, f"holds the operator {node.op_type[:40]!r}, which no head has; {_AGAIN}")
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                tensors += [sparse.values, sparse.indices]
    # Such a tensor names a file, which might be any.
    if any(tensor.external_data or tensor.data_location for tensor in tensors):
        raise CheckpointError(path, f"keeps weights in other files, which are not read; {_AGAIN}")
