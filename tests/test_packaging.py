"""What `pip install` puts onto a machine: everything that is needed, and nothing under a common name."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.xdist_group("wheel")  # one build for all of them

PACKAGES = (
    *("rcl_cli", "calibration/rcl_calibration"),
    *("plugins/rcl_tasks", "plugins/rcl_pretexts", "plugins/rcl_benchmark"),
)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=root, capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_its_data(root: Path, wheel: zipfile.ZipFile) -> None:
    expected = {
        str(path.relative_to((root / package).parent))
        for package in PACKAGES
        for pattern in ("*.py", "*.typed", "*.safetensors", "*.md", "*.json", "*.css", "*.js")
        for path in (root / package).rglob(pattern)
    }
    assert expected <= set(wheel.namelist())
    assert {f"{Path(package).name}/py.typed" for package in PACKAGES} <= expected


@pytest.mark.slow
def test_the_wheel_takes_no_common_names(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {Path(package).name for package in PACKAGES}
    assert not [name for name in wheel.namelist() if "__pycache__" in name or "tests/" in name]


def test_each_plugin_is_announced_by_a_module_that_exists(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    groups = {"rcl.tasks", "rcl.pretexts", "rcl.networks", "rcl.commands"}
    assert set(project["entry-points"]) == groups
    for group in groups:
        for module in project["entry-points"][group].values():
            assert module.startswith("rcl_")
            path = root / "plugins" / Path(*module.split("."))
            assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_every_dependency_is_pinned_within_its_bounds(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lines = (root / "constraints.txt").read_text().splitlines()
    pins = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines if line)}
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *extras["dev"], *extras["docs"], *extras["plots"]]:
        requirement = Requirement(line)
        pinned = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pinned), f"{line}: constraints.txt has {pinned}"
