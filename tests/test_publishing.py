"""What is published holds together: the package, the readme in its three places, the papers."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from npe2 import PluginManifest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ABOUT = PROJECT["project"]
BASE = ABOUT["urls"]["Homepage"]
REQUIRED = {canonicalize_name(r.name): r for r in map(Requirement, ABOUT["dependencies"])}
EXTRAS = {
    name: {canonicalize_name(r.name): r for r in map(Requirement, requirements)}
    for name, requirements in ABOUT["optional-dependencies"].items()
}
#: Of an extra, or of nobody: each of these says itself what to install where it is missing.
OPTIONAL = {"av", "distributed", "pillow-heif", "zarr"}
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
README = (ROOT / "README.md").read_text("utf-8")


def _published() -> str:
    """Return README.md as the package index and the hub get it."""
    text = README
    for rule in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(rule["pattern"], rule["replacement"], text)
    return text


def _target(address: str) -> Path:
    return ROOT / address.partition("#")[0]


def test_the_links_of_the_readme_lead_to_files_of_the_repository() -> None:
    local = [address for _, address in LINK.findall(README) if "://" not in address]
    assert len(local) > 15
    for address in local:
        assert _target(address).exists(), address


def test_elsewhere_the_links_and_the_pictures_are_absolute_and_lead_to_the_same() -> None:
    published = LINK.findall(_published())
    assert len(published) == len(LINK.findall(README))
    pictures = 0
    for (mark, there), (_, here) in zip(published, LINK.findall(README), strict=True):
        assert there.startswith("https://")
        if "://" not in here:
            kind = "raw" if mark else "blob"
            assert there == f"{BASE}/{kind}/main/{here}"
            pictures += bool(mark)
    assert pictures >= 3
    assert "<img" not in README, "the substitutions know Markdown only"


def test_there_is_one_address_of_the_project() -> None:
    assert all(address.startswith(BASE) for address in ABOUT["urls"].values())
    own = re.compile(r"https://github\.com/[\w.-]+/napari-neural-style\b")
    files = [
        ROOT / name
        for name in ("README.md", "CITATION.cff", "CONTRIBUTING.md", "mkdocs.yml", "pyproject.toml")
    ]
    files += [*ROOT.glob(".napari-hub/*"), *ROOT.glob(".github/**/*.yml")]
    files += [*ROOT.glob("docs/*.md"), *ROOT.glob("packaging/**/*.yaml")]
    for file in files:
        assert set(own.findall(file.read_text("utf-8"))) <= {BASE}, file


@pytest.mark.parametrize("requirement", [*REQUIRED.values()], ids=str)
def test_every_dependency_has_a_lower_bound(requirement: Requirement) -> None:
    assert any(bound.operator == ">=" for bound in requirement.specifier)


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_has_lower_bounds(extra: str) -> None:
    for name, requirement in EXTRAS[extra].items():
        assert requirement.specifier or name == "napari-neural-style", requirement


def test_an_extra_asks_for_no_less_than_the_package() -> None:
    for requirements in EXTRAS.values():
        for name in requirements.keys() & REQUIRED.keys():
            assert requirements[name].specifier == REQUIRED[name].specifier


def test_the_extras_are_those_of_the_guide() -> None:
    for_contributors = {"test", "docs", "dev"}
    assert for_contributors < EXTRAS.keys()
    guide = (ROOT / "docs" / "first-run.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([\w-]+)` \|", guide, re.M))
    assert listed == EXTRAS.keys() - for_contributors


def _imports(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                yield file, name.partition(".")[0]


def test_what_is_imported_is_declared() -> None:
    known = packages_distributions()
    seen = set()
    for file, module in _imports(ROOT / "src"):
        if module in sys.stdlib_module_names or module == "napari_neural_style":
            continue
        owners = {canonicalize_name(name) for name in known.get(module, [module])}
        assert owners & (REQUIRED.keys() | OPTIONAL), f"{file} imports {module}"
        seen |= owners
    # What brings others, or is there for its data alone, is imported by nobody here.
    assert REQUIRED.keys() - seen <= {"h5py", "pydantic", "tensorflow"}
    assert {"pint", "pillow", "scikit-image"} <= seen, "the scan must see what there is to see"


def test_the_pythons_are_those_of_the_classifiers() -> None:
    accepted = SpecifierSet(ABOUT["requires-python"])
    named = {
        found[1]
        for text in ABOUT["classifiers"]
        if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text))
    }
    assert named == {f"3.{minor}" for minor in range(30) if f"3.{minor}.1" in accepted}
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text("utf-8"))
    assert set(workflow["jobs"]["tests"]["strategy"]["matrix"]["python"]) == named


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == ABOUT["version"]
    assert " AND ".join(citation["license"]) == ABOUT["license"]
    papers = [paper["title"] for paper in citation["references"]]
    assert "Image Style Transfer Using Convolutional Neural Networks" in papers


def test_the_recipe_of_conda_asks_for_what_the_package_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / "packaging/conda/recipe.yaml").read_text("utf-8"))
    assert recipe["context"]["version"] == ABOUT["version"]
    needed = {}
    for line in recipe["requirements"]["run"]:
        name, _, bound = line.replace("${{ python_min }}", "3.11").partition(" ")
        name = re.sub("-(base|core)$", "", name)
        needed[canonicalize_name(name)] = SpecifierSet(bound)
    python = needed.pop("python")
    assert python == SpecifierSet(ABOUT["requires-python"])
    assert needed == {name: requirement.specifier for name, requirement in REQUIRED.items()}


def test_the_icon_of_the_manifest_is_in_the_package() -> None:
    manifest = PluginManifest.from_file(resources.files("napari_neural_style") / "napari.yaml")
    package, _, name = manifest.icon.partition(":")
    assert (resources.files(package) / name).read_text("utf-8").startswith("<svg")


def test_what_is_put_into_the_wheel_is_there_and_all_of_it() -> None:
    put = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source in put:
        assert (ROOT / source).is_file(), source
    samples = {path.name for path in (ROOT / "sample_data").glob("*.jpg")}
    assert samples == {Path(source).name for source in put if source.startswith("sample_data/")}
    card = put["training/README.md"]
    weights = Path(card).with_suffix(".npz")
    assert (ROOT / "src" / weights).is_file(), "the card lies beside the weights that it is of"


def test_the_archive_of_the_sources_holds_what_is_in_the_repository() -> None:
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for path in included:
        assert (ROOT / path.removeprefix("/")).exists(), path
