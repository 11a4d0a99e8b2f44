"""Modules to ONNX, and the proof that both give the same."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rcl_cli.errors import RclError

OPSET = 17
"""Old enough for every onnxruntime since 1.12 (2022) and for darktable; it has all operators that heads need."""
AGREE = 1e-4
"""Largest difference between torch and onnxruntime."""


def traced(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    output: str,
    *,
    channels: int,
    scale: int,
) -> Any:
    """An `onnx.ModelProto` of `module`: (1, C, height, width), its first input, → (1, `channels`, H·scale, W·scale).

    torch's older exporter is used: it needs no further package, is done in seconds, and what it makes holds for every
    size. The newer one takes half a minute for a Bayer head and does not come to an end for X-Trans. Raises RclError
    where the module has something that ONNX has not.
    """
    import onnx

    first, *_ = inputs
    made = io.BytesIO()
    sides = ("height", "width")
    large = sides if scale == 1 else tuple(f"{scale}*{side}" for side in sides)
    axes = {first: dict(zip((2, 3), sides, strict=True)), output: dict(zip((2, 3), large, strict=True))}
    # What it prints where it fails is the whole graph.
    with warnings.catch_warnings(), torch.no_grad(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # that it is the older one, and what it cannot fold
        try:
            torch.onnx.export(
                module.eval(),
                tuple(inputs.values()),
                made,  # type: ignore[arg-type]  # a file in memory, which it takes
                dynamo=False,
                opset_version=OPSET,
                input_names=list(inputs),
                output_names=[output],
                dynamic_axes=axes,
            )
        except (RuntimeError, TypeError, ValueError, torch.onnx.errors.OnnxExporterError) as error:
            words = " ".join(str(error).split())
            raise RclError(f"the network cannot be exported ({words[:200]}); its plugin has to be changed") from error
    model = onnx.ModelProto.FromString(made.getvalue())
    shape = model.graph.output[0].type.tensor_type.shape
    shape.CopyFrom(onnx.helper.make_tensor_type_proto(1, [1, channels, *large]).tensor_type.shape)
    return model


def keep_inputs(model: Any, wanted: Sequence[str], defaults: Mapping[str, Sequence[float]]) -> None:
    """Give inputs named in `defaults` that value where they are left out, and drop those that are not `wanted`."""
    from onnx import numpy_helper

    graph = model.graph
    for item in list(graph.input):
        if item.name not in wanted:
            graph.input.remove(item)
    for name, values in defaults.items():
        if name in wanted:
            graph.initializer.append(numpy_helper.from_array(np.array(values, np.float32), name))


def set_properties(model: Any, properties: Mapping[str, str], producer: str, version: str) -> None:
    """Write `properties` to the model's `metadata_props`, and who made it."""
    model.producer_name, model.producer_version = producer, version
    model.doc_string = properties.get("title", "")
    del model.metadata_props[:]
    for key, value in properties.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value


def require_equal(module: nn.Module, model: Any, inputs: Sequence[Mapping[str, Tensor]], name: str) -> None:
    """Raise RclError unless onnxruntime gives what torch gives, to `AGREE`, for each of the inputs."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    data = model.SerializeToString()
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds of errors have no common one
        words = " ".join(str(error).split())
        raise RclError(f"onnxruntime cannot use the graph of {name} ({words[:200]})") from error
    there = {item.name for item in (*session.get_inputs(), *session.get_overridable_initializers())}
    for values in inputs:
        with torch.inference_mode():
            here = module(*values.values()).numpy()
        found = session.run(None, {key: value.numpy() for key, value in values.items() if key in there})[0]
        if found.shape != here.shape or not np.abs(found - here).max() <= AGREE:
            raise RclError(f"{name} gives another result in onnxruntime than in torch; it is not exported")
