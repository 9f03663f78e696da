"""The pinned versions are within the ranges of `pyproject.toml`, and the lowest ones at their lower ends."""

import pathlib
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

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
