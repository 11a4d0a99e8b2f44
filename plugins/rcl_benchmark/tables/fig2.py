"""The samples of figure 2: of a network before and after pretraining, and of the true noise."""

from __future__ import annotations

from pathlib import Path

import torch

from rcl_benchmark.tables.densities import Patches, cut, densities, true_noise
from rcl_benchmark.tables.methods import METHODS
from rcl_benchmark.tables.pretrained import Workshop
from rcl_benchmark.tables.run import degradation_of, tests_of
from rcl_benchmark.tables.summary import TRAINED, UNTRAINED, Sample
from rcl_cli.data.seeds import step_generator
from rcl_cli.models.backbone import Backbone, load_backbone

METHOD = METHODS["rcl-emd"]
ROUNDS = 8
"""Pairs of crops of each test picture."""


def samples(workshop: Workshop, path: Path) -> list[Sample]:
    """Of the backbone in the file `path`, on the test pictures with noise as in pretraining."""
    trained, _ = load_backbone(path, workshop.domain)
    torch.manual_seed(workshop.preset.pretrain.seed)  # as `pretrain` does: the weights that it started from
    untrained = Backbone(type(trained.network)(workshop.domain, vars(trained.network.options)), skip=trained.skip)
    patches = _patches(workshop, trained.network.multiple)
    return [
        densities(untrained.eval(), patches, UNTRAINED),
        densities(trained.eval(), patches, TRAINED),
        true_noise(patches),
    ]


def _patches(workshop: Workshop, multiple: int) -> Patches:
    pairs = tests_of(workshop, degradation_of(workshop, "denoise"), multiple)
    settings = workshop.preset.pretrain
    rng = step_generator(settings.seed, 0)
    return cut([pair.target for pair in pairs], [pair.x for pair in pairs], settings.crop, ROUNDS, rng)
