"""Versions and requirements are the same wherever they are said: ranges, pins, a recipe, the citation, the changes."""

import pathlib
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import kjax

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pinned(file):
    """The version of each package in a file of constraints."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("==")) for pin in pins}


def required(*lists):
    """The requirements in these lists, but kjax's own."""
    return [found for one in lists for found in map(Requirement, one) if found.name != "kjax"]


def lower_end(requirement):
    """The lowest version that a requirement allows."""
    (end,) = (part.version for part in requirement.specifier if part.operator in (">=", "=="))
    return Version(end)


@pytest.mark.parametrize("requirement", required(PROJECT["dependencies"], EXTRAS["keras2"], EXTRAS["tests"]), ids=str)
def test_the_lowest_versions_are_what_is_allowed(requirement):
    assert pinned("constraints-lowest.txt")[canonicalize_name(requirement.name)] == lower_end(requirement)


@pytest.mark.parametrize(
    "requirement",
    required(
        PROJECT["dependencies"], *(EXTRAS[name] for name in EXTRAS if name not in ("cuda", "cuda13", "tpu", "keras3"))
    ),
    ids=str,
)
def test_the_versions_developed_with_are_allowed(requirement):
    assert pinned("constraints.txt")[canonicalize_name(requirement.name)] in requirement.specifier


def test_keras_3_is_tried_in_its_lowest_and_in_a_newer_version():
    (promised,) = map(Requirement, EXTRAS["keras3"])
    lowest, newest = pinned("constraints-keras3-lowest.txt"), pinned("constraints-keras3.txt")
    assert lowest.pop("keras") == lower_end(promised) < newest["keras"] and newest.pop("keras") in promised.specifier
    assert lowest == newest


# ------------------------------------------------------------------------------------------- the same in other files

RECIPE = yaml.safe_load((ROOT / "packaging" / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def conda(*lists):
    """Requirements of a recipe, by name, in the form of Python's."""
    parts = [one.partition(" ") for one in lists]
    return {canonicalize_name(name): Requirement(f"{name}{version}").specifier for name, _, version in parts}


def test_the_conda_recipe_needs_what_the_package_needs():
    run = conda(*RECIPE["requirements"]["run"])
    assert run.pop("python") == Requirement(f"python{PROJECT['requires-python']}").specifier
    assert run == {canonicalize_name(one.name): one.specifier for one in required(PROJECT["dependencies"])}
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    host = conda(*RECIPE["requirements"]["host"])
    assert all(host[one.name] == one.specifier for one in required(build))


def test_the_conda_recipe_says_what_the_package_says():
    about, scripts = RECIPE["about"], [f"{name} = {place}" for name, place in PROJECT["scripts"].items()]
    assert (about["summary"], about["license"]) == (PROJECT["description"], PROJECT["license"])
    assert RECIPE["build"]["python"]["entry_points"] == scripts and RECIPE["build"]["noarch"] == "python"
    assert [about["license_file"]] == PROJECT["license-files"] and (ROOT / about["license_file"]).is_file()
    for line in (line for test in RECIPE["tests"] for line in test.get("script", ())):
        if line.startswith("python -c "):
            exec(line.removeprefix("python -c ").strip('"'), {})


def test_the_version_is_the_same_everywhere():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, date = re.search(r"^## (\d\S*) - (\S+)$", changes, flags=re.MULTILINE).groups()
    assert {version, CITATION["version"], RECIPE["package"]["version"]} == {kjax.__version__}
    assert date == CITATION["date-released"] and CITATION["license"] == PROJECT["license"]


def test_the_classifiers_are_the_promised_pythons():
    named = [name.rpartition(" :: ")[2] for name in PROJECT["classifiers"] if " :: Python :: 3." in name]
    allowed = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert named == [f"3.{minor}" for minor in range(30) if f"3.{minor}" in allowed]


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_page_on_installation_lists_every_extra(extra):
    page = (ROOT / "docs" / "guide" / "install.md").read_text(encoding="utf-8")
    users, _, developers = page.partition("## For work on kjax")
    assert re.search(rf"^\| `{extra}` \|", users, flags=re.MULTILINE) or f"`{extra}`" in developers


def test_errors_name_extras_that_there_are():
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "src" / "kjax").rglob("*.py")]
    named = {name for text in texts for names in re.findall(r"kjax\[([\w,-]+)\]", text) for name in names.split(",")}
    assert "onnx" in named <= {*EXTRAS}
