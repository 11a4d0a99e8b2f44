"""`rcl pretrain` with every pretext, what joins them, and heads without labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rcl_cli.cli.main import cli
from rcl_cli.models.header import read_header
from rcl_cli.models.store import Store
from rcl_cli.plugins.entries import PRETEXTS, entries
from rcl_cli.pretext import Pictures, get_pretext

TINY = ["--steps", "3", "--batch", "3", "--crop", "16", "--width", "4", "--depth", "1", "--encoder-steps", "2"]
NAMES = [entry.name for entry in entries(PRETEXTS)]
Run = Callable[..., Result]


def arguments_for(name: str) -> list[str]:
    return ["--pretext", name, *(["--sigma-range", "0", "20"] if get_pretext(name).pictures is Pictures.CLEAN else [])]


def metrics(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_stopped_run_of_any_pretext_goes_on_as_if_it_had_not_been(
    name: str, run: Run, pictures: Path, tmp_path: Path
) -> None:
    given = [pictures, *arguments_for(name), *TINY]
    whole = run(*given, "-o", tmp_path / "whole")
    assert whole.exit_code == 0, whole.output
    assert run(*given, "-o", tmp_path / "half", "--steps", 2).exit_code == 0
    resumed = run("--resume", "-o", tmp_path / "half", "--steps", 3)
    assert resumed.exit_code == 0, resumed.output
    states = [(tmp_path / folder / "state.safetensors").read_bytes() for folder in ("whole", "half")]
    assert states[0] == states[1]
    # An encoder takes time: it is made only where the loss has a use for it.
    wanted = get_pretext(name).wants_encoder({}, noise_levels=True)
    assert (tmp_path / "whole" / "encoder.safetensors").exists() == bool(wanted)


@pytest.mark.parametrize("name", ["vader", "densecl", "pixcontrast", "noise2self", "supervised"])
def test_the_consistency_term_joins_any_pretext(name: str, run: Run, pictures: Path, tmp_path: Path) -> None:
    result = run(pictures, *arguments_for(name), "--join", "consistency", "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 0, result.output
    first = metrics(tmp_path / "run")[0]
    assert {"consistency", f"gradient_{name}", "gradient_consistency"} <= first.keys()
    assert first["gradient_consistency"] > 0


@pytest.mark.slow
def test_the_contrast_joins_a_denoiser_with_its_own_options(run: Run, pictures: Path, tmp_path: Path) -> None:
    joined = ["--join", "rcl:alpha=0.01,distance=bd", "--strength", "1"]
    result = run(pictures, "--pretext", "recorrupted", *joined, "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 0, result.output
    first = metrics(tmp_path / "run")[0]
    assert {"contrast", "bd_positive", "gradient_contrast", "gradient_recorrupted"} <= first.keys()
    notes = read_header(tmp_path / "run" / "backbone.safetensors").notes["options"]
    assert (notes["strength"], notes["noise_aware"]) == (1.0, False)
    assert (notes["rcl"]["alpha"], notes["rcl"]["distance"]) == (0.01, "bd")
    assert not (tmp_path / "run" / "encoder.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pretext", "supervised"], "learns from clean pictures"),
        (["--pretext", "noise2noise"], "--sigma-range LOW HIGH"),
        (["--join", "rcl"], "rcl cannot join itself"),
        (["--pretext", "sure", "--join", "rcl:alpha=-1"], "alpha of the pretext rcl must be at least 0, not -1"),
        (["--pretext", "vader", "--join", "consistency", "--encoder", "none"], "leave out --encoder none"),
        (["--pretext", "consistency", "--encoder", "none"], "leave out --encoder none"),
        (["--pretext", "sure", "--tau", "1"], "No such option"),
        (["--pretext", "sure", "--option", "tau=1"], "sure has no option tau"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(
    arguments: list[str], message: str, run: Run, pictures: Path, tmp_path: Path
) -> None:
    result = run(pictures, *arguments, "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_pictures_of_unknown_noise_are_left_out_by_name(run: Run, pictures: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(pictures / "flat.png"), np.full((64, 64, 3), 90, np.uint8))
    result = run(pictures, "--pretext", "sure", "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 1, result.output
    told = " ".join(result.stderr.split())
    assert "flat.png" in told
    assert "noise cannot be measured" in told


@pytest.mark.slow
def test_a_head_without_labels_denoises_raws(run: Run, tmp_path: Path) -> None:
    samples = ["samples", str(tmp_path / "raws"), "--count", "3", "--iso", "3200", "--size", "128x128"]
    made = CliRunner().invoke(cli, samples)
    assert made.exit_code == 0, made.output
    result = run(tmp_path / "raws", "--pretext", "sure", "-o", tmp_path / "run", *TINY, "--json")
    assert result.exit_code == 0, result.output
    last = json.loads(result.stdout.splitlines()[-1])
    header = read_header(tmp_path / "run" / "denoise.safetensors")
    assert (header.kind, header.task, header.domain.value, header.parent) == ("head", "denoise", "bayer", "run")
    assert last["head_name"] == "run-denoise"
    assert {model.name for model in Store.open().scan()[0]} == {"run", "run-denoise"}
    out = tmp_path / "out"
    applied = CliRunner().invoke(cli, ["apply", "--task", "denoise", str(tmp_path / "raws"), "-o", str(out)])
    assert applied.exit_code == 0, applied.output
    assert "run-denoise" in applied.stderr
    assert len(list(out.rglob("*.dng"))) == 3


@pytest.mark.slow
def test_rcl_leaves_a_denoiser_that_is_not_taken_unasked(run: Run, tmp_path: Path) -> None:
    samples = ["samples", str(tmp_path / "raws"), "--count", "3", "--iso", "3200", "--size", "128x128"]
    assert CliRunner().invoke(cli, samples).exit_code == 0
    result = run(tmp_path / "raws", "-o", tmp_path / "run", *TINY, "--json")
    assert result.exit_code == 0, result.output
    assert {"contrast", "recorrupted"} <= metrics(tmp_path / "run")[0].keys()
    head = tmp_path / "run" / "denoise.safetensors"
    assert json.loads(result.stdout.splitlines()[-1])["head"] == str(head)
    assert not (tmp_path / "run" / "encoder.safetensors").exists()
    assert {model.name for model in Store.open().scan()[0]} == {"run"}
    out = tmp_path / "out"
    given = ["apply", "--task", "denoise", str(tmp_path / "raws"), "-o", str(out), "--model", str(head)]
    applied = CliRunner().invoke(cli, given)
    assert applied.exit_code == 0, applied.output
    assert len(list(out.rglob("*.dng"))) == 3


def test_a_plain_network_leaves_no_head(run: Run, pictures: Path, tmp_path: Path) -> None:
    result = run(pictures, "--pretext", "noise2self", "--no-skip", "-o", tmp_path / "run", *TINY)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "run" / "denoise.safetensors").exists()
    assert "no head for denoise" in " ".join(result.stderr.split())


@pytest.mark.slow
def test_what_is_known_of_the_noise_is_said(run: Run, pictures: Path, tmp_path: Path) -> None:
    samples = ["samples", str(tmp_path / "raws"), "--count", "3", "--iso", "3200", "--size", "128x128"]
    assert CliRunner().invoke(cli, samples).exit_code == 0
    for path in pictures.iterdir():
        picture = cv2.imread(str(path))
        assert picture is not None
        cv2.imwrite(str(path), cv2.GaussianBlur(picture, (5, 5), 1.0))  # as a camera that denoises
    told = {}
    for name, paths in (("known", tmp_path / "raws"), ("unknown", pictures)):
        result = run(paths, "-o", tmp_path / name, *TINY)
        assert result.exit_code == 0, result.output
        told[name] = next(line for line in result.stderr.splitlines() if line.startswith("Noise levels"))
    assert "NoiseProfile" in told["known"]
    assert "not used" not in told["known"]
    assert "not known" in told["unknown"]
    assert "not used" in told["unknown"]
